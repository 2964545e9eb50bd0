"""What can go wrong for a caller, each with its HTTP status and stable code. One handler in app.py renders them.

ServiceError
├── InvalidRequest      422 invalid_request      the body is not what the route takes
│   ├── InvalidRecord   422 invalid_record       the opened record does not fit its form
│   ├── CannotOpen      422 cannot_open          the envelope was damaged or changed
│   └── UnknownKey      422 unknown_key          sealed to a key this service does not hold
├── TooLarge            413 too_large
├── UnknownContent      415 unknown_content      a body of a kind that is taken nowhere, such as files
├── NotEnrolled         401 not_enrolled         no credential, or not one of ours
│   └── Revoked         401 revoked              this kiosk was taken out of service
├── SignInNeeded        401 sign_in_needed       no session, or it has ended
├── ProofNeeded         401 proof_needed         signed in, but the last proof of who it is is too old for this
├── WrongPassword       403 wrong_password       or an unknown username: never said which
├── WrongPairingCode    403 wrong_pairing_code   wrong, used or expired
├── WrongCode           403 wrong_code           of an app, of the paper, or of a passkey
├── SecondFactorNeeded  403 second_factor_needed signed in, but a second factor has to be added first
├── NotAllowed          403 not_allowed          signed in, but this is somebody else's to do
├── NotFound            404 not_found            says nothing of whether it exists elsewhere
├── Conflict            409 conflict             somebody was faster; detail says who and when
│   └── OtherContent    409 conflicting_content  same intake id, other content
├── DirectoryTrouble    502 directory_trouble    the organization's directory did not answer as it should
├── TooSlow             408 too_slow             the body did not arrive in time
├── TooManyTries        429 too_many_tries       too many wrong passwords or codes; detail says how long to wait
├── TooFast             429 too_fast             more requests than any real kiosk has; Retry-After says when again
└── Busy                503 busy                 try again later

What keeps the service from starting is a NotReady; the command line prints its sentence.
"""

import math
from typing import ClassVar

from shared_schema.problem import Problem


class ServiceError(Exception):
    """A refusal with a status, a code and words for the caller. `detail` never holds anything that was sent.

    `after`: seconds after which the same may be tried again, None when nobody knows.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong here"
    may_retry: ClassVar[bool] = False

    def __init__(self, detail: str, after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.after = after

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says beside the problem document."""
        return {} if self.after is None else {"Retry-After": str(max(1, math.ceil(self.after)))}

    def problem(self) -> Problem:
        return Problem(
            title=self.title, status=self.status, detail=self.detail, code=self.code, may_retry=self.may_retry
        )


class InvalidRequest(ServiceError):
    status = 422
    code = "invalid_request"
    title = "The request is not in the right form"


class InvalidRecord(InvalidRequest):
    code = "invalid_record"
    title = "The intake does not fit its form"


class CannotOpen(InvalidRequest):
    code = "cannot_open"
    title = "The sealed intake cannot be opened"


class UnknownKey(InvalidRequest):
    code = "unknown_key"
    title = "Sealed to a key that is not ours"


class TooLarge(ServiceError):
    status = 413
    code = "too_large"
    title = "The request is too large"


class UnknownContent(ServiceError):
    status = 415
    code = "unknown_content"
    title = "This kind of content is not taken"


class NotEnrolled(ServiceError):
    status = 401
    code = "not_enrolled"
    title = "This kiosk is not enrolled"


class Revoked(NotEnrolled):
    code = "revoked"
    title = "This kiosk was taken out of service"


class WrongPairingCode(ServiceError):
    status = 403
    code = "wrong_pairing_code"
    title = "The pairing code does not work"


class SignInNeeded(ServiceError):
    status = 401
    code = "sign_in_needed"
    title = "Please sign in"


class ProofNeeded(ServiceError):
    status = 401
    code = "proof_needed"
    title = "Please show once more that it is you"


class SecondFactorNeeded(ServiceError):
    status = 403
    code = "second_factor_needed"
    title = "One more step before you begin"


class WrongPassword(ServiceError):
    status = 403
    code = "wrong_password"
    title = "That did not work"


class WrongCode(ServiceError):
    status = 403
    code = "wrong_code"
    title = "That did not work"


class NotAllowed(ServiceError):
    status = 403
    code = "not_allowed"
    title = "You may not do this"


class NotFound(ServiceError):
    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(ServiceError):
    status = 409
    code = "conflict"
    title = "Somebody was faster"


class OtherContent(Conflict):
    code = "conflicting_content"
    title = "Another intake came under this id"


class DirectoryTrouble(ServiceError):
    status = 502
    code = "directory_trouble"
    title = "The directory did not answer"
    may_retry = True


class TooSlow(ServiceError):
    status = 408
    code = "too_slow"
    title = "The request came too slowly"
    may_retry = True


class TooManyTries(ServiceError):
    status = 429
    code = "too_many_tries"
    title = "Too many tries"
    may_retry = True


class TooFast(ServiceError):
    status = 429
    code = "too_fast"
    title = "Too many requests"
    may_retry = True


class Busy(ServiceError):
    status = 503
    code = "busy"
    title = "Too busy right now"
    may_retry = True


class NotReady(Exception):
    """The service or a command cannot begin: the sentence says what is wrong and what to do about it."""
