"""What a kiosk lets out: the service that it is paired with, and the printer that its site names."""

import os
import runpy
import subprocess
from typing import Any

import pytest

from tests.kiosk_image.tree import EXTRA

RULES = EXTRA / "etc/nftables.conf"
EGRESS: dict[str, Any] = runpy.run_path(str(EXTRA / "usr/lib/warm-handoff/egress"))


def nft_judges(rules: str) -> str:
    """What nft says of these rules; they are not put into force. It asks the kernel, in a network of its own."""
    apart = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *apart, "--net", "/usr/sbin/nft", "--check", "--file", "-"]
    judged = subprocess.run(command, input=rules, capture_output=True, text=True, timeout=30, check=False)
    return judged.stderr + (f"exit {judged.returncode}" if judged.returncode else "")


def pairing(address: str, printer: str = "") -> dict[str, Any]:
    return {"address": address, "enrollment": {"config": {"settings": {"printer": printer}}}}


def test_nft_understands_the_rules() -> None:
    assert nft_judges(RULES.read_text()) == ""


def test_every_chain_that_sees_packets_drops_what_it_does_not_name() -> None:
    hooks = [line for line in RULES.read_text().splitlines() if "type filter hook" in line]

    assert len(hooks) == 3
    assert all(line.endswith("policy drop;") for line in hooks)


def test_nft_understands_what_a_pairing_adds() -> None:
    allowed = [("192.0.2.7", 443), ("2001:db8::7", 8443)]

    assert nft_judges(RULES.read_text() + EGRESS["rules"](allowed)) == ""


def test_a_paired_kiosk_may_call_nobody_else() -> None:
    lines = EGRESS["rules"]([("192.0.2.7", 443)]).splitlines()

    assert lines[0] == "flush chain inet kiosk not_paired"
    assert lines[-1] == "add element inet kiosk allowed4 { 192.0.2.7 . 443 }"


@pytest.mark.parametrize(
    ("address", "printer", "expected"),
    [
        ("https://handoff.example.org", "", [("handoff.example.org", 443)]),
        ("https://handoff.example.org:8443", "/dev/usb/lp0", [("handoff.example.org", 8443)]),
        ("http://localhost:8000", "", [("localhost", 8000)]),
        (
            "https://[2001:db8::7]",
            "tcp:192.0.2.9:9100",
            [("2001:db8::7", 443), ("192.0.2.9", 9100)],
        ),
    ],
)
def test_the_service_and_the_printer_are_read_from_the_pairing(
    address: str, printer: str, expected: list[tuple[str, int]]
) -> None:
    assert EGRESS["destinations"](pairing(address, printer)) == expected


@pytest.mark.parametrize("address", ["192.0.2.7 } ; flush ruleset", "handoff.example.org", ""])
def test_nothing_but_an_address_gets_into_the_rules(address: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        EGRESS["rules"]([(address, 443)])


@pytest.mark.parametrize("broken", [{}, {"address": 7, "enrollment": {}}, {"address": "ftp://x"}, []])
def test_a_pairing_that_is_none_is_told_apart(broken: object) -> None:
    with pytest.raises((KeyError, TypeError, AttributeError, ValueError)):
        EGRESS["destinations"](broken)


def test_what_fetches_updates_may_call_nobody_before_the_kiosk_is_paired() -> None:
    chain = RULES.read_text().partition("chain updates {")[2].partition("}")[0]

    assert [line.strip() for line in chain.strip().splitlines()] == [
        "ip daddr . tcp dport @allowed4 accept",
        "ip6 daddr . tcp dport @allowed6 accept",
        "reject",
    ]
    assert f"g kiosk-update {group()}" in (EXTRA / "usr/lib/sysusers.d/kiosk.conf").read_text().splitlines()
    assert "Group=kiosk-update" in (EXTRA / "usr/lib/systemd/system/kiosk-update.service").read_text().splitlines()


def group() -> str:
    return RULES.read_text().partition("define updates = ")[2].split()[0]
