"""A kiosk's life: added with a pairing code, enrolled once, heard from, revoked. It never reads a participant."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, joinedload
from uuid_utils.compat import uuid7

from intake_service import audit, kiosk_watch, wrong_tries
from intake_service.audit import Act
from intake_service.errors import InvalidRequest, NotEnrolled, NotFound, Revoked, TooManyTries, WrongPairingCode
from intake_service.keys import Keys
from intake_service.tables import Kiosk, Site, Staff
from intake_service.wrong_tries import Patience
from notifications import alerts, roster
from notifications.policy import Audience
from notifications.tables import AlertKind
from shared_schema.form import BRIEF_INTAKE, load_form
from shared_schema.hours import Hours
from shared_schema.kiosk_api import Heartbeat, KioskConfig, KioskSettings, ServiceKey

_PAIRING = Patience("pairing", 10, timedelta(seconds=30), timedelta(minutes=5))
PAIRING_VALID = timedelta(hours=24)
_LONGEST_NAME = 60
_TESTS_APART = timedelta(minutes=1)
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that look or sound alike on a screen across the room
_CODE = 8  # 30**8 codes: at the rate that is let through, guessing a live one takes centuries


def add(
    session: Session, site: Site, name: str, keys: Keys, now: datetime, by: Staff | None = None
) -> tuple[Kiosk, str]:
    """A new kiosk at a site and its pairing code (`K7QM-4XPD`), which is shown now and never again.

    One of this name that still waits to be paired is this one, with another code: the page was asked for twice, or the
    code was lost. `by`: None for the command line.
    """
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_CODE))
    kiosk = session.scalars(_waiting_to_be_paired(site, name)).first() or Kiosk(id=uuid7(), site=site, name=name)
    kiosk.pairing_digest = _pairing_digest(letters, keys)
    kiosk.pairing_expires_at = now + PAIRING_VALID
    session.add(kiosk)
    session.flush()
    audit.record(session, Act.KIOSK_ADDED, now, by=by, to=kiosk, after={"name": name})
    return kiosk, f"{letters[:4]}-{letters[4:]}"


def _waiting_to_be_paired(site: Site, name: str) -> Select[Kiosk]:
    return select(Kiosk).where(
        Kiosk.site_id == site.id,
        Kiosk.name == name,
        Kiosk.enrolled_at.is_(None),
        Kiosk.revoked_at.is_(None),
    )


def checked_name(name: str) -> str:
    """Where a kiosk stands, in a word or two. Raises InvalidRequest."""
    name = " ".join(name.split()) or "Kiosk"
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidRequest(f"A kiosk's name is one line of at most {_LONGEST_NAME} characters.")
    return name


def enroll(session: Session, pairing_code: str, keys: Keys, now: datetime) -> tuple[Kiosk, str]:
    """The kiosk that the code belongs to and its new credential. Raises WrongPairingCode.

    Of two that send the same code at once, one gets a credential and the other has a wrong code.
    """
    credential = secrets.token_urlsafe(32)
    won = session.execute(
        update(Kiosk)
        .where(
            Kiosk.pairing_digest == _pairing_digest(pairing_code, keys),
            Kiosk.pairing_expires_at > now,
            Kiosk.revoked_at.is_(None),
        )
        .values(pairing_digest=None, credential_digest=digest(credential), enrolled_at=now, last_seen_at=now)
        .returning(Kiosk.id)
    ).scalar_one_or_none()
    if won is None:
        raise WrongPairingCode("It is wrong, was used before, or is more than a day old. Ask for a new one.")
    kiosk = session.get_one(Kiosk, won, populate_existing=True)
    audit.record(session, Act.KIOSK_ENROLLED, now, kiosk_id=kiosk.id, to=kiosk, after={"name": kiosk.name})
    return kiosk, credential


def count_pairing(session: Session, keys: Keys, address: str, now: datetime) -> None:
    """Somebody there is about to try a code; commit. Raises TooManyTries."""
    wrong_tries.begin(session, [wrong_tries.counted(keys, _PAIRING, address)], now)


def paired(session: Session, keys: Keys, address: str, now: datetime) -> None:
    """The code was right: the try does not count."""
    wrong_tries.was_right(session, [], [wrong_tries.counted(keys, _PAIRING, address)], now)


def authenticate(session: Session, credential: str) -> Kiosk:
    """The enrolled kiosk that a credential belongs to. Raises NotEnrolled, Revoked."""
    kiosk = session.scalar(
        select(Kiosk).where(Kiosk.credential_digest == digest(credential)).options(joinedload(Kiosk.site))
    )
    if kiosk is None:
        raise NotEnrolled("Enroll this kiosk with a pairing code.")
    if kiosk.revoked_at is not None:
        raise Revoked("Staff took this kiosk out of service. It can be enrolled again with a new pairing code.")
    return kiosk


def config(site: Site, service_key: ServiceKey) -> KioskConfig:
    """What a site's kiosks show and seal to."""
    form = load_form()
    settings = KioskSettings.model_validate(site.kiosk_settings)
    return KioskConfig(
        site_name=site.name,
        languages=form.offered(site.languages, settings.reviewed_languages),
        form_name=BRIEF_INTAKE,
        form_version=form.version,
        service_key=service_key,
        greeting=site.greeting,
        where_to_wait=site.where_to_wait,
        hours=Hours.model_validate(site.hours),
        settings=settings,
    )


def heartbeat(session: Session, kiosk_id: UUID, beat: Heartbeat, now: datetime) -> None:
    """Remember when the kiosk was last heard from and what waits in its spool; tell staff what they should look at."""
    kiosk_watch.heard(session, session.get_one(Kiosk, kiosk_id), beat, now)
    session.execute(
        update(Kiosk)
        .where(Kiosk.id == kiosk_id)
        .values(last_seen_at=now, app_version=beat.app_version, held=beat.held, refused=beat.refused)
    )


def test_alert(session: Session, kiosk: Kiosk, now: datetime) -> int:
    """Tell the staff of the kiosk's site who would be told of an intake that alerts work. How many they are.

    Raises TooManyTries within a minute of the last one.
    """
    subject = f"test-kiosk-{kiosk.id}"
    free_at = max((alert.raised_at + _TESTS_APART for alert in alerts.of_subject(session, subject)), default=now)
    if free_at > now:
        raise TooManyTries("One test a minute. Wait a little.", (free_at - now).total_seconds())
    told = roster.audience(session, kiosk.site_id, (Audience.ON_DUTY,), now) or roster.audience(
        session, kiosk.site_id, (Audience.DESIGNATED,), now
    )
    alerts.raise_alert(session, AlertKind.TEST, kiosk.site_id, kiosk.site.name, subject, "/alerts", told, now)
    return len(told)


def revoke(session: Session, kiosk_id: UUID, now: datetime, by: Staff | None = None) -> None:
    """Take a kiosk out of service: from the commit on, its credential and its pairing code open nothing.

    Doing it again changes nothing. Raises NotFound.
    """
    kiosk = session.get(Kiosk, kiosk_id)
    if kiosk is None:
        raise NotFound("There is no kiosk with this id.")
    if kiosk.revoked_at is None:
        kiosk.revoked_at = now
        states = {"revoked": False}, {"revoked": True}
        audit.record(session, Act.KIOSK_REVOKED, now, by=by, to=kiosk, before=states[0], after=states[1])
        kiosk_watch.forget(session, kiosk_id, now)


def every(session: Session) -> list[Kiosk]:
    """All kiosks by site and name, revoked ones too."""
    return list(session.scalars(select(Kiosk).join(Site).order_by(Site.name, Kiosk.name, Kiosk.id)))


def by_digest(session: Session) -> dict[str, UUID]:
    """The ids of all kiosks in service, by the digests of their credentials."""
    enrolled = select(Kiosk.credential_digest, Kiosk.id).where(
        Kiosk.credential_digest.is_not(None), Kiosk.revoked_at.is_(None)
    )
    return {digest: kiosk_id for digest, kiosk_id in session.execute(enrolled) if digest is not None}


def digest(credential: str) -> str:
    """What is kept of a credential. It has 256 random bits, so a plain digest cannot be turned back."""
    return hashlib.sha256(credential.encode()).hexdigest()


def _pairing_digest(code: str, keys: Keys) -> str:
    """A short code could be guessed from a plain digest by somebody who copied the database; not from a keyed one."""
    letters = code.upper().replace("-", "").replace(" ", "")
    return keys.mac(f"pairing {letters}".encode())
