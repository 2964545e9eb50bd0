from datetime import UTC, datetime

import pytest

from kiosk_client.flow import Flow
from kiosk_client.session import Session
from kiosk_client.view import Action, Look, Paragraphs, Tap, Word
from kiosk_client.views import Manner
from shared_schema.form import load_form
from shared_schema.intake import Answer
from shared_schema.kiosk_api import KioskConfig, KioskSettings
from shared_schema.sealing import OpeningKey

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FORM = load_form()
CONFIG = KioskConfig(
    site_name="Harbor House",
    languages=("en", "es"),
    form_name=FORM.name,
    form_version=FORM.version,
    service_key=OpeningKey.generate().public(),
)


class Kiosk:
    """A session with its clock. `safe`: whether handing in works."""

    def __init__(self, config: KioskConfig = CONFIG) -> None:
        self.seconds = 0.0
        self.safe = True
        self.handed_in: list[dict[str, object]] = []
        self.session = Session(FORM, config, lambda: "maple-7", self._hand_in, self.seconds)

    def tap(self, *taps: str) -> None:
        for tap in taps:
            action, _, value = tap.partition(":")
            self.session.tap(Tap(Action(action), value), NOW, self.seconds)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.session.tick(self.seconds)

    @property
    def screen(self) -> str:
        return self.session.view.name

    def _hand_in(self, flow: Flow, _now: datetime) -> bool:
        self.handed_in.append(dict(flow.answers))
        return self.safe


@pytest.fixture
def kiosk() -> Kiosk:
    return Kiosk()


def test_a_ticket_is_shown_once_the_intake_is_safe(kiosk: Kiosk) -> None:
    kiosk.tap("talk-from-welcome:es", "confirm")

    assert kiosk.screen == "ticket"
    assert len(kiosk.handed_in) == 1
    kiosk.tap("done")
    assert kiosk.screen == "welcome"


def test_without_a_safe_place_the_participant_is_sent_to_the_desk(kiosk: Kiosk) -> None:
    kiosk.safe = False
    kiosk.tap("talk-from-welcome:en", "confirm")

    assert kiosk.screen == "not saved"


def test_deleting_everything_says_so_and_hands_in_nothing(kiosk: Kiosk) -> None:
    kiosk.tap("begin:en", "next")
    while kiosk.screen != "review":
        kiosk.tap("skip")

    kiosk.tap("delete", "confirm")

    assert (kiosk.screen, kiosk.handed_in) == ("deleted", [])
    kiosk.tap("done")
    assert kiosk.screen == "welcome"


def test_somebody_who_walked_away_leaves_nothing(kiosk: Kiosk) -> None:
    kiosk.tap("bigger", "begin:en", "next", "choose:tonight")
    kiosk.wait(61)
    assert kiosk.screen == "urgent-still-there"
    kiosk.wait(31)

    assert kiosk.screen == "welcome"
    assert kiosk.session.manner == Manner()


def test_more_time_goes_on_where_one_was(kiosk: Kiosk) -> None:
    kiosk.tap("begin:en", "next", "choose:tonight")
    for _ in range(11):
        kiosk.wait(80)
        kiosk.tap("more-time")

    assert kiosk.screen == "urgent"
    kiosk.tap("next")
    assert kiosk.screen == "been-here"


def test_starting_over_is_asked_first_also_after_a_long_while(kiosk: Kiosk) -> None:
    kiosk.tap("begin:en", "next", "choose:tonight")
    kiosk.wait(61)
    kiosk.tap("start-over")
    assert kiosk.screen == "start_over"
    kiosk.tap("cancel")
    assert kiosk.screen == "urgent"

    kiosk.tap("talk")
    kiosk.wait(61)
    kiosk.tap("start-over", "confirm")
    assert kiosk.screen == "welcome"


def test_starting_over_before_anything_was_answered_needs_no_question(kiosk: Kiosk) -> None:
    kiosk.tap("talk-from-welcome:en")
    kiosk.wait(61)
    kiosk.tap("start-over")

    assert kiosk.screen == "welcome"


def test_no_two_touches_lead_past_a_question(kiosk: Kiosk) -> None:
    kiosk.tap("begin:en")
    ways = {}
    while kiosk.screen != "review":
        ways[kiosk.screen] = [str(touch.tap) for touch in kiosk.session.view.quiet]
        kiosk.tap("skip")

    assert ways.pop("privacy") == []
    assert ways.pop("name") == ["take-word"]
    assert ways.pop("consent") == ["skip"]
    assert set(map(tuple, ways.values())) == {("rather-not-say",)}


def test_what_deletes_looks_like_nothing_else(kiosk: Kiosk) -> None:
    kiosk.tap("begin:en", "start-over")
    body = kiosk.session.view.body

    assert isinstance(body, Paragraphs)
    assert [(touch.icon, touch.look) for touch in body.touches] == [("trash", Look.GRAVE), ("arrow-left", Look.TILE)]


def test_a_limit_is_only_spoken_of_when_it_is_reached(kiosk: Kiosk) -> None:
    kiosk.tap("begin:en", *["skip"] * 4)
    said = [kiosk.session.view.help]
    kiosk.tap("choose:work", "choose:health", "choose:legal")

    assert [*said, kiosk.session.view.help] == ["Tap any that fit", "3 chosen. Tap one to undo."]


def test_the_ticket_clears_itself(kiosk: Kiosk) -> None:
    kiosk.tap("talk-from-welcome:en", "confirm")
    kiosk.wait(46)

    assert kiosk.screen == "welcome"


def test_new_settings_wait_for_the_end_of_an_intake(kiosk: Kiosk) -> None:
    kiosk.tap("begin:en")
    kiosk.session.use(CONFIG.model_copy(update={"site_name": "Lantern House"}), FORM)
    assert kiosk.session.config.site_name == "Harbor House"

    kiosk.tap("back")

    assert kiosk.session.config.site_name == "Lantern House"


def test_every_look_is_a_touch_on_the_first_screen_and_the_sites_own_for_the_next_participant() -> None:
    looks = KioskSettings(theme="dark", bigger=True, reach=True)
    kiosk = Kiosk(CONFIG.model_copy(update={"settings": looks}))
    assert kiosk.session.manner == Manner(theme="dark", bigger=True, reach=True)
    assert {"bigger", "theme", "reach"} <= {touch.tap.action.value for touch in kiosk.session.view.quiet}

    kiosk.tap("bigger", "theme", "reach")
    assert kiosk.session.manner == Manner(theme="contrast", bigger=False, reach=False)
    kiosk.tap("talk-from-welcome:en", "confirm")
    kiosk.wait(600)
    assert kiosk.screen == "welcome"
    assert kiosk.session.manner == Manner(theme="dark", bigger=True, reach=True)


def test_a_site_greets_and_says_where_to_wait_in_its_own_words() -> None:
    words = {"greeting": {"es": "¡Pase, por favor!"}, "where_to_wait": {"es": "En el sofá azul."}}
    kiosk = Kiosk(CONFIG.model_copy(update=words))
    assert kiosk.session.view.title.split("\n") == [FORM.texts["en"].ui["greeting"], "¡Pase, por favor!"]

    kiosk.tap("talk-from-welcome:es", "confirm")
    assert isinstance(kiosk.session.view.body, Word)
    assert "En el sofá azul." in kiosk.session.view.body.lines


def test_a_name_begins_with_a_capital_and_each_further_word_too(kiosk: Kiosk) -> None:
    kiosk.tap("begin:en", "skip", "skip", "skip")
    seen = [kiosk.session.manner.capitals]
    for key in ("type:R", "type: "):
        kiosk.tap(key)
        seen.append(kiosk.session.manner.capitals)

    assert seen == [True, False, True]


def test_a_phone_number_without_a_country_is_of_the_sites_country(kiosk: Kiosk) -> None:
    britain = CONFIG.settings.model_copy(update={"country": "GB"})
    kiosk.session.use(CONFIG.model_copy(update={"settings": britain}), FORM)
    kiosk.tap("begin:en", "next", *["skip"] * 6, "choose:phone", *(f"type:{digit}" for digit in "02079460958"), "next")
    assert kiosk.screen == "phone-ok"
    kiosk.tap("skip", "skip", "skip", "choose:agree", "send")

    answer = kiosk.handed_in[0]["phone"]
    assert isinstance(answer, Answer)
    assert answer.text == "+442079460958"
