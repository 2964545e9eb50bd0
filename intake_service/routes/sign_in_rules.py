"""An administrator's page: when unused browsers are signed out, and who needs a second factor."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from intake_service import rights, sign_in_rules
from intake_service.db import Reading, Writing
from intake_service.errors import InvalidRequest
from intake_service.routes.pages import console_page
from intake_service.routes.signed_in import Fresh, FreshReader, SignedIn
from intake_service.sign_in_rules import LONGEST_IDLE, SHORTEST_IDLE, SecondFactorFor, SignInRules

router = APIRouter(prefix="/staff/sign-in-rules")

_WORDS = ("Supervisors and administrators, who see everybody", "Everybody", "Nobody has to; everybody may")


@router.get("")
def shown(request: Request, session: Reading, who: FreshReader, done: bool = False) -> Response:
    rights.require_every_policy(who.staff)
    return _shown(request, session, who, sign_in_rules.current(session), done=done)


@router.post("")
def decide(
    request: Request,
    session: Writing,
    who: Fresh,
    idle_minutes: Annotated[str, Form(max_length=10)] = "",
    second_factor: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    rights.require_every_policy(who.staff)
    try:
        rules = SignInRules.model_validate({"idle_minutes": idle_minutes.strip(), "second_factor": second_factor})
    except ValidationError:
        refusal = InvalidRequest(f"Minutes are a whole number from {SHORTEST_IDLE} to {LONGEST_IDLE}.")
        return _shown(request, session, who, sign_in_rules.current(session), refusal=refusal)
    sign_in_rules.change(session, rules, who.staff, datetime.now(UTC))
    return RedirectResponse("/staff/sign-in-rules?done=true", 303)


def _shown(
    request: Request,
    session: Session,
    who: SignedIn,
    rules: SignInRules,
    *,
    done: bool = False,
    refusal: InvalidRequest | None = None,
) -> Response:
    return console_page(
        request,
        session,
        who,
        "sign_in_rules.html",
        refusal.status if refusal else 200,
        rules=rules,
        choices=list(zip(SecondFactorFor, _WORDS, strict=True)),
        limits=(SHORTEST_IDLE, LONGEST_IDLE),
        done="Saved. It holds for everybody who signs in from now on." if done else "",
        refusal=refusal,
    )
