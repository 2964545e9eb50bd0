"""Somebody at their desk, signed in with a client of their own: reads pages and sends their forms."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from playwright.sync_api import Page

from tests.intake_service.center import PASSWORD, sign_in
from tests.intake_service.live import Service

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Desk:
    """`client` follows to where a form leads, as a browser does."""

    client: httpx.Client

    def read(self, path: str) -> str:
        """The page's text, its white space as a reader sees it."""
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return " ".join(answer.text.split())

    def send(self, path: str, page: str, **fields: object) -> httpx.Response:
        """With the token of the page that has the form."""
        token = _TOKEN.search(self.client.get(page).text)
        assert token, page
        data = {name: str(value) for name, value in fields.items()} | {"csrf": token[1]}
        return self.client.post(path, data=data)


@contextmanager
def at_the_desk(service: Service, name: str) -> Iterator[Desk]:
    with httpx.Client(
        base_url=service.url, headers={"Accept": "text/html"}, follow_redirects=True, timeout=30, trust_env=False
    ) as client:
        assert sign_in(client, name).status_code == 200
        yield Desk(client)


def sit_down(page: Page, service: Service, name: str) -> None:
    """The same in a real browser."""
    page.goto(f"{service.url}/sign-in")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("navigation", name="Pages").wait_for()
