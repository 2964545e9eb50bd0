"""What is likely to be shown next, so that it can be drawn before anybody asks for it."""

from datetime import UTC, datetime
from uuid import UUID

from kiosk_client.flow import Flow
from kiosk_client.view import View
from kiosk_client.views import Manner, view_of
from shared_schema.form import Form
from shared_schema.kiosk_api import KioskConfig

_NOBODY = UUID(int=0)
_NEVER = datetime.min.replace(tzinfo=UTC)


def foreseen(form: Form, config: KioskConfig, language: str, manner: Manner) -> tuple[View, ...]:
    """The form's screens as they are before they are answered, in the order of somebody who skips them all."""
    flow = Flow(form, config.settings.country)
    flow.begin(language, f"{form.ticket_words[0]}-1", _NOBODY, _NEVER)
    views: list[View] = []
    before = None
    while flow.step.screen is not None and flow.step != before:
        before = flow.step
        views.append(view_of(flow, config, manner))
        flow.skip()
    return tuple(views)
