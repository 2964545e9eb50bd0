"""A participant's own record as one file that stands alone: HTML to read and to print, or JSON."""

import json
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import Response

from intake_service import own_record
from intake_service.db import Writing
from intake_service.errors import InvalidRequest
from intake_service.routes.description import answers_with
from intake_service.routes.pages import text
from intake_service.routes.signed_in import Fresh
from intake_service.routes.story import told

router = APIRouter()

_TYPES = {"html": "text/html; charset=utf-8", "json": "application/json"}


@router.post(
    "/participants/{participant_id}/own-record",
    response_class=Response,
    responses=answers_with("text/html", "application/json"),
)
def make(
    session: Writing,
    who: Fresh,
    participant_id: UUID,
    to_whom: Annotated[str, Form()] = own_record.TO_THEMSELVES,
    kind: Annotated[str, Form()] = "html",
) -> Response:
    """A file to be kept: opened here it would be a page of ours. Its name names nobody."""
    if kind not in _TYPES:
        raise InvalidRequest("Choose html or json.")
    now = datetime.now(UTC)
    record = own_record.make(session, participant_id, to_whom, who.staff, now)
    happened = [told(event) for event in record.events]
    if kind == "json":
        body = json.dumps(own_record.as_json(record, happened), ensure_ascii=False, indent=2)
    else:
        body = text("own_record.html", record=record, happened=list(zip(record.events, happened, strict=True)), now=now)
    name = f"own-record-{now:%Y-%m-%d}.{kind}"
    return Response(body, media_type=_TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})
