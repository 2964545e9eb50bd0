"""Just enough of Google's Mobile Connection Server protocol: framed protocol buffers, as Chromium speaks them.

A connection begins with one byte, the version. Then each message is a byte that says its kind, its length as a varint,
and its fields. Numbers are those of Chromium's google_apis/gcm/protocol/mcs.proto and checkin.proto.
"""

import asyncio
import struct
from collections.abc import Iterable
from enum import IntEnum

VERSION = 41
_VARINT, _FIXED64, _BYTES = 0, 1, 2  # the wire types of protocol buffers that occur here


class Kind(IntEnum):
    HEARTBEAT_PING = 0
    HEARTBEAT_ACK = 1
    LOGIN_REQUEST = 2
    LOGIN_RESPONSE = 3
    CLOSE = 4
    IQ = 7
    DATA_MESSAGE = 8


class Fixed64(int):
    """A number that goes over the wire as eight bytes."""


Value = int | str | bytes | Fixed64


def encode(fields: Iterable[tuple[int, Value]]) -> bytes:
    """Fields by number; one that is repeated occurs several times."""
    out = b""
    for number, value in fields:
        match value:
            case Fixed64():
                out += _varint(number << 3 | _FIXED64) + struct.pack("<Q", value)
            case int():
                out += _varint(number << 3 | _VARINT) + _varint(value)
            case _:
                content = value.encode() if isinstance(value, str) else value
                out += _varint(number << 3 | _BYTES) + _varint(len(content)) + content
    return out


def decode(message: bytes) -> dict[int, list[int | bytes]]:
    """The values of each field, in their order. Raises ValueError for a wire type that does not occur here."""
    found: dict[int, list[int | bytes]] = {}
    place = 0
    while place < len(message):
        key, place = _read_varint(message, place)
        value: int | bytes
        match key & 7:
            case 0:
                value, place = _read_varint(message, place)
            case 1:
                value, place = int.from_bytes(message[place : place + 8], "little"), place + 8
            case 2:
                length, place = _read_varint(message, place)
                value, place = message[place : place + length], place + length
            case other:
                raise ValueError(f"wire type {other}")
        found.setdefault(key >> 3, []).append(value)
    return found


def frame(kind: Kind, message: bytes) -> bytes:
    return bytes([kind]) + _varint(len(message)) + message


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next message's kind and fields. Raises IncompleteReadError at the end of the connection."""
    (kind,) = await reader.readexactly(1)
    length = shift = 0
    while True:
        (byte,) = await reader.readexactly(1)
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return kind, await reader.readexactly(length)


def _varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def _read_varint(message: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
        shift += 7
