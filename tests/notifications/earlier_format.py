"""A value as releases before the envelope stored it."""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from notifications.encrypted import data_key_id


def as_earlier(text: str, key: bytes) -> bytes:
    header, nonce = b"\x01" + data_key_id(key), os.urandom(12)
    return header + nonce + AESGCM(key).encrypt(nonce, text.encode(), header)
