"""Keypad, headset and voice over a whole session, without a window."""

from datetime import UTC, datetime

import pytest

from kiosk_client.flow import Flow
from kiosk_client.guide import Guide
from kiosk_client.keypad import Key
from kiosk_client.session import Session
from kiosk_client.speech import Utterance
from kiosk_client.view import Action, Tap, Touch
from kiosk_client.views import Manner
from kiosk_client.voice import Tone
from shared_schema.form import Form, load_form
from shared_schema.kiosk_api import KioskConfig, KioskSettings
from shared_schema.sealing import OpeningKey
from tests.kiosk.by_ear import Listener
from tests.kiosk.transcript import Transcript

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FORM = load_form()
UI = FORM.texts["en"].ui
KEY = OpeningKey.generate().public()
NAMED = {key.value: key for key in Key}
TO_THE_NAME = ("begin:en", "next", "skip", "skip")


class Kiosk:
    """`device`: of the headset that is plugged in. `left`: how many participants were forgotten."""

    def __init__(self, settings: KioskSettings, form: Form = FORM, languages: tuple[str, ...] = ("en", "es")) -> None:
        self.seconds = 0.0
        self.device: str | None = None
        self.left = 0
        self.voice = Transcript()
        config = KioskConfig(
            site_name="Harbor House",
            languages=languages,
            form_name=FORM.name,
            form_version=FORM.version,
            service_key=KEY,
            settings=settings,
        )
        session = Session(form, config, lambda: "maple-7", self._hand_in, self.seconds)
        self.opened: list[float] = []
        self.guide = Guide(session, self.voice, lambda: self.device, self._left, self.opened.append)

    def press(self, *keys: Key | str) -> None:
        for key in keys:
            if isinstance(key, Key):
                self.guide.key(key, NOW, self.seconds)
            else:
                self.guide.type(key, NOW, self.seconds)

    def tap(self, *taps: str) -> None:
        for tap in taps:
            action, _, value = tap.partition(":")
            self.guide.touched(self.seconds)
            self.guide.tap(Tap(Action(action), value), NOW, self.seconds)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.guide.tick(self.seconds)

    @property
    def screen(self) -> str:
        return self.guide.view.name

    @property
    def said(self) -> list[str]:
        return self.voice.words

    def _hand_in(self, _flow: Flow, _now: datetime) -> bool:
        return True

    def _left(self) -> None:
        self.left += 1


@pytest.fixture
def kiosk() -> Kiosk:
    return Kiosk(KioskSettings())


def test_the_first_key_starts_the_voice_and_moves_nothing(kiosk: Kiosk) -> None:
    kiosk.press(Key.OK)

    assert kiosk.screen == "welcome"
    assert kiosk.guide.focus is None
    assert kiosk.said[:2] == [UI["speech_keys"], FORM.texts["es"].ui["speech_keys"]]
    assert {"Start", "Empezar"} <= set(kiosk.said)


def test_each_language_of_the_first_screen_is_said_by_its_own_voice(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)

    assert Utterance("Empezar", "es") in kiosk.voice.now
    assert Utterance(FORM.texts["es"].ui["greeting"], "es") in kiosk.voice.now
    assert Utterance("Start", "en") in kiosk.voice.now


def test_a_headset_starts_the_voice_and_is_what_it_speaks_through(kiosk: Kiosk) -> None:
    kiosk.device = "plughw:1"
    kiosk.wait(1)

    assert UI["greeting"] in kiosk.said
    assert kiosk.voice.device == "plughw:1"


def test_a_headset_pulled_out_in_mid_sentence_ends_the_speaking(kiosk: Kiosk) -> None:
    kiosk.device = "default"
    kiosk.wait(1)
    kiosk.device = None
    kiosk.wait(1)

    assert kiosk.said == []
    kiosk.tap("begin:en")
    assert kiosk.said == []
    kiosk.press(Key.DOWN)
    assert FORM.texts["en"].screens["privacy"].title in kiosk.said


def test_everything_on_a_screen_is_said(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en", "next")

    view = kiosk.guide.view
    shown = [view.title, view.help, view.note]
    shown += [each.text for each in (*view.left, *view.right, *view.quiet, *view.act, *view.body.touches)]  # type: ignore[union-attr]
    assert set(filter(None, shown)) <= set(kiosk.said)


def test_any_key_and_any_touch_silences_the_voice(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    assert kiosk.said
    kiosk.guide.touched(1)
    assert kiosk.said == []

    kiosk.press(Key.AGAIN)
    assert kiosk.said
    kiosk.press(Key.RIGHT)
    assert kiosk.said == ["English", "Start"]


def test_it_says_again_what_is_on_the_screen_and_where_one_is(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en")
    whole = kiosk.said
    kiosk.press(Key.DOWN, Key.AGAIN)

    assert kiosk.said == [*whole, UI["next"]]


def test_space_pauses_and_goes_on(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT, Key.SPACE)
    assert kiosk.voice.paused
    assert kiosk.said
    kiosk.press(Key.SPACE)
    assert not kiosk.voice.paused


def test_the_volume_has_its_own_keys_and_is_the_sites_again_for_the_next_one(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT, *[Key.LOUDER] * 9)
    assert kiosk.voice.volumes[-1] == 1
    kiosk.press(*[Key.SOFTER] * 20)
    assert kiosk.voice.volumes[-1] == pytest.approx(0.2)
    kiosk.wait(91)
    kiosk.press(Key.RIGHT)

    assert kiosk.voice.volumes[-1] == 0.6


def test_help_reaches_the_sound_with_arrows_and_ok_alone(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en")
    kiosk.press(Key.HELP)
    assert kiosk.said[0] == UI["help_title"]
    kiosk.press(Key.DOWN, Key.DOWN, Key.OK)

    assert kiosk.said == [UI["help_louder"]]
    assert kiosk.voice.volumes[-1] == pytest.approx(0.7)
    kiosk.press(Key.BACK)
    assert kiosk.screen == "privacy"


def test_after_help_it_goes_on_with_what_was_cut_off(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en")
    del kiosk.voice.now[0]  # was heard to its end
    rest = kiosk.said
    for way_back in ([Key.HELP], [Key.BACK], [Key.UP, Key.OK]):
        kiosk.press(Key.HELP, *way_back)
        assert (kiosk.screen, kiosk.said) == ("privacy", rest)


def test_ok_is_nowhere_until_an_arrow_was_pressed(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en", "next")
    kiosk.press(Key.OK)

    assert kiosk.screen == "urgent"
    assert kiosk.said[0] == UI["speech_keys"]


def test_what_is_not_possible_yet_says_so(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap(*TO_THE_NAME)
    while not (isinstance(kiosk.guide.focus, Touch) and kiosk.guide.focus.tap.action is Action.NEXT):
        kiosk.press(Key.LEFT)
    assert kiosk.said == [UI["next"], UI["speech_not_yet"]]
    kiosk.press(Key.OK)
    assert kiosk.screen == "name"


def test_letters_are_said_as_they_come_and_go(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap(*TO_THE_NAME)
    heard = []
    for key in ("R", "o", " ", Key.ERASE, Key.ERASE):
        kiosk.press(key)
        heard.append(kiosk.said)

    assert heard == [
        ["R"],
        ["o"],
        [UI["key_space"]],
        [UI["key_space"], UI["speech_erased"]],
        ["o", UI["speech_erased"]],
    ]
    kiosk.press(Key.AGAIN)
    at = kiosk.said.index(UI["speech_so_far"])
    assert kiosk.said[at + 1 : at + 3] == ["R", "R"]


def test_back_erases_first_and_goes_back_when_nothing_is_typed(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap(*TO_THE_NAME)
    kiosk.press("R", Key.ERASE)
    assert kiosk.screen == "name"
    kiosk.press(Key.ERASE)
    assert kiosk.screen == "been-here"


def test_somebody_who_types_on_a_keyboard_is_not_read_to(kiosk: Kiosk) -> None:
    kiosk.tap(*TO_THE_NAME)
    kiosk.press("R", "o", Key.ERASE, Key.OK)

    assert kiosk.screen == "brings-you"
    assert kiosk.voice.heard == []


def test_an_answer_in_the_review_is_read_by_letters_and_as_a_whole(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap(*TO_THE_NAME)
    kiosk.press("A", "l", Key.OK)
    while kiosk.screen != "review":
        kiosk.tap("skip")

    at = kiosk.said.index("Al")
    assert kiosk.said[at - 1 : at + 3] == [FORM.texts["en"].screens["name"].short, "Al", "A", "l"]


def test_the_screen_is_hidden_by_a_key_and_back_at_a_touch(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT, Key.HIDE)
    hidden = [kiosk.guide.hidden]
    kiosk.guide.touched(1)
    hidden.append(kiosk.guide.hidden)

    assert hidden == [True, False]


def test_help_is_about_the_voice_and_gone_with_it(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT, Key.HELP)
    seen = [kiosk.screen]
    kiosk.wait(91)
    seen.append(kiosk.screen)
    silent = Kiosk(KioskSettings(speech=False))
    silent.press(Key.HELP)

    assert [*seen, silent.screen] == ["help", "welcome", "welcome"]


def test_nobody_hides_a_screen_that_is_not_read_aloud(kiosk: Kiosk) -> None:
    kiosk.press(Key.HIDE)

    assert not kiosk.guide.hidden


def test_the_question_whether_one_is_there_is_seen_and_heard(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en")
    kiosk.press(Key.HIDE)
    kiosk.wait(61)

    assert kiosk.screen == "privacy-still-there"
    assert not kiosk.guide.hidden
    assert kiosk.voice.now[0] is Tone.ARE_YOU_THERE
    assert {UI["still_there"], UI["more_time"]} <= set(kiosk.said)


def test_the_time_of_a_listener_begins_when_all_was_said(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en")
    kiosk.voice.speaks = True
    for _ in range(9):
        kiosk.wait(20)
    kiosk.voice.speaks = False
    kiosk.wait(59)
    assert kiosk.screen == "privacy"
    kiosk.wait(1)
    assert kiosk.screen == "privacy-still-there"
    kiosk.voice.speaks = True
    kiosk.wait(30)

    assert kiosk.screen == "welcome"


def test_any_key_asks_for_more_time_as_often_as_wanted(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en")
    for _ in range(11):
        kiosk.wait(80)
        assert kiosk.screen == "privacy-still-there"
        kiosk.press(Key.DOWN)
        assert kiosk.screen == "privacy"


def test_when_nobody_hears_a_call_it_sounds_and_is_read(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en", "next", "choose:unsafe", "next")

    assert kiosk.screen == "urgent-desk"
    assert kiosk.voice.now[0] is Tone.TO_THE_DESK
    assert UI["urgent_desk"] in kiosk.said


def test_staff_open_their_corner_only_while_nobody_is_in_an_intake(kiosk: Kiosk) -> None:
    kiosk.guide.corner(0)
    kiosk.tap("begin:en")
    kiosk.guide.corner(1)
    kiosk.tap("talk", "confirm")
    kiosk.guide.corner(2)

    assert kiosk.opened == [0, 2]


def test_without_the_voice_the_question_comes_with_a_tone(kiosk: Kiosk) -> None:
    kiosk.tap("begin:en")
    kiosk.wait(61)

    assert kiosk.voice.now == [Tone.ARE_YOU_THERE]


def test_a_site_may_turn_off_tones_and_voice_and_choose_its_times() -> None:
    kiosk = Kiosk(KioskSettings(sound=False, speech=False, idle_seconds=120, warning_seconds=60))
    kiosk.device = "default"
    kiosk.wait(1)
    kiosk.tap("begin:en")
    kiosk.press(Key.RIGHT, Key.LOUDER)
    kiosk.wait(119)
    assert kiosk.screen == "privacy"
    kiosk.wait(1)
    assert kiosk.screen == "privacy-still-there"
    kiosk.wait(60)

    assert kiosk.screen == "welcome"
    assert kiosk.voice.heard == []
    assert all(tap.tap.action is not Action.ALOUD for tap in kiosk.guide.view.quiet)


def test_a_participant_who_left_is_forgotten_once(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT, Key.LOUDER)
    kiosk.tap("begin:en", "next", "choose:unsafe")
    kiosk.wait(61)
    kiosk.wait(31)

    assert kiosk.screen == "welcome"
    assert kiosk.guide.manner == Manner()
    kiosk.wait(1)
    assert kiosk.left == 1
    kiosk.tap("talk-from-welcome:es", "confirm")
    kiosk.wait(1)
    assert (kiosk.screen, kiosk.left) == ("ticket", 2)


def test_going_back_to_the_languages_keeps_the_voice(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en")
    kiosk.press(Key.BACK)

    assert kiosk.screen == "welcome"
    assert UI["greeting"] in kiosk.said


def test_reading_aloud_is_also_a_touch_away(kiosk: Kiosk) -> None:
    kiosk.tap("aloud")
    assert UI["greeting"] in kiosk.said
    kiosk.tap("aloud")
    assert kiosk.said == []


def test_what_breaks_clears_the_participant(kiosk: Kiosk) -> None:
    kiosk.press(Key.RIGHT)
    kiosk.tap("begin:en", "next", "choose:unsafe")
    kiosk.guide.recover()

    assert kiosk.screen == "welcome"
    assert kiosk.guide.manner == Manner()


def test_in_a_language_read_from_the_right_the_left_arrow_goes_on() -> None:
    mirrored = FORM.texts["es"].model_copy(update={"direction": "rtl"})
    kiosk = Kiosk(KioskSettings(), FORM.model_copy(update={"texts": {**FORM.texts, "es": mirrored}}))
    kiosk.press(Key.DOWN)
    kiosk.tap("begin:es")
    kiosk.press(Key.LEFT)

    assert kiosk.said == [FORM.texts["es"].ui["next"]]


@pytest.mark.parametrize("language", FORM.texts)
def test_every_language_can_be_gone_through_by_ear(language: str) -> None:
    kiosk = Kiosk(KioskSettings(reviewed_languages=tuple(FORM.texts)), languages=tuple(FORM.texts))
    letters = [key for row in FORM.texts[language].keyboard.rows for key in row if key.isalpha()]
    name = letters[0].upper() + letters[1]

    listener = Listener(FORM, language, lambda key: kiosk.press(NAMED.get(key, key)), lambda: kiosk.said, name)

    assert listener.do_an_intake() == FORM.ticket_text("maple-7", language)
    assert name in listener.review
