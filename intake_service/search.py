"""Finding participants by name, ticket or phone; accents and typing mistakes are forgiven.

Names are encrypted, so what is typed is turned into the keyed tokens of names.py and those are looked up, the closest
ones first, each with a bound: a search costs the same among a thousand participants as among a million. The few who
are found are decrypted and ordered by how much their names are like what was typed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from uuid import UUID

from rapidfuzz.distance import JaroWinkler
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from intake_service import rights
from intake_service.errors import InvalidRequest, NotAllowed
from intake_service.lists import PAGE, Row, rows_of
from intake_service.names import Tokens, mistyped, sound_of, words_of
from intake_service.tables import Intake, NameToken, Participant, Staff
from shared_schema.form import load_form

LONGEST = 120  # characters, as long as an answer may be
_NEWEST = 50  # intakes of each token: who is not among them is found by typing more of the name
_MOST_MISTYPED = 200  # intakes
_ALIKE = 0.75  # of 1, for a word and for all of them on the average
_BEGINS_LIKE = 0.9
_SOUNDS_LIKE = 0.85
_LESS_THAN_TYPED = 0.85  # typed first and last name, and the participant gave one of them

_NEWEST_WITH = (
    select(NameToken.sequence)
    .where(NameToken.token == bindparam("token"), NameToken.site_id == bindparam("site_id"))
    .order_by(NameToken.sequence.desc())
    .limit(_NEWEST)
)
_WITH_ANY = (
    select(NameToken.sequence)
    .where(
        NameToken.token.in_(bindparam("tokens", expanding=True)),
        NameToken.site_id.in_(bindparam("sites", expanding=True)),
    )
    .limit(_MOST_MISTYPED)
)
_WHO = (
    select(Intake.sequence, Participant.id, Participant.joined_into, Participant.name)
    .join(Intake, Intake.participant_id == Participant.id)
    .where(Intake.sequence.in_(bindparam("sequences", expanding=True)))
)


@dataclass(frozen=True)
class _Hit:
    """`id`: the standing record's, should this one have been joined into another."""

    id: UUID
    likeness: float
    sequence: int


def search(session: Session, member: Staff, typed: str) -> tuple[Row, ...]:
    """Up to a page of the participants at the member's sites whom this may mean, the likeliest first.

    For supervisors and administrators. Raises NotAllowed, and InvalidRequest for something overlong.
    """
    if not rights.sees_everybody(member):
        raise NotAllowed("Searching is for supervisors and administrators.")
    if len(typed) > LONGEST:
        raise InvalidRequest(f"Search for at most {LONGEST} characters.")
    tokens, words = Tokens.of(session), words_of(typed)
    sites = sorted(rights.own_sites(session, member))
    exact = _newest(session, sites, _by_number(tokens, typed, words))
    named = _named(session, sites, tokens, words)
    by_word = _newest(session, sites, [tokens.ticket(word) for word in _ticket_words(words)])
    hits = [*_who(session, exact, ()), *named, *_who(session, by_word, ())]
    return tuple(rows_of(session, list(dict.fromkeys(hit.id for hit in hits))[:PAGE]))


def likeness(words: Sequence[str], name: str) -> float:
    """How much a name is like the typed words, from 0 to 1; 0 when a word of the shorter side is like none."""
    other = words_of(name)
    if not words or not other:
        return 0.0
    forward = sum(max(_alike(word, each) for each in other) for word in words) / len(words)
    backward = sum(max(_alike(word, each) for word in words) for each in other) / len(other)
    return max(forward, _LESS_THAN_TYPED * backward)


def _named(session: Session, sites: Sequence[int], tokens: Tokens, words: Sequence[str]) -> list[_Hit]:
    """By the name as it was typed and as it sounds; only when that finds nobody, with a typing mistake."""
    near = _who(session, _newest(session, sites, _near(tokens, words)), words)
    return near or _who(session, _any(session, sites, _mistyped(tokens, words)), words)


def _near(tokens: Tokens, words: Sequence[str]) -> Iterator[int | None]:
    for one, other in combinations(words, 2):
        yield tokens.pair(one, other)
        yield tokens.sounds(one, other)
    for word in words:
        yield tokens.word(word)
        if len(words) == 1:
            yield tokens.sound(word)
            yield tokens.beginning(word)


def _mistyped(tokens: Tokens, words: Sequence[str]) -> Iterator[int]:
    for one, other in combinations(words, 2):
        yield from (tokens.pair(each, other) for each in mistyped(one))
        yield from (tokens.pair(one, each) for each in mistyped(other))
    if len(words) == 1:
        yield from (tokens.word(each) for each in mistyped(words[0]))


def _by_number(tokens: Tokens, typed: str, words: Sequence[str]) -> Iterator[int | None]:
    """A whole ticket, such as "maple 7", and a phone number."""
    yield tokens.phone(typed)
    for word, number in product(_ticket_words(words), (word for word in words if word.isdecimal())):
        yield tokens.ticket(f"{word}-{int(number)}")


def _newest(session: Session, sites: Sequence[int], tokens: Iterable[int | None]) -> list[int]:
    """The intakes that were last received with each token at each site."""
    found = {
        sequence
        for token, site_id in product(dict.fromkeys(tokens), sites)
        if token is not None
        for sequence in session.scalars(_NEWEST_WITH, {"token": token, "site_id": site_id})
    }
    return sorted(found, reverse=True)


def _any(session: Session, sites: Sequence[int], tokens: Iterable[int]) -> list[int]:
    """Some intakes with any of the tokens."""
    wanted = list(set(tokens))
    return list(session.scalars(_WITH_ANY, {"tokens": wanted, "sites": sites})) if wanted and sites else []


def _who(session: Session, sequences: Sequence[int], words: Sequence[str]) -> list[_Hit]:
    """The participants of these intakes whose names are like the words, best first; without words all of them."""
    if not sequences:
        return []
    hits = [
        _Hit(joined_into or participant_id, likeness(words, name) if words else 1.0, sequence)
        for sequence, participant_id, joined_into, name in session.execute(_WHO, {"sequences": sequences})
    ]
    hits.sort(key=lambda hit: (hit.likeness, hit.sequence), reverse=True)
    return [hit for hit in hits if hit.likeness >= _ALIKE]


def _alike(typed: str, word: str) -> float:
    if len(typed) > 1 and word.startswith(typed):
        return 1.0 if word == typed else _BEGINS_LIKE
    sound = sound_of(typed)
    heard = _SOUNDS_LIKE if sound and sound == sound_of(word) else 0.0
    similarity = max(heard, JaroWinkler.similarity(typed, word))
    return similarity if similarity >= _ALIKE else 0.0


def _ticket_words(words: Sequence[str]) -> list[str]:
    known = _tickets()
    return list(dict.fromkeys(known[word] for word in words if word in known))


@cache
def _tickets() -> dict[str, str]:
    """The tickets' words in every language, as people may type them."""
    form = load_form()
    spoken = {
        typed: word
        for texts in form.texts.values()
        for word, text in texts.tickets.items()
        if len(words_of(text)) == 1
        for typed in words_of(text)
    }
    return spoken | {word: word for word in form.ticket_words}
