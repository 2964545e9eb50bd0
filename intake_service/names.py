"""What a participant can be found by, as keyed tokens: the database never sees a name, nor a part of one.

A token is the HMAC, under the keys folder's digest key, of one of these, cut to 64 bits:
- a word of the name, without accents and case; any two words of it together, in either order
- how a word sounds (Metaphone); how two words sound together
- a word's leading trigram, for somebody who types the beginning
- the ticket (`maple-7`), the ticket's word (`maple`), and the last ten digits of the phone

Typing mistakes are made up for when searching, not when storing (docs/decisions/0014): every word that is one mistake
away from the typed one is looked up.
"""

import hmac
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations
from string import ascii_lowercase

import jellyfish
from sqlalchemy.orm import Session

from notifications.encrypted import recognising_key

_MOST_WORDS = 4  # of a name; four already make six pairs
_TRIGRAM = 3
_SHORTEST_TO_MISTYPE = 4  # in a shorter word one mistake makes another name
_DIGITS = 10
_SHORTEST_PHONE = 7
_FOLDED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


class Tokens:
    """Makes tokens with one database's key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, session: Session) -> "Tokens":
        """With the key that the session's engine was unlocked with. Raises Locked."""
        return cls(recognising_key(session.get_bind().dialect))

    def word(self, word: str) -> int:
        return self._token("w", word)

    def pair(self, one: str, other: str) -> int:
        return self._token("ww", *sorted((one, other)))

    def sound(self, word: str) -> int | None:
        sound = sound_of(word)
        return self._token("s", sound) if sound else None

    def sounds(self, one: str, other: str) -> int | None:
        heard = sound_of(one), sound_of(other)
        return self._token("ss", *sorted(heard)) if all(heard) else None

    def beginning(self, word: str) -> int | None:
        return self._token("b", word[:_TRIGRAM]) if len(word) >= _TRIGRAM else None

    def ticket(self, ticket: str) -> int:
        return self._token("t", ticket)

    def phone(self, phone: str | None) -> int | None:
        digits = digits_of(phone)
        return self._token("p", digits) if digits else None

    def of_intake(self, name: str | None, ticket: str, phone: str | None) -> frozenset[int]:
        """Everything that this intake is to be found by."""
        words = words_of(name or "")
        found = {self.ticket(ticket), self.ticket(ticket.rpartition("-")[0]), self.phone(phone)}
        for word in words:
            found |= {self.word(word), self.sound(word), self.beginning(word)}
        for one, other in combinations(words, 2):
            found |= {self.pair(one, other), self.sounds(one, other)}
        return frozenset(token for token in found if token is not None)

    def _token(self, kind: str, *parts: str) -> int:
        digest = hmac.digest(self._key, "\0".join((kind, *parts)).encode(), "sha256")
        return int.from_bytes(digest[:8], "big", signed=True)


def words_of(name: str) -> tuple[str, ...]:
    """The name's words in order, each once: small letters without accents. `O'Neil` is one word, `Ana-Lu` is two."""
    joined = name.replace("'", "").replace("’", "")
    spread = unicodedata.normalize("NFKD", joined.casefold().translate(_FOLDED))
    plain = "".join(character for character in spread if not unicodedata.combining(character))
    words = "".join(character if character.isalnum() else " " for character in plain).split()
    return tuple(dict.fromkeys(words))[:_MOST_WORDS]


@lru_cache(4096)
def sound_of(word: str) -> str:
    """Metaphone; empty for what it cannot hear: other scripts, digits, single letters."""
    return jellyfish.metaphone(word) if len(word) > 1 and word.isascii() and word.isalpha() else ""


def digits_of(phone: str | None) -> str:
    """The last ten digits; empty for fewer than seven."""
    digits = "".join(character for character in phone or "" if character.isdecimal())
    return digits[-_DIGITS:] if len(digits) >= _SHORTEST_PHONE else ""


def mistyped(word: str) -> Iterable[str]:
    """Every word that is one letter too many, too few, other or exchanged away; none for short words."""
    if len(word) < _SHORTEST_TO_MISTYPE:
        return set()
    letters = ascii_lowercase if word.isascii() else "".join(sorted(set(word)))
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    missing = {before + after[1:] for before, after in splits if after}
    exchanged = {before + after[1] + after[0] + after[2:] for before, after in splits if len(after) > 1}
    other = {before + letter + after[1:] for before, after in splits if after for letter in letters}
    added = {before + letter + after for before, after in splits for letter in letters}
    return (missing | exchanged | other | added) - {word}
