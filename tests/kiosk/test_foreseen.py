"""Screens that are drawn before anybody asks for them: the right ones, with nobody's answer on them."""

import time
from datetime import UTC, datetime

from kiosk_client.foreseen import foreseen
from kiosk_client.session import Session
from kiosk_client.view import Action, Tap, View
from kiosk_client.views import Manner
from shared_schema.form import load_form
from tests.kiosk.offscreen import OffscreenKiosk, a_config

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
FORM = load_form()
CONFIG = a_config(FORM)


def a_session() -> Session:
    return Session(FORM, CONFIG, lambda: "maple-7", lambda _flow, _now: True, seconds=0)


def tap(session: Session, action: Action, value: str = "") -> View:
    session.tap(Tap(action, value), NOW, 0)
    return session.view


def test_they_are_what_somebody_sees_who_skips_everything() -> None:
    session = a_session()
    seen = [tap(session, Action.BEGIN, "es")]
    while (view := tap(session, Action.SKIP)).name != seen[-1].name:
        seen.append(view)

    expected = foreseen(FORM, CONFIG, "es", Manner())

    assert [view.name for view in expected] == [view.name for view in seen]
    assert [view.title for view in expected if "review" not in view.name] == [
        view.title for view in seen if "review" not in view.name
    ]


def test_they_stay_the_same_until_the_language_or_the_look_changes() -> None:
    session = a_session()
    before = session.foreseen
    tap(session, Action.BEGIN, "en")
    tap(session, Action.NEXT)
    assert session.foreseen is before

    tap(session, Action.BIGGER)
    bigger = session.foreseen
    assert bigger is not before
    session.clear()
    tap(session, Action.BEGIN, "es")

    assert session.foreseen not in (before, bigger)


def test_no_answer_is_on_them() -> None:
    session = a_session()
    tap(session, Action.BEGIN, "en")
    tap(session, Action.NEXT)
    while "name" not in session.view.name:
        tap(session, Action.SKIP)
    for letter in "Zulema":
        tap(session, Action.TYPE, letter)
    tap(session, Action.NEXT)

    assert "Zulema" not in repr(session.foreseen)


def test_their_words_are_set_before_they_are_asked_for() -> None:
    with OffscreenKiosk() as kiosk:
        set_again = kiosk.app._typesetter.set_again
        for _ in range(200):  # far more turns than there are screens
            time.sleep(0.01)
            kiosk.frames(1)
        before = set_again.cache_info().misses
        kiosk.tap("begin:en", "next", "rather-not-say")

        assert set_again.cache_info().misses == before
