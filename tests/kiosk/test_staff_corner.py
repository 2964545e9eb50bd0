"""The staff's corner: behind a PIN, about the kiosk, never about anybody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kiosk_client.keypad import Key
from kiosk_client.sender import Contact
from kiosk_client.spool import Counts
from kiosk_client.staff_corner import Acts, Health, StaffCorner
from kiosk_client.view import Action, Paragraphs, Tap, Typing
from shared_schema import pin

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
HEALTH = Health(
    site_name="Harbor House",
    time_zone="America/New_York",
    version="0.1.0",
    address="https://handoff.example.org",
    contact=Contact(reachable=True, at=NOW),
    counts=Counts(held=0, refused=0, oldest_held_at=None),
    staff_pin=pin.hashed("2718"),
)


class Staff:
    """Whoever stands at the kiosk. `did`: what was done to it."""

    def __init__(self, health: Health = HEALTH, *, has_radio: bool = False) -> None:
        self.health = health
        self.did: list[str] = []
        self.seconds = 0.0
        self.sound = True
        acts = Acts(
            sound=lambda: self.sound,
            alert=lambda: self.did.append("alert"),
            try_again=lambda: self.did.append("try again"),
            measure=lambda millimetres: self.did.append(f"measure {millimetres}"),
            pair=lambda: self.did.append("pair"),
            restart=lambda: self.did.append("restart"),
            leave=lambda: self.did.append("leave"),
            wifi=lambda: (lambda: self.did.append("wifi")) if has_radio else None,
        )
        self.corner = StaffCorner(lambda: self.health, acts)
        self.opened = self.corner.open(0)

    def tap(self, action: Action, value: str = "") -> None:
        self.corner.tap(Tap(action, value), NOW, self.seconds)

    def type(self, digits: str) -> None:
        for digit in digits:
            self.tap(Action.TYPE, digit)
        self.tap(Action.NEXT)

    @property
    def screen(self) -> str:
        return self.corner.view.name

    @property
    def lines(self) -> str:
        body = self.corner.view.body
        assert isinstance(body, Paragraphs)
        return "\n".join(body.lines)


@pytest.fixture
def staff() -> Staff:
    """Inside."""
    staff = Staff()
    staff.type("2718")
    return staff


def test_without_a_pin_it_stays_shut() -> None:
    assert not Staff(replace(HEALTH, staff_pin=None)).opened


def test_it_shows_nothing_before_the_pin() -> None:
    staff = Staff()
    assert staff.opened

    staff.type("2719")

    assert staff.screen == "staff-pin"
    assert staff.corner.view.help == "That is not the PIN."
    staff.tap(Action.STAFF, "restart")
    assert staff.did == []
    staff.type("2718")
    assert staff.screen == "staff-overview"


def test_the_pin_is_not_on_the_screen() -> None:
    staff = Staff()
    staff.tap(Action.TYPE, "2")
    staff.tap(Action.TYPE, "7")

    body = staff.corner.view.body
    assert isinstance(body, Typing)
    assert body.fields[0].text == "••"


def test_guessing_is_slowed_down_across_visits() -> None:
    staff = Staff()
    for number in range(4):
        staff.type(f"000{number}")
    staff.tap(Action.CANCEL)
    staff.corner.open(1)
    staff.type("0004")

    staff.type("2718")

    assert staff.corner.view.help == "Too many tries. Wait a minute."
    staff.seconds = 61
    staff.type("2718")
    assert staff.screen == "staff-overview"


def test_it_says_how_the_kiosk_is(staff: Staff) -> None:
    assert staff.corner.view.title == "Harbor House"
    assert staff.lines.split("\n") == [
        "Version 0.1.0, service https://handoff.example.org",
        "Network: the service answered at 23 November, 09:30.",
        "No intake waits to be sent.",
    ]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"contact": Contact(at=NOW, trouble="ConnectionError")},
            "no answer since 23 November, 09:30. There is no conn",
        ),
        (
            {"contact": Contact(trouble="SSLError")},
            "no answer yet. Its certificate is not trusted, or this kiosk's clock",
        ),
        ({"contact": Contact(trouble="status 502")}, "no answer yet. (status 502)"),
        ({"contact": Contact()}, "Network: no answer yet."),
        ({"contact": Contact(at=NOW, unknown=True, trouble="revoked")}, "Pair it again; what it holds is kept"),
        (
            {"contact": Contact(reachable=True, at=NOW, clock_error=timedelta(days=-400))},
            "This kiosk's clock is wrong by 400 days.",
        ),
        (
            {"contact": Contact(reachable=True, at=NOW, clock_error=timedelta(minutes=125))},
            "This kiosk's clock is wrong by 2 hours.",
        ),
        (
            {"contact": Contact(reachable=True, at=NOW, clock_error=timedelta(minutes=-7))},
            "This kiosk's clock is wrong by 7 minutes.",
        ),
        ({"counts": Counts(3, 0, NOW)}, "Sealed and waiting to be sent: 3, since 23 November, 09:30."),
        ({"counts": Counts(0, 2, None)}, "Not taken in by the service: 2. Kept, sealed."),
        ({"counts": None}, "This kiosk's disk cannot be used."),
    ],
)
def test_it_says_what_is_wrong(changed: dict[str, object], says: str) -> None:
    staff = Staff(replace(HEALTH, **changed))  # type: ignore[arg-type]
    staff.type("2718")

    assert says in staff.lines


def offered(staff: Staff) -> list[str]:
    view = staff.corner.view
    return [touch.tap.value for touch in (*view.right, *view.quiet, *view.act)]


def test_trying_again_is_offered_when_something_was_refused(staff: Staff) -> None:
    assert "try_again" not in offered(staff)
    staff.health = replace(HEALTH, counts=Counts(0, 1, None))
    assert "try_again" in offered(staff)

    staff.tap(Action.STAFF, "try_again")

    assert staff.did == ["try again"]


def test_sounds_and_alerts_can_be_tried(staff: Staff) -> None:
    staff.tap(Action.STAFF, "test_sound")
    assert staff.corner.view.help == "You should have heard two notes."
    staff.sound = False
    staff.tap(Action.STAFF, "test_sound")
    assert staff.corner.view.help == "Sounds are turned off in the site's settings."
    staff.tap(Action.STAFF, "test_alert")
    assert staff.did == ["alert"]
    staff.corner.alerted(3)
    assert staff.corner.view.help == "The service is telling 3 of your staff now."
    staff.corner.alerted(0)
    assert "nobody to tell" in staff.corner.view.help
    staff.corner.alerted(None, "ConnectTimeout")
    assert "There is no connection" in staff.corner.view.help


def test_the_screen_is_measured_with_a_ruler(staff: Staff) -> None:
    staff.tap(Action.STAFF, "calibrate")
    staff.type("5")
    assert "between 100 and 3000" in staff.corner.view.help
    staff.tap(Action.ERASE)
    staff.type("217")

    assert staff.did == ["measure 217"]
    assert staff.screen == "staff-overview"


def test_a_keyboard_types_here_too() -> None:
    staff = Staff()
    for digit in "2719":
        staff.corner.type(digit, NOW, 0)
    staff.corner.key(Key.ERASE, NOW, 0)
    staff.corner.type("8", NOW, 0)
    staff.corner.key(Key.OK, NOW, 0)
    assert staff.screen == "staff-overview"

    staff.corner.key(Key.BACK, NOW, 0)

    assert staff.did == ["leave"]


def test_pairing_again_and_restarting_are_two_taps(staff: Staff) -> None:
    staff.tap(Action.STAFF, "restart")
    staff.tap(Action.STAFF, "pair")

    assert staff.did == ["restart", "pair"]
    assert staff.screen == "staff-pin"


def test_somebody_who_went_away_leaves_it_shut(staff: Staff) -> None:
    staff.corner.tick(119)
    assert staff.did == []
    staff.corner.touched(119)
    staff.corner.tick(238)
    assert staff.did == []

    staff.corner.tick(240)

    assert staff.did == ["leave"]
    assert staff.screen == "staff-pin"


def test_what_breaks_leads_out(staff: Staff) -> None:
    staff.corner.recover()

    assert staff.did == ["leave"]
    assert staff.screen == "staff-pin"


def test_it_says_which_languages_lack_their_letters() -> None:
    staff = Staff(replace(HEALTH, letters="नेपाली: not offered. Run: warm-handoff-kiosk fonts"))
    staff.type("2718")

    assert "warm-handoff-kiosk fonts" in staff.lines


@pytest.mark.parametrize("has_radio", [False, True])
def test_another_network_can_be_chosen_where_there_is_a_radio(has_radio: bool) -> None:
    staff = Staff(has_radio=has_radio)
    staff.type("2718")
    offered = [touch.tap.value for touch in staff.corner.view.quiet]

    staff.tap(Action.STAFF, "wifi")

    assert ("wifi" in offered, staff.did) == (has_radio, ["wifi"] * has_radio)
