"""A guesser with thousands of passwords at the door of the real process, by every way around there is."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from intake_service import sign_in
from intake_service.wrong_tries import Patience
from tests.intake_service.center import PASSWORD, Center
from tests.intake_service.center import sign_in as signs_in
from tests.intake_service.security.conftest import Tally
from tests.support.service import Service, running_service

# tests/intake_service/test_wrong_tries.py shows each rule by itself.
pytestmark = [pytest.mark.security_long, pytest.mark.timeout(600)]

MANY = 600
AT_ONCE = 8

Guess = tuple[str, str, str]
"""A username, a password, the address it is sent from."""


@pytest.fixture
def process(database_url: str, center: Center, tmp_path: Path) -> Iterator[Service]:
    """Serves the center, with passwords that are as slow to check as real ones."""
    with running_service(tmp_path, database_url, worker_inside=False) as service:
        yield service


def test_thousands_of_guesses_do_not_find_the_password_among_them(
    process: Service, center: Center, tally: Tally
) -> None:
    with httpx.Client(base_url=process.url, trust_env=False, timeout=60) as alices:
        assert signs_in(alices, "alice").status_code == 303
        alices.cookies.delete("session")

        everywhere = [("bob", _word(n), f"198.51.{n // 200}.{n % 200 + 1}") for n in range(MANY)]
        for how, guesses, patience in (
            ("one account, one address", [("alice", _word(n), "192.0.2.1") for n in range(MANY)], _ACCOUNT),
            ("one account, an address for each", everywhere, sign_in.TO_AN_ACCOUNT),
            ("a name for each", [(f"name-{n}", _word(n), "203.0.113.1") for n in range(MANY)], sign_in.FROM_AN_ADDRESS),
        ):
            right = (guesses[0][0], PASSWORD, guesses[0][2])
            began = time.monotonic()
            answers = _guessed(process.url, [*guesses, right])
            waits = (time.monotonic() - began) / patience.first.total_seconds()

            assert set(answers) == {403, 429}, how
            assert answers[403] <= patience.free + waits + 1, how
            tally(f"guesses: {how}", answers.total())
            tally("guesses that were looked at", answers[403])

        assert signs_in(alices, "alice").status_code == 303  # in her own browser, at the guesser's address
    with httpx.Client(base_url=process.url, trust_env=False, headers=_from("198.51.100.250"), timeout=60) as elsewhere:
        assert signs_in(elsewhere, "charlie").status_code == 303


_ACCOUNT: Patience = sign_in.TO_AN_ACCOUNT_FROM_AN_ADDRESS


def _guessed(url: str, guesses: Iterable[Guess]) -> Counter[int]:
    """The answers; the last guess is made when all others were."""
    *before, last = guesses
    with httpx.Client(base_url=url, trust_env=False, timeout=120) as client, ThreadPoolExecutor(AT_ONCE) as guessers:

        def guess(one: Guess) -> int:
            username, password, address = one
            sent = {"username": username, "password": password}
            return client.post("/sign-in", data=sent, headers=_from(address)).status_code

        return Counter([*guessers.map(guess, before), guess(last)])


def _from(address: str) -> dict[str, str]:
    """As the proxy in front says it."""
    return {"X-Forwarded-For": address}


def _word(number: int) -> str:
    return f"a guess of theirs, number {number}"
