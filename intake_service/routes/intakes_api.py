"""POST /api/v1/intakes: the hot path. Nothing here waits for a thread but the first request of each kiosk."""

from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from intake_service import kiosks
from intake_service.db import reading
from intake_service.errors import CannotOpen, InvalidRecord, InvalidRequest, UnknownKey
from intake_service.intake_writer import IntakeWriter
from intake_service.keys import Keys
from intake_service.routes.description import SEALED_INTAKE
from intake_service.routes.kiosks_api import authenticated, bearer
from shared_schema import sealing
from shared_schema.form import FormError, load_form
from shared_schema.intake import IntakeRecord, Receipt, SealedIntake
from shared_schema.kiosk_api import INTAKES_PATH

router = APIRouter()

_JSON = "application/json"


@router.post(
    INTAKES_PATH,
    status_code=201,
    response_model=Receipt,
    responses={200: {"model": Receipt}},
    openapi_extra=SEALED_INTAKE,
)
async def receive(request: Request, credential: Annotated[str, Depends(bearer)]) -> Response:
    """201 with the receipt once the intake is committed; 200 with the same receipt for the same intake again."""
    state = request.app.state
    kiosk_id = await _sender(request, credential)
    plaintext, record = open_sealed(await _sealed(request), state.keys)
    writer: IntakeWriter = state.writer
    received = await writer.submit(kiosk_id, record, state.keys.mac(plaintext.rstrip(b" ")))
    body = received.receipt.model_dump_json()
    return Response(body, 201 if received.new else 200, media_type=_JSON)


def open_sealed(sealed: SealedIntake, keys: Keys) -> tuple[bytes, IntakeRecord]:
    """The plaintext and the record in it, which fits its form. Raises UnknownKey, CannotOpen, InvalidRecord."""
    try:
        plaintext = sealing.open_envelope(sealed.envelope, sealed.intake_id, keys.opening)
    except sealing.UnknownKey:
        raise UnknownKey("This service has no key for it. Fetch the configuration again.") from None
    except sealing.SealingError:
        raise CannotOpen("It was damaged or changed on its way.") from None
    try:
        record = IntakeRecord.model_validate_json(plaintext, strict=True)
        faults = load_form(record.form_name, record.form_version).faults(record)
    except ValidationError as error:
        raise InvalidRecord(f"{error.error_count()} faults: {_kinds(error)}.") from None
    except FormError:
        raise InvalidRecord("This service does not have that form in that version.") from None
    if record.id != sealed.intake_id:
        faults.append("id: not the one it was sent under")
    if faults:
        raise InvalidRecord("; ".join(faults[:10]) + ".")
    return plaintext, record


async def _sender(request: Request, credential: str) -> UUID:
    """The kiosk of this credential. A kiosk seen before is let through: the writer asks again in its transaction."""
    known: dict[str, UUID] = request.app.state.known_kiosks
    digest = kiosks.digest(credential)
    return known[digest] if digest in known else await run_sync(_authenticate, request, credential)


def _authenticate(request: Request, credential: str) -> UUID:
    with reading(request) as session:
        return authenticated(request, session, credential).id


async def _sealed(request: Request) -> SealedIntake:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise InvalidRequest(f"The body must be {_JSON}.")
    try:
        return SealedIntake.model_validate_json(await request.body(), strict=True)
    except ValidationError as error:
        raise InvalidRequest(f"The body is not a sealed intake: {_kinds(error)}.") from None


def _kinds(error: ValidationError) -> str:
    """The validator's names for what is wrong (`missing`, `string_too_long`), without where: a place can be input."""
    kinds = {fault["type"] for fault in error.errors(include_input=False, include_context=False, include_url=False)}
    return ", ".join(sorted(kinds))
