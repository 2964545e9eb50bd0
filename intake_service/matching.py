"""Who fits a participant, and why in words. It only ranks: the supervisor decides, and whom they chose is kept.

It goes by what people said of themselves: duty, caseload, languages, strengths, whom a participant asked for and what
they need. Nothing is inferred about anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from rapidfuzz import fuzz
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from intake_service import queue_settings, rights
from intake_service.intake_answers import answers_of
from intake_service.names import sound_of, words_of
from intake_service.queue_settings import QueueSettings
from intake_service.tables import Assignment, Intake, Participant, Site, Staff
from intake_service.workflow import WITH_CASELOAD
from notifications import roster
from shared_schema.form import load_form
from shared_schema.intake import Answer
from shared_schema.peer_functions import PeerFunction

_SIGN_LANGUAGE = "ase"  # ISO 639-3, American Sign Language
_ENGLISH_NAMES = {
    "ar": "Arabic",
    "ase": "sign language (ASL)",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "ht": "Haitian Creole",
    "ko": "Korean",
    "pt": "Portuguese",
    "ru": "Russian",
    "so": "Somali",
    "tl": "Tagalog",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
_MOST_STRENGTHS = 3
_SAME_NAME = 85  # of 100, by rapidfuzz: "Rosa" for "Rosa Delgado", a letter wrong in a longer name

_NEEDS: Mapping[str, Mapping[str, tuple[PeerFunction, ...]]] = {
    "urgent": {
        "self-harm": (PeerFunction.CRISIS_SUPPORT,),
        "unsafe": (PeerFunction.CRISIS_SUPPORT,),
        "medical": (PeerFunction.NAVIGATION,),
        "tonight": (PeerFunction.LINKAGES,),
    },
    "brings-you": {
        "own-recovery": (PeerFunction.RECOVERY_MANAGEMENT, PeerFunction.PLANNING),
        "hard-day": (PeerFunction.COMPANIONSHIP,),
        "someone-i-love": (PeerFunction.EDUCATION,),
        "housing": (PeerFunction.LINKAGES,),
        "work": (PeerFunction.SKILLS,),
        "health": (PeerFunction.NAVIGATION,),
        "legal": (PeerFunction.ADVOCACY,),
        "company": (PeerFunction.COMPANIONSHIP,),
    },
    "help-today": {
        "ongoing": (PeerFunction.RECOVERY_MANAGEMENT,),
        "check-in": (PeerFunction.COMPANIONSHIP,),
        "find-service": (PeerFunction.LINKAGES,),
    },
}
"""What a tile of the brief intake asks for, in peer functions. An item that a later form lacks asks for nothing."""


class Why(StrEnum):
    """What a reason is about, for pages that draw it."""

    DUTY = "duty"
    LANGUAGE = "language"
    KNOWN = "known"
    ASKED_FOR = "asked for"
    STRENGTH = "strength"
    LOAD = "load"


@dataclass(frozen=True)
class Reason:
    """`words` for staff, such as "speaks Spanish". `speaks_for`: false for what speaks against, such as "off duty"."""

    why: Why
    words: str
    speaks_for: bool


@dataclass(frozen=True)
class Fit:
    """A staff member who can be assigned. `rank` from 1; `load` weighs the tiers, `caseload` counts heads."""

    rank: int
    staff_id: int
    name: str
    languages: tuple[str, ...]
    on_duty: bool
    caseload: int
    load: float
    capacity: int
    score: float
    reasons: tuple[Reason, ...]

    @property
    def words(self) -> str:
        """`speaks Spanish, on duty, 6 of 12, asked for a woman`."""
        return ", ".join(reason.words for reason in self.reasons)


@dataclass(frozen=True)
class Wishes:
    """What a participant asked for and needs, from their newest brief intake. `knows`: a staff member's name."""

    language: str | None = None
    signs: bool = False
    gender: str | None = None
    knows: str | None = None
    needs: frozenset[PeerFunction] = frozenset()


@dataclass(frozen=True)
class Judged:
    """How often supervisors took what was ranked first, or among the first three."""

    assignments: int
    first: int
    first_three: int

    @property
    def share_of_first_three(self) -> float | None:
        """None before there is anything to judge."""
        return self.first_three / self.assignments if self.assignments else None


@dataclass(frozen=True)
class _Candidate:
    member: Staff
    on_duty: bool
    caseload: int
    load: float


def ranked(session: Session, participant: Participant, now: datetime) -> list[Fit]:
    """Everybody who can be given this participant, the best fit first; each with the reasons."""
    wishes = wishes_of(session, participant)
    return _ranked(_candidates(session, participant.site, now), wishes, queue_settings.of(participant.site))


def ranked_for_all(
    session: Session, participants: Sequence[Participant], now: datetime
) -> dict[Participant, list[Fit]]:
    """The same for a page of participants, with the staff of each site looked up once."""
    by_sequence = {each.intake_sequence: each for each in participants}
    intakes = session.scalars(select(Intake).where(Intake.sequence.in_(by_sequence)))
    wishes = {by_sequence[intake.sequence]: _wishes(intake) for intake in intakes}
    found: dict[Participant, list[Fit]] = {}
    for site, group in groupby(sorted(participants, key=lambda each: each.site_id), key=lambda each: each.site):
        candidates, settings = _candidates(session, site, now), queue_settings.of(site)
        found |= {each: _ranked(candidates, wishes.get(each, Wishes()), settings) for each in group}
    return found


def place_of(session: Session, participant: Participant, staff_id: int, now: datetime) -> tuple[int | None, int | None]:
    """Which rank the staff member has for the participant, and among how many: kept with the assignment."""
    fits = ranked(session, participant, now)
    return next((fit.rank for fit in fits if fit.staff_id == staff_id), None), len(fits)


def wishes_of(session: Session, participant: Participant) -> Wishes:
    intake = session.scalar(select(Intake).where(Intake.sequence == participant.intake_sequence))
    return Wishes() if intake is None else _wishes(intake)


def judged(session: Session, member: Staff, since: datetime) -> Judged:
    """How good the ranking was at the member's sites since then, over everybody's choices."""
    rank, ranked_among = Assignment.rank, Assignment.ranked
    row = session.execute(
        select(
            func.count(),
            func.count().filter(rank == 1),
            func.count().filter(rank <= 3),
        )
        .join(Participant, Participant.id == Assignment.participant_id)
        .where(
            Participant.site_id.in_(rights.own_sites(session, member)),
            Assignment.assigned_at >= since,
            rank.is_not(None),
            ranked_among > 1,  # with one to choose from there was no choice
        )
    ).one()
    return Judged(*row)


def loads(session: Session, site: Site) -> dict[int, tuple[int, float]]:
    """By staff member: how many participants, and what they weigh by the site's tiers. Whoever has none is left out."""
    tiers = queue_settings.of(site).tiers
    weights = {None: 1.0, 1: tiers.tier_1, 2: tiers.tier_2, 3: tiers.tier_3}
    rows = session.execute(
        select(Assignment.staff_id, Participant.tier, Participant.pathway, func.count())
        .join(Participant, Participant.id == Assignment.participant_id)
        .join(Staff, Staff.id == Assignment.staff_id)
        .where(Assignment.ended_at.is_(None), Staff.active, Staff.sites.any(Site.id == site.id))
        .group_by(Assignment.staff_id, Participant.tier, Participant.pathway)
    )
    found: dict[int, tuple[int, float]] = {}
    for staff_id, tier, pathway, count in rows:
        heads, load = found.get(staff_id, (0, 0.0))
        found[staff_id] = heads + count, load + count * (weights[tier] if pathway in WITH_CASELOAD else 0.0)
    return found


def language_name(tag: str) -> str:
    """A language's name in English; its own name, or its tag, when we have none."""
    texts = load_form().texts
    return _ENGLISH_NAMES.get(tag) or (texts[tag].name if tag in texts else tag)


def _candidates(session: Session, site: Site, now: datetime) -> list[_Candidate]:
    on_duty, carried = set(roster.on_duty(session, site.id, now)), loads(session, site)
    able = session.scalars(
        select(Staff).where(Staff.active, Staff.caseload_eligible, Staff.sites.any(Site.id == site.id))
    )
    return [_Candidate(each, each.id in on_duty, *carried.get(each.id, (0, 0.0))) for each in able]


def _wishes(intake: Intake) -> Wishes:
    answers = answers_of(intake)
    chosen = {item: set(answer.choices) for item, answer in answers.items()}
    talk_with, easier = chosen.get("talk-with", set()), chosen.get("easier", set())
    genders = talk_with & {"woman", "man"}
    return Wishes(
        language=intake.language if "my-language" in talk_with or "interpreter" in easier else None,
        signs="asl" in easier,
        gender=next(iter(genders)) if len(genders) == 1 else None,
        knows=_text(answers.get("who-i-know")),
        needs=frozenset(
            function
            for item, tiles in _NEEDS.items()
            for tile in chosen.get(item, set()) & tiles.keys()
            for function in tiles[tile]
        ),
    )


def _text(answer: Answer | None) -> str | None:
    return answer.text if answer else None


def _ranked(candidates: Sequence[_Candidate], wishes: Wishes, settings: QueueSettings) -> list[Fit]:
    scored = [(each, *_score(each, wishes, settings)) for each in candidates]
    scored.sort(key=lambda entry: (-entry[1], entry[0].load, entry[0].member.name, entry[0].member.id))
    return [
        Fit(
            rank=rank,
            staff_id=each.member.id,
            name=each.member.name,
            languages=tuple(each.member.languages),
            on_duty=each.on_duty,
            caseload=each.caseload,
            load=each.load,
            capacity=each.member.capacity,
            score=score,
            reasons=reasons,
        )
        for rank, (each, score, reasons) in enumerate(scored, 1)
    ]


def _score(each: _Candidate, wishes: Wishes, settings: QueueSettings) -> tuple[float, tuple[Reason, ...]]:
    """The more the better, and why. What the participant asked for comes first in the words."""
    weights, member = settings.weights, each.member
    score, reasons = 0.0, []

    def count(fits: bool, weight: float, why: Why, yes: str, no: str | None) -> None:
        nonlocal score
        score += weight if fits else 0.0
        if words := yes if fits else no:
            reasons.append(Reason(why, words, fits))

    if wishes.language is not None:
        language = language_name(wishes.language)
        speaks = wishes.language in member.languages
        count(speaks, weights.language, Why.LANGUAGE, f"speaks {language}", f"does not speak {language}")
    if wishes.signs:
        count(_SIGN_LANGUAGE in member.languages, weights.language, Why.LANGUAGE, "signs (ASL)", "does not sign")
    if wishes.knows is not None:
        count(_is_named(member.name, wishes.knows), weights.known, Why.KNOWN, "asked for by name", None)
    if wishes.gender is not None:
        count(member.gender == wishes.gender, weights.asked_for, Why.ASKED_FOR, f"asked for a {wishes.gender}", None)
    count(each.on_duty, weights.on_duty, Why.DUTY, "on duty", "off duty")
    room = 1 - each.load / member.capacity if member.capacity else -1.0
    score += weights.room * max(-1.0, room)
    reasons.append(Reason(Why.LOAD, f"{each.load:.3g} of {member.capacity}", room > 0))
    for strength in sorted(wishes.needs & set(member.strengths))[:_MOST_STRENGTHS]:
        count(True, weights.strength, Why.STRENGTH, f"good at {strength}", None)
    return score, tuple(reasons)


def _is_named(name: str, said: str) -> bool:
    """Written like it, or a word of it sounds like it: people write down a name that they have heard."""
    if fuzz.token_set_ratio(name.casefold(), said.casefold()) >= _SAME_NAME:
        return True
    heard = {sound for sound in map(sound_of, words_of(name)) if sound}
    return any(sound_of(word) in heard for word in words_of(said))
