"""What a new kiosk is told without anybody typing it: a line for its scanner, and a file for its disk or a stick."""

import json
from urllib.parse import quote

from intake_service import qr
from shared_schema import pairing_link

FILE_NAME = "handoff.toml"  # kiosk_client.handoff_file reads it; docs/handoff.toml explains it
_FILE = """# For one Warm Handoff kiosk: {name}. The code works once, until {until}.
# Put this file on a USB stick that is in the kiosk when it starts, or on the first partition of its disk.

address = {address}
code = {code}

# Without a cable: remove the # of the next lines. An open network has no passphrase.
#[wifi]
#name = "the name of the network"
#passphrase = "its passphrase"
#country = "US"
"""


def picture(address: str, code: str) -> str:
    """The QR code that a scanner at the kiosk types, as SVG."""
    return qr.drawn(pairing_link.written(address, code))


def file(name: str, address: str, code: str, until: str) -> str:
    """handoff.toml. `name`: where the kiosk stands, in one line. `until`: when the code ends, in words."""
    # a JSON text is one of TOML's, too
    return _FILE.format(name=name, until=until, address=json.dumps(address), code=json.dumps(code))


def link(content: str) -> str:
    """An address that has the file in itself: so the code is in no request, and kept nowhere."""
    return f"data:application/toml;charset=utf-8,{quote(content)}"
