"""What an operator can set, by environment variables that begin with WARM_HANDOFF_."""

from notifications.settings import PushSettings


class Settings(PushSettings):
    """The service's own, beside what it shares with the worker.

    `worker_inside`: send push messages from this process; off when `warm-handoff-worker` runs beside it.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    worker_inside: bool = True
    access_log: bool = True
