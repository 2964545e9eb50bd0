import random

import pytest

from kiosk_client import tickets
from shared_schema.form import load_form

FORM = load_form()
EVERY = {f"{word}-{number}" for word in FORM.ticket_words for number in range(1, 10)}


def test_a_ticket_is_one_of_the_forms() -> None:
    source = random.Random(7)

    assert all(FORM.is_ticket(tickets.draw(FORM, set(), source)) for _ in range(200))


def test_a_recent_ticket_does_not_come_again() -> None:
    (left,) = list(EVERY)[:1]

    assert tickets.draw(FORM, EVERY - {left}, random.Random(7)) == left


def test_there_are_more_tickets_than_are_remembered() -> None:
    assert len(EVERY) > 3 * tickets.RECENT


@pytest.mark.parametrize("seed", range(3))
def test_two_kiosks_rarely_draw_the_same(seed: int) -> None:
    first, second = random.Random(seed), random.Random(seed + 100)

    drawn = [tickets.draw(FORM, set(), first) == tickets.draw(FORM, set(), second) for _ in range(100)]

    assert sum(drawn) < 5
