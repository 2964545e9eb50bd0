"""The push server of the tests is held to be true: a real Firefox subscribes to it, decrypts, shows, and opens.

It stands on a tiny page of its own, so that a failure here is never our product's.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.pages import PAGES, served
from tests.browser.sender import Sender
from tests.support.firefox import Firefox, running_firefox
from tests.support.push_server import PushServer

SUBSCRIBE = """
    await navigator.serviceWorker.register('/worker.js');
    const {pushManager} = await navigator.serviceWorker.ready;
    const applicationServerKey = new Uint8Array(args[0]);
    return (await pushManager.subscribe({userVisibleOnly: true, applicationServerKey})).toJSON();
"""


@pytest.fixture
def page() -> Iterator[str]:
    with served(PAGES) as origin:
        yield origin


def subscribe(firefox: Firefox, page: str, sender: Sender) -> dict[str, object]:
    firefox.open(page)

    subscription = firefox.run_async(SUBSCRIBE, sender.public_key)
    assert isinstance(subscription, dict)
    return subscription


def test_a_message_is_decrypted_shown_and_opens_its_page(firefox: Firefox, page: str, push_server: PushServer) -> None:
    sender = Sender()
    subscription = subscribe(firefox, page, sender)

    assert sender.send(subscription, "at Harbor House") == 201

    shown = firefox.wait_for_notification()
    assert (shown.title, shown.body) == ("Somebody waits", "at Harbor House")
    assert push_server.wait_for_ack()[0].code == 100
    known = firefox.tabs()
    firefox.click_notification()
    firefox.go_to_new_tab(known)
    firefox.wait_for_text("Opened by the click")


def test_a_message_waits_for_a_browser_that_is_closed(profile: Path, page: str, push_server: PushServer) -> None:
    sender = Sender()
    with running_firefox(profile) as firefox:
        subscription = subscribe(firefox, page, sender)

    assert sender.send(subscription, "while away") == 201

    with running_firefox(profile) as firefox:
        assert firefox.wait_for_notification().body == "while away"


def test_what_a_public_push_service_refuses_is_refused(firefox: Firefox, page: str) -> None:
    sender, stranger = Sender(), Sender()
    subscription = subscribe(firefox, page, sender)

    assert sender.send(subscription, "no TTL", TTL=None) == 400
    assert sender.send(subscription, "old encoding", Content_Encoding="aesgcm") == 400
    assert sender.send(subscription, "no token", Authorization=None) == 401
    assert stranger.send(subscription, "another key") == 403
    assert sender.send({**subscription, "endpoint": f"{subscription['endpoint']}x"}, "no such endpoint") == 404
    assert firefox.notifications() == []


def test_an_endpoint_is_gone_after_unsubscribing(firefox: Firefox, page: str) -> None:
    sender = Sender()
    subscription = subscribe(firefox, page, sender)
    unsubscribe = "return (await (await navigator.serviceWorker.ready).pushManager.getSubscription()).unsubscribe();"

    assert firefox.run_async(unsubscribe) is True

    firefox.wait_until(lambda: sender.send(subscription, "too late") == 410, "the endpoint being gone")
