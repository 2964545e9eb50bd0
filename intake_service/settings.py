"""What an operator can set, by environment variables that begin with WARM_HANDOFF_."""

from pathlib import Path

from pydantic import Field

from notifications.settings import PushSettings


class Settings(PushSettings):
    """The service's own, beside what it shares with the worker.

    `max_connections`: open at once, pages that listen for news among them; beyond, the answer is 503.
    `worker_inside`: send push messages from this process; off when `warm-handoff-worker` runs beside it.
    `kiosk_pace`: requests of one kind that a kiosk may send a second, for long; a minute's worth of them at once.
    `kiosk_updates`: a folder with signed releases of the kiosk image, which kiosks fetch at night; without it: none.
    `oidc_issuer`: the organization's directory (OpenID Connect), by which invited staff sign in; empty: none.
    `oidc_client_secret_file`: a file that holds nothing but the secret. `oidc_name`: what staff call the directory.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    max_connections: int = Field(default=800, ge=10)  # a process may have 1024 files open where nobody says otherwise
    worker_inside: bool = True
    access_log: bool = True
    kiosk_pace: float = Field(default=5, ge=0.1, le=1e6)
    kiosk_updates: Path | None = None
    oidc_issuer: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = None
    oidc_name: str = Field(default="your organization's account", min_length=1, max_length=60)

    @property
    def directory_name(self) -> str:
        """Empty without a directory."""
        return self.oidc_name if self.oidc_issuer else ""
