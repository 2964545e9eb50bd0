"""The fields of a site's page: read, refused with a sentence, and shown again as they were."""

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_service.site_settings import Decided, fields_of, read
from intake_service.tables import Site
from shared_schema import pin
from shared_schema.form import load_form
from shared_schema.hours import Span
from shared_schema.intake import PathwayType
from shared_schema.kiosk_api import KioskSettings

FORM = load_form()
NINE_TO_NOON = Span(opens=time(9), closes=time(12))


def a_site(**changed: object) -> Site:
    values = {"name": "Harbor House", "languages": ["en", "es"], "greeting": {}, "where_to_wait": {}}
    return Site(**(values | {"hours": {}, "kiosk_settings": {}} | changed))


def decided(**fields: str) -> Decided:
    """What comes of the form as it opens, with these fields filled in."""
    found, problems = read(
        fields_of(a_site()) | {name.replace("__", "-"): said for name, said in fields.items()}, a_site()
    )
    assert found is not None, problems
    return found


def refused(**fields: str) -> dict[str, str]:
    found, problems = read(
        fields_of(a_site()) | {name.replace("__", "-"): said for name, said in fields.items()}, a_site()
    )
    assert found is None
    return problems


def test_opened_and_saved_it_changes_nothing() -> None:
    settings = KioskSettings(
        theme="dark",
        bigger=True,
        reviewed_languages=(),
        idle_seconds=90,
        volume=0.35,
        sound=False,
        hidden={"brings-you": ("legal",)},
        pathways=(PathwayType.RCC_MEMBER,),
        closed_help={"es": "En el parque."},
        staff_pin=pin.hashed("2718"),
        printer="tcp:192.0.2.7:9100",
    )
    hours = {"time_zone": "America/New_York", "spans": {"mon": [{"opens": "09:00", "closes": "12:00"}]}}
    site = a_site(
        languages=["es", "en"],
        greeting={"en": "Come in!"},
        where_to_wait={"es": "En el sofá"},
        hours=hours,
        kiosk_settings=settings.model_dump(mode="json"),
    )

    found, problems = read(fields_of(site), site)

    assert found is not None, problems
    assert (found.name, found.languages, found.settings) == ("Harbor House", ["es", "en"], settings)
    assert (found.greeting, found.where_to_wait) == ({"en": "Come in!"}, {"es": "En el sofá"})
    assert found.hours.spans == {"mon": (NINE_TO_NOON,)}


def test_a_new_site_begins_with_the_defaults() -> None:
    assert decided().settings == KioskSettings()


@pytest.mark.parametrize(
    ("typed", "spans"),
    [
        ("", ()),
        ("9-12", (NINE_TO_NOON,)),
        ("09:00 - 12:00", (NINE_TO_NOON,)),
        ("9:00–12:00; 13:00 to 17:30", (NINE_TO_NOON, Span(opens=time(13), closes=time(17, 30)))),
        ("20-24", (Span(opens=time(20), closes=time(23, 59)),)),
    ],
)
def test_hours_are_written_as_people_write_them(typed: str, spans: tuple[Span, ...]) -> None:
    found = decided(hours__mon=typed, hours__tue="8-9", time_zone="America/Denver")

    assert found.hours.spans.get("mon", ()) == spans
    assert found.hours.time_zone == "America/Denver"
    assert found.hours.is_open(datetime(2026, 11, 24, 15, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"name": ""}, "name", "1 to 120 characters"),
        ({"name": "two\nlines"}, "name", "one line"),
        ({"place__en": "", "place__es": ""}, "languages", "at least one language"),
        ({"place__en": "1", "place__es": "1"}, "place-es", "English has this place already"),
        ({"place__en": "x"}, "place-en", "Choose a place"),
        ({"greeting__en": "x" * 161}, "greeting-en", "Greeting on the first screen, English: at most 160"),
        ({"hours__mon": "nine to five"}, "hours-mon", "Monday: write hours like"),
        ({"hours__mon": "17-9"}, "hours-mon", "Monday: write hours like"),
        ({"hours__mon": "9-12, 11-13"}, "hours-mon", "one after another"),
        ({"hours__mon": "9-25"}, "hours-mon", "Monday: write hours like"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "America/New_York"),
        ({"idle_seconds": "29"}, "idle_seconds", "from 30 to 600"),
        ({"idle_seconds": "a minute"}, "idle_seconds", "Seconds without a touch: a whole number"),
        ({"warning_seconds": ""}, "warning_seconds", "from 20 to 120"),
        ({"country": "Mexico"}, "country", "such as US, MX or CA"),
        ({"volume": "101"}, "volume", "from 0 to 100"),
        ({"pin": "12"}, "pin", "4 to 8 digits"),
        ({"printer": "/etc/passwd"}, "printer", "tcp:192.0.2.7:9100"),
        ({"theme": "neon"}, "theme", "one of the three"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(fields: dict[str, str], field: str, says: str) -> None:
    problems = refused(**fields)

    assert says in problems[field]
    assert len(problems) == 1


def test_a_question_keeps_a_tile_and_a_site_a_pathway() -> None:
    nothing = {name: "" for name in fields_of(a_site()) if name.startswith(("tile-brings-you", "pathway-"))}

    _, problems = read(fields_of(a_site()) | nothing, a_site())

    assert problems.keys() == {"tiles-brings-you", "pathways"}


def test_what_is_urgent_can_never_be_left_out() -> None:
    tiles = {name for name in fields_of(a_site()) if name.startswith("tile-")}

    assert "tile-urgent-tonight" in tiles
    assert not any(word in name for name in tiles for word in ("self-harm", "unsafe", "medical", "consent"))


def test_the_pin_stays_until_another_is_typed_or_it_is_taken_away() -> None:
    site = a_site(kiosk_settings={"staff_pin": pin.hashed("2718")})

    kept, _ = read(fields_of(site), site)
    changed, _ = read(fields_of(site) | {"pin": "31415"}, site)
    gone, _ = read(fields_of(site) | {"no_pin": "on"}, site)

    assert kept is not None
    assert changed is not None
    assert gone is not None
    assert kept.settings.staff_pin == site.kiosk_settings["staff_pin"]
    assert pin.fits("31415", changed.settings.staff_pin or "")
    assert gone.settings.staff_pin is None
    assert "2718" not in str(fields_of(site))


def test_a_narrowed_form_asks_less_and_its_answers_fit_the_whole_one() -> None:
    narrow = FORM.narrowed({"brings-you": ("legal", "work"), "urgent": ("unsafe",)}, {PathwayType.BRIEF_CHECK_IN})

    assert {choice.id for choice in narrow.screen("brings-you").choices} == {
        choice.id for choice in FORM.screen("brings-you").choices
    } - {"legal", "work"}
    assert narrow.screen("urgent") == FORM.screen("urgent")
    assert [choice.id for choice in narrow.screen("help-today").choices] == ["check-in"]
    assert FORM.narrowed(
        {"brings-you": [choice.id for choice in FORM.screen("brings-you").choices]}, tuple(PathwayType)
    ).screen("brings-you") == FORM.screen("brings-you")
    assert FORM.narrowed({}, tuple(PathwayType)) == FORM


@given(st.dictionaries(st.sampled_from([*fields_of(a_site()), "pin", "secret"]), st.text(max_size=200)))
def test_whatever_is_sent_is_decided_or_refused(fields: dict[str, str]) -> None:
    found, problems = read(fields_of(a_site()) | fields, a_site())

    assert (found is None) == bool(problems)
