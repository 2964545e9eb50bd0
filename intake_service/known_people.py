"""Does a new intake come from somebody known? It is written down what speaks for it; nothing is joined by itself.

Called while an intake is received: two statements, built once. The kiosk never learns of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rapidfuzz import fuzz
from sqlalchemy import BigInteger, Select, bindparam, delete, func, insert, literal_column, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from intake_service.names import Tokens, digits_of, words_of
from intake_service.tables import Intake, NameToken, Participant, PossibleDuplicate
from notifications.db import Base

_ALIKE = 88
"""Of 100: two full names from here on are worth a look: a letter wrong in ten, or first and last name exchanged."""
_ALIKE_TODAY = 92
"""The same for a single name, which many share, on one day."""
_SAME_DAY = timedelta(hours=18)
_LOOKED_AT = 4  # earlier intakes for each token, the newest ones
_FLAGGED = 3  # a supervisor does not read more

# Plain tables: the mapper's own way of inserting takes longer than the database.
_TOKENS = Base.metadata.tables[NameToken.__tablename__]
_ADD_TOKENS_AT_ONCE = insert(_TOKENS).from_select(
    ["token", "site_id", "sequence"],
    select(
        func.unnest(bindparam("tokens", type_=ARRAY(BigInteger))),
        bindparam("site_id", type_=BigInteger),
        bindparam("sequence", type_=BigInteger),
    ),
)
_ADD_TOKEN = insert(_TOKENS)
_NO_TOKEN = 0


def _newest_with(token: str) -> Select[int]:
    return (
        select(NameToken.sequence)
        .where(
            NameToken.token == bindparam(token),
            NameToken.site_id == bindparam("site_id"),
            NameToken.sequence < bindparam("sequence"),
        )
        .order_by(NameToken.sequence.desc())
        .limit(literal_column(str(_LOOKED_AT)))
    )


_KINDS = ("name", "sound", "phone")
_EARLIER = union_all(*(select(_newest_with(kind).subquery()) for kind in _KINDS))
_PEOPLE = (
    select(Participant.id, Participant.joined_into, Participant.name, Participant.phone, Intake.received_at)
    .join(Intake, Intake.participant_id == Participant.id)
    .where(Intake.sequence.in_(bindparam("sequences", expanding=True)))
    .order_by(Intake.sequence)
)
_ADD_FLAG = insert(Base.metadata.tables[PossibleDuplicate.__tablename__])


@dataclass(frozen=True)
class Alike:
    """What speaks for two records being one person."""

    name: int | None
    same_phone: bool
    same_day: bool


@dataclass(frozen=True)
class _Known:
    id: UUID
    name: str
    phone: str | None
    seen_at: datetime


def remember(session: Session, site_id: int, sequence: int, name: str | None, ticket: str, phone: str | None) -> None:
    """From now on the intake is found by its name, its ticket and its phone."""
    tokens = Tokens.of(session).of_intake(name, ticket, phone)
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(
            _ADD_TOKENS_AT_ONCE, {"tokens": list(tokens), "site_id": site_id, "sequence": sequence}
        )
        return
    session.connection().execute(
        _ADD_TOKEN, [{"token": token, "site_id": site_id, "sequence": sequence} for token in sorted(tokens)]
    )


def forget(session: Session, site_id: int, sequence: int, name: str | None, ticket: str, phone: str | None) -> None:
    """The intake is not found by these any more: those that `remember` was told, or some of them."""
    tokens = Tokens.of(session).of_intake(name, ticket, phone)
    session.execute(
        delete(NameToken)
        .where(NameToken.token.in_(tokens), NameToken.site_id == site_id, NameToken.sequence == sequence)
        .execution_options(synchronize_session=False)
    )


def remember_earlier(session: Session) -> None:
    """Intakes that were received before there were tokens are found from now on. A look once there are some."""
    if session.scalar(select(NameToken.token).limit(1)) is not None:
        return
    earlier = select(Intake.site_id, Intake.sequence, Participant.name, Intake.ticket, Participant.phone)
    for row in session.execute(earlier.join(Participant, Participant.id == Intake.participant_id)).all():
        remember(session, *row)


def flag(
    session: Session,
    site_id: int,
    sequence: int,
    participant_id: UUID,
    name: str | None,
    phone: str | None,
    now: datetime,
) -> None:
    """Write down which earlier participants of the site this one may be, at most three, the likeliest."""
    tokens = _looked_up(Tokens.of(session), name, phone)
    if not tokens:
        return
    wanted = dict.fromkeys(_KINDS, _NO_TOKEN) | tokens | {"site_id": site_id, "sequence": sequence}
    earlier = session.connection().execute(_EARLIER, wanted).scalars().all()
    if not earlier:
        return
    found = [
        (known.id, alike)
        for known in _known(session, earlier)
        if (alike := compare(name, phone, known.name, known.phone, known.seen_at, now)) is not None
    ]
    found.sort(key=lambda each: (each[1].same_phone, each[1].name or 0), reverse=True)
    for known, alike in found[:_FLAGGED]:
        session.connection().execute(
            _ADD_FLAG,
            {
                "participant_id": participant_id,
                "known_id": known,
                "name_alike": alike.name,
                "same_phone": alike.same_phone,
                "same_day": alike.same_day,
                "found_at": now,
            },
        )


def compare(
    name: str | None,
    phone: str | None,
    known_name: str,
    known_phone: str | None,
    seen_at: datetime,
    now: datetime,
) -> Alike | None:
    """What speaks for it; None when too little does."""
    words, known_words = words_of(name or ""), words_of(known_name)
    score = int(fuzz.token_sort_ratio(" ".join(words), " ".join(known_words))) if words and known_words else 0
    same_phone = bool(digits_of(phone)) and digits_of(phone) == digits_of(known_phone)
    same_day = now - seen_at < _SAME_DAY
    full_names = min(len(words), len(known_words)) > 1
    if not (same_phone or (full_names and score >= _ALIKE) or (same_day and score >= _ALIKE_TODAY)):
        return None
    return Alike(score if score >= _ALIKE else None, same_phone, same_day)


def _looked_up(tokens: Tokens, name: str | None, phone: str | None) -> dict[str, int]:
    """The rarest tokens there are: first and last word together, how they sound together, the phone.

    A single name is looked up as it is.
    """
    words = words_of(name or "")
    found = {"phone": tokens.phone(phone)}
    if len(words) > 1:
        found |= {"name": tokens.pair(words[0], words[-1]), "sound": tokens.sounds(words[0], words[-1])}
    elif words:
        found["name"] = tokens.word(words[0])
    return {kind: token for kind, token in found.items() if token is not None}


def _known(session: Session, sequences: Sequence[int]) -> list[_Known]:
    """The participants who stand for these intakes, each once."""
    rows = session.connection().execute(_PEOPLE, {"sequences": list(set(sequences))})
    people = [_Known(row.joined_into or row.id, row.name, row.phone, row.received_at) for row in rows]
    return list({person.id: person for person in people}.values())
