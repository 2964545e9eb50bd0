import pytest

from shared_schema.pin import fits, hashed


def test_a_pin_is_known_again_and_no_other_is() -> None:
    kept = hashed("271828")

    assert fits("271828", kept)
    assert not any(fits(pin, kept) for pin in ("271829", "27182", "2718280", "", "abc"))


def test_the_same_pin_is_kept_differently_each_time() -> None:
    first, second = hashed("2718"), hashed("2718")

    assert first != second
    assert "2718" not in first.partition(":")[2]


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "١٢٣٤", "12 34", "-123"])
def test_a_pin_is_four_to_eight_digits(pin: str) -> None:
    with pytest.raises(ValueError, match="4 to 8 digits"):
        hashed(pin)


@pytest.mark.parametrize("kept", ["", "2718", "scrypt:!:!", "scrypt:AAAA", "plain:AAAA:AAAA", "a:b:c:d"])
def test_what_is_no_hash_fits_nobody(kept: str) -> None:
    assert not fits("2718", kept)
