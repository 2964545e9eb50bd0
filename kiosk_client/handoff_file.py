"""`handoff.toml`: what an administrator writes down for a kiosk before its first start, with `ca.pem` beside it.

docs/handoff.toml is an example. Everything in it may be left out; what is left out is asked for on the screen.
"""

import ssl
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from re import search
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from kiosk_client.enrollment import PairingFailed, service_address

NAME = "handoff.toml"
AUTHORITY = "ca.pem"
_LONGEST = 16 * 1024  # bytes
_LONGEST_AUTHORITY = 256 * 1024  # a whole chain, with the text that openssl writes above each
_COUNTRY = r"^[A-Z]{2}$"  # ISO 3166-1, as the kernel's regulatory domain wants it

_SENTENCES = {
    "address": 'The address in handoff.toml must look like "handoff.example.org".',
    "code": 'The code in handoff.toml must look like "K7QM-4XPD".',
    "wifi": "In handoff.toml, name and passphrase stand in lines of their own under [wifi].",
    "name": "The name under [wifi] in handoff.toml must be the network's own, of 1 to 32 letters.",
    "passphrase": "The passphrase under [wifi] in handoff.toml must have 8 to 63 letters; an open network has none.",
    "country": 'The country under [wifi] in handoff.toml must be two capital letters, such as "US".',
}


class BadHandoffFile(Exception):
    """The file is there and cannot be used; the text says what to mend, and quotes no secret."""


def _is_address(text: str) -> str:
    try:
        service_address(text, allow_http=True)
    except PairingFailed:
        raise ValueError from None
    return text


def _is_network(text: str) -> str:
    if not 1 <= len(text.encode()) <= 32 or not text.isprintable():
        raise ValueError
    return text


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Wifi(_Table):
    """A network to join. `passphrase`: empty for an open one. `country`: whose rules the radio keeps."""

    name: Annotated[str, AfterValidator(_is_network)]
    passphrase: str = Field("", pattern=r"^([ -~]{8,63})?$", repr=False)  # IEEE 802.11, annex J.4: printable ASCII
    country: str = Field("", pattern=rf"{_COUNTRY}|^$")


class _File(_Table):
    address: Annotated[str, AfterValidator(_is_address)] = ""
    code: str = Field("", pattern=r"^[A-Za-z0-9]{4}-?[A-Za-z0-9]{4}$", repr=False)
    wifi: Wifi | None = None


@dataclass(frozen=True)
class Handoff:
    """`ca_file`: with the center's own certificate authority; None: those that the machine trusts."""

    address: str = ""
    code: str = field(default="", repr=False)
    wifi: Wifi | None = None
    ca_file: str | None = None


def read(file: Path) -> Handoff:
    """What is written there; nothing when there is no such file. Raises BadHandoffFile."""
    content = _content(file, _LONGEST)
    ca_file = _authority(file.with_name(AUTHORITY))
    try:
        written = _File.model_validate(tomllib.loads((content or b"").decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise BadHandoffFile("handoff.toml must be saved as plain text, in UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadHandoffFile(_misspelt(str(error))) from None
    except ValidationError as error:
        raise BadHandoffFile(_to_mend(error)) from None
    return Handoff(written.address, written.code, written.wifi, ca_file)


def _content(file: Path, longest: int) -> bytes | None:
    try:
        with file.open("rb") as opened:
            content = opened.read(longest + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BadHandoffFile(f"{file.name} cannot be read ({error.strerror}).") from None
    if len(content) > longest:
        raise BadHandoffFile(f"{file.name} is larger than {longest // 1024} kB. Is it the right file?")
    return content


def _authority(file: Path) -> str | None:
    content = _content(file, _LONGEST_AUTHORITY)
    if content is None:
        return None
    if b"PRIVATE KEY-----" in content:
        raise BadHandoffFile("ca.pem holds a private key. Put only your authority's certificate beside handoff.toml.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=content.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError):
        raise BadHandoffFile(
            "ca.pem beside handoff.toml is no certificate. It begins with -----BEGIN CERTIFICATE-----."
        ) from None
    return str(file)


def _misspelt(error: str) -> str:
    """Where, and what it usually is: a text without its quotation marks."""
    found = search(r"at line (\d+)", error)
    where = f"in line {found[1]}" if found else "at its end"
    return (
        f'handoff.toml is not written right {where}. A text stands in quotation marks: address = "handoff.example.org"'
    )


def _to_mend(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][-1])
    if first["type"] == "extra_forbidden":
        return (
            f'handoff.toml has "{name}", which means nothing there. '
            "It may have address, code, and [wifi] with name, passphrase, country."
        )
    return _SENTENCES[name]
