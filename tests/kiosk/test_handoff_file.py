"""What an administrator writes down for a kiosk, rightly and wrongly."""

from pathlib import Path

import pytest

from kiosk_client.handoff_file import BadHandoffFile, Handoff, Wifi, read
from tests.support.certificates import certificates_for

EXAMPLE = Path(__file__).parents[2] / "docs" / "handoff.toml"
WHOLE = """
address = "handoff.example.org"
code = "K7QM-4XPD"

[wifi]
name = "Harbor House"
passphrase = "a long walk home"
country = "US"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "handoff.toml"


def test_everything_is_read(file: Path) -> None:
    file.write_text(WHOLE)

    assert read(file) == Handoff(
        "handoff.example.org", "K7QM-4XPD", Wifi(name="Harbor House", passphrase="a long walk home", country="US")
    )


def test_the_example_in_the_docs_is_a_good_one(file: Path) -> None:
    example = EXAMPLE.read_text()
    file.write_text(example.replace("\n#[", "\n[").replace("\n#name", "\nname").replace("\n#pass", "\npass"))

    assert read(EXAMPLE) == Handoff("handoff.example.org", "K7QM-4XPD")
    assert read(file).wifi == Wifi(name="Harbor House", passphrase="the passphrase of the network")


@pytest.mark.parametrize("content", [None, "", "# nothing yet\n"])
def test_nothing_written_down_is_nothing(file: Path, content: str | None) -> None:
    if content is not None:
        file.write_text(content)

    assert read(file) == Handoff()


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + WHOLE.encode(), WHOLE.replace("\n", "\r\n").encode()])
def test_it_may_be_written_with_any_editor(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    assert read(file).address == "handoff.example.org"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("address = handoff.example.org", "in line 1. A text stands in quotation marks"),
        ('code = "K7QM-4XPD', "not written right"),
        ('adress = "handoff.example.org"', 'has "adress", which means nothing'),
        ('[wifi]\nssid = "Harbor"\nname = "Harbor"', 'has "ssid", which means nothing'),
        ('address = "handoff.example.org/console"', "The address in handoff.toml must look like"),
        ("address = 7", "The address in handoff.toml must look like"),
        ('code = "K7QM"', "The code in handoff.toml must look like"),
        ('wifi = "Harbor House"', "stand in lines of their own under"),
        ('[wifi]\npassphrase = "a long walk home"', "The name under"),
        (f'[wifi]\nname = "{"x" * 33}"', "The name under"),
        ('[wifi]\nname = "x"\npassphrase = "short"', "8 to 63 letters"),
        ('[wifi]\nname = "x"\npassphrase = "más que ocho letras"', "8 to 63 letters"),
        ('[wifi]\nname = "x"\ncountry = "usa"', "two capital letters"),
        ("# " + "x" * 20_000, "larger than 16 kB"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_that_mends_it(file: Path, content: str, sentence: str) -> None:
    file.write_text(content)

    with pytest.raises(BadHandoffFile) as bad:
        read(file)
    assert sentence in str(bad.value)


def test_a_file_in_another_encoding_is_told(file: Path) -> None:
    file.write_bytes(WHOLE.encode("utf-16"))

    with pytest.raises(BadHandoffFile, match="UTF-8"):
        read(file)


def test_no_secret_is_quoted(file: Path) -> None:
    file.write_text(WHOLE)
    assert "K7QM" not in repr(read(file))
    assert "walk" not in repr(read(file))

    file.write_text(WHOLE.replace('home"', 'home\\u0007 "'))
    with pytest.raises(BadHandoffFile) as bad:
        read(file)
    assert "walk" not in str(bad.value)


def test_the_centers_own_authority_lies_beside_it(file: Path) -> None:
    certificates = certificates_for(file.parent, "handoff.example.org")
    beside = file.with_name("ca.pem")
    beside.write_bytes(Path(certificates.authority).read_bytes())

    assert read(file) == Handoff(ca_file=str(beside))


@pytest.mark.parametrize("content", ["", "hello", "-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_told(file: Path, content: str) -> None:
    file.with_name("ca.pem").write_text(content)

    with pytest.raises(BadHandoffFile, match="no certificate"):
        read(file)


def test_a_private_key_does_not_belong_on_a_kiosk(file: Path) -> None:
    file.with_name("ca.pem").write_text("-----BEGIN EC PRIVATE KEY-----\n")

    with pytest.raises(BadHandoffFile, match="private key"):
        read(file)
