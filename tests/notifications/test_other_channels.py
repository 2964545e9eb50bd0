import asyncio
import json
import logging
from collections.abc import Iterator

import pytest

from notifications import other_channels
from notifications.failures import Rejected, SendError, TryLater
from notifications.other_channels import BadAddress, OtherChannels, phone_address
from notifications.tables import ChannelKind
from tests.support.mail_server import MailServer, running_mail_server
from tests.support.misbehaving import Behaviour, answers, drips, hangs, misbehaving_server


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with running_mail_server() as server:
        yield server


def send(door: OtherChannels, address: str) -> None:
    asyncio.run(door.send(address, "Somebody is waiting", "Harbor House\nhttps://center.example/intakes/7"))


def test_an_email_arrives_through_the_centers_own_server(mail_server: MailServer) -> None:
    door = OtherChannels(f"mailto://127.0.0.1:{mail_server.port}?from=alerts@center.example")

    send(door, "bob+alerts@center.example")

    to, message = mail_server.received[0]
    assert to == ["bob+alerts@center.example"]
    assert message["Subject"] == "Somebody is waiting"
    assert message["From"] == "alerts@center.example"
    text = message.get_body(["plain"])
    assert text is not None
    assert text.get_content().split() == ["Harbor", "House", "https://center.example/intakes/7"]


def test_an_email_arrives_through_ones_own_server(mail_server: MailServer) -> None:
    door = OtherChannels(allow_private=True)

    send(door, f"mailto://127.0.0.1:{mail_server.port}?from=alerts@center.example&to=bob@center.example")

    assert mail_server.received[0][0] == ["bob@center.example"]


def test_a_text_message_goes_through_the_centers_own_service() -> None:
    with misbehaving_server(answers(200)) as gateway:
        door = OtherChannels(sms_url=f"json://127.0.0.1:{gateway.port}/send/{{phone}}")
        assert door.kind_of("tel:+12025550142") is ChannelKind.SMS

        send(door, phone_address("(202) 555-0142", "US"))

    assert gateway.asked[0].path == "/send/+12025550142"


@pytest.mark.parametrize(
    ("typed", "country", "address"),
    [
        ("(202) 555-0142", "US", "tel:+12025550142"),
        ("+52 55 1234 5678", "US", "tel:+525512345678"),
        ("55 1234 5678", "MX", "tel:+525512345678"),
        ("5550142", "US", None),
        ("call me", "US", None),
        ("", "US", None),
    ],
)
def test_a_phone_is_typed_as_people_write_it(typed: str, country: str, address: str | None) -> None:
    if address is not None:
        assert phone_address(typed, country) == address
        return
    with pytest.raises(BadAddress, match="area code"):
        phone_address(typed, country)


@pytest.mark.parametrize("address", ["tel:+12025550142", "tel:+12025550142/19005550100", "tel:../../etc"])
def test_no_phone_without_a_service_and_nothing_that_is_no_phone(address: str) -> None:
    service = "" if address == "tel:+12025550142" else "json://127.0.0.1:9/{phone}"
    with pytest.raises(BadAddress):
        OtherChannels(sms_url=service).kind_of(address)


def test_a_chat_gets_title_and_text() -> None:
    with misbehaving_server(answers(200)) as chat:
        send(OtherChannels(allow_private=True), f"json://127.0.0.1:{chat.port}/hook")

    body = json.loads(chat.asked[0].body)
    assert (body["title"], body["message"]) == (
        "Somebody is waiting",
        "Harbor House\nhttps://center.example/intakes/7",
    )


@pytest.mark.parametrize("refusal", ["450 later", "550 never"])
def test_a_mail_server_that_refuses_is_tried_again(mail_server: MailServer, refusal: str) -> None:
    mail_server.refuse = refusal

    with pytest.raises(TryLater):
        send(OtherChannels(f"mailto://127.0.0.1:{mail_server.port}?from=a@center.example"), "bob@center.example")


@pytest.mark.parametrize("behaviour", [answers(500), answers(403), hangs, drips(200)])
def test_whatever_the_other_side_does_one_kind_of_error_comes_out(
    behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_channels, "_TOTAL", 2.0)
    with misbehaving_server(behaviour) as server, pytest.raises(TryLater):
        send(OtherChannels(allow_private=True), f"json://127.0.0.1:{server.port}/hook")


def test_no_redirect_is_followed_not_even_when_the_address_asks_for_it() -> None:
    with (
        misbehaving_server(answers(200)) as inside,
        misbehaving_server(answers(302, Location=inside.url)) as server,
        pytest.raises(TryLater),
    ):
        send(OtherChannels(allow_private=True), f"json://127.0.0.1:{server.port}/hook?redirect=yes")

    assert (len(server.asked), inside.asked) == (1, [])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.169.254"])
@pytest.mark.parametrize("service", ["json", "mailto", "ntfy", "gotify"])
def test_no_address_aims_at_our_own_network(service: str, host: str) -> None:
    with pytest.raises(Rejected, match="own network"):
        send(OtherChannels(), f"{service}://{host}:9/token1234567890?from=a@center.example&to=b@center.example")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("bob@center.example", ChannelKind.EMAIL),
        ("mailtos://user:secret@mail.center.example", ChannelKind.EMAIL),
        ("twilio://AC735c307c62944b5a:e29dfbcebf390dee9@15551234567/15557654321", ChannelKind.SMS),
        ("ntfys://ntfy.center.example/alerts", ChannelKind.CHAT),
        ("slack://TokenA1234/TokenB1234/TokenC1234/general", ChannelKind.CHAT),
    ],
)
def test_an_address_tells_what_kind_it_is(address: str, kind: ChannelKind) -> None:
    assert OtherChannels("mailto://127.0.0.1?from=a@center.example").kind_of(address) == kind


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bob",
        "syslog://",
        "dbus://",
        "windows://",
        "file:///etc/passwd",
        "http://center.example",
        "JSON:",
        "mailto://",
        "slack://x",
        "bob@center.example",
        "x" * 501,
    ],
)
def test_what_is_no_address_is_refused_with_what_to_do_and_not_repeated(address: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        OtherChannels().kind_of(address)

    assert not address or address not in str(refusal.value)


def test_no_log_and_no_error_holds_an_address_or_a_word(
    caplog: pytest.LogCaptureFixture, mail_server: MailServer
) -> None:
    caplog.set_level(logging.DEBUG)
    mail_server.refuse = "550 bob@center.example does not want that"
    door = OtherChannels(f"mailto://secretuser:secretword@127.0.0.1:{mail_server.port}?from=a@center.example")

    with pytest.raises(SendError) as failure:
        send(door, "bob@center.example")

    said = caplog.text + str(failure.value)
    for word in ("bob", "secret", "Harbor House", "Somebody"):
        assert word not in said
