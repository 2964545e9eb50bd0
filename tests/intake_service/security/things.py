"""What stands behind the doors: one of each thing that has an id, and what a proper request to each route says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import assignments, callbacks, calls, concerns, duplicates, participants, removals
from intake_service.keys import Keys
from intake_service.tables import Intake, Kiosk, Role, Site, Staff
from notifications import channels
from notifications.other_channels import OtherChannels
from notifications.tables import Alert
from shared_schema.form import load_form
from shared_schema.intake import SealedIntake
from shared_schema.kiosk_api import Call
from tests.intake_service.center import PASSWORD
from tests.intake_service.people import (
    a_kiosk,
    a_received_intake,
    a_record,
    a_staff_member,
    an_enrolled_kiosk,
    sealed,
)
from tests.notifications.devices import Device, base64url

NAME = "Zuleika Testperson"


@dataclass(frozen=True)
class Things:
    """Of one site. Bob carries `carried`, whose name is NAME; the device and the address are his."""

    site_id: int
    carrier: int
    carried: UUID
    waiting: UUID
    discharged: UUID
    intake_id: UUID
    called: UUID
    kiosk_id: UUID
    leaving: int
    removal_id: int
    pair_id: int
    device_id: int
    channel_id: int
    alert_id: int
    concern_id: UUID
    envelope: SealedIntake

    def by_name(self, pattern: str) -> dict[str, Any]:
        """What the parts of a route's address stand for."""
        return {
            "site_id": self.site_id,
            "staff_id": self.leaving if pattern.startswith("/staff") else self.carrier,
            "participant_id": self._participant(pattern),
            "intake_id": self.called if pattern.startswith("/calls") else self.intake_id,
            "kiosk_id": self.kiosk_id,
            "removal_id": self.removal_id,
            "pair_id": self.pair_id,
            "device_id": self.device_id,
            "channel_id": self.channel_id,
            "alert_id": self.alert_id,
            "concern_id": self.concern_id,
            "session_id": 2**40,
            "passkey_id": 2**40,
            "name": "brief-intake" if "/forms/" in pattern else "all",
            "version": 1,
            "file": "SHA256SUMS",
        }

    def _participant(self, pattern: str) -> UUID:
        if pattern.endswith("/assignment"):
            return self.waiting
        return self.discharged if pattern.endswith("/reactivation") else self.carried


def some_things(session: Session, site: Site, carrier: int, leader: int, keys: Keys) -> Things:
    """Fresh ones at this site. Committed."""
    now = datetime.now(UTC)
    by = session.get_one(Staff, leader)
    kiosk = an_enrolled_kiosk(session, site, keys, "Made up for now")
    carried, intake_id = _came(session, kiosk.id, NAME)
    assignments.assign(session, carried, carrier, by, now)
    participants.full_intake_done(session, carried, by, now)
    discharged, _ = _came(session, kiosk.id, "Sidonie Specimen")
    participants.discharge(session, discharged, "moved away", by, now)
    waiting, _ = _came(session, kiosk.id, "Quirin Sample")
    call = Call(intake_id=uuid7(), called_at=now)
    calls.receive(session, session.get_one(Kiosk, kiosk.id), call, now)
    gone = a_staff_member(session, f"Frida {uuid7().hex}", Role.PEER_SPECIALIST, site)
    device = Device().subscribe(session, carrier, f"http://127.0.0.1/push/{uuid7().hex}", now)
    for kept in channels.of_staff(session, carrier):
        channels.remove(session, kept)
    door = OtherChannels("mailto://127.0.0.1:1?from=alerts@center.example", allow_private=True)
    channel = channels.add(session, door, "bob@center.example", "", now, staff_id=carrier)
    callbacks.set_for(session, carried, now + timedelta(hours=1), by, now)
    concern_id = uuid7()
    concerns.write(session, concern_id, carried, "worried about them", by, now)
    things = Things(
        site_id=site.id,
        carrier=carrier,
        carried=carried,
        waiting=waiting,
        discharged=discharged,
        intake_id=intake_id,
        called=call.intake_id,
        kiosk_id=a_kiosk(session, site, keys, "Nobody's yet").id,
        leaving=a_staff_member(session, f"Erin {uuid7().hex}", Role.PEER_SPECIALIST, site).id,
        removal_id=removals.remove_staff(session, gone.id, by, now).id,
        pair_id=duplicates.suspect(session, carried, waiting, by, now),
        device_id=device.id,
        channel_id=channel.id,
        alert_id=session.scalars(select(func.min(Alert.id)).where(Alert.subject == str(intake_id))).one(),
        concern_id=concern_id,
        envelope=sealed(a_record(), keys.service_key),
    )
    session.commit()
    return things


def _came(session: Session, kiosk_id: UUID, name: str) -> tuple[UUID, UUID]:
    received = a_received_intake(session, kiosk_id, a_record(name), datetime.now(UTC))
    intake_id = received.receipt.intake_id
    return session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one(), intake_id


@dataclass(frozen=True)
class Said:
    """What a proper request says beside its address."""

    query: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None


def said(method: str, pattern: str, things: Things) -> Said:
    """To this route: enough for the service to ask who may, and not for a fault before that."""
    if method == "GET":
        return Said(query=_QUERIES.get(pattern, _nothing)(things))
    if pattern in _JSON:
        return Said(json=_JSON[pattern](things))
    return Said(form=_FORMS.get(pattern, _nothing)(things))


def _nothing(_things: Things) -> dict[str, Any]:
    return {}


def _of_site(things: Things) -> dict[str, Any]:
    return {"site": things.site_id}


def _subscription(_things: Things) -> dict[str, Any]:
    device = Device()
    return {"endpoint": f"https://127.0.0.1/{uuid7().hex}", "p256dh": device.p256dh, "auth": device.auth}


def _token(_things: Things) -> dict[str, Any]:
    return {"token": base64url(b"nobody was ever given this one")}


def _a_brief_intake(things: Things) -> dict[str, Any]:
    return {"intake_id": uuid7(), "site_id": things.site_id, "asked_in": "en", "ticket": _ticket(), "name": "Ana"}


def _ticket() -> str:
    return f"{load_form().ticket_words[0]}-1"


_NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC).isoformat()
_Proper = Mapping[str, Callable[[Things], dict[str, Any]]]
_QUERIES: _Proper = dict.fromkeys(("/alert-policy", "/alert-ledger", "/roster", "/roster/now", "/schedule"), _of_site)
_JSON: _Proper = {
    "/api/v1/calls": lambda _: {"intake_id": str(uuid7()), "called_at": _NOW},
    "/api/v1/heartbeats": lambda _: {"app_version": "0", "sent_at": _NOW, "held": 0, "refused": 0},
    "/api/v1/intakes": lambda things: things.envelope.model_dump(mode="json"),
    "/api/v1/test-alerts": lambda _: {},
    "/api/v1/kiosks/enroll": lambda _: {"pairing_code": "2222-2222"},
    "/api/v1/passkeys/answer": lambda _: {"credential": {}},
    "/api/v1/passkeys/new": lambda _: {"credential": {}, "name": "This phone"},
    "/api/v1/passkeys/new/question": lambda _: {},
    "/api/v1/passkeys/question": lambda _: {},
    "/api/v1/push/acknowledged": _token,
    "/api/v1/push/shown": _token,
    "/api/v1/push/subscriptions": _subscription,
    "/api/v1/push/subscriptions/confirmation": lambda _: {},
    "/api/v1/push/subscriptions/removal": lambda _: {},
    "/api/v1/push/subscriptions/renewal": _subscription,
    "/api/v1/push/test": lambda _: {},
}
_FORMS: _Proper = {
    "/alert-policy/{site_id}": lambda _: {"as": "default"},
    "/brief-intake": _a_brief_intake,
    "/channels": lambda _: {"address": "bob@center.example"},
    "/channels/{channel_id}/confirmation": lambda _: {"code": "000000"},
    "/duty": lambda things: {"site_id": things.site_id, "on": "true"},
    "/concerns/{concern_id}/closing": lambda _: {"outcome": "talked with both"},
    "/participants/{participant_id}/callback": lambda _: {"day": "tomorrow", "at": "10:00"},
    "/participants/{participant_id}/callback/calling-off": lambda _: {"reason": "asked for it"},
    "/participants/{participant_id}/consent": lambda _: {"how": "in person", "language": "en"},
    "/participants/{participant_id}/consent/revocation": lambda _: {"how": "in person"},
    "/participants/{participant_id}/erasure": lambda _: {"why": "it was written down by mistake"},
    "/participants/{participant_id}/erasure/confirmation": lambda _: {"sure": "erase"},
    "/participants/{participant_id}/hold": lambda _: {"reason": "a court asks for it"},
    "/participants/{participant_id}/hold/lifting": lambda _: {"reason": "the court is done"},
    "/participants/{participant_id}/disclosures": lambda _: {
        "to_whom": "Example Clinic",
        "what": "that they came",
        "purpose": "a referral",
    },
    "/participants/{participant_id}/concern": lambda _: {"concern_id": uuid7(), "words": "worried about them"},
    "/participants/search": lambda _: {"words": NAME.split(maxsplit=1)[0]},
    "/participants/{participant_id}/assignment": lambda things: {"staff_id": things.carrier},
    "/participants/{participant_id}/transfer": lambda things: {"staff_id": things.carrier, "reason": "asked for it"},
    "/participants/{participant_id}/tier": lambda _: {"tier": 2},
    "/participants/{participant_id}/pathway": lambda _: {"pathway": "drop-in referral", "reason": "asked for it"},
    "/participants/{participant_id}/discharge": lambda _: {"reason": "moved away"},
    "/participants/{participant_id}/reactivation": lambda _: {"reason": "came back"},
    "/participants/{participant_id}/duplicates": lambda things: {"known_id": things.waiting},
    "/participants/{participant_id}/duplicates/{pair_id}/join": lambda things: {"keep": things.carried},
    "/sign-in": lambda _: {"username": "bob", "password": PASSWORD},
    "/sign-in/again": lambda _: {"password": PASSWORD, "next": "/"},
    "/staff/invitation": lambda things: {
        "username": f"{uuid7().hex}@center.example",
        "name": "Gina Sample",
        "role": "volunteer",
        "site": things.site_id,
        "language": "en",
    },
    "/staff/sign-in-rules": lambda _: {"idle_minutes": "15", "second_factor": "nobody"},
    "/sites/{site_id}/kiosks": lambda _: {"name": "Back door"},
    "/staff/{staff_id}/removal": lambda _: {"reason": "left"},
}
