"""The screen while the site is closed: when it opens, and where help is now. In the site's languages, one at a time."""

from datetime import datetime

from kiosk_client.view import Action, Look, Paragraphs, Tap, Touch, View
from shared_schema.form import Form, LanguageTexts
from shared_schema.hours import WEEKDAYS
from shared_schema.kiosk_api import KioskConfig

_MOST_LANGUAGES = 6  # beside the one that is shown


def is_closed(config: KioskConfig, now: datetime | None) -> bool:
    """`now`: aware, by the service's clock; None while it is not known. A clock that may be wrong turns nobody away."""
    return now is not None and not config.hours.is_open(now)


def closed_view(form: Form, config: KioskConfig, language: str, now: datetime) -> View:
    """`language`: the one to read it in; `now`: aware."""
    texts = form.texts[language]
    help_now = config.settings.closed_help.get(language) or texts.ui["closed_help"]
    others = [each for each in config.languages if each in form.texts and each != language][:_MOST_LANGUAGES]
    return View(
        "closed",
        texts.ui["closed_title"],
        Paragraphs("moon", tuple(filter(None, (_opens(texts, config, now), help_now)))),
        quiet=tuple(Touch(Tap(Action.LANGUAGE, each), form.texts[each].name, "globe", Look.QUIET) for each in others),
        mirrored=texts.direction == "rtl",
    )


def _opens(texts: LanguageTexts, config: KioskConfig, now: datetime) -> str:
    """ "We open on Monday at 9:00 AM.", in the site's own time. Nothing when it never opens again."""
    opens = config.hours.opens_next(now)
    if opens is None:
        return ""
    at = _clock_time(texts, opens)
    if opens.date() == now.astimezone(opens.tzinfo).date():
        return texts.ui["closed_opens_today"].format(time=at)
    return texts.ui["closed_opens"].format(day=texts.ui[f"day_{WEEKDAYS[opens.weekday()]}"], time=at)


def _clock_time(texts: LanguageTexts, at: datetime) -> str:
    if texts.ui["clock"] == "24":
        return f"{at.hour}:{at.minute:02}"
    return f"{at.hour % 12 or 12}:{at.minute:02} {texts.ui['am' if at.hour < 12 else 'pm']}"
