from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from notifications import channels
from notifications.channels import Reach, WrongCode
from notifications.other_channels import BadAddress, OtherChannels
from notifications.policy import Audience, Policy, Step
from notifications.sites import set_policy
from notifications.tables import AlertKind, Channel, ChannelKind, Notice, NoticeState, PushSubscription
from tests.notifications.devices import NOW
from tests.notifications.house import ALICE, BOB, CHARLIE, DANA, HARBOR, a_house, arrive, says, somebody_waits, told

DOOR = OtherChannels("mailto://127.0.0.1?from=alerts@center.example")
BOBS = "bob@center.example"


def a_channel(session: Session, staff_id: int | None, address: str = BOBS, site_id: int | None = None) -> Channel:
    """Confirmed. Committed."""
    channel = channels.add(session, DOOR, address, "", NOW, staff_id=staff_id, site_id=site_id)
    channels.test(session, channel, "Warm Handoff", NOW)
    channels.confirm(session, channel, channel.code or "", NOW)
    arrive(session)
    session.commit()
    return channel


def sent_by(session: Session) -> list[tuple[str, int | None]]:
    queued = session.scalars(select(Notice).where(Notice.state == NoticeState.QUEUED).order_by(Notice.id))
    return [(notice.channel, notice.staff_id) for notice in queued]


def test_an_address_counts_only_when_its_code_has_come_back(session: Session) -> None:
    a_house(session, with_phones=[])
    channel = channels.add(session, DOOR, BOBS, " Mail at home ", NOW, staff_id=BOB)
    assert (channel.kind, channel.name) == (ChannelKind.EMAIL, "Mail at home")
    assert not channels.reach(session, [BOB])[BOB].is_reachable

    channels.test(session, channel, "Warm Handoff", NOW)
    assert says(session, NoticeState.QUEUED) == [(AlertKind.CHANNEL_TEST, BOB)]
    assert not channels.reach(session, [BOB])[BOB].is_reachable

    channels.confirm(session, channel, f" {channel.code} ", NOW)
    assert channels.reach(session, [BOB])[BOB] == Reach(0, (ChannelKind.EMAIL,))


def test_a_code_can_be_guessed_five_times_and_grows_old(session: Session) -> None:
    channel = channels.add(session, DOOR, BOBS, "", NOW, staff_id=BOB)
    with pytest.raises(WrongCode, match="Send a new test"):
        channels.confirm(session, channel, "", NOW)
    channels.test(session, channel, "Warm Handoff", NOW)
    right = channel.code or ""
    wrong = "000000" if right != "000000" else "000001"

    for _ in range(5):
        with pytest.raises(WrongCode):
            channels.confirm(session, channel, wrong, NOW)
    with pytest.raises(WrongCode, match="too often"):
        channels.confirm(session, channel, right, NOW)

    channels.test(session, channel, "Warm Handoff", NOW)
    with pytest.raises(WrongCode, match="too old"):
        channels.confirm(session, channel, channel.code or "", NOW + timedelta(minutes=31))


def test_an_address_is_encrypted_in_the_database(engine: Engine, session: Session) -> None:
    a_channel(session, BOB)

    with engine.connect() as connection:
        stored = connection.scalar(text("SELECT address FROM channel"))
    assert b"bob" not in bytes(stored)
    assert session.scalars(select(Channel.address)).all() == [BOBS]


def test_somebody_without_a_phone_is_told_by_what_they_have(session: Session) -> None:
    a_house(session, with_phones=[])
    a_channel(session, BOB)

    somebody_waits(session)

    assert sent_by(session) == [(ChannelKind.EMAIL, BOB)]


def test_the_administrators_step_uses_everything_there_is_the_sites_addresses_too(session: Session) -> None:
    a_house(session, on_duty=(), with_phones=[DANA])
    a_channel(session, DANA, "dana@center.example")
    a_channel(session, DANA, "json://93.184.216.34/hook")
    a_channel(session, None, "slack://TokenA1234/TokenB1234/TokenC1234/general", HARBOR)

    somebody_waits(session)

    assert sent_by(session) == [
        (ChannelKind.WEB_PUSH, DANA),
        (ChannelKind.EMAIL, DANA),
        (ChannelKind.CHAT, DANA),
        (ChannelKind.CHAT, None),
    ]


def test_a_step_by_mail_reaches_who_has_only_a_phone(session: Session) -> None:
    a_house(session)
    step = Step(after=0, who=(Audience.DESIGNATED,), channels=(ChannelKind.EMAIL,))
    set_policy(session, HARBOR, Policy(steps=(step,)))
    a_channel(session, BOB)

    somebody_waits(session)

    assert sent_by(session) == [(ChannelKind.EMAIL, BOB), (ChannelKind.WEB_PUSH, CHARLIE)]


def test_a_refused_device_and_a_failing_address_reach_nobody(session: Session) -> None:
    a_house(session, with_phones=[ALICE, BOB])
    a_channel(session, CHARLIE).failing_since = NOW
    session.scalars(select(PushSubscription).where(PushSubscription.staff_id == BOB)).one().suspect_since = NOW
    session.flush()

    found = channels.reach(session, [ALICE, BOB, CHARLIE])

    assert [found[each].is_reachable for each in (ALICE, BOB, CHARLIE)] == [True, False, False]


def test_a_removed_address_is_told_nothing(session: Session) -> None:
    a_house(session, with_phones=[])
    channels.remove(session, a_channel(session, BOB))
    session.commit()

    assert told(session, somebody_waits(session)) == []
    assert channels.of_staff(session, BOB) == []


def test_nobody_can_have_addresses_without_end(session: Session) -> None:
    for number in range(10):
        channels.add(session, DOOR, f"bob{number}@center.example", "", NOW, staff_id=BOB)

    with pytest.raises(BadAddress, match="Remove one first"):
        channels.add(session, DOOR, BOBS, "", NOW, staff_id=BOB)
    channels.add(session, DOOR, BOBS, "", NOW, site_id=HARBOR)
