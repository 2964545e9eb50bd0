"""The one door to `requests`: everything that a kiosk says to the service, and what came of it, in a few plain kinds.

Importing this module costs about 150 ms. The window never does; the sender's thread and the pairing do.
"""

import re
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
from pydantic import BaseModel, ValidationError
from urllib3.exceptions import HTTPError

from kiosk_client.outcomes import Failure, NotEnrolled, Refused, Unreachable
from shared_schema.form import Form
from shared_schema.intake import Receipt, SealedIntake
from shared_schema.kiosk_api import (
    CALLS_PATH,
    CONFIG_PATH,
    ENROLL_PATH,
    HEARTBEATS_PATH,
    INTAKES_PATH,
    TEST_ALERTS_PATH,
    AlertTried,
    Call,
    CallHeard,
    Enrollment,
    EnrollmentRequest,
    Heartbeat,
    KioskConfig,
    form_path,
)
from shared_schema.problem import MEDIA_TYPE, Problem

_CONNECT = 5.0  # seconds
_SILENCE = 10.0  # seconds without a byte
_TOTAL = 20.0  # seconds for a whole answer, however it drips
_MAX_ANSWER = 1024 * 1024  # a form with many languages is about 200 KiB
_AGAIN = {408, 425, 429}  # the 4xx that say "later"
_Model = TypeVar("_Model", bound=BaseModel)


class ServiceApi:
    """A service at an address. Keeps one connection open. Use it from one thread."""

    def __init__(self, address: str, credential: str | None = None, ca_file: str | None = None) -> None:
        self._address = address.rstrip("/")
        self.service_time: datetime | None = None
        """What time the service said it was, with its last answer."""
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc may come between a kiosk and its service
        self._session.verify = ca_file or True
        self._session.headers["Accept"] = f"application/json, {MEDIA_TYPE}"
        if credential:
            self._session.headers["Authorization"] = f"Bearer {credential}"

    def post_intake(self, sealed: SealedIntake, proof: str) -> Receipt | Failure:
        """Hand in a sealed intake. Only a receipt with the right id and proof counts: the service has committed it."""
        receipt = self._call("POST", INTAKES_PATH, Receipt, sealed)
        if isinstance(receipt, Receipt) and (receipt.intake_id, receipt.proof) != (sealed.intake_id, proof):
            return Unreachable("a receipt that proves nothing")
        return receipt

    def post_call(self, call: Call) -> CallHeard | Failure:
        """Ask for a person. Only an answer about this very call counts."""
        heard = self._call("POST", CALLS_PATH, CallHeard, call)
        if isinstance(heard, CallHeard) and heard.intake_id != call.intake_id:
            return Unreachable("an answer to another call")
        return heard

    def post_heartbeat(self, heartbeat: Heartbeat) -> Failure | None:
        """Say that the kiosk is alive. None: the service heard it."""
        answer = self._request("POST", HEARTBEATS_PATH, heartbeat)
        return None if isinstance(answer, bytes) else answer

    def post_test_alert(self) -> AlertTried | Failure:
        """Have the service tell the site's staff that alerts work."""
        return self._call("POST", TEST_ALERTS_PATH, AlertTried)

    def config(self) -> KioskConfig | Failure:
        return self._call("GET", CONFIG_PATH, KioskConfig)

    def form(self, name: str, version: int) -> Form | Failure:
        return self._call("GET", form_path(name, version), Form)

    def enroll(self, request: EnrollmentRequest) -> Enrollment | Failure:
        return self._call("POST", ENROLL_PATH, Enrollment, request)

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, path: str, expected: type[_Model], body: BaseModel | None = None) -> _Model | Failure:
        answer = self._request(method, path, body)
        if not isinstance(answer, bytes):
            return answer
        try:
            return expected.model_validate_json(answer)
        except ValidationError:
            return Unreachable("an answer that is not the service's")

    def _request(self, method: str, path: str, body: BaseModel | None = None) -> bytes | Failure:
        """The content of a 2xx answer, or what went wrong."""
        arguments: dict[str, Any] = {"timeout": (_CONNECT, _SILENCE), "allow_redirects": False, "stream": True}
        if body is not None:
            arguments |= {"data": body.model_dump_json(), "headers": {"Content-Type": "application/json"}}
        try:
            with self._session.request(method, self._address + path, **arguments) as answer:
                content = _read(answer)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # HTTPError: urllib3's own, for an answer that breaks off or is garbled; ValueError: an address that is none
            return Unreachable(type(error).__name__)
        if content is None:
            return Unreachable("an answer that is too long or too slow")
        self.service_time = _time(answer.headers.get("Date", ""))
        if 200 <= answer.status_code < 300:
            return content
        return _failure(answer.status_code, content, _seconds(answer.headers.get("Retry-After", "")))


def _read(answer: requests.Response) -> bytes | None:
    """The whole answer, or None when it is larger or slower than any of the service's."""
    deadline = time.monotonic() + _TOTAL
    content = bytearray()
    while part := answer.raw.read1(64 * 1024, decode_content=True):
        content += part
        if len(content) > _MAX_ANSWER or time.monotonic() > deadline:
            answer.close()
            return None
    return bytes(content)


def _time(header: str) -> datetime | None:
    """An HTTP date (RFC 9110, 5.6.7), aware."""
    try:
        said = parsedate_to_datetime(header)
    except ValueError:
        return None
    return said if said.tzinfo else None


def _seconds(header: str) -> float:
    """Of a Retry-After (RFC 9110, 10.2.3), which our service never says as a date; 0 when it says nothing."""
    return float(header) if re.fullmatch(r"[0-9]{1,9}", header) else 0.0


def _failure(status: int, content: bytes, after: float) -> Failure:
    """A refusal counts only as a problem document: a proxy's 403 page is not the service's word."""
    try:
        problem = Problem.model_validate_json(content)
    except ValidationError:
        return Unreachable(f"status {status} without a problem document")
    if status == 401:
        return NotEnrolled(problem.code)
    if 400 <= status < 500 and status not in _AGAIN and not problem.may_retry:
        return Refused(problem.code)
    return Unreachable(f"status {status}, {problem.code}", after)
