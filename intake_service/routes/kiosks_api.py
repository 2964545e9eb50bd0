"""What a kiosk may ask besides sending intakes: pairing, configuration, its form, a person, a sign of life. No more."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Security
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from intake_service import calls, kiosks
from intake_service.db import Reading, Writing, commit_and_wake_worker, transaction
from intake_service.errors import NotEnrolled, NotFound
from intake_service.routes.entering import address_of
from intake_service.tables import Kiosk
from shared_schema.form import Form, FormError, load_form
from shared_schema.kiosk_api import (
    API,
    CALLS_PATH,
    CONFIG_PATH,
    ENROLL_PATH,
    HEARTBEATS_PATH,
    TEST_ALERTS_PATH,
    AlertTried,
    Call,
    CallHeard,
    Enrollment,
    EnrollmentRequest,
    Heartbeat,
    KioskConfig,
)

router = APIRouter()
_header = HTTPBearer(auto_error=False)


async def bearer(header: Annotated[HTTPAuthorizationCredentials | None, Security(_header)]) -> str:
    """The credential that came with the request. Raises NotEnrolled."""
    if header is None:
        raise NotEnrolled("Enroll this kiosk with a pairing code.")
    return header.credentials


def authenticated(request: Request, session: Session, credential: str) -> Kiosk:
    """The kiosk, which is known to this process from now on. Raises NotEnrolled, Revoked."""
    kiosk = kiosks.authenticate(session, credential)
    request.app.state.known_kiosks[kiosks.digest(credential)] = kiosk.id
    return kiosk


def _kiosk(request: Request, session: Reading, credential: Annotated[str, Depends(bearer)]) -> Kiosk:
    return authenticated(request, session, credential)


EnrolledKiosk = Annotated[Kiosk, Depends(_kiosk)]


@router.post(ENROLL_PATH)
def enroll(asked: EnrollmentRequest, request: Request) -> Enrollment:
    """A try is counted before it is looked at, in a transaction of its own."""
    now, keys, address = datetime.now(UTC), request.app.state.keys, address_of(request)
    with transaction(request) as session:
        kiosks.count_pairing(session, keys, address, now)
    with transaction(request) as session:
        kiosk, credential = kiosks.enroll(session, asked.pairing_code, keys, now)
        kiosks.paired(session, keys, address, now)
        request.app.state.known_kiosks[kiosks.digest(credential)] = kiosk.id
        return Enrollment(kiosk_id=kiosk.id, credential=credential, config=kiosks.config(kiosk.site, keys.service_key))


@router.get(CONFIG_PATH)
def config(kiosk: EnrolledKiosk, request: Request) -> KioskConfig:
    return kiosks.config(kiosk.site, request.app.state.keys.service_key)


@router.get(f"{API}/forms/{{name}}/{{version}}", response_model=Form)
def form(name: str, version: int, _kiosk: EnrolledKiosk) -> Response:
    try:
        return Response(_form_json(name, version), media_type="application/json")
    except FormError:
        raise NotFound("There is no such form in this version.") from None


@router.post(CALLS_PATH, status_code=201, responses={200: {"model": CallHeard}})
def call(
    body: Call, credential: Annotated[str, Depends(bearer)], session: Writing, request: Request, response: Response
) -> CallHeard:
    """Somebody needs a person now: the staff are being told when the kiosk hears so. The same call again: 200."""
    heard, new = calls.receive(session, authenticated(request, session, credential), body, datetime.now(UTC))
    commit_and_wake_worker(request, session)
    request.app.state.live.changed()
    if not new:
        response.status_code = 200
    return heard


@router.post(TEST_ALERTS_PATH, status_code=201)
def test_alert(credential: Annotated[str, Depends(bearer)], session: Writing, request: Request) -> AlertTried:
    """From the kiosk's staff corner."""
    told = kiosks.test_alert(session, authenticated(request, session, credential), datetime.now(UTC))
    commit_and_wake_worker(request, session)
    return AlertTried(told=told)


@router.post(HEARTBEATS_PATH, status_code=204)
def heartbeat(beat: Heartbeat, kiosk: EnrolledKiosk, session: Writing) -> None:
    kiosks.heartbeat(session, kiosk.id, beat, datetime.now(UTC))


@cache
def _form_json(name: str, version: int) -> str:
    return load_form(name, version).model_dump_json()
