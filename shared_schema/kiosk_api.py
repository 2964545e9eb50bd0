"""What else a kiosk and the service say to each other: pairing, configuration, heartbeats. Paths are here once."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from shared_schema.intake import Frozen, LanguageTag, Slug

API = "/api/v1"
ENROLL_PATH = f"{API}/kiosks/enroll"
CONFIG_PATH = f"{API}/config"
INTAKES_PATH = f"{API}/intakes"
HEARTBEATS_PATH = f"{API}/heartbeats"


def form_path(name: str, version: int) -> str:
    return f"{API}/forms/{name}/{version}"


PairingCode = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9 -]{8,16}$")]


class ServiceKey(Frozen):
    """A public key of the service that intakes are sealed to; `key` is base64 of shared_schema.sealing's raw form."""

    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    key: str = Field(max_length=4096)


class EnrollmentRequest(Frozen):
    pairing_code: PairingCode


class KioskConfig(Frozen):
    """What a site decides for its kiosks. `greeting`, `where_to_wait`: by language; the form's where one is missing."""

    site_name: str
    languages: tuple[LanguageTag, ...]
    form_name: Slug
    form_version: int
    service_key: ServiceKey
    greeting: dict[LanguageTag, str] = {}
    where_to_wait: dict[LanguageTag, str] = {}


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
