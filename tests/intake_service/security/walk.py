"""Every door of the service tried by every caller: what came of it, in the words of docs/security/access.md."""

from collections.abc import Iterator
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount

from tests.intake_service.security.access_table import Door
from tests.intake_service.security.callers import Caller
from tests.intake_service.security.things import NAME, Things, said

SAFE = {"GET", "HEAD", "OPTIONS"}
ENDS_THE_SESSION = {"/sign-out", "/sign-in"}
_REFUSED = {401: "sign in", 403: "no", 404: "hidden"}
_LET_IN = {200, 201, 204, 303, 409, 422}
"""The last two: it was the caller's to do, and something else speaks against it."""
_MISSHAPEN = "does not have the fields that belong here"
_LOOKS = {"/participants/search"}  # with what is looked for in the body


def every_door(app: FastAPI) -> list[Door]:
    """The routes that the application really has, whether its schema tells of them or not."""
    return sorted({door for route in app.routes for door in _doors(route)}, key=lambda door: (door[1], door[0]))


def _doors(route: BaseRoute) -> Iterator[Door]:
    """Raises for a kind of route that is not known here: nothing escapes the walk."""
    if isinstance(route, APIRoute):
        yield from ((method, _plain(route.path)) for method in route.methods or ())
    elif hasattr(route, "effective_route_contexts"):
        for context in route.effective_route_contexts():
            yield from ((method, _plain(context.path)) for method in context.methods)
    elif not (isinstance(route, Mount) and route.path == "/static"):
        raise TypeError(f"a route of an unknown kind: {route!r}")


def _plain(path: str) -> str:
    return path.replace(":uuid}", "}")


def tried(caller: Caller, door: Door, things: Things) -> str:
    """The table's word for what the caller gets."""
    method, pattern = door
    answer = ask(caller, door, things.by_name(pattern), things)
    if pattern in ENDS_THE_SESSION and method not in SAFE:
        caller.signs_in()
    return _word_for(answer, looks=method in SAFE or pattern in _LOOKS)


def ask(caller: Caller, door: Door, named: dict[str, Any], things: Things, **headers: str) -> httpx.Response:
    """The answer to a proper request; of one that never ends, only how it begins."""
    method, pattern = door
    what = said(method, pattern, things)
    sent: dict[str, Any] = {"params": dict(what.query)}
    if method not in SAFE:
        sent["headers"] = {"X-CSRF-Token": caller.csrf, **headers}
        if what.json is not None:
            sent["json"] = what.json
        else:
            sent["data"] = {"csrf": caller.csrf, **what.form}
    with caller.client.stream(method, pattern.format(**named), **sent) as answer:
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            answer.read()
        return answer


def _word_for(answer: httpx.Response, *, looks: bool) -> str:
    if answer.status_code in _REFUSED:
        return _REFUSED[answer.status_code]
    if answer.status_code not in _LET_IN or (answer.status_code == 422 and _MISSHAPEN in answer.text):
        raise AssertionError(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code}, so who may is unknown"
        )
    return "names" if looks and answer.is_stream_consumed and NAME in answer.text else "yes"
