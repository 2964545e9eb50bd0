"""Address and pairing code in one line, as a scanner types it: `https://handoff.example.org/pair#K7QM-4XPD`.

The code stands behind the `#`, so that a browser which opens the line sends it to nobody.
"""

import re

_LINK = re.compile(
    r"(?P<address>https?://[a-z0-9.:\[\]_-]+)/pair#(?P<code>[a-z0-9]{4}-[a-z0-9]{4})$", re.IGNORECASE | re.ASCII
)
LONGEST = 200
"""Characters of a line that is looked at, from its end."""


def written(address: str, code: str) -> str:
    """`address`: with its scheme and without a path. `code`: as it is shown, such as K7QM-4XPD."""
    return f"{address.rstrip('/')}/pair#{code}"


def read(line: str) -> tuple[str, str] | None:
    """Address and code of a line that ends in a link; None when it does not. What was typed before is ignored."""
    found = _LINK.search(line[-LONGEST:])
    return (found["address"].lower(), found["code"].upper()) if found else None
