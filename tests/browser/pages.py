"""A tiny web page with a service worker, for tests of the test ground: a failure there is never our product's."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGES = {
    "/": ("text/html", "<!doctype html><title>Tiny</title><h1>Tiny page</h1>"),
    "/opened": ("text/html", "<!doctype html><title>Opened</title><h1>Opened by the click</h1>"),
    "/worker.js": (
        "text/javascript",
        """
        addEventListener('install', () => skipWaiting());
        addEventListener('activate', event => event.waitUntil(clients.claim()));
        addEventListener('push', event =>
            event.waitUntil(registration.showNotification('Somebody waits', {body: event.data.text()})));
        addEventListener('notificationclick', event => event.waitUntil(clients.openWindow('/opened')));
        """,
    ),
}


@contextmanager
def served(pages: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """Serve these pages (type and text by path) on loopback; the origin is a secure context to browsers."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = pages.get(self.path, ("text/plain", ""))
            self.send_response(200 if text else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
