"""Pairing: a one-time code becomes this kiosk's credential and the service's public key, kept for its own user only."""

import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from kiosk_client.outcomes import NotEnrolled, Refused, Unreachable
from kiosk_client.settings import Settings
from shared_schema.form import BRIEF_INTAKE, Form, load_form
from shared_schema.kiosk_api import Enrollment, EnrollmentRequest, KioskConfig

_FILE = "enrollment.json"
_FORM = "form.json"
_AUTHORITY = "ca.pem"

_SENTENCES = {
    "wrong_pairing_code": "This code does not work: it is mistyped, used or too old. Get a new one under Sites.",
    "invalid_request": "A pairing code has eight letters and digits, such as K7QM-4XPD. Type it again.",
}


class PairingFailed(Exception):
    """Pairing did not work; the text is a sentence for the staff member who sets the kiosk up."""


class NotNow(PairingFailed):
    """No answer that counts; the code may still be good, so trying again may help."""


class EnrollmentDamaged(Exception):
    """What was stored at pairing cannot be read; the kiosk must be paired again."""


class Stored(BaseModel):
    """What a paired kiosk knows of its service."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    address: str
    enrollment: Enrollment


@dataclass(frozen=True)
class Store:
    """The state folder's files. Each is written whole or not at all, for its own user only."""

    folder: Path

    def load(self) -> Stored | None:
        """What was stored at pairing; None before it. Raises EnrollmentDamaged."""
        try:
            return Stored.model_validate_json((self.folder / _FILE).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise EnrollmentDamaged(
                f"{self.folder / _FILE} is damaged. Remove it and pair this kiosk again."
            ) from error

    def save(self, stored: Stored) -> None:
        self._write(_FILE, stored.model_dump_json())

    @property
    def ca_file(self) -> str | None:
        """The center's own certificate authority, kept with the pairing; None when those of the machine are trusted."""
        file = self.folder / _AUTHORITY
        return str(file) if file.is_file() else None

    def save_authority(self, ca_file: str | None) -> None:
        """Keep a copy of this file; None: forget the one that was kept. Raises OSError."""
        if ca_file is None:
            (self.folder / _AUTHORITY).unlink(missing_ok=True)
        elif ca_file != self.ca_file:
            self._write(_AUTHORITY, Path(ca_file).read_text(encoding="utf-8", errors="replace"))

    def save_config(self, config: KioskConfig) -> None:
        """Keep the site's newest settings for the next start."""
        stored = self.load()
        if stored is not None and stored.enrollment.config != config:
            self.save(stored.model_copy(update={"enrollment": stored.enrollment.model_copy(update={"config": config})}))

    def load_form(self, config: KioskConfig | None) -> Form:
        """The form that the site uses, if it is packaged or was fetched before; else the newest packaged one."""
        if config is None:
            return load_form(BRIEF_INTAKE)
        try:
            fetched = Form.model_validate_json((self.folder / _FORM).read_bytes())
        except (OSError, ValidationError):
            return load_form(BRIEF_INTAKE)
        return fetched if (fetched.name, fetched.version) == (config.form_name, config.form_version) else load_form()

    def save_form(self, form: Form) -> None:
        self._write(_FORM, form.model_dump_json())

    def _write(self, name: str, content: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f".{name}.new"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / name)
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def pair(settings: Settings, address: str, code: str, ca_file: str | None = None) -> Stored:
    """Trade the code for a credential and keep it. Raises PairingFailed; NotNow without an answer that counts.

    `ca_file`: the center's own certificate authority, which is then trusted alone and kept with the pairing. The one
    that is named in the settings comes before it.
    """
    # imported here: `requests` takes 150 ms that a paired kiosk's start must not pay
    from kiosk_client.service_api import ServiceApi  # noqa: PLC0415

    address = service_address(address, allow_http=settings.allow_http)
    if settings.ca_file and not Path(settings.ca_file).is_file():
        raise PairingFailed(f"There is no file {settings.ca_file} with your center's authority.")
    try:
        request = EnrollmentRequest(pairing_code=code)
    except ValidationError:
        raise PairingFailed(_SENTENCES["invalid_request"]) from None
    api = ServiceApi(address, ca_file=settings.ca_file or ca_file)
    try:
        answer = api.enroll(request)
    finally:
        api.close()
    if isinstance(answer, Enrollment):
        stored = Stored(address=address, enrollment=answer)
        _keep(Store(settings.state), stored, ca_file)
        return stored
    if isinstance(answer, Unreachable) and answer.reason == "SSLError":
        raise NotNow(
            f"The certificate of {address} is not trusted here. Is this machine's clock right? If your center has an "
            "authority of its own, put it beside handoff.toml as ca.pem or name it in WARM_HANDOFF_KIOSK_CA_FILE."
        )
    if isinstance(answer, Unreachable):
        raise NotNow(f"No Warm Handoff service answers at {address}. Check the address and the network.")
    code = answer.code if isinstance(answer, Refused | NotEnrolled) else ""
    raise PairingFailed(_SENTENCES.get(code, "The service refused this kiosk. Ask an administrator."))


def service_address(typed: str, *, allow_http: bool) -> str:
    """What staff typed as a whole address: https unless it says otherwise, http only for this very machine.

    Raises PairingFailed.
    """
    scheme, host, netloc = _parts(typed.strip())
    if scheme == "http" and not allow_http and not _is_this_machine(host):
        raise PairingFailed("The address must begin with https:// so that nobody on the network can listen.")
    return f"{scheme}://{netloc}"


def _parts(typed: str) -> tuple[str, str, str]:
    """Scheme, host, and host with port."""
    try:
        guess = "http" if _is_this_machine(urlsplit(f"//{typed}").hostname or "") else "https"
        parts = urlsplit(typed if "://" in typed else f"{guess}://{typed}")
        more = parts.path.strip("/") or parts.query or parts.fragment or parts.username
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and not more:
            return parts.scheme, parts.hostname, parts.netloc
    except ValueError:  # a port that is none, or brackets that hold no IPv6 address
        pass
    raise PairingFailed("An address looks like handoff.example.org. Type it again.")


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _keep(store: Store, stored: Stored, ca_file: str | None) -> None:
    """The authority first: a kiosk that looks paired can reach its service."""
    try:
        store.save_authority(ca_file)
        store.save(stored)
    except OSError as error:
        raise PairingFailed(
            f"This kiosk cannot write to {store.folder} ({error.strerror}). The code is used up: make a new one."
        ) from error
