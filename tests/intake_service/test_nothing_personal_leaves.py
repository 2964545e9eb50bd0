"""Lock screens are public (42 CFR 2.13): whatever somebody writes on a kiosk, no alert, log or error says it."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from intake_service import assignments, callbacks, concerns
from intake_service.keys import Keys
from intake_service.settings import Settings
from intake_service.tables import Intake, Staff
from notifications import alerts, channels, subscriptions
from notifications.db import writing
from notifications.messages import STILL_YOURS, TAKEN_CARE_OF
from notifications.other_channels import OtherChannels
from notifications.outbox import Target, put
from notifications.tables import Alert, AlertKind, ChannelKind, LedgerLine, Notice, NoticeState, Timer
from notifications.worker import Worker
from shared_schema.intake import Answer
from tests.intake_service.center import Center
from tests.intake_service.people import a_received_intake, a_record
from tests.notifications.devices import Device
from tests.support.mail_server import MailServer, running_mail_server
from tests.support.misbehaving import MisbehavingServer, answers, misbehaving_server

TEXTS = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Lm"]), min_size=8, max_size=40).map("Zqx{}".format)
"""No name or answer is a word that a notice has anyway, such as `navigate`."""


@dataclass(frozen=True)
class Outside:
    """Bob's phone, mail box and chat, as they stand outside."""

    phone: Device
    push: MisbehavingServer
    chat: MisbehavingServer
    mail: MailServer

    def told(self) -> str:
        """Everything that has left, in plain text."""
        pushed = [str(self.phone.read(asked.body)) for asked in self.push.asked if asked.body]
        written = [f"{asked.path} {asked.headers} {asked.body.decode()}" for asked in self.chat.asked]
        headers = [str(asked.headers) for asked in self.push.asked]
        return "\n".join([*pushed, *headers, *written, *(message.as_string() for _, message in self.mail.received)])


@contextmanager
def an_outside() -> Iterator[Outside]:
    with (
        misbehaving_server(answers(201)) as push,
        misbehaving_server(answers(200)) as chat,
        running_mail_server() as mail,
    ):
        yield Outside(Device(), push, chat, mail)


def reachable(session: Session, center: Center, outside: Outside, door: OtherChannels) -> None:
    """Bob by three channels. Committed."""
    outside.phone.subscribe(session, center.bob, f"{outside.push.url}/bob")
    for address in ("bob@center.example", f"json://127.0.0.1:{outside.chat.port}/hook"):
        channel = channels.add(session, door, address, "", datetime.now(UTC), staff_id=center.bob)
        channel.confirmed_at = datetime.now(UTC)
    session.commit()


def everything_happens(session: Session, center: Center, texts: Sequence[str]) -> None:
    """Intakes, their assignments and transfers, each with these texts in every place for one. Committed."""
    now = datetime.now(UTC)
    supervisor = session.get_one(Staff, center.alice)
    for number, text in enumerate(texts):
        record = a_record(text, urgent=bool(number % 2), phone=Answer.of(text=text))
        intake_id = a_received_intake(session, center.kiosk.id, record, now).receipt.intake_id
        participant_id = session.scalars(select(Intake.participant_id).where(Intake.id == intake_id)).one()
        assignments.assign(session, participant_id, center.charlie, supervisor, now)
        assignments.transfer(session, participant_id, center.bob, text, supervisor, now)
        callbacks.set_for(session, participant_id, now, supervisor, now)
        concerns.write(session, uuid7(), participant_id, text, supervisor, now)
    session.commit()


def everything_is_said(session: Session, center: Center) -> None:
    """Every kind of message to Bob by every channel. Committed."""
    now = datetime.now(UTC)
    site = center.site
    phone = subscriptions.of_staff(session, center.bob)[0]
    for kind in AlertKind:
        alert = alerts.raise_alert(session, kind, site.id, site.name, "7", "/queue", [], now)
        for channel in channels.of_staff(session, center.bob):
            put(session, alert, kind, [Target(center.bob, channel.kind, channel_id=channel.id)], now)
        for says in (kind, TAKEN_CARE_OF, STILL_YOURS):
            put(session, alert, says, [Target(center.bob, ChannelKind.WEB_PUSH, subscription_id=phone.id)], now)
    session.commit()


def send(engine: Engine, keys: Keys, settings: Settings) -> None:
    """Every notice is tried once at least."""
    untried = select(Notice.id).where(Notice.state == NoticeState.QUEUED, Notice.attempts == 0).limit(1)
    while True:
        asyncio.run(Worker(engine, keys.vapid, settings).drain())
        with Session(engine) as session:
            if session.scalar(untried) is None:
                return


@pytest.mark.parametrize("works", [True, False])
def test_no_name_and_no_answer_leaves_by_any_kind_or_channel(
    engine: Engine,
    session: Session,
    center: Center,
    keys: Keys,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    works: bool,
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, "mail.log")  # the mail server's own
    with an_outside() as outside:
        mail_url = f"mailto://127.0.0.1:{outside.mail.port}?from=alerts@center.example"
        ours = settings.model_copy(update={"mail_url": mail_url, "push_allow_private": True})
        reachable(session, center, outside, OtherChannels(mail_url, allow_private=True))
        if not works:
            outside.push.behave(answers(403))
            outside.chat.behave(answers(500))
            outside.mail.refuse = "550 no"

        @given(texts=st.lists(TEXTS, min_size=3, max_size=8))
        @trying(max_examples=2, deadline=None, suppress_health_check=[*HealthCheck])
        def holds(texts: list[str]) -> None:
            start_over(engine, session, outside)
            everything_happens(session, center, texts)
            everything_is_said(session, center)
            send(engine, keys, ours)
            failures = " ".join(session.scalars(select(Notice.failure).where(Notice.failure.is_not(None))))
            said = unquote(f"{outside.told()} {caplog.text} {failures}").casefold()
            assert "somebody is waiting" in said
            for text in texts:
                assert text.casefold() not in said

        holds()


def start_over(engine: Engine, session: Session, outside: Outside) -> None:
    session.rollback()
    with Session(writing(engine)) as own, own.begin():
        for table in (Notice, LedgerLine, Timer, Alert):
            own.execute(delete(table))
    outside.push.asked.clear()
    outside.chat.asked.clear()
    outside.mail.received.clear()
