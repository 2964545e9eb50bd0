"""What an administrator decides about a site and its kiosks, as fields of a plain form: shown, read, refused kindly.

A field that is not there says no: browsers leave out boxes that are not ticked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from phonenumbers import SUPPORTED_REGIONS
from pydantic import ValidationError

from intake_service.tables import Site
from shared_schema import pin
from shared_schema.form import Form, Screen, load_form
from shared_schema.hours import WEEKDAYS, Hours, Span
from shared_schema.intake import PathwayType
from shared_schema.kiosk_api import KioskSettings

LONGEST_NAME = 120
LONGEST_TEXT = 160
_ON = "on"
_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(?:-|–|to)\s*(\d{1,2})(?::(\d{2}))?")
_NUMBERS = {
    "idle_seconds": ("Seconds without a touch", 30, 600),
    "warning_seconds": ("Seconds for an answer", 20, 120),
    "volume": ("Volume", 0, 100),
}
DAYS = dict(zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
HEADINGS = {
    "greeting": "Greeting on the first screen",
    "wait": "Where to wait, under the word",
    "closed": "Where help is while you are closed",
}
"""What a site says in its own words, in each language."""

_SWITCHES = ("bigger", "reach", "sound", "speech")

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Decided:
    """What the fields come to."""

    name: str
    languages: list[str]
    greeting: dict[str, str]
    where_to_wait: dict[str, str]
    hours: Hours
    settings: KioskSettings


def fields_of(site: Site) -> dict[str, str]:
    """The form as it is filled in when it is opened."""
    settings, hours = KioskSettings.model_validate(site.kiosk_settings), Hours.model_validate(site.hours)
    form = load_form()
    fields = {"name": site.name, "theme": settings.theme, "printer": settings.printer, "time_zone": hours.time_zone}
    fields |= {f"place-{tag}": str(number) for number, tag in enumerate(site.languages, 1)}
    fields |= {f"reviewed-{tag}": _ON for tag in settings.reviewed_languages}
    for text, words in zip(HEADINGS, (site.greeting, site.where_to_wait, settings.closed_help), strict=True):
        fields |= {f"{text}-{tag}": said for tag, said in words.items()}
    for day in WEEKDAYS:
        fields[f"hours-{day}"] = ", ".join(
            f"{span.opens:%H:%M}-{span.closes:%H:%M}" for span in hours.spans.get(day, ())
        )
    fields |= {f"pathway-{pathway.name}": _ON for pathway in settings.pathways}
    for screen, choice in _tiles(form):
        if choice not in settings.hidden.get(screen.id, ()):
            fields[f"tile-{screen.id}-{choice}"] = _ON
    fields |= {name: _ON for name in _SWITCHES if getattr(settings, name)}
    fields |= {"idle_seconds": f"{settings.idle_seconds:g}", "warning_seconds": f"{settings.warning_seconds:g}"}
    return fields | {"volume": f"{settings.volume * 100:g}", "country": settings.country}


def read(fields: Fields, before: Site) -> tuple[Decided | None, dict[str, str]]:
    """What was decided, or None and for each field a sentence that says what to do.

    `before`: what stays where nothing was typed, which is the PIN.
    """
    problems: dict[str, str] = {}
    form = load_form()
    languages = _languages(fields, form, problems)
    words = {text: _words(fields, form, text, problems) for text in HEADINGS}
    values: dict[str, Any] = {
        "theme": fields.get("theme", ""),
        "printer": fields.get("printer", "").strip(),
        "country": _country(fields, problems),
        "reviewed_languages": [tag for tag in form.texts if fields.get(f"reviewed-{tag}")],
        "pathways": [pathway for pathway in PathwayType if fields.get(f"pathway-{pathway.name}")],
        "hidden": _hidden(fields, form, problems),
        "closed_help": words["closed"],
        "staff_pin": _staff_pin(fields, before, problems),
        **{name: bool(fields.get(name)) for name in _SWITCHES},
        **{name: _number(fields, name, problems) for name in _NUMBERS},
    }
    values["volume"] /= 100
    if not values["pathways"]:
        problems["pathways"] = "Offer at least one pathway."
    hours = _hours(fields, problems)
    name = fields.get("name", "").strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        problems["name"] = f"A site's name is one line of 1 to {LONGEST_NAME} characters."
    if problems:
        return None, problems
    try:
        settings = KioskSettings.model_validate(values)
    except ValidationError as error:
        return None, {str(fault["loc"][0]): _SENTENCES[str(fault["loc"][0])] for fault in error.errors()}
    return Decided(name, languages, words["greeting"], words["wait"], hours, settings), {}


_SENTENCES = {
    "theme": "Colours: choose one of the three.",
    "printer": "Receipt printer: write it like tcp:192.0.2.7:9100 or /dev/usb/lp0, or leave it empty.",
}


def _country(fields: Fields, problems: dict[str, str]) -> str:
    """Nothing typed is the United States."""
    country = fields.get("country", "").strip().upper() or "US"
    if country not in SUPPORTED_REGIONS:
        problems["country"] = "Country: two letters, such as US, MX or CA."
    return country


def _languages(fields: Fields, form: Form, problems: dict[str, str]) -> list[str]:
    """Those that have a place, in its order."""
    places: dict[int, str] = {}
    for tag, texts in form.texts.items():
        place = fields.get(f"place-{tag}", "")
        if not place:
            continue
        if not place.isdecimal() or not 1 <= int(place) <= len(form.texts):
            problems[f"place-{tag}"] = "Choose a place from the list."
        elif int(place) in places:
            taken = form.texts[places[int(place)]].name
            problems[f"place-{tag}"] = f"{taken} has this place already. Choose another one."
        elif not texts.reviewed and not fields.get(f"reviewed-{tag}"):
            problems[f"place-{tag}"] = (
                f"First have somebody who speaks {texts.name} read its text on privacy and consent, then tick the box."
            )
        else:
            places[int(place)] = tag
    if not places and not any(field.startswith("place-") for field in problems):
        problems["languages"] = "Offer at least one language."
    return [places[place] for place in sorted(places)]


def _words(fields: Fields, form: Form, text: str, problems: dict[str, str]) -> dict[str, str]:
    """What the site says itself; languages without it use the kiosk's own words."""
    said = {}
    for tag in form.texts:
        words = " ".join(fields.get(f"{text}-{tag}", "").split())
        if len(words) > LONGEST_TEXT or not words.isprintable():
            problems[f"{text}-{tag}"] = (
                f"{HEADINGS[text]}, {form.texts[tag].name}: at most {LONGEST_TEXT} characters fit the screen."
            )
        elif words:
            said[tag] = words
    return said


def _hidden(fields: Fields, form: Form, problems: dict[str, str]) -> dict[str, list[str]]:
    hidden: dict[str, list[str]] = {}
    for screen, choice in _tiles(form):
        if not fields.get(f"tile-{screen.id}-{choice}"):
            hidden.setdefault(screen.id, []).append(choice)
    for screen_id, choices in hidden.items():
        left = [each for each in form.screen(screen_id).choices if each.id not in choices and not each.alone]
        if not left:
            problems[f"tiles-{screen_id}"] = "Leave at least one tile in this question."
    return hidden


def _tiles(form: Form) -> list[tuple[Screen, str]]:
    return [(screen, choice.id) for screen in form.items for choice in form.can_hide(screen)]


def _hours(fields: Fields, problems: dict[str, str]) -> Hours:
    spans = {}
    for day in WEEKDAYS:
        try:
            spans[day] = _spans(fields.get(f"hours-{day}", ""))
            Hours(spans={day: spans[day]})
        except ValueError:  # pydantic's too
            problems[f"hours-{day}"] = (
                f"{DAYS[day]}: write hours like 9:00-12:00, 13:00-17:30, one after another; nothing when closed."
            )
    try:
        return Hours(
            time_zone=fields.get("time_zone", "").strip(), spans={day: each for day, each in spans.items() if each}
        )
    except ValidationError:
        if not any(field.startswith("hours-") for field in problems):
            problems["time_zone"] = "A time zone is named like America/New_York. Choose one from the list."
        return Hours()


def _spans(typed: str) -> tuple[Span, ...]:
    """`9-12, 13:00-17:30`, on the 24-hour clock. Raises ValueError."""
    spans = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", typed))):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise ValueError
        opens, opens_minute, closes, closes_minute = (int(number or 0) for number in found.groups())
        ends = time(23, 59) if (closes, closes_minute) == (24, 0) else time(closes, closes_minute)
        spans.append(Span(opens=time(opens, opens_minute), closes=ends))
    return tuple(spans)


def _number(fields: Fields, name: str, problems: dict[str, str]) -> float:
    label, least, most = _NUMBERS[name]
    typed = fields.get(name, "").strip()
    if not typed.isascii() or not typed.isdecimal() or not least <= int(typed) <= most:
        problems[name] = f"{label}: a whole number from {least} to {most}."
        return least
    return int(typed)


def _staff_pin(fields: Fields, before: Site, problems: dict[str, str]) -> str | None:
    typed = fields.get("pin", "").strip()
    if fields.get("no_pin"):
        return None
    if not typed:
        return KioskSettings.model_validate(before.kiosk_settings).staff_pin
    try:
        return pin.hashed(typed)
    except ValueError as refusal:
        problems["pin"] = str(refusal)
        return None
