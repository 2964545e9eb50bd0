"""The worker process: `python -m notifications`. SIGTERM and Ctrl-C finish what is in the air and leave."""

import asyncio
import logging
import signal
import sys

from notifications import vapid
from notifications.db import connect
from notifications.encrypted import stored_keys, unlock
from notifications.private_files import PrivateFileError
from notifications.settings import PushSettings
from notifications.worker import Worker


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = PushSettings()
    try:
        vapid_keys = vapid.load_all(settings.keys_dir)
        data_keys = stored_keys(settings.keys_dir)
    except (vapid.VapidKeyError, PrivateFileError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if data_keys is None:
        print(f"The service has not made its keys in {settings.keys_dir} yet. Start it first.", file=sys.stderr)
        return 1
    engine = connect(settings.database_url)
    unlock(engine, data_keys)
    try:
        asyncio.run(_run(Worker(engine, vapid_keys, settings)))
    finally:
        engine.dispose()
    return 0


async def _run(worker: Worker) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    logging.getLogger(__name__).info("sending alerts")
    await worker.run(stop)


if __name__ == "__main__":
    sys.exit(main())
