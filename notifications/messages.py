"""What an alert says. Made from kind, site and addresses alone: nothing else is asked for, so nothing else gets in.

Lock screens are public (42 CFR 2.13), so no text names anybody or tells more than that somebody waits.
"""

import json
from dataclasses import dataclass

from notifications.tables import AlertKind


@dataclass(frozen=True)
class Words:
    title: str
    acknowledge: str


_WORDS = {
    "en": {
        AlertKind.READY_FOR_ASSIGNMENT: Words("Somebody is waiting", "I'm on it"),
        AlertKind.URGENT: Words("Somebody needs a person now", "I'm on it"),
        AlertKind.ASSIGNED_TO_YOU: Words("Somebody is waiting for you", "I'm on it"),
        AlertKind.TRANSFERRED: Words("Somebody was handed over to you", "I'm on it"),
        AlertKind.BACK_TO_REASSIGNMENT: Words("A new peer is to be found", "I'm on it"),
        AlertKind.TEST: Words("Alerts work on this device", "OK"),
    },
}


@dataclass(frozen=True)
class Message:
    """One alert for one device. `token` is the notice's: the service worker reports with it what became of it."""

    kind: AlertKind
    site_name: str
    alert_id: int
    path: str
    token: str


def payload(message: Message, public_url: str, language: str = "en") -> bytes:
    """The JSON that the browser gets, for Declarative Web Push and for our service worker alike. About 500 bytes."""
    words = _WORDS[language][message.kind]
    notification = {
        "title": words.title,
        "body": message.site_name,
        "navigate": public_url.rstrip("/") + message.path,
        "tag": f"alert-{message.alert_id}",
        "lang": language,
        "dir": "ltr",
        "silent": False,
        "data": {"token": message.token, "kind": message.kind.value, "path": message.path},
        "actions": [{"action": "acknowledge", "title": words.acknowledge}],
    }
    return json.dumps({"web_push": 8030, "notification": notification}, ensure_ascii=False).encode()
