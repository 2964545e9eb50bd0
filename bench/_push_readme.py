"""`python -m bench._push_readme SUBSCRIPTIONS`: pywebpush as in its README. Prints seconds and CPU seconds."""

import json
import sys
import tempfile
import time
from pathlib import Path

from py_vapid import Vapid02
from pywebpush import webpush


def _main(path: Path) -> None:
    work = json.loads(path.read_text())
    with tempfile.TemporaryDirectory() as folder:
        vapid, key = Vapid02(), Path(folder) / "key.pem"
        vapid.generate_keys()
        vapid.save_key(str(key))
        begin, cpu = time.perf_counter(), time.process_time()
        for each in work["subscriptions"]:
            webpush(each, work["content"], str(key), {"sub": "mailto:operator@center.example"}, ttl=600)
        print(time.perf_counter() - begin, time.process_time() - cpu)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
