"""A push service that takes everything and says when: `python -m bench._push_sink` prints its port, then a time a line.

Times are those of time.monotonic(), which is one clock for all processes of a machine.
"""

import asyncio
import time

from aiohttp import web


async def _take(request: web.Request) -> web.Response:
    await request.read()
    answer = web.Response(status=201, headers={"Location": "/message/1", "TTL": request.headers["TTL"]})
    await answer.prepare(request)
    await answer.write_eof()
    print(time.monotonic(), flush=True)
    return answer


async def _serve() -> None:
    app = web.Application()
    app.router.add_post("/push/{token}", _take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
