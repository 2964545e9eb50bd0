"""The error document that both ends understand (RFC 9457, application/problem+json)."""

from shared_schema.intake import Frozen

MEDIA_TYPE = "application/problem+json"


class Problem(Frozen):
    """`code` is stable and for programs, `title` and `detail` are for people and never echo what was sent.

    `may_retry`: the same request can succeed later without being changed.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    may_retry: bool = False
