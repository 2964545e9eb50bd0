"""A sender of push messages that is not ours: the libraries as they come, so that the test ground stands by itself."""

from pathlib import Path

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from pywebpush import WebPusher


class Sender:
    """Encrypts and signs as the libraries do; each header can be left out or spoilt.

    `proxy`: where it goes through; `authority`: whose certificates it trusts then.
    """

    def __init__(self, proxy: str | None = None, authority: Path | None = None) -> None:
        self._ways = {"https": proxy} if proxy else {}
        self._trusts = str(authority) if authority else True
        self.vapid = Vapid02()
        self.vapid.generate_keys()
        point = self.vapid.public_key.public_numbers()
        assert isinstance(point, ec.EllipticCurvePublicNumbers)
        self.public_key = list(b"\x04" + point.x.to_bytes(32) + point.y.to_bytes(32))

    def send(self, subscription: dict[str, object], text: str, **headers: str | None) -> int:
        endpoint = str(subscription["endpoint"])
        origin = "/".join(endpoint.split("/")[:3])
        signed = self.vapid.sign({"aud": origin, "sub": "mailto:operator@center.example"})
        sent = {"TTL": "60", "Urgency": "high", "Content-Encoding": "aes128gcm", **signed}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = WebPusher(subscription).encode(text.encode())["body"]
        return requests.post(
            endpoint,
            body,
            headers={name: value for name, value in sent.items() if value is not None},
            proxies=self._ways,
            verify=self._trusts,
            timeout=30,
        ).status_code
