from kiosk_client.keypad import HOLD, Held, Key, key_of


def test_the_number_pad_moves_unless_it_types_digits() -> None:
    assert key_of(96, digits=False) is Key.UP
    assert key_of(96, digits=True) is None
    assert key_of(88, digits=True) is Key.OK


def test_a_letter_has_no_meaning_of_its_own() -> None:
    assert key_of(4, digits=False) is None


def test_a_key_that_is_held_waits_two_seconds_before_it_counts_again() -> None:
    held = Held()

    counted = [tenths for tenths in range(32) if held.down(79, tenths / 10)]

    assert counted == [0, 20, 25, 30]
    assert HOLD == 2


def test_a_key_pressed_again_counts_at_once() -> None:
    held = Held()
    held.down(79, 0)
    held.up(79)

    assert held.down(79, 0.1)
