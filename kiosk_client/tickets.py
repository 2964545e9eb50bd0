"""The word that a participant waits with."""

import random
from collections.abc import Container

from kiosk_client.spool import Spool, SpoolError
from shared_schema.form import Form

_NUMBERS = 9
RECENT = 100
"""So many of the last tickets do not come again; there are nine times the form's words."""


def draw(form: Form, recent: Container[str], source: random.Random) -> str:
    """A word of the form and a number, such as `maple-7`, that is not among the recent ones."""
    free = [
        f"{word}-{number}"
        for word in form.ticket_words
        for number in range(1, _NUMBERS + 1)
        if f"{word}-{number}" not in recent
    ]
    return source.choice(free)


def draw_unlike_recent(form: Form, spool: Spool) -> str:
    """The next participant's ticket. A disk that cannot be read is no reason to have none."""
    try:
        recent = spool.recent_tickets(RECENT)
    except SpoolError:
        recent = set()
    return draw(form, recent, random.SystemRandom())
