"""What an alert says. Made from kind, site and addresses alone: nothing else is asked for, so nothing else gets in.

The words are in messages.yaml, by language.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from shared_schema.intake import Frozen
from shared_schema.yaml_files import read_yaml

TAKEN_CARE_OF = "taken_care_of"
"""Replaces an alert on a phone, silently: somebody else is there."""

STILL_YOURS = "still_yours"
"""To somebody who said "I'm on it" and has done nothing since."""

_FIRST_LANGUAGE = "en"


class Words(Frozen):
    """`{site}`, `{count}` and `{code}` are filled in. `button`: empty when the notification has none of its own."""

    title: str
    body: str = "{site}"
    button: str = ""


@dataclass(frozen=True)
class Message:
    """One alert for one device or address. `token` is the notice's: the service worker reports with it what became
    of it. `says`: an AlertKind, TAKEN_CARE_OF or STILL_YOURS."""

    says: str
    site_name: str
    alert_id: int
    path: str
    token: str
    language: str = _FIRST_LANGUAGE
    count: int = 1
    code: str = ""

    @property
    def thread(self) -> str:
        """Messages of one thread replace each other, on their way and on the phone."""
        return f"alert-{self.alert_id}"

    @property
    def is_silent(self) -> bool:
        return self.says == TAKEN_CARE_OF


def languages() -> tuple[str, ...]:
    return tuple(_catalogue())


def payload(message: Message, public_url: str) -> bytes:
    """The JSON that the browser gets, for Declarative Web Push and for our service worker alike. About 500 bytes.

    `mutable`: a browser that could show it by itself asks our service worker first, which reports that it was shown.
    """
    words = _words(message)
    notification = {
        "title": words.title,
        "body": words.body,
        "navigate": _address(message, public_url),
        "tag": message.thread,
        "lang": message.language,
        "dir": "ltr",
        "silent": message.is_silent,
        "renotify": not message.is_silent,
        "data": {"token": message.token, "kind": message.says, "path": message.path},
        "actions": [{"action": "acknowledge", "title": words.button}] if words.button else [],
    }
    declared = {"web_push": 8030, "mutable": True, "notification": notification}
    return json.dumps(declared, ensure_ascii=False).encode()


def plain(message: Message, public_url: str) -> tuple[str, str]:
    """Title and text for e-mail, SMS and chat."""
    words = _words(message)
    return words.title, f"{words.body}\n{_address(message, public_url)}"


def _words(message: Message) -> Words:
    catalogue = _catalogue()
    words = catalogue.get(message.language, catalogue[_FIRST_LANGUAGE])[message.says]
    known = {"site": message.site_name, "count": message.count, "code": message.code}
    return Words(title=words.title.format(**known), body=words.body.format(**known), button=words.button)


def _address(message: Message, public_url: str) -> str:
    return public_url.rstrip("/") + message.path


@cache
def _catalogue() -> Mapping[str, Mapping[str, Words]]:
    words = read_yaml(files("notifications") / "messages.yaml")
    return TypeAdapter(dict[str, dict[str, Words]]).validate_python(words)
