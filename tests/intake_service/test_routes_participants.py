"""The Participants tab, a participant's page and everything that its forms do."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from intake_service.disclosures import NOTICE
from intake_service.tables import Assignment, Event, Intake, Participant, Role, Staff
from shared_schema.intake import Answer, PathwayType, Status
from tests.intake_service.center import Center, sign_in, somebody_waits
from tests.intake_service.every_page import a_busy_day
from tests.intake_service.live import Service
from tests.intake_service.people import a_record, a_site, a_staff_member


@dataclass
class Desk:
    """Somebody at their desk: reads pages, sends their forms with the page's own token."""

    client: httpx.Client
    session: Session

    def read(self, path: str) -> str:
        answer = self.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def send(self, path: str, page: str, **fields: object) -> httpx.Response:
        token = re.search(r'name="csrf" value="([^"]+)"', self.read(page))
        assert token
        data = {name: str(value) for name, value in fields.items()} | {"csrf": token[1]}
        return self.client.post(path, data=data, headers={"Accept": "text/html"})


@pytest.fixture
def desk(service: Service, session: Session, center: Center) -> Desk:
    """Alice's, who supervises."""
    sign_in(service.client, "alice")
    return Desk(service.client, session)


@pytest.fixture
def waiting(session: Session, center: Center) -> UUID:
    """The participant who waits."""
    intake_id = somebody_waits(session, center, a_record("Zuleika Testperson"))
    participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
    session.commit()
    return participant_id


def fresh(session: Session, participant_id: UUID) -> Participant:
    """As it is now, read by a session that holds no lock afterwards."""
    with Session(session.get_bind(), expire_on_commit=False) as reading:
        return reading.get_one(Participant, participant_id)


def events(session: Session) -> int:
    """How many changes there were."""
    with Session(session.get_bind()) as reading:
        changes = select(func.count()).select_from(Event).where(Event.from_status.is_not(None))
        return reading.scalar(changes) or 0


def carrier(session: Session, participant_id: UUID) -> int | None:
    with Session(session.get_bind()) as reading:
        current = Assignment.participant_id == participant_id, Assignment.ended_at.is_(None)
        return reading.scalar(select(Assignment.staff_id).where(*current))


def test_a_participant_goes_all_the_way_and_back(desk: Desk, session: Session, center: Center, waiting: UUID) -> None:
    page = f"/participants/{waiting}"
    steps: list[tuple[str, dict[str, object], Status, int | None]] = [
        ("assignment", {"staff_id": center.bob}, Status.NEEDS_INTAKE, center.bob),
        ("full-intake", {}, Status.ACTIVE, center.bob),
        ("tier", {"tier": 2}, Status.ACTIVE, center.bob),
        ("transfer", {"staff_id": center.charlie, "reason": "Bob is away"}, Status.ACTIVE, center.charlie),
        ("pathway", {"pathway": PathwayType.RCC_MEMBER, "reason": "Only the center"}, Status.ACTIVE, None),
        ("pathway", {"pathway": PathwayType.COMPREHENSIVE, "reason": "Back again"}, Status.NEEDS_ASSIGNMENT, None),
        ("discharge", {"reason": "Moved away"}, Status.DISCHARGED, None),
        ("reactivation", {"staff_id": center.bob, "reason": "Is back"}, Status.NEEDS_INTAKE, center.bob),
    ]
    for action, fields, status, staff_id in steps:
        answer = desk.send(f"{page}/{action}", page, seen=fresh(session, waiting).revision, **fields)
        assert (answer.status_code, fresh(session, waiting).status) == (303, status), action
        assert carrier(session, waiting) == staff_id, action
        assert 'role="status"' in desk.read(answer.headers["location"])

    story = desk.read(page)
    for sentence in (
        "Alice assigned Bob",
        "Alice marked the full intake as done",
        "Alice set tier 2",
        "Alice transferred from Bob to Charlie",
        "<q>Bob is away</q>",
        "converted from comprehensive services to RCC member only",
        "Alice discharged",
        "Alice reactivated and assigned Bob",
    ):
        assert sentence in story


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("assignment", {"staff_id": 2}),
        ("assignment", {"staff_id": 2, "back": "needs-assignment"}),
        ("discharge", {"reason": "Moved away"}),
        ("pathway", {"pathway": "drop-in referral", "reason": "Asked for it"}),
    ],
)
def test_a_form_that_is_sent_twice_has_one_effect(
    desk: Desk, session: Session, waiting: UUID, action: str, fields: dict[str, object]
) -> None:
    page = f"/participants/{waiting}"
    seen = fresh(session, waiting).revision

    answers = [desk.send(f"{page}/{action}", page, seen=seen, **fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert events(session) == 1


@pytest.mark.parametrize("action", ["transfer", "discharge", "pathway"])
def test_without_a_reason_nothing_changes_and_the_form_comes_back(
    desk: Desk, session: Session, center: Center, waiting: UUID, action: str
) -> None:
    page = f"/participants/{waiting}"
    desk.send(f"{page}/assignment", page, staff_id=center.bob)
    before = events(session)

    answer = desk.send(f"{page}/{action}", page, staff_id=center.charlie, pathway="RCC member only", reason="  ")

    assert answer.status_code == 422
    assert "Say why in a few words." in answer.text
    assert '<details class="service" open>' in answer.text
    assert events(session) == before


def test_a_reason_that_is_too_long_is_refused_with_its_limit_and_kept(
    desk: Desk, session: Session, waiting: UUID
) -> None:
    page, reason = f"/participants/{waiting}", "so much to say " * 40

    answer = desk.send(f"{page}/discharge", page, reason=reason)

    assert answer.status_code == 422
    assert "A reason has at most 500 characters; this one has 599." in answer.text
    assert reason.strip() in answer.text
    assert fresh(session, waiting).status == Status.NEEDS_ASSIGNMENT


def test_a_stale_page_gets_a_conflict_in_words_with_the_fresh_record_and_its_reason(
    desk: Desk, session: Session, center: Center, waiting: UUID
) -> None:
    page = f"/participants/{waiting}"
    seen = fresh(session, waiting).revision
    with httpx.Client(base_url=desk.client.base_url, trust_env=False) as theirs:
        sign_in(theirs, "dana")
        Desk(theirs, session).send(f"{page}/assignment", page, staff_id=center.charlie, seen=seen)

    answer = desk.send(f"{page}/discharge", page, reason="They went home", seen=seen)

    assert answer.status_code == 409
    assert "Dana was faster: Charlie has had this participant since" in answer.text
    assert ">They went home</textarea>" in answer.text
    assert "Needs Intake" in answer.text
    assert fresh(session, waiting).status == Status.NEEDS_INTAKE


def test_on_the_queue_the_slower_one_sees_who_was_faster(
    desk: Desk, session: Session, center: Center, waiting: UUID
) -> None:
    page = f"/participants/{waiting}"
    seen = fresh(session, waiting).revision
    with httpx.Client(base_url=desk.client.base_url, trust_env=False) as theirs:
        sign_in(theirs, "dana")
        Desk(theirs, session).send(f"{page}/assignment", page, staff_id=center.charlie, seen=seen)

    answer = desk.send(f"{page}/assignment", "/queue", staff_id=center.bob, seen=seen, back="needs-assignment")

    assert answer.status_code == 409
    assert "Dana was faster: Charlie has had this participant since" in answer.text
    assert "Dana gave them to Charlie" in answer.text
    assert carrier(session, waiting) == center.charlie


def test_nobody_chosen_is_said_in_words(desk: Desk, session: Session, waiting: UUID) -> None:
    answer = desk.send(f"/participants/{waiting}/assignment", f"/participants/{waiting}", staff_id="")

    assert answer.status_code == 422
    assert "Choose somebody from the list first." in answer.text


def test_a_peer_works_with_their_own_participant_and_no_other(
    service: Service, session: Session, center: Center, waiting: UUID, desk: Desk
) -> None:
    page = f"/participants/{waiting}"
    desk.send(f"{page}/assignment", page, staff_id=center.charlie)
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        sign_in(client, "charlie")
        his = Desk(client, session)
        shown = his.read(page)
        assert "Full intake done" in shown
        assert "Transfer to somebody else" not in shown
        assert his.send(f"{page}/transfer", page, staff_id=center.bob, reason="No").status_code == 403
        assert his.send(f"{page}/full-intake", page).status_code == 303
        gone = his.send(f"{page}/discharge", page, reason="Done")
        assert gone.headers["location"] == "/my-participants?done=discharged"
        assert client.get(page).status_code == 404
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        sign_in(client, "bob")
        assert client.get(page).status_code == 404


@pytest.mark.parametrize("path", ["/participants/{}", "/intakes/{}", "/api/v1/participants/{}/contact-permission"])
def test_another_sites_participants_are_as_unknown_as_nobody(
    desk: Desk, session: Session, center: Center, waiting: UUID, path: str
) -> None:
    lantern = a_site(session, "Lantern House")
    a_staff_member(session, "Erin", Role.SUPERVISOR, lantern)
    alice = session.get_one(Staff, center.alice)
    alice.sites = [lantern]
    intake = session.scalars(select(Intake)).one()
    session.commit()

    theirs = desk.client.get(path.format(intake.id if "intakes" in path else waiting))
    nobodys = desk.client.get(path.format("0198c0de-0000-7000-8000-00000000000b"))

    assert (theirs.status_code, theirs.json()) == (404, nobodys.json())


def test_the_lists_hold_whom_they_name(desk: Desk, session: Session, center: Center, waiting: UUID) -> None:
    page = f"/participants/{waiting}"

    def lists() -> set[str]:
        names = ("needs-assignment", "needs-reassignment", "all", "active", "discharged")
        return {name for name in names if "Zuleika Testperson" in desk.read(f"/lists/{name}")}

    assert lists() == {"needs-assignment", "all"}
    desk.send(f"{page}/assignment", page, staff_id=center.bob)
    assert lists() == {"all"}
    desk.send(f"{page}/full-intake", page)
    assert lists() == {"all", "active"}
    desk.send(f"/staff/{center.bob}/removal", "/staff", reason="Left us")
    assert lists() == {"all", "needs-reassignment"}
    desk.send(f"{page}/discharge", page, reason="Moved away")
    assert lists() == {"all", "discharged"}


def test_the_queue_is_narrowed(desk: Desk, session: Session, center: Center) -> None:
    lantern = a_site(session, "Lantern House")
    alice = session.get_one(Staff, center.alice)
    alice.sites.append(lantern)
    somebody_waits(session, center, a_record("Zuleika Testperson", help_today=Answer.of("check-in")))
    somebody_waits(session, center, a_record("Quirin Sample", language="es"))
    first = session.scalars(select(Participant).order_by(Participant.queue_number).limit(1)).one()
    first.waiting_since = datetime.now(UTC) - timedelta(minutes=45)
    session.commit()

    def shown(query: str) -> list[str]:
        page = desk.read(f"/queue?{query}")
        return [name for name in ("Zuleika Testperson", "Quirin Sample") if name in page]

    assert shown("") == ["Zuleika Testperson", "Quirin Sample"]
    assert shown("pathway=brief+check-in+only&language=&over=&site=") == ["Zuleika Testperson"]
    assert shown("language=es") == ["Quirin Sample"]
    assert shown("over=30") == ["Zuleika Testperson"]
    assert shown(f"site={lantern.id}") == []
    assert "Nobody here fits the filter." in desk.read(f"/queue?site={lantern.id}")
    assert shown("pathway=nonsense&over=x&after=1.2.3&site=abc") == ["Zuleika Testperson", "Quirin Sample"]


def test_a_long_queue_comes_in_pages(desk: Desk, session: Session, center: Center) -> None:
    for number in range(53):
        somebody_waits(session, center, a_record(f"Sample {number:02}"))

    first = desk.read("/queue")
    following = re.search(r'href="(/queue\?after=[^"]+)"', first)

    assert following
    assert first.count('class="row ') == 50
    rest = desk.read(following[1].replace("&amp;", "&"))
    assert re.findall(r"Sample \d\d(?=</a>)", rest) == ["Sample 50", "Sample 51", "Sample 52"]


def test_why_somebody_is_urgent_is_read_only_after_opening(desk: Desk, session: Session, center: Center) -> None:
    intake = somebody_waits(session, center, a_record("Zuleika Testperson", urgent=True))

    assert "I am not safe" not in desk.read("/queue")
    assert "Urgent" in desk.read("/queue")
    assert "I am not safe" in desk.read(f"/intakes/{intake}")


def test_waiting_is_called_long_by_the_sites_thresholds(desk: Desk, session: Session, center: Center) -> None:
    center.site.queue_settings = {"waiting_long": 5, "waiting_too_long": 30}
    for minutes in (2, 7, 40):
        somebody_waits(session, center, a_record(f"Waits {minutes}"))
        session.scalars(select(Participant).order_by(Participant.queue_number.desc()).limit(1)).one().waiting_since = (
            datetime.now(UTC) - timedelta(minutes=minutes)
        )
    session.commit()

    tones = re.findall(r'class="tone">([^<]*)<', desk.read("/queue"))

    assert tones == ["", "waiting long", "waiting too long"]


def test_a_removal_is_undone_with_everybody(desk: Desk, session: Session, center: Center, waiting: UUID) -> None:
    page = f"/participants/{waiting}"
    desk.send(f"{page}/assignment", page, staff_id=center.bob)
    desk.send(f"/staff/{center.bob}/removal", "/staff", reason="By mistake")
    assert fresh(session, waiting).status == Status.NEEDS_REASSIGNMENT
    undo = re.search(r"/staff/removals/\d+/undo", desk.read("/staff"))
    assert undo

    answers = [desk.send(undo[0], "/staff") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (fresh(session, waiting).status, carrier(session, waiting)) == (Status.NEEDS_INTAKE, center.bob)


def test_the_board_counts_and_names_no_participant(desk: Desk, session: Session, center: Center, waiting: UUID) -> None:
    somebody_waits(session, center, a_record("Quirin Sample", urgent=True))
    kiosk_says = {"app_version": "0.1.0", "sent_at": "2026-11-23T09:30:00Z", "held": 3, "refused": 0}
    desk.client.post("/api/v1/heartbeats", json=kiosk_says, headers=center.kiosk.headers)

    shown = re.sub(r"<[^>]+>|\s+", " ", desk.read("/board"))
    shown = re.sub(r"\s+", " ", shown)

    for words in ("waiting 2", "urgent 1", "kiosks online 1 of 1", "sealed intakes still on a kiosk 3", "Bob 0 of 12"):
        assert words in shown, words
    assert "Zuleika" not in shown
    assert "Quirin" not in shown


def test_the_board_is_for_supervisors(service: Service, center: Center) -> None:
    sign_in(service.client, "bob")

    assert service.client.get("/board").status_code == 403
    assert service.client.get("/staff").status_code == 403
    assert "/board" not in service.client.get("/queue").text


def test_contact_permission_follows_the_assignment(desk: Desk, session: Session, center: Center, waiting: UUID) -> None:
    page, asked = f"/participants/{waiting}", f"/api/v1/participants/{waiting}/contact-permission"
    assert desk.client.get(asked).json()["staff_id"] is None

    desk.send(f"{page}/assignment", page, staff_id=center.bob)
    assert desk.client.get(asked).json() | {"since": ""} == {
        "participant_id": str(waiting),
        "staff_id": center.bob,
        "since": "",
        "channels": ["message", "call", "video"],
        "consent": "not answered",
        "until": None,
        "notice": NOTICE,
    }
    desk.send(f"{page}/transfer", page, staff_id=center.charlie, reason="Bob is away")

    assert desk.client.get(asked).json()["staff_id"] == center.charlie
    moves = desk.client.get("/api/v1/contact-permission-moves").json()["moves"]
    assert [(move["from_staff_id"], move["to_staff_id"]) for move in moves] == [
        (None, center.bob),
        (center.bob, center.charlie),
    ]
    after = moves[0]["number"]
    assert desk.client.get(f"/api/v1/contact-permission-moves?after={after}").json()["moves"] == moves[1:]


def test_a_duty_switch_leads_back_to_its_page(desk: Desk) -> None:
    answer = desk.send("/duty", "/queue", site_id=1, on="true", back="/board")
    elsewhere = desk.send("/duty", "/queue", site_id=1, back="//example.org")

    assert (answer.headers["location"], elsewhere.headers["location"]) == ("/board", "/")


def test_every_page_opens_for_who_may(service: Service, session: Session, center: Center) -> None:
    pages = a_busy_day(session, center).pages
    for name in ("dana", "alice", "bob"):
        with httpx.Client(base_url=service.url, trust_env=False, timeout=20) as client:
            sign_in(client, name)
            found = {
                page: client.get(path, headers={"Accept": "text/html"}).status_code for page, path in pages.items()
            }
        assert set(found.values()) <= ({200, 404} if name == "dana" else {200, 403, 404}), found
        assert found["not-found"] == 404
        assert found["queue"] == found["my-participants"] == found["brief-intake"] == 200


def test_somebody_is_found_by_a_mistyped_name_that_is_in_no_address(desk: Desk, waiting: UUID) -> None:
    found = desk.send("/participants/search", "/queue", words="zulaika")

    assert (found.status_code, found.url.query) == (200, b"")
    assert "Zuleika Testperson" in found.text
    assert "Nobody was found." in desk.send("/participants/search", "/queue", words="Nobody Atall").text
    too_long = desk.send("/participants/search", "/queue", words="x" * 121)
    assert (too_long.status_code, "at most 120 characters" in too_long.text) == (422, True)


def test_two_records_of_one_person_are_joined_and_taken_apart_again(
    desk: Desk, session: Session, center: Center, waiting: UUID
) -> None:
    intake = somebody_waits(session, center, a_record("Zuleika Testperson"))
    again = session.scalars(select(Intake.participant_id).where(Intake.id == intake)).one()
    session.commit()
    page = f"/participants/{again}"
    assert "May be known" in desk.read("/queue")
    assert "names 100 % alike, the same day" in desk.read(page)
    pair = re.search(rf"{page}/duplicates/(\d+)/join", desk.read(page))
    assert pair

    for _ in range(2):
        joined = desk.send(f"{page}/duplicates/{pair[1]}/join", page, keep=waiting)
        assert joined.headers["location"] == f"/participants/{waiting}?done=joined"
    assert fresh(session, again).joined_into == waiting
    assert desk.read("/queue").count("Zuleika Testperson</a>") == 1

    for _ in range(2):
        assert desk.send(f"{page}/duplicates/{pair[1]}/undo", page).status_code == 303
    assert fresh(session, again).joined_into is None
    assert desk.read("/queue").count("Zuleika Testperson</a>") == 2

    assert desk.send(f"{page}/duplicates/{pair[1]}/not-the-same", page).status_code == 303
    assert "Two people" in desk.read(page)
    assert "May be known" not in desk.read("/queue")


def test_a_supervisor_sees_for_themselves_that_two_are_one(
    desk: Desk, session: Session, center: Center, waiting: UUID
) -> None:
    intake = somebody_waits(session, center, a_record("Zula"))
    other = session.scalars(select(Intake.participant_id).where(Intake.id == intake)).one()
    session.commit()
    page = f"/participants/{waiting}"
    assert "May be the same person" in desk.send("/participants/search", "/queue", words="zula", beside=waiting).text

    noted = desk.send(f"{page}/duplicates", page, known_id=other)

    assert noted.status_code == 303
    assert "May be somebody known" in desk.read(page)
    assert desk.send(f"{page}/duplicates", page, known_id=waiting).status_code == 422


def test_after_assigning_the_list_is_as_narrow_as_before(desk: Desk, waiting: UUID, center: Center) -> None:
    narrowed = "site=1&pathway=comprehensive+services"
    shown = desk.read(f"/queue?{narrowed}")
    form = re.search(r'action="([^"]+/assignment[^"]*)"', shown)
    assert form

    path = form[1].replace("&amp;", "&")
    answer = desk.send(path, "/queue", staff_id=center.bob, back="needs-assignment")

    assert answer.headers["location"] == f"/queue?{narrowed}&done=assigned"
