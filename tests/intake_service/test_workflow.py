"""Random sequences of actions, by several people, at times two at once, on both databases: what must hold, holds."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from threading import Barrier
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from intake_service import callbacks, duplicates, lists, participants, removals
from intake_service.assignments import assign, transfer
from intake_service.errors import NotAllowed, NotFound, ServiceError
from intake_service.intakes import receive, receive_from_staff
from intake_service.keys import Keys
from intake_service.lists import Listed
from intake_service.tables import (
    Assignment,
    Callback,
    Event,
    Intake,
    Participant,
    PossibleDuplicate,
    Role,
    Site,
    Staff,
    StaffRemoval,
)
from intake_service.workflow import STEPS, WITH_CASELOAD, Action, Reach
from notifications import timers as timers_of
from notifications.db import writing
from notifications.tables import Timer
from shared_schema.intake import Answer, PathwayType, Status
from tests.intake_service.people import a_record, a_site, a_staff_member, an_enrolled_kiosk

BEGAN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_TILES = ("ongoing", "check-in", "find-service", "use-center")
_CARRIED = {Status.NEEDS_INTAKE, Status.ACTIVE}
_IN_LIST = {
    Listed.NEEDS_ASSIGNMENT: {Status.NEEDS_ASSIGNMENT},
    Listed.NEEDS_REASSIGNMENT: {Status.NEEDS_REASSIGNMENT},
    Listed.ACTIVE: {Status.ACTIVE},
    Listed.DISCHARGED: {Status.DISCHARGED},
    Listed.ALL: set(Status),
}
_NOT_CHANGES = (Action.VIEW, Action.MOVE_CONTACT_PERMISSION)

Verb = Callable[[Session, UUID, Staff, int | None, datetime], object]


@dataclass(frozen=True)
class Deed:
    """What somebody tries: the verb with everything but the session, the participant, the person and the page."""

    action: Action
    do: Verb


deeds = st.one_of(
    st.builds(
        lambda to: Deed(Action.ASSIGN, lambda s, p, by, seen, now: assign(s, p, to(s, by), by, now, seen)),
        st.sampled_from([lambda s, by: _peer(s, by, "Bob"), lambda s, by: _peer(s, by, "Charlie")]),
    ),
    st.builds(
        lambda name: Deed(
            Action.TRANSFER,
            lambda s, p, by, seen, now: transfer(s, p, _peer(s, by, name), "moved house", by, now, seen),
        ),
        st.sampled_from(["Bob", "Charlie", "Vic"]),
    ),
    st.just(
        Deed(Action.DISCHARGE, lambda s, p, by, seen, now: participants.discharge(s, p, "has left", by, now, seen))
    ),
    st.builds(
        lambda name: Deed(
            Action.REACTIVATE,
            lambda s, p, by, seen, now: participants.reactivate(
                s, p, by, now, _peer(s, by, name) if name else None, seen=seen
            ),
        ),
        st.sampled_from([None, "Charlie"]),
    ),
    st.builds(
        lambda pathway: Deed(
            Action.CONVERT,
            lambda s, p, by, seen, now: participants.convert(s, p, pathway, "asked for it", by, now, seen),
        ),
        st.sampled_from(PathwayType),
    ),
    st.just(
        Deed(Action.FULL_INTAKE_DONE, lambda s, p, by, seen, now: participants.full_intake_done(s, p, by, now, seen))
    ),
    st.builds(
        lambda tier: Deed(
            Action.SET_TIER, lambda s, p, by, seen, now: participants.set_tier(s, p, tier, by, now, seen=seen)
        ),
        st.integers(1, 3),
    ),
    st.builds(
        lambda minutes: Deed(
            Action.SET_CALLBACK,
            lambda s, p, by, seen, now: callbacks.set_for(s, p, now + timedelta(minutes=minutes), by, now, seen),
        ),
        st.integers(0, 9),
    ),
    st.just(Deed(Action.CALLED_BACK, lambda s, p, by, seen, now: callbacks.called(s, p, "", by, now, seen))),
)
people = st.sampled_from(["Alice", "Bob", "Charlie", "Dana", "Erin", "Vic"])


class Center(RuleBasedStateMachine):
    """Alice supervises, Bob and Charlie are peer specialists, Vic volunteers, Dana administers; Erin supervises
    another site. A center of its own each time, in one database."""

    engine: Engine
    keys: Keys

    @initialize()
    def open(self) -> None:
        self.now = BEGAN
        self.participants: list[UUID] = []
        self.rows: Counter[str] = Counter()
        with self._transaction() as session:
            number = session.scalar(select(func.count()).select_from(Site))
            here, there = a_site(session, f"Harbor House {number}"), a_site(session, f"Lantern House {number}")
            self.site, self.kiosk = here.id, an_enrolled_kiosk(session, here, self.keys).id
            self.staff = {
                name: a_staff_member(session, f"{name} {number}", role, site).id
                for name, role, site in [
                    ("Alice", Role.SUPERVISOR, here),
                    ("Bob", Role.PEER_SPECIALIST, here),
                    ("Charlie", Role.PEER_SPECIALIST, here),
                    ("Vic", Role.VOLUNTEER, here),
                    ("Dana", Role.ADMINISTRATOR, here),
                    ("Erin", Role.SUPERVISOR, there),
                ]
            }

    @rule(
        tile=st.sampled_from(_TILES), urgent=st.booleans(), name=st.sampled_from(["Zuleika Testperson", "Omar Made-Up"])
    )
    def somebody_uses_the_kiosk(self, tile: str, urgent: bool, name: str) -> None:
        record = a_record(name, urgent=urgent, help_today=Answer.of(tile))
        with self._transaction() as session:
            receive(session, self.kiosk, record, token_hex(32), self.now)
            self._joined_by(session, record.id)

    @rule(tile=st.sampled_from(_TILES), who=people)
    def staff_complete_an_intake(self, tile: str, who: str) -> None:
        record = a_record(help_today=Answer.of(tile))
        try:
            with self._transaction() as session:
                by = session.get_one(Staff, self.staff[who])
                receive_from_staff(session, by, session.get_one(Site, self.site), record, token_hex(32), self.now)
                self._joined_by(session, record.id)
        except (NotAllowed, NotFound):
            assert who in {"Erin", "Vic"} or not self._is_active(who)

    @rule(data=st.data(), who=people, deed=deeds, page=st.sampled_from(["fresh", "stale", "none"]))
    def somebody_acts(self, data: st.DataObject, who: str, deed: Deed, page: str) -> None:
        if not self.participants:
            return
        participant = data.draw(st.sampled_from(self.participants))
        before = self._read(participant)
        refusal = self._attempt(participant, who, deed, page)
        after = self._read(participant)
        if not self._within_reach(who, deed.action, before):
            assert isinstance(refusal, NotAllowed | NotFound), (who, deed.action, before)
        if refusal is not None or page == "stale":
            assert after == before

    @rule(data=st.data(), first=people, one=deeds, second=people, other=deeds)
    def two_people_act_at_once(self, data: st.DataObject, first: str, one: Deed, second: str, other: Deed) -> None:
        if not self.participants:
            return
        participant = data.draw(st.sampled_from(self.participants))
        revision = self._read(participant)[0]
        together = Barrier(2)

        def act(who: str, deed: Deed) -> ServiceError | None:
            together.wait(30)
            return self._attempt(participant, who, deed, "given", revision)

        with ThreadPoolExecutor(2) as threads:
            tries = [threads.submit(act, first, one), threads.submit(act, second, other)]
        outcomes = [each.result(60) for each in tries]
        assert self._read(participant)[0] - revision <= 1, outcomes

    @rule(who=people, leaving=st.sampled_from(["Bob", "Charlie", "Vic"]))
    def somebody_removes_a_peer(self, who: str, leaving: str) -> None:
        self._try(lambda s: removals.remove_staff(s, self.staff[leaving], self._by(s, who), self.now, "left us"))

    @rule(who=people)
    def somebody_undoes_the_last_removal(self, who: str) -> None:
        with self._transaction() as session:
            last = session.scalar(
                select(func.max(StaffRemoval.id)).where(StaffRemoval.staff_id.in_(self.staff.values()))
            )
        if last is not None:
            self._try(lambda s: removals.undo_removal(s, last, self._by(s, who), self.now))

    @rule(data=st.data(), who=people, what=st.sampled_from(["join", "keep other", "not the same", "undo"]))
    def somebody_decides_on_a_pair(self, data: st.DataObject, who: str, what: str) -> None:
        with self._transaction() as session:
            pairs = session.execute(
                select(PossibleDuplicate.id, PossibleDuplicate.participant_id, PossibleDuplicate.known_id)
                .where(PossibleDuplicate.participant_id.in_(self.participants))
                .order_by(PossibleDuplicate.id)
            ).all()
        if not pairs:
            return
        pair, participant, known = pairs[data.draw(st.integers(0, len(pairs) - 1))]
        decide: dict[str, Callable[[Session], object]] = {
            "join": lambda s: duplicates.join(s, pair, known, self._by(s, who), self.now),
            "keep other": lambda s: duplicates.join(s, pair, participant, self._by(s, who), self.now),
            "not the same": lambda s: duplicates.not_the_same(s, pair, self._by(s, who), self.now),
            "undo": lambda s: duplicates.undo(s, pair, self._by(s, who), self.now),
        }
        self._try(decide[what])

    @invariant()
    def everything_fits(self) -> None:
        self.now += timedelta(minutes=1)
        with Session(self.engine) as session:
            for participant in self._all(session):
                self._has_whom_the_status_says(session, participant)
                self._has_a_history_that_leads_here(session, participant)
            self._lists_fit(session)
            self._calls_are_told_to_who_carries(session)
            self._nothing_is_deleted(session)
            gone = select(Staff.id).where(~Staff.active, Staff.id.in_(self.staff.values()))
            assert not session.scalars(
                select(Assignment.id).where(Assignment.staff_id.in_(gone), Assignment.ended_at.is_(None))
            ).all()

    def _has_whom_the_status_says(self, session: Session, participant: Participant) -> None:
        carriers = session.scalars(
            select(Assignment.staff_id).where(
                Assignment.participant_id == participant.id, Assignment.ended_at.is_(None)
            )
        ).all()
        assert len(carriers) <= 1
        status, standing = Status(participant.status), participant.joined_into is None
        if status is Status.NEEDS_INTAKE or (status is Status.ACTIVE and participant.pathway in WITH_CASELOAD):
            assert len(carriers) == (1 if standing else 0)
        elif status is not Status.ACTIVE or not standing:
            assert not carriers
        assert (participant.held_status in _CARRIED) == (status is Status.NEEDS_REASSIGNMENT)

        moves = session.execute(
            select(Event.from_staff_id, Event.to_staff_id)
            .where(Event.participant_id == participant.id, Event.action == Action.MOVE_CONTACT_PERMISSION)
            .order_by(Event.id)
        ).all()
        holder = None
        for before, after in moves:
            assert before == holder
            holder = after
        assert holder == (carriers[0] if carriers else None)

    def _has_a_history_that_leads_here(self, session: Session, participant: Participant) -> None:
        events = session.scalars(
            select(Event)
            .where(Event.participant_id == participant.id, Event.action.not_in(_NOT_CHANGES))
            .order_by(Event.id)
        ).all()
        assert events[0].action == Action.RECEIVE
        assert len(events) == participant.revision
        status = events[0].to_status
        for event in events[1:]:
            step = STEPS[Action(event.action)]
            assert event.from_status == status
            assert event.to_status in step.leads[Status(event.from_status or "")]
            assert event.staff_id is not None
            assert event.reason or not step.needs_reason
            status = event.to_status
        assert status == participant.status

    def _lists_fit(self, session: Session) -> None:
        standing = [each for each in self._all(session) if each.joined_into is None]
        alice, erin = self._by(session, "Alice"), self._by(session, "Erin")
        for which, statuses in _IN_LIST.items():
            listed = [row.participant.id for row in lists.listed(session, alice, which).rows]
            expected = {each.id for each in standing if each.status in statuses}
            assert len(listed) == len(set(listed))
            assert set(listed) == expected
            assert not lists.listed(session, erin, which).rows
        for name in self.staff:
            for status in Status:
                for row in lists.carried(session, self._by(session, name), status):
                    assert row.participant.status == status
                    assert status in _CARRIED

    def _calls_are_told_to_who_carries(self, session: Session) -> None:
        """Every call that is still to be made has its timer, whose it is is the carrier's; nobody else has one."""
        timers = {
            timer.subject: timer.staff_id
            for timer in session.scalars(select(Timer).where(Timer.what == timers_of.CALL))
        }
        still_open = session.scalars(
            select(Callback).where(Callback.participant_id.in_(self.participants), Callback.ended_at.is_(None))
        ).all()
        for callback in still_open:
            participant = session.get_one(Participant, callback.participant_id)
            assert participant.status != Status.DISCHARGED or participant.joined_into is not None
            standing = participant.joined_into or participant.id
            carrier = session.scalar(
                select(Assignment.staff_id).where(Assignment.participant_id == standing, Assignment.ended_at.is_(None))
            )
            assert timers.pop(f"callback-{callback.id}") == carrier
        ended = select(Callback.id).where(Callback.participant_id.in_(self.participants))
        assert not {f"callback-{each}" for each in session.scalars(ended)} & timers.keys()

    def _nothing_is_deleted(self, session: Session) -> None:
        rows = Counter(
            {
                table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
                for table in (Participant, Intake, Event, Assignment, StaffRemoval, PossibleDuplicate, Callback)
            }
        )
        assert rows >= self.rows
        self.rows = rows

    def _attempt(
        self, participant: UUID, who: str, deed: Deed, page: str, revision: int | None = None
    ) -> ServiceError | None:
        now = self.now

        def act(session: Session) -> object:
            shown = session.scalars(select(Participant.revision).where(Participant.id == participant)).one()
            seen = {"fresh": shown, "stale": shown - 1, "none": None, "given": revision}[page]
            return deed.do(session, participant, self._by(session, who), seen, now)

        return self._try(act)

    def _try(self, act: Callable[[Session], object]) -> ServiceError | None:
        try:
            with self._transaction() as session:
                act(session)
        except ServiceError as refusal:
            return refusal
        return None

    def _transaction(self) -> "_Transaction":
        return _Transaction(self.engine)

    def _by(self, session: Session, who: str) -> Staff:
        return session.get_one(Staff, self.staff[who])

    def _is_active(self, who: str) -> bool:
        with Session(self.engine) as session:
            return self._by(session, who).active

    def _all(self, session: Session) -> list[Participant]:
        return list(session.scalars(select(Participant).where(Participant.id.in_(self.participants))))

    def _joined_by(self, session: Session, intake_id: UUID) -> None:
        self.participants.append(session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one())

    def _read(self, participant: UUID) -> tuple[int, str, str, int | None, int | None]:
        """Revision, status, pathway, tier, and who carries them."""
        with Session(self.engine) as session:
            each = session.get_one(Participant, participant)
            carrier = session.scalar(
                select(Assignment.staff_id).where(
                    Assignment.participant_id == participant, Assignment.ended_at.is_(None)
                )
            )
            return each.revision, each.status, each.pathway, each.tier, carrier

    def _within_reach(self, who: str, action: Action, state: tuple[int, str, str, int | None, int | None]) -> bool:
        own = state[4] == self.staff[who]
        with Session(self.engine) as session:
            reach = (
                STEPS[action].may.get(Role(self._by(session, who).role), Reach.NOBODY)
                if self._is_active(who)
                else Reach.NOBODY
            )
        return (reach is Reach.SITES and who != "Erin") or (reach is not Reach.NOBODY and own)


class _Transaction:
    def __init__(self, engine: Engine) -> None:
        self._session = Session(writing(engine))

    def __enter__(self) -> Session:
        self._session.begin()
        return self._session

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._session.commit()
        self._session.close()


def _peer(session: Session, by: Staff, name: str) -> int:
    """Bob's id in this center: people are named with the center's number."""
    number = by.name.rpartition(" ")[2]
    return session.scalars(select(Staff.id).where(Staff.name == f"{name} {number}")).one()


def test_any_sequence_of_actions_leaves_everything_in_order(engine: Engine, keys: Keys) -> None:
    machine = type("OnThisDatabase", (Center,), {"engine": engine, "keys": keys})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=30,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            phases=[Phase.generate],  # a sequence of a few dozen actions is read faster than shrunk
        ),
    )
