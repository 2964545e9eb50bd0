"""Sealed to the service, bound to the intake, closed to everybody else."""

import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared_schema.intake import MAX_SEALED_BYTES, Envelope
from shared_schema.kiosk_api import ServiceKey
from shared_schema.sealing import OpeningKey, SealingError, UnknownKey, open_envelope, seal

KEY = OpeningKey.generate()
KEYS = {KEY.public().key_id: KEY}
ID = UUID("019ab000-0000-7000-8000-000000000001")


@settings(max_examples=30)
@given(st.binary(max_size=5000).map(lambda content: content + b"}"), st.uuids())
def test_what_is_sealed_opens_again_with_trailing_blanks(plaintext: bytes, intake_id: UUID) -> None:
    assert open_envelope(seal(plaintext, intake_id, KEY.public()), intake_id, KEYS).rstrip(b" ") == plaintext


def test_another_key_of_the_same_name_does_not_open_it() -> None:
    envelope = seal(b"{}", ID, KEY.public())

    with pytest.raises(SealingError):
        open_envelope(envelope, ID, {envelope.key_id: OpeningKey.generate()})


def test_a_key_that_is_not_held_is_said_so() -> None:
    with pytest.raises(UnknownKey):
        open_envelope(seal(b"{}", ID, OpeningKey.generate().public()), ID, KEYS)


def test_under_another_id_it_does_not_open() -> None:
    with pytest.raises(SealingError):
        open_envelope(seal(b"{}", ID, KEY.public()), uuid4(), KEYS)


@settings(max_examples=60)
@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_one_changed_byte_anywhere_is_noticed(at: int, change: int) -> None:
    envelope = seal(b"{}", ID, KEY.public())
    sealed = bytearray(base64.b64decode(envelope.ciphertext))
    sealed[at % len(sealed)] ^= change

    with pytest.raises(SealingError):
        open_envelope(Envelope(key_id=envelope.key_id, ciphertext=base64.b64encode(sealed).decode()), ID, KEYS)


@pytest.mark.parametrize("ciphertext", ["", "AAAA", "not base64!", "A" * 4000])
def test_what_is_no_envelope_is_a_sealing_error(ciphertext: str) -> None:
    with pytest.raises(SealingError):
        open_envelope(Envelope(key_id=KEY.public().key_id, ciphertext=ciphertext), ID, KEYS)


def test_the_length_tells_nothing() -> None:
    lengths = {len(seal(b"x" * size, ID, KEY.public()).ciphertext) for size in (2, 300, 800, 1024)}

    assert len(lengths) == 1
    assert lengths.pop() < MAX_SEALED_BYTES


def test_the_same_intake_never_looks_the_same() -> None:
    assert seal(b"{}", ID, KEY.public()) != seal(b"{}", ID, KEY.public())


def test_the_private_half_is_96_bytes_and_comes_back_from_them() -> None:
    again = OpeningKey(KEY.raw)

    assert len(KEY.raw) == 96
    assert open_envelope(seal(b"{}", ID, KEY.public()), ID, {KEY.public().key_id: again}).rstrip() == b"{}"


@pytest.mark.parametrize("raw", [b"", b"short", KEY.raw + b"x"], ids=["empty", "short", "long"])
def test_a_damaged_opening_key_says_what_to_do(raw: bytes) -> None:
    with pytest.raises(SealingError, match="restore the key file"):
        OpeningKey(raw).public()


@pytest.mark.parametrize("key", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_damaged_public_key_says_what_to_do(key: str) -> None:
    with pytest.raises(SealingError, match="enroll this kiosk again"):
        seal(b"{}", ID, ServiceKey(key_id="0" * 16, key=key))
