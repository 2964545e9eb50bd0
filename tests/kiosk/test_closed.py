"""What a closed site's kiosk says, and that a wrong clock closes nothing."""

from datetime import UTC, datetime, time

import pytest

from kiosk_client.closed import closed_view
from kiosk_client.session import Session
from kiosk_client.view import Action, Paragraphs, Tap
from shared_schema.form import load_form
from shared_schema.hours import Hours, Span
from shared_schema.intake import PathwayType
from shared_schema.kiosk_api import KioskConfig, KioskSettings
from tests.kiosk.intakes import a_config

FORM = load_form()
WEEK = ("mon", "tue", "wed", "thu", "fri")
DAY = (Span(opens=time(9), closes=time(12)), Span(opens=time(13, 30), closes=time(17)))
HOURS = Hours(time_zone="America/New_York", spans=dict.fromkeys(WEEK, DAY))
MONDAY_NIGHT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # 22:00 in New York
MONDAY_NOON = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
MONDAY_MORNING = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
CONFIG = a_config(hours=HOURS)


def lines(language: str, now: datetime, config: KioskConfig = CONFIG) -> tuple[str, ...]:
    body = closed_view(FORM, config, language, now).body
    assert isinstance(body, Paragraphs)
    return body.lines


def test_it_says_when_it_opens_on_the_sites_own_clock() -> None:
    assert lines("en", MONDAY_NIGHT)[0] == "We open on Tuesday at 9:00 AM."
    assert lines("en", MONDAY_NOON)[0] == "We open today at 1:30 PM."
    assert "martes" in lines("es", MONDAY_NIGHT)[0]


@pytest.mark.parametrize("language", sorted(FORM.texts))
def test_in_every_language_it_says_where_help_is_now(language: str) -> None:
    assert "988" in lines(language, MONDAY_NIGHT)[1]
    own = a_config(hours=HOURS, settings=KioskSettings(closed_help={language: "At the church."}))
    assert lines(language, MONDAY_NIGHT, own)[1] == "At the church."


class Kiosk:
    """A session of a site with hours. `now`: the service's clock, None while it is not known."""

    def __init__(self, now: datetime | None, **settings: object) -> None:
        self.now = now
        config = CONFIG.model_copy(update={"settings": KioskSettings.model_validate(settings)})
        self.session = Session(
            FORM, config, lambda: "maple-7", lambda _flow, _now: True, seconds=0, service_time=lambda: self.now
        )
        self.wait(0)

    def tap(self, action: Action, value: str = "", seconds: float = 0) -> None:
        self.session.tap(Tap(action, value), MONDAY_MORNING, seconds)

    def wait(self, seconds: float) -> None:
        self.session.tick(seconds)

    @property
    def screen(self) -> str:
        return self.session.view.name


def test_outside_its_hours_nobody_can_begin() -> None:
    kiosk = Kiosk(MONDAY_NIGHT)
    assert kiosk.screen == "closed"

    kiosk.tap(Action.BEGIN, "en")
    kiosk.tap(Action.TALK_FROM_WELCOME, "en")

    assert kiosk.screen == "closed"


def test_it_opens_and_closes_by_itself() -> None:
    kiosk = Kiosk(MONDAY_NIGHT)
    kiosk.now = MONDAY_MORNING
    kiosk.wait(1)
    assert kiosk.screen == "welcome"
    kiosk.now = MONDAY_NOON
    kiosk.wait(2)
    assert kiosk.screen == "closed"


def test_an_intake_that_has_begun_is_finished_after_the_hour() -> None:
    kiosk = Kiosk(MONDAY_MORNING)
    kiosk.tap(Action.BEGIN, "en")
    kiosk.now = MONDAY_NOON
    kiosk.wait(1)
    assert kiosk.screen == "privacy"
    kiosk.tap(Action.TALK)
    kiosk.tap(Action.CONFIRM)
    assert kiosk.screen == "ticket"
    kiosk.tap(Action.DONE)
    kiosk.wait(2)
    assert kiosk.screen == "closed"


def test_while_the_services_clock_is_not_known_it_is_open() -> None:
    assert Kiosk(None).screen == "welcome"


def test_it_is_read_in_any_language_of_the_site_and_goes_back_to_the_first() -> None:
    kiosk = Kiosk(MONDAY_NIGHT)
    assert [touch.tap for touch in kiosk.session.view.quiet] == [Tap(Action.LANGUAGE, "es")]

    kiosk.tap(Action.LANGUAGE, "es")

    assert kiosk.session.view.title == FORM.texts["es"].ui["closed_title"]
    assert kiosk.session.reader.ui == FORM.texts["es"].ui
    kiosk.wait(61)
    kiosk.wait(95)
    assert kiosk.session.view.title == FORM.texts["en"].ui["closed_title"]


def test_tiles_that_the_site_left_out_are_not_shown() -> None:
    kiosk = Kiosk(None, hidden={"brings-you": ("legal",)}, pathways=(PathwayType.BRIEF_CHECK_IN,))

    assert "legal" not in {choice.id for choice in kiosk.session.form.screen("brings-you").choices}
    assert [choice.id for choice in kiosk.session.form.screen("help-today").choices] == ["check-in"]


def test_a_new_form_waits_for_the_end_of_the_intake_that_has_begun() -> None:
    kiosk = Kiosk(None)
    newer = FORM.model_copy(update={"version": 2})
    kiosk.tap(Action.BEGIN, "en")

    kiosk.session.use(CONFIG.model_copy(update={"form_version": 2}), newer)

    assert kiosk.session.form.version == 1
    kiosk.tap(Action.TALK)
    kiosk.tap(Action.CONFIRM)
    assert kiosk.session.form.version == 1
    kiosk.tap(Action.DONE)
    assert kiosk.session.form.version == 2
