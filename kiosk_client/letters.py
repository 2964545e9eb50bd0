"""Letters as people count them: a base with its marks, or pictures that are joined into one."""

import unicodedata

_MARKS = {"Mn", "Mc", "Me", "Sk"}  # accents, vowel signs, skin tones
JOINERS = frozenset("\u200c\u200d")  # zero width: parts that stand together, in Nepali as in emoji


def count(text: str) -> int:
    return sum(1 for letter in text if not _belongs_to_the_one_before(letter))


def joined(text: str, character: str) -> str:
    """With one more, or the few that a key joins.

    An accent goes onto the letter before it (Vietnamese is typed so), and nowhere without one.
    """
    if not text.strip() and _belongs_to_the_one_before(character[0]):
        return text
    return unicodedata.normalize("NFC", text + character).lstrip()


def without_last(text: str) -> str:
    """The text without its last letter and all that belongs to it."""
    while text:
        last, text = text[-1], text[:-1]
        if not _belongs_to_the_one_before(last) and text[-1:] not in JOINERS:
            break
    return text


def may_be_typed(character: str) -> bool:
    """Whatever can be seen, in any script. What only steers the direction of text is left out: it would turn around
    what staff read beside it."""
    return character.isprintable() or character in JOINERS


def _belongs_to_the_one_before(letter: str) -> bool:
    return letter in JOINERS or unicodedata.category(letter) in _MARKS
