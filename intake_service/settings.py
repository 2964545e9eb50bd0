"""What an operator can set, by environment variables that begin with WARM_HANDOFF_."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`public_url` is where browsers and kiosks find the service; web push needs https there, or localhost."""

    model_config = SettingsConfigDict(env_prefix="WARM_HANDOFF_", hide_input_in_errors=True)

    database_url: str = "sqlite:///warm-handoff.db"
    keys_dir: Path = Path("keys")
    public_url: str = "http://localhost:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    worker_inside: bool = True
    """Send push messages from this process. Off when `warm-handoff-worker` runs beside it."""
    access_log: bool = True
