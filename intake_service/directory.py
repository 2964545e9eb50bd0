"""The one door to the organization's directory: OpenID Connect, authorization code with PKCE, state and nonce.

The directory says who somebody is. Whether they work here is ours: it lets in who was invited, and makes nobody new.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake_service.errors import DirectoryTrouble, NotAllowed, NotReady, WrongPassword
from intake_service.tables import Staff
from notifications.private_files import PrivateFileError, require_private

_WITHIN = 10.0  # seconds
_LEEWAY = 60  # seconds between two clocks
_SIGNED_BY = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "ES384", "ES512")
"""Only signatures: whoever knows our secret must not be able to name people."""

_WELL_KNOWN = "/.well-known/openid-configuration"

_TROUBLES = (AuthlibBaseError, JoseError, httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError)
"""Of the libraries, and of an answer that is not what it should be."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Person:
    """`subject`: a digest of who the directory says it is. `email`: as the directory has verified it, or nothing."""

    subject: str
    email: str
    signed_in_at: datetime | None


@dataclass(frozen=True)
class Way:
    """`address`: where the browser goes. `data`: what is needed when it is back, kept for a few minutes."""

    address: str
    data: Mapping[str, str]


@dataclass(frozen=True)
class Directory:
    """`answer_address`: our own, where the directory sends the browser back to."""

    issuer: str
    client_id: str
    client_secret: str
    answer_address: str
    proxy: str = ""

    def way(self, *, afresh: bool) -> Way:
        """`afresh`: the directory is to ask the person anew. Raises DirectoryTrouble."""
        more = {"prompt": "login", "max_age": "0"} if afresh else {}
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        with self._asking() as client:
            address, state = client.create_authorization_url(
                self._told(client)["authorization_endpoint"], code_verifier=verifier, nonce=nonce, **more
            )
        return Way(str(address), {"verifier": verifier, "nonce": nonce, "state": str(state)})

    def person(self, answer: Mapping[str, str], data: Mapping[str, str], now: datetime) -> Person:
        """Who came back. `answer`: the query that the directory sent; `data`: the way's.

        Raises WrongPassword when it does not fit the way, or the person was refused there; DirectoryTrouble.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), data["state"].encode()):
            raise WrongPassword("That answer of the directory does not belong here. Please begin once more.")
        if "error" in answer or not answer.get("code"):
            raise WrongPassword("The directory did not let you in. Try again, or sign in another way.")
        with self._asking() as client:
            told = self._told(client)
            tokens = client.fetch_token(
                told["token_endpoint"],
                code=answer["code"],
                grant_type="authorization_code",
                code_verifier=data["verifier"],
            )
            keys = KeySet.import_key_set(_asked(client, told["jwks_uri"]))
            signed = jwt.decode(str(tokens["id_token"]), keys, algorithms=_algorithms(told))
            claims = CodeIDToken(
                signed.claims,
                signed.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self.client_id},
                    "nonce": {"essential": True, "value": data["nonce"]},
                },
                {"client_id": self.client_id, "nonce": data["nonce"], "access_token": tokens.get("access_token")},
            )
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        return self._person(claims)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        is_verified = claims.get("email_verified") is True
        at = claims.get("auth_time")
        return Person(
            subject=hashlib.sha256(f"{self.issuer} {claims['sub']}".encode()).hexdigest(),
            email=str(claims.get("email") or "").strip().lower() if is_verified else "",
            signed_in_at=datetime.fromtimestamp(at, tz=UTC) if isinstance(at, (int, float)) else None,
        )

    def _told(self, client: OAuth2Client) -> dict[str, str]:
        """What the directory says of itself, each time anew: its keys change as it likes."""
        told = _asked(client, self.issuer.rstrip("/") + _WELL_KNOWN)
        if told["issuer"] != self.issuer:
            raise DirectoryTrouble("The directory calls itself by another name. Tell whoever runs this service.")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not _is_safe(str(told[name])):
                raise DirectoryTrouble("The directory's addresses are not secure. Tell whoever runs this service.")
        return dict(told)

    @contextmanager
    def _asking(self) -> Iterator[OAuth2Client]:
        """Whatever goes wrong with the directory is a DirectoryTrouble, without its words."""
        try:
            with OAuth2Client(
                self.client_id,
                self.client_secret,
                scope="openid email",
                redirect_uri=self.answer_address,
                code_challenge_method="S256",
                timeout=_WITHIN,
                follow_redirects=False,
                trust_env=False,
                proxy=self.proxy or None,
            ) as client:
                yield client
        except (
            AuthlibBaseError,
            JoseError,
            httpx2.HTTPError,
            httpx2.InvalidURL,
            ValueError,
            KeyError,
            TypeError,
        ) as error:
            _log.warning("the directory did not answer as it should: %s", type(error).__name__)
            raise DirectoryTrouble("The directory did not answer as it should. Try again later.") from None


def opened(issuer: str, client_id: str, secret_file: Path | None, public_url: str, proxy: str = "") -> Directory | None:
    """The directory of the settings; None without one. Raises NotReady for settings that cannot work."""
    if not issuer:
        return None
    if not _is_safe(issuer):
        raise NotReady("WARM_HANDOFF_OIDC_ISSUER must begin with https.")
    if not client_id or secret_file is None:
        raise NotReady("With WARM_HANDOFF_OIDC_ISSUER, set WARM_HANDOFF_OIDC_CLIENT_ID and _CLIENT_SECRET_FILE too.")
    try:
        require_private(secret_file, "600")
    except PrivateFileError as error:
        raise NotReady(str(error)) from None
    secret = secret_file.read_text(encoding="utf-8").strip()
    return Directory(issuer, client_id, secret, f"{public_url.rstrip('/')}/sign-in/directory/answer", proxy)


def member_of(session: Session, person: Person) -> tuple[Staff, bool]:
    """The staff member, and whether they have just been linked: at the first time, by a verified e-mail address.

    Raises NotAllowed for who was not invited or has left.
    """
    known = session.scalar(select(Staff).where(Staff.directory_subject == person.subject, Staff.active))
    if known is not None:
        return known, False
    invited = select(Staff).where(Staff.username == person.email, Staff.active, Staff.directory_subject.is_(None))
    member = session.scalar(invited) if person.email else None
    if member is None:
        raise NotAllowed("The directory knows you, but you are not invited here. Ask an administrator.")
    member.directory_subject = person.subject
    session.flush()
    return member, True


def is_anew(person: Person, since: datetime) -> bool:
    """Whether the directory says that it asked the person after this moment."""
    return person.signed_in_at is not None and person.signed_in_at >= since - timedelta(seconds=_LEEWAY)


def _asked(client: OAuth2Client, address: str) -> Any:
    return client.request("GET", address, withhold_token=True).raise_for_status().json()


def _algorithms(told: Mapping[str, Any]) -> list[str]:
    offered = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    return [each for each in _SIGNED_BY if each in offered]


def _is_safe(address: str) -> bool:
    """https, or this very machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in {"localhost", "127.0.0.1", "::1"}
