"""Somebody carries a kiosk away after an intake that it could not hand in: its whole state folder tells them nothing.

The process's memory, its other files and its logs are read in tests/kiosk/test_privacy.py; that nothing is left after
the receipt, in tests/kiosk/test_spool.py; what a stolen credential opens, in test_routes_kiosks_api.py.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk_client.enrollment import Store
from shared_schema.sealing import OpeningKey, SealingError, open_envelope
from tests.faults.kiosk import Kiosk
from tests.kiosk.pairing import pair_offline

FIRST, LAST, PHONE = "Zyqxwort", "Vorblump", "5557310946"
ANSWERS = (FIRST, LAST, PHONE, "555 731 0946", '"state":"answered"', "self-harm")
_KEY = 32  # bytes of an X25519 key, without which nothing opens


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def key(state: Path) -> OpeningKey:
    """The service's, which the kiosk has never had; the state folder is that of a kiosk that is paired and offline."""
    return pair_offline(state)


@pytest.fixture
def kiosk(state: Path, key: OpeningKey) -> Iterator[Kiosk]:
    """Somebody has told it everything, and it holds that."""
    stored = Store(state).load()
    assert stored is not None
    kiosk = Kiosk(state, stored)
    kiosk.tap("begin:en", "next", "choose:self-harm", "next", "keep-going", "choose:yes")
    kiosk.tap(*(f"type:{letter}" for letter in f"{FIRST} {LAST}"), "next")
    kiosk.tap("choose:work", "next", "choose:ongoing", "choose:anyone", "next", "choose:phone")
    kiosk.tap(*(f"type:{letter}" for letter in PHONE), "next")
    kiosk.tap("choose:call", "next", "choose:nothing", "next", "choose:yes", "choose:agree")
    assert kiosk.tap("send") == "ticket"
    assert kiosk.spool.counts().held == 1
    yield kiosk
    kiosk.spool.close()


def in_every_file(state: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(state.rglob("*")) if path.is_file())


def as_stored(text: str) -> Iterator[bytes]:
    """All ways in which a text is usually written down."""
    for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
        plain = text.encode(encoding)
        yield plain
        yield plain.hex().encode()
        for before in range(3):  # base64 looks different by what stands before
            encoded = base64.b64encode(bytes(before) + plain)
            yield encoded[4 if before else 0 : len(encoded) // 4 * 4 - 4]


def decoded(content: bytes) -> Iterator[bytes]:
    """The bytes as they are, and whatever in them is hex or base64."""
    yield content
    for run in re.findall(rb"[A-Za-z0-9+/_-]{32,}={0,2}", content):
        standard = run.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
        yield base64.b64decode(standard[: len(standard) // 4 * 4])
        try:
            yield binascii.unhexlify(run[: len(run) // 2 * 2])
        except binascii.Error:
            continue


def opens(content: bytes, key: OpeningKey) -> bool:
    """Whether the private key is anywhere in there, at whatever place, or is the digest of something in there."""
    wanted = X25519PrivateKey.from_private_bytes(key.raw[-_KEY:]).public_key().public_bytes_raw()
    candidates = {piece[at : at + _KEY] for piece in decoded(content) for at in range(len(piece) - _KEY + 1)}
    candidates |= {hashlib.sha256(word).digest() for word in re.findall(rb"[^\s\"{}:,\0]{8,}", content)}
    return any(
        X25519PrivateKey.from_private_bytes(each).public_key().public_bytes_raw() == wanted for each in candidates
    )


def test_no_byte_of_any_file_tells_what_somebody_said(kiosk: Kiosk, state: Path, key: OpeningKey) -> None:
    content = in_every_file(state)
    assert len(list(state.iterdir())) >= 2
    held = kiosk.spool.next()
    assert held is not None
    said = open_envelope(held.sealed.envelope, held.sealed.intake_id, {key.public().key_id: key})
    assert all(any(each in piece for piece in decoded(said) for each in as_stored(text)) for text in (FIRST, PHONE))

    for piece in decoded(content):
        assert [text for text in ANSWERS if any(each in piece for each in as_stored(text))] == []


@pytest.mark.timeout(300)
def test_nothing_on_the_device_opens_what_it_holds(kiosk: Kiosk, state: Path, key: OpeningKey) -> None:
    assert not opens(in_every_file(state), key)

    for planted in (key.raw, base64.b64encode(key.raw), key.raw.hex().encode()):
        assert opens(b"\0 some file \0" + planted + b"\n", key), "the search finds what is there"


def test_the_kiosk_itself_cannot_open_it_again(kiosk: Kiosk) -> None:
    """Not even with a key of its own making under the service's name."""
    held = kiosk.spool.next()
    assert held is not None
    envelope = held.sealed.envelope

    with pytest.raises(SealingError):
        open_envelope(envelope, held.sealed.intake_id, {})
    with pytest.raises(SealingError):
        open_envelope(envelope, held.sealed.intake_id, {envelope.key_id: OpeningKey.generate()})
