"""A real OpenID Connect provider on loopback, in a process of its own, that insists on PKCE.

`python -m tests.support.directory PORT` serves it. People sign in there by naming themselves: there are no passwords.
"""

import base64
import hashlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx

from tests.support.service import Process, free_port, start

_READY_WITHIN = 60.0  # seconds
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class DirectoryServer:
    issuer: str
    process: Process

    def register(self, answer_address: str) -> tuple[str, str]:
        """A client: its id and its secret."""
        body = {"redirect_uris": [answer_address], "token_endpoint_auth_method": "client_secret_basic"}
        made = httpx.post(f"{self.issuer}/oauth2/clients", json=body, trust_env=False).raise_for_status().json()
        return str(made["client_id"]), str(made["client_secret"])

    def knows(self, subject: str, **claims: object) -> None:
        """Somebody of this subject, with what the directory says of them."""
        httpx.put(f"{self.issuer}/users/{subject}", json=claims, trust_env=False).raise_for_status()

    def sign_in(self, address: str, subject: str) -> str:
        """What a person does in their browser at the directory; where it is sent back to."""
        answer = httpx.post(address, data={"sub": subject}, trust_env=False)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def deny(self, address: str) -> str:
        """The state comes along, which this provider forgets (RFC 6749, 4.1.2.1)."""
        state = parse_qs(urlsplit(address).query)["state"][0]
        location = httpx.post(address, data={"action": "deny"}, trust_env=False).headers["location"]
        return f"{location}&state={state}"


@contextmanager
def running_directory(folder: Path) -> Iterator[DirectoryServer]:
    port = free_port()
    process = start("directory", ["tests.support.directory", str(port)], {}, folder / "directory.log")
    issuer = f"http://localhost:{port}"
    deadline = time.monotonic() + _READY_WITHIN
    try:
        while True:
            try:
                httpx.get(f"{issuer}/jwks", trust_env=False, timeout=5)
                break
            except httpx.TransportError:
                if time.monotonic() > deadline or not process.running:
                    raise RuntimeError(process.output()) from None
                time.sleep(0.1)
        yield DirectoryServer(issuer, process)
    finally:
        process.kill()


def insisting_on_pkce(inner: Wsgi) -> Wsgi:
    """No code without an S256 challenge, and no token without its verifier (RFC 7636)."""
    challenges: list[str] = []

    def outer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/oauth2/authorize":
            query = parse_qs(environ["QUERY_STRING"])
            if query.get("code_challenge_method") != ["S256"] or not query.get("nonce") or not query.get("state"):
                start_response("400 Bad Request", [("Content-Type", "text/plain")])
                return [b"PKCE, nonce and state are asked for here"]
            challenges.extend(query["code_challenge"])
        if path == "/oauth2/token":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
            verifier = parse_qs(body.decode()).get("code_verifier", [""])[0]
            digest = hashlib.sha256(verifier.encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() not in challenges:
                start_response("400 Bad Request", [("Content-Type", "application/json")])
                return [b'{"error": "invalid_grant"}']
        return inner(environ, start_response)

    return outer


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def _serve(port: int) -> None:
    from oidc_provider_mock import app  # noqa: PLC0415 (it warns at import: in this process alone)

    with make_server("localhost", port, insisting_on_pkce(app()), handler_class=_Quiet) as server:
        server.serve_forever()


def path_of(address: str) -> str:
    """Path and query, for the test's own client."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
