"""Every route with made-up requests, by its own description, as everybody who may come: schemathesis and hypothesis."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.intake_service.security.callers import KIOSK, NOBODY, Caller
from tests.intake_service.security.things import Said, Things, said

Operation = APIOperation[Any, Any, Any, Any]
"""One method of one route."""

STREAMS = {"GET /events"}
"""Whoever is let in there never comes to the end of the answer."""

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_CAREFUL = {"content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"}
_OF_THE_CONNECTION = {"content-length", "host", "connection", "transfer-encoding"}
_WITHIN = 120  # seconds, on two busy cores

_WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
_HEADERS = st.dictionaries(
    st.sampled_from(
        ("Accept-Language", "User-Agent", "Range", "If-None-Match", "Origin", "Referer", "X-Forwarded-For", "Cookie")
    ),
    _WORDS.map(str.strip),
    max_size=3,
)


@dataclass
class Fuzz:
    """What every caller is answered at `url`. `found`: what should not have been, in words."""

    url: str
    callers: Mapping[str, Caller]
    found: list[str] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self._left_out: list[Caller] = []
        self._session = requests.Session()
        self._session.trust_env = False

    def told(self) -> str:
        return "\n".join(fault[:600] for fault in self.found[:30])

    def close(self) -> None:
        self._session.close()

    def attack(self, operation: Operation, things: Things, proper: int, improper: int) -> None:
        """So many made-up requests to one route as it describes them, and so many that are not, as every caller."""
        for caller in self._left_out:
            caller.signs_in()
        self._left_out = []
        if proper:
            self._attack(operation, GenerationMode.POSITIVE, things, proper)
        try:
            self._attack(operation, GenerationMode.NEGATIVE, things, improper)
        except Unsatisfiable:  # a route that takes nothing cannot be asked wrongly
            self._attack(operation, GenerationMode.POSITIVE, things, improper)

    def _attack(self, operation: Operation, mode: GenerationMode, things: Things, cases: int) -> None:
        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(
            case=operation.as_strategy(generation_mode=mode),
            headers=_HEADERS,
            accept=st.sampled_from(("text/html", "application/json", "*/*")),
            knows=st.booleans(),
            keeps=st.integers(0, 3),
            has_token=st.booleans() | st.just(True),
        )
        def one(
            case: Case[Any], headers: dict[str, str], accept: str, knows: bool, keeps: int, has_token: bool
        ) -> None:
            method, pattern = operation.label.split(" ", 1)
            ids = things.by_name(pattern) if knows else {}
            proper = said(method, pattern, things) if knows else Said()
            request = _request(case, self.url, ids, proper, keeps)
            for caller in self._everybody(operation.label):
                self._send(case, caller, _sent_by(caller, request, headers | {"Accept": accept}, has_token))

        one()

    def _everybody(self, label: str) -> Iterator[Caller]:
        """In any order, since who comes first may leave nothing for the next."""
        names = list(self.callers)
        random.shuffle(names)
        yield from (self.callers[name] for name in names if label not in STREAMS or name in {NOBODY, KIOSK})

    def _send(self, case: Case[Any], caller: Caller, request: dict[str, Any]) -> None:
        try:
            prepared = self._session.prepare_request(requests.Request(**request))
        except (ValueError, requests.RequestException, UnicodeError):
            assume(False)  # not to be written as HTTP at all
        answer = self._session.send(prepared, timeout=_WITHIN, allow_redirects=False)
        self._session.cookies.clear()
        self.asked += 1
        is_out = answer.status_code == 401 or "/sign-in" in answer.headers.get("location", "")
        if is_out and caller.username and caller not in self._left_out:
            self._left_out.append(caller)
        try:
            case.validate_response(answer, checks=_CHECKS)
        except (FailureGroup, Failure) as failure:
            faults = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
            self._find(caller, prepared, answer, "; ".join(str(fault).partition("\n")[0] for fault in faults))
        if missing := _CAREFUL - {name.lower() for name in answer.headers}:
            self._find(caller, prepared, answer, f"without {', '.join(sorted(missing))}")

    def _find(self, caller: Caller, request: requests.PreparedRequest, answer: requests.Response, fault: str) -> None:
        self.found.append(
            f"{caller.name}: {request.method} {request.url} {request.body!r} -> {answer.status_code} {fault}"
        )


def operations(app: FastAPI) -> list[Operation]:
    schema = schemathesis.openapi.from_dict(app.openapi())
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


def _request(case: Case[Any], url: str, ids: Mapping[str, Any], proper: Said, keeps: int) -> dict[str, Any]:
    """The made-up request, nearer to a proper one: the parts of its address that are in `ids` name real things, and
    of what a proper request says every fourth value is left out, from `keeps` on."""
    request = case.as_transport_kwargs(base_url=url)
    made_up = case.path_parameters or {}
    if named := {name: value for name, value in ids.items() if name in made_up}:
        parts = {name: quote(str(value), safe="") for name, value in (made_up | named).items()}
        request["url"] = url + case.path.format(**parts)
    for place, values in (("params", proper.query), ("data", proper.form), ("json", proper.json or {})):
        kept = {name: value for number, (name, value) in enumerate(values.items()) if number % 4 != keeps}
        if kept and isinstance(request.get(place, {}), dict):
            request[place] = request.get(place, {}) | kept
    return request


def _sent_by(caller: Caller, request: dict[str, Any], headers: Mapping[str, str], has_token: bool) -> dict[str, Any]:
    own = {name: value for name, value in request["headers"].items() if name.lower() not in _OF_THE_CONNECTION}
    own |= headers
    if credential := caller.client.headers.get("authorization"):
        own["Authorization"] = credential
    if caller.client.cookies:
        own["Cookie"] = "; ".join(f"{name}={value}" for name, value in caller.client.cookies.items())
    if not has_token or not caller.csrf:
        return request | {"headers": own}
    own["X-CSRF-Token"] = caller.csrf
    data = request.get("data", {}) if request["method"] != "GET" and "json" not in request else None
    return request | {"headers": own} | ({"data": data | {"csrf": caller.csrf}} if isinstance(data, dict) else {})
