"""What an operator can set about alerts, by environment variables that begin with WARM_HANDOFF_."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

BIG_FOUR = ("*.googleapis.com", "*.google.com", "*.mozilla.com", "*.windows.com", "*.apple.com")
"""The hosts of the push services behind Chrome, Firefox, Edge and Safari."""


class PushSettings(BaseSettings):
    """`push_hosts`: host patterns that a subscription may point to (JSON list).

    `push_allow_private`: also plain http and addresses inside the own network, for tests and an own push service.
    `push_proxy`: the HTTP proxy that the way out leads through, such as http://proxy.center.example:3128.
    `mail_url`: the center's own mail server, such as mailtos://user:password@mail.center.example?from=alerts@center.example;
    staff then give no more than their e-mail address.
    `sms_url`: the center's own SMS service, with {phone} where the number goes, such as twilio://SID:TOKEN@FROM/{phone}.
    """

    model_config = SettingsConfigDict(env_prefix="WARM_HANDOFF_", hide_input_in_errors=True)

    database_url: str = "sqlite:///warm-handoff.db"
    keys_dir: Path = Path("keys")
    public_url: str = "http://localhost:8000"
    vapid_subject: str = ""
    push_hosts: tuple[str, ...] = BIG_FOUR
    push_allow_private: bool = False
    push_proxy: str = Field(default="", pattern=r"^(https?://[^/\s]+/?)?$")
    mail_url: str = ""
    sms_url: str = Field(default="", pattern=r"^([a-z0-9]+://.*\{phone\}.*)?$")

    @property
    def contact(self) -> str:
        """Whom a push service may ask about us (RFC 8292): `vapid_subject`, else the public address."""
        if self.vapid_subject:
            return self.vapid_subject
        return self.public_url if self.public_url.startswith("https://") else "mailto:operator@example.org"
