"""Guessing is slowed down, across restarts and processes, and no guesser keeps a colleague out."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from intake_service import passwords, sign_in, wrong_tries
from intake_service.app import create_app
from intake_service.errors import TooManyTries
from intake_service.keys import Keys
from intake_service.settings import Settings
from intake_service.sign_in_tables import WrongTry
from intake_service.wrong_tries import Counted, Patience
from notifications.db import connect, writing
from tests.intake_service.center import PASSWORD, Center
from tests.intake_service.center import sign_in as signs_in
from tests.intake_service.live import Service, running_service
from tests.intake_service.people import NOW

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PATIENCE = Patience("tested", 3, 2 * SECOND, MINUTE)


def count(session: Session, everyone: Sequence[Counted], now: datetime) -> bool:
    """Whether the try was let through."""
    try:
        with session.begin_nested():
            wrong_tries.begin(session, everyone, now)
    except TooManyTries:
        return False
    return True


def test_each_wrong_try_doubles_the_wait_up_to_a_limit(session: Session, keys: Keys) -> None:
    guesser = [wrong_tries.counted(keys, PATIENCE, "somebody")]
    now, waits = NOW, []
    for _ in range(10):
        wait = timedelta(0)
        while not count(session, guesser, now + wait):
            wait += SECOND
        waits.append(int(wait.total_seconds()))
        now += wait

    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 60, 60]


def test_a_try_that_was_refused_makes_the_wait_no_longer(session: Session, keys: Keys) -> None:
    guesser = [wrong_tries.counted(keys, PATIENCE, "somebody")]
    for _ in range(3):
        count(session, guesser, NOW)

    assert not any(count(session, guesser, NOW + SECOND) for _ in range(100))
    assert count(session, guesser, NOW + 2 * SECOND)


def test_an_hour_later_all_is_forgiven(session: Session, keys: Keys) -> None:
    guesser = [wrong_tries.counted(keys, PATIENCE, "somebody")]
    for _ in range(3):
        count(session, guesser, NOW)

    assert all(count(session, guesser, NOW + timedelta(hours=1)) for _ in range(3))


def test_many_at_once_are_no_way_around(engine: Engine, keys: Keys, database_url: str) -> None:
    """As from several service processes, each with its own connections."""
    guesser = [wrong_tries.counted(keys, PATIENCE, "somebody")]
    engines = [connect(database_url) for _ in range(3)]

    def one(number: int) -> bool:
        with Session(writing(engines[number % 3])) as session, session.begin():
            return count(session, guesser, NOW)

    with ThreadPoolExecutor(6) as guessers:
        let_through = sum(guessers.map(one, range(24)))
    for each in engines:
        each.dispose()

    assert let_through == PATIENCE.free


def test_what_was_typed_is_not_in_the_rows(service: Service, session: Session, center: Center) -> None:
    signs_in(service.client, "a password typed as a name", "x")

    kept = session.scalars(select(WrongTry.who)).all()
    assert len(kept) == 3  # the account, the address, both
    assert all(len(who) == 64 and "password" not in who for who in kept)


def test_guesses_go_on_to_be_counted_after_a_restart_and_in_another_process(settings: Settings, center: Center) -> None:
    with running_service(create_app(settings)) as first:
        answers = [signs_in(first.client, "alice", f"guess number {number}").status_code for number in range(6)]
    assert answers == [403] * 5 + [429]

    with running_service(create_app(settings)) as again:
        assert signs_in(again.client, "alice").status_code == 429  # also for the right one
        assert "Wait" in signs_in(again.client, "alice").text


def test_a_guesser_elsewhere_does_not_keep_a_colleague_out(service: Service, center: Center) -> None:
    with httpx.Client(base_url=service.url, trust_env=False, timeout=20) as alices:
        assert signs_in(alices, "alice").status_code == 303
        alices.cookies.delete("session")
        for number in range(8):
            signs_in(service.client, "alice", f"guess number {number}")
        assert signs_in(service.client, "alice").status_code == 429

        assert signs_in(alices, "alice").status_code == 303  # in her own browser
    with httpx.Client(base_url=service.url, headers={"X-Forwarded-For": "192.0.2.7"}, timeout=20) as at_home:
        assert signs_in(at_home, "alice").status_code == 303  # in a new one, at another address
    assert signs_in(service.client, "bob").status_code == 303  # and nobody else waits


def test_guesses_from_everywhere_slow_each_other_down(session: Session, keys: Keys, center: Center) -> None:
    """A minute at most, for whoever is in a new browser while many addresses guess."""
    with pytest.raises(TooManyTries):
        for number in range(1000):
            sign_in.count_password(session, keys, "alice", f"192.0.2.{number}", "", NOW)

    everywhere = wrong_tries.counted(keys, sign_in.TO_AN_ACCOUNT, "alice")
    assert session.get_one(WrongTry, everywhere.who).tries == sign_in.TO_AN_ACCOUNT.free
    sign_in.count_password(session, keys, "alice", "198.51.100.1", "", NOW + MINUTE)
    sign_in.count_password(session, keys, "bob", "198.51.100.1", "", NOW)


def test_guesses_that_come_at_once_are_counted_one_by_one(service: Service, center: Center) -> None:
    def guess(number: int) -> int:
        with httpx.Client(base_url=service.url, trust_env=False, timeout=60) as client:
            return signs_in(client, "alice", f"guess number {number}").status_code

    with ThreadPoolExecutor(8) as guessers:
        answers = sorted(guessers.map(guess, range(16)))

    free = sign_in.TO_AN_ACCOUNT_FROM_AN_ADDRESS.free
    assert answers == [403] * free + [429] * (16 - free)


def test_an_address_that_tries_many_names_is_slowed_down(service: Service, center: Center) -> None:
    answers = [signs_in(service.client, f"name-{number}", "x").status_code for number in range(21)]

    assert answers == [403] * 20 + [429]


def test_her_own_browser_is_slowed_down_too(service: Service, center: Center) -> None:
    signs_in(service.client, "alice")
    service.client.cookies.delete("session")

    answers = [signs_in(service.client, "alice", f"guess number {number}").status_code for number in range(11)]

    assert answers == [403] * 10 + [429]


def test_a_right_password_forgives_the_person(service: Service, session: Session, center: Center) -> None:
    for number in range(4):
        signs_in(service.client, "alice", f"guess number {number}")
    assert signs_in(service.client, "alice").status_code == 303

    kept = session.scalars(select(WrongTry.tries)).all()
    assert list(kept) == [4, 4]  # of the address and of the account everywhere; Alice here is as new


def test_a_button_that_is_pressed_twice_lets_somebody_in(service: Service, center: Center) -> None:
    cookie = {"Cookie": "browser=one-that-alice-shares"}

    def press(_: int) -> int:
        with httpx.Client(base_url=service.url, trust_env=False, timeout=60, headers=cookie) as client:
            return signs_in(client, "alice").status_code

    with ThreadPoolExecutor(4) as presses:
        assert list(presses.map(press, range(12))) == [303] * 12


def test_codes_are_counted_by_person(session: Session, keys: Keys, center: Center) -> None:
    tries = 0
    with pytest.raises(TooManyTries):
        while tries < 100:
            sign_in.count_code(session, keys, center.alice, "", NOW)
            tries += 1

    assert tries == sign_in.OF_A_CODE.free
    sign_in.count_code(session, keys, center.bob, "", NOW)


class Counting(PasswordHasher):
    """The real one; says how often it was asked."""

    asked = 0

    def verify(self, *arguments: bytes | str) -> bool:  # type: ignore[override]
        self.asked += 1
        return super().verify(*arguments)


def test_nobody_learns_whether_a_username_exists(
    service: Service, center: Center, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answer and the same work: one verification, for a wrong password and for an unknown name."""
    counting = Counting(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", counting)
    answers = set()
    for name in ("alice", "nobody", "bob"):
        service.client.cookies.clear()
        before = counting.asked
        answer = signs_in(service.client, name, "not the right one")
        answers.add((answer.status_code, answer.text.replace(name, "NAME"), str(answer.headers.get("set-cookie"))))
        assert counting.asked == before + 1, name

    assert len(answers) == 1


def test_who_has_no_password_or_left_is_verified_all_the_same(session: Session, center: Center) -> None:
    counting = Counting(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", counting)
        for kept in (None, passwords.NO_PASSWORD, passwords.hashed(PASSWORD)):
            passwords.is_right(kept, "not the right one")

    assert counting.asked == 3
