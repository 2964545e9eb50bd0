"""`python -m bench._push_ours SUBSCRIPTIONS`: our sender, 50 at once. Prints seconds and CPU seconds."""

import asyncio
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from notifications.vapid import load_all
from notifications.webpush import PushSender

_AT_ONCE = 50


async def _main(work: dict[str, Any]) -> None:
    content, waiting = work["content"].encode(), iter(work["subscriptions"])
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        vapid = load_all(Path(folder))
    async with PushSender(vapid, "mailto:operator@center.example", allow_private=True) as sender:

        async def send() -> None:
            for each in waiting:
                keys = each["keys"]
                deadline = now + timedelta(minutes=10)
                await sender.send(each["endpoint"], keys["p256dh"], keys["auth"], content, "alert-1", deadline, now)

        begin, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(send() for _ in range(_AT_ONCE)))
        print(time.perf_counter() - begin, time.process_time() - cpu)


if __name__ == "__main__":
    asyncio.run(_main(json.loads(Path(sys.argv[1]).read_text())))
