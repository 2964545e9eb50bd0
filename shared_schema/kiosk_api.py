"""What else a kiosk and the service say to each other: pairing, configuration, heartbeats. Paths are here once."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from shared_schema.hours import Hours
from shared_schema.intake import Frozen, LanguageTag, PathwayType, Slug

API = "/api/v1"
ENROLL_PATH = f"{API}/kiosks/enroll"
CONFIG_PATH = f"{API}/config"
INTAKES_PATH = f"{API}/intakes"
HEARTBEATS_PATH = f"{API}/heartbeats"
CALLS_PATH = f"{API}/calls"
TEST_ALERTS_PATH = f"{API}/test-alerts"


def form_path(name: str, version: int) -> str:
    return f"{API}/forms/{name}/{version}"


PairingCode = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9 -]{8,16}$")]


class ServiceKey(Frozen):
    """A public key of the service that intakes are sealed to; `key` is base64 of shared_schema.sealing's raw form."""

    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    key: str = Field(max_length=4096)


class EnrollmentRequest(Frozen):
    pairing_code: PairingCode


class Told(BaseModel):
    """What the service tells its kiosks. A newer service may say more than an older kiosk understands."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


Theme = Literal["light", "dark", "contrast"]
SiteText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=160)]
"""A sentence of a site's own on the kiosk; longer does not fit its screen in large letters."""

Printer = Annotated[
    str,
    StringConstraints(
        max_length=120,
        pattern=r"^(|tcp:[A-Za-z0-9.-]{1,80}:[0-9]{1,5}|/dev/[A-Za-z0-9/_-]{1,80})$",
    ),
]
"""Where a receipt printer is: `tcp:192.0.2.7:9100` in the network, `/dev/usb/lp0` on a USB cable, or nowhere."""


class KioskSettings(Told):
    """How a site's kiosks look, sound and ask. Each participant begins with these and may change what is theirs.

    `reviewed_languages`: those whose consent text somebody who speaks them has read, as an administrator says;
    `hidden`: tiles that are not offered, by question; `closed_help`: where help is while the site is closed;
    `staff_pin`: see shared_schema.pin, None while nobody chose one; `country`: of phone numbers without one, ISO 3166.
    """

    theme: Theme = "light"
    bigger: bool = False
    reach: bool = False
    reviewed_languages: tuple[LanguageTag, ...] = ()
    idle_seconds: float = Field(default=60, ge=30, le=600)
    warning_seconds: float = Field(default=30, ge=20, le=120)  # 20: WCAG 2.2.1
    sound: bool = True
    volume: float = Field(default=0.6, ge=0, le=1)
    speech: bool = True
    country: str = Field(default="US", pattern=r"^[A-Z]{2}$")
    pathways: tuple[PathwayType, ...] = Field(default=tuple(PathwayType), min_length=1)
    hidden: dict[Slug, tuple[Slug, ...]] = {}
    closed_help: dict[LanguageTag, SiteText] = {}
    staff_pin: str | None = Field(default=None, max_length=200)
    printer: Printer = ""


class KioskConfig(Told):
    """What a site decides for its kiosks. `greeting`, `where_to_wait`: by language; the form's where one is missing."""

    site_name: str
    languages: tuple[LanguageTag, ...]
    form_name: Slug
    form_version: int
    service_key: ServiceKey
    greeting: dict[LanguageTag, str] = {}
    where_to_wait: dict[LanguageTag, str] = {}
    hours: Hours = Hours()
    settings: KioskSettings = KioskSettings()


class Enrollment(Frozen):
    """The answer to a good pairing code, given once. `credential` is the bearer token of every later request."""

    kiosk_id: UUID
    credential: str = Field(min_length=32, max_length=200)
    config: KioskConfig


class Heartbeat(Frozen):
    """Sent every minute or so. `held` sealed intakes wait in the spool, `refused` were turned down and need staff."""

    app_version: str = Field(pattern=r"^[A-Za-z0-9.+_-]{1,40}$")
    sent_at: AwareDatetime
    held: int = Field(ge=0, le=1_000_000)
    refused: int = Field(ge=0, le=1_000_000)
    oldest_held_at: AwareDatetime | None = None


class Call(Frozen):
    """Somebody at the kiosk needs a person now. The intake follows under the same id, or never. It holds no answer."""

    intake_id: UUID
    called_at: AwareDatetime


class CallHeard(Frozen):
    """The service's word that the staff are being told, or that the call was known before."""

    intake_id: UUID
    received_at: AwareDatetime


class AlertTried(Told):
    """So many staff members are being told that alerts work."""

    told: int = Field(ge=0)
