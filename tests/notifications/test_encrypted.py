"""One value at rest: a key of its own, bound to its place, moved to another data key without being read."""

import pytest

from notifications.encrypted import DataKeys, Locked, data_key_id, decrypt, encrypt, under_current_key
from tests.notifications.earlier_format import as_earlier

OLD, NEW = b"an old data key of 32 bytes here", b"a new data key, also of 32 bytes"
PLACE = "participant.name"
BEFORE, BOTH, AFTER = DataKeys.of([OLD]), DataKeys.of([OLD, NEW]), DataKeys.of([NEW])
_TEXT = 1 + 8 + 60  # where the text begins: format, key id, wrapped key


def test_what_was_written_is_read() -> None:
    for text in ("Zuleika Testperson", "", "Ñandú 李", "x" * 100_000):
        assert decrypt(encrypt(text, PLACE, BEFORE), PLACE, BEFORE) == text


def test_the_same_text_is_stored_differently_each_time() -> None:
    one, other = encrypt("Zuleika", PLACE, BEFORE), encrypt("Zuleika", PLACE, BEFORE)

    assert one[:9] == other[:9] == b"\x02" + data_key_id(OLD)
    assert one[9:_TEXT] != other[9:_TEXT]
    assert one[_TEXT:] != other[_TEXT:]


def test_a_value_does_not_open_with_the_own_key_of_another() -> None:
    one, other = encrypt("Zuleika", PLACE, BEFORE), encrypt("Quirin", PLACE, BEFORE)

    with pytest.raises(Locked):
        decrypt(one[:_TEXT] + other[_TEXT:], PLACE, BEFORE)


def test_a_value_opens_in_its_own_place_alone() -> None:
    stored = encrypt("Zuleika", PLACE, BEFORE)

    for elsewhere in ("participant.phone", "intake.answers", ""):
        with pytest.raises(Locked):
            decrypt(stored, elsewhere, BEFORE)
        with pytest.raises(Locked):
            under_current_key(stored, elsewhere, BOTH)


def test_a_value_cannot_claim_another_key() -> None:
    stored = encrypt("Zuleika", PLACE, BEFORE)

    with pytest.raises(Locked):
        decrypt(stored[:1] + data_key_id(NEW) + stored[9:], PLACE, BOTH)


@pytest.mark.parametrize(
    "stored", [encrypt("Zuleika", PLACE, BEFORE), as_earlier("Zuleika", OLD)], ids=["envelope", "earlier"]
)
def test_no_byte_can_be_changed_and_none_left_out(stored: bytes) -> None:
    for at in range(len(stored)):
        for changed in (stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :], stored[:at]):
            with pytest.raises(Locked):
                decrypt(changed, PLACE, BOTH)


def test_moving_to_a_new_key_leaves_the_text_as_it_is() -> None:
    stored = encrypt("Zuleika", PLACE, BEFORE)

    moved = under_current_key(stored, PLACE, BOTH)

    assert moved[_TEXT:] == stored[_TEXT:]
    assert decrypt(moved, PLACE, AFTER) == "Zuleika"
    with pytest.raises(Locked):
        decrypt(moved, PLACE, BEFORE)


def test_an_earlier_release_is_read_and_moves_to_an_envelope() -> None:
    stored = as_earlier("Zuleika", OLD)
    assert decrypt(stored, PLACE, BOTH) == "Zuleika"

    moved = under_current_key(stored, PLACE, BOTH)

    assert moved[:9] == b"\x02" + data_key_id(NEW)
    assert decrypt(moved, PLACE, AFTER) == "Zuleika"


def test_a_value_that_cannot_be_read_is_not_moved_and_says_nothing() -> None:
    for stored in (encrypt("Zuleika", PLACE, BEFORE), as_earlier("Zuleika", OLD)):
        with pytest.raises(Locked) as refusal:
            under_current_key(stored, PLACE, AFTER)
        assert "Zuleika" not in str(refusal.value)
