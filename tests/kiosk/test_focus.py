import pytest

from kiosk_client.focus import NOWHERE, Focus, Stop, kept, moved, rows, stop_at
from kiosk_client.keypad import Key
from kiosk_client.view import Action, Field, Look, Tap, Tiles, Touch, Typing, View


def touch(name: str, action: Action = Action.CHOOSE) -> Touch:
    return Touch(Tap(action, name), name)


TILES = View(
    "urgent",
    "Right now?",
    Tiles((touch("unsafe"), touch("medical"), touch("none"))),
    left=(touch("", Action.BACK),),
    right=(touch("", Action.TALK),),
    quiet=(touch("", Action.SKIP),),
    act=(touch("", Action.NEXT),),
)
KEYS = View(
    "name",
    "Name?",
    Typing(
        (Field("", "here"),),
        (tuple(Touch(Tap(Action.TYPE, key), key, look=Look.KEY) for key in "qwertyuiop"), (touch("a"), touch("l"))),
    ),
    act=(touch("", Action.NEXT),),
)


def stops(view: View) -> list[Stop]:
    return [stop for row in rows(view) for stop in row]


@pytest.mark.parametrize("view", [TILES, KEYS])
def test_the_right_arrow_comes_by_every_control_and_around_to_the_first(view: View) -> None:
    seen, focus = [], NOWHERE
    for _ in stops(view):
        focus = moved(view, focus, Key.RIGHT)
        seen.append(stop_at(view, focus))

    assert seen == stops(view)
    assert moved(view, focus, Key.RIGHT) == Focus(0)


@pytest.mark.parametrize("view", [TILES, KEYS])
def test_the_left_arrow_goes_the_same_way_back(view: View) -> None:
    focus = Focus(0)
    for _ in stops(view):
        focus = moved(view, focus, Key.LEFT)
        assert moved(view, moved(view, focus, Key.RIGHT), Key.LEFT) == focus

    assert focus == Focus(0)


def test_what_is_asked_comes_first_and_the_ways_out_last() -> None:
    assert [stop.tap.action for stop in stops(TILES) if stop.tap] == [
        *[Action.CHOOSE] * 3,
        Action.SKIP,
        Action.NEXT,
        Action.BACK,
        Action.TALK,
    ]


def test_up_and_down_go_from_row_to_row_of_a_keyboard() -> None:
    letter_p = Focus(1, 9)

    assert moved(KEYS, letter_p, Key.DOWN) == Focus(2, 1)
    assert moved(KEYS, Focus(2, 1), Key.UP) == letter_p
    assert moved(KEYS, letter_p, Key.UP) == Focus(0)


def test_the_focus_stays_on_its_control_and_leaves_with_its_screen() -> None:
    marked = View("urgent", TILES.title, Tiles((touch("medical"), touch("none"))), act=TILES.act)

    assert kept(TILES, marked, Focus(1)) == Focus(0)
    assert kept(TILES, KEYS, Focus(1)) == NOWHERE


def test_a_key_that_turns_small_keeps_the_focus() -> None:
    small = View("name", "Name?", Typing((Field("Q", "here"),), ((Touch(Tap(Action.TYPE, "w"), "w"),),)))
    large = View("name", "Name?", Typing((Field("", "here"),), ((Touch(Tap(Action.TYPE, "W"), "W"),),)))

    assert kept(large, small, Focus(1)) == Focus(1)
