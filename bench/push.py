"""Push fan-out: our sender, npm web-push and pywebpush's README, interleaved, on one sink, over http and https.

`python -m bench.push [MESSAGES [ROUNDS]]`. The peer is installed into build/ from the npm registry, pinned.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench._table import Row, report
from notifications.messages import Message, payload
from notifications.tables import AlertKind
from notifications.webpush import encrypted
from tests.notifications.devices import Device

_PEER = "web-push@3.6.7"
_HERE = Path(__file__).parent
_BUILD = _HERE.parent / "build" / "bench-push"
_MESSAGES, _ROUNDS = 2000, 5
_DEVICES = 50  # distinct keys; more only cost time to make
_ENCODES = 300
_OF_PEER = 0.25  # at least four times as many messages a second
_OF_FLOOR = 1 / 0.6
_OF_ONE = 0.6  # "near-linear": two processes in at most this share of one's time


def main(messages: int, rounds: int) -> None:
    _BUILD.mkdir(parents=True, exist_ok=True)
    _install_peer()
    rows = []
    with _sink() as ports:
        for scheme, port in ports.items():
            took = _fan_out(f"{scheme}://127.0.0.1:{port}/push", messages, rounds)
            rows += _compared(scheme, took, messages)
    rows += _encoding(rounds * 5)
    report("push", rows)


def _compared(scheme: str, took: dict[str, list[tuple[float, float]]], messages: int) -> list[Row]:
    """Messages a second and processor time of each, and the ratios of the rounds' medians."""
    rows = []
    for name, rounds in took.items():
        seconds = statistics.median(each for each, _ in rounds)
        cpu = statistics.median(each for _, each in rounds)
        count = _count(name, messages)
        rows.append(Row(f"{scheme}: {name}, messages a second", count / seconds, "1/s"))
        rows.append(Row(f"{scheme}: {name}, processor time a message", cpu / count * 1e6, "us"))

    def ratio(name: str, to: str, of: int) -> float:
        """Of what one message takes; `of`: 0 wall, 1 processor."""
        medians = [
            statistics.median(each[of] for each in took[which]) / _count(which, messages) for which in (name, to)
        ]
        return medians[0] / medians[1]

    for peer in ("npm web-push", "pywebpush README"):
        rows.append(Row(f"{scheme}: time of ours / of {peer}", ratio("ours", peer, 0), "", _OF_PEER))
        rows.append(Row(f"{scheme}: processor time of ours / of {peer}", ratio("ours", peer, 1), ""))
    two = ratio("ours, two processes", "ours", 0)
    return [*rows, Row(f"{scheme}: time of two processes / of one", two, "", _OF_ONE)]


def _fan_out(endpoint: str, messages: int, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """By name the wall and processor seconds of each round."""
    everything, half, few = (_BUILD / f"{name}.json" for name in ("all", "half", "few"))
    for path, count in ((everything, messages), (half, messages // 2), (few, _count("pywebpush README", messages))):
        path.write_text(json.dumps(_work(endpoint, count)))
    ours, npm = [sys.executable, "-m", "bench._push_ours"], ["node", str(_HERE / "_push_npm.mjs"), str(_BUILD)]
    readme = [sys.executable, "-m", "bench._push_readme"]
    contenders: dict[str, Callable[[], tuple[float, float]]] = {
        "ours": lambda: _run([*ours, str(everything)]),
        "npm web-push": lambda: _run([*npm, str(everything)]),
        "pywebpush README": lambda: _run([*readme, str(few)]),
        "ours, two processes": lambda: _run([*ours, str(half)], 2),
    }
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            took[name].append(contender())
    return took


def _count(name: str, messages: int) -> int:
    return max(1, messages // 10) if name == "pywebpush README" else messages


def _run(arguments: list[str], processes: int = 1) -> tuple[float, float]:
    """Seconds until the last of them is done, and processor seconds of all of them together."""
    trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), str(_BUILD / "sink.pem"))
    running = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env={**os.environ, **trust}, cwd=_HERE.parent)
        for _ in range(processes)
    ]
    said = [process.communicate()[0].split() for process in running]
    if any(process.returncode for process in running):
        raise RuntimeError(f"{arguments[:3]} failed")
    return max(float(seconds) for seconds, _ in said), sum(float(cpu) for _, cpu in said)


def _work(endpoint: str, count: int) -> dict[str, object]:
    devices = [Device() for _ in range(min(count, _DEVICES))]
    content = payload(
        Message(AlertKind.READY_FOR_ASSIGNMENT, "Harbor House", 1, "/intakes/7", "t" * 32), "https://center.example"
    )
    subscriptions = [
        {"endpoint": f"{endpoint}/{number}", "keys": {"p256dh": device.p256dh, "auth": device.auth}}
        for number, device in ((number, devices[number % len(devices)]) for number in range(count))
    ]
    return {"content": content.decode(), "subscriptions": subscriptions}


def _encoding(rounds: int) -> list[Row]:
    """Processor time of one encryption against the two curve operations that no encryption can do without."""
    device = Device()
    public, content = device.private.public_key(), b"x" * 500

    def floor() -> None:
        ec.generate_private_key(ec.SECP256R1()).exchange(ec.ECDH(), public)

    def encode() -> None:
        encrypted(device.p256dh, device.auth, content)

    took: dict[Callable[[], None], list[float]] = {floor: [], encode: []}
    for _ in range(rounds):
        for action, times in took.items():
            begin = time.thread_time()
            for _ in range(_ENCODES):
                action()
            times.append((time.thread_time() - begin) / _ENCODES * 1e6)
    at_least, ours = statistics.median(took[floor]), statistics.median(took[encode])
    return [
        Row("P-256 key and ECDH, the floor", at_least, "us"),
        Row("encode, one message", ours, "us"),
        Row("encode / floor (60 % of the floor: 1.67)", ours / at_least, "", _OF_FLOOR),
    ]


def _install_peer() -> None:
    if not (_BUILD / "node_modules" / "web-push").exists():
        subprocess.run(
            ["npm", "install", "--silent", "--no-save", "--no-audit", "--no-fund", "--prefix", str(_BUILD), _PEER],
            check=True,
        )


@contextmanager
def _sink() -> Iterator[dict[str, int]]:
    """The ports of one push service, by scheme. Its certificate is its own authority."""
    certificate, key = _BUILD / "sink.pem", _BUILD / "sink.key"
    _make_certificate(certificate, key)
    arguments = ["node", str(_HERE / "_push_sink.mjs"), str(certificate), str(key)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as sink:
        try:
            assert sink.stdout is not None
            plain, sealed = sink.stdout.readline().split()
            yield {"http": int(plain), "https": int(sealed)}
        finally:
            sink.terminate()


def _make_certificate(path: Path, key_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "push sink")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:]]
    main(*arguments, *(_MESSAGES, _ROUNDS)[len(arguments) :])
