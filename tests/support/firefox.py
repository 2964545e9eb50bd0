"""A real headless Firefox with a fresh profile, driven over Marionette: a plain socket, so nothing else is needed.

Its PushManager talks to the push server that the tests bring, its notifications are Firefox's own windows.
"""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.browsers import profile_folder

_STARTS_WITHIN = 60.0
_WITHIN = 30.0  # seconds that a page or a notification may take on two busy cores
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # W3C WebDriver section 12.1: the key of an element reference


@dataclass(frozen=True)
class Notification:
    title: str
    body: str


class FirefoxError(Exception):
    """What Marionette answered instead of a result."""


class Firefox:
    """One browser. Elements are named by CSS selectors; everything waits a while for what it needs."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._buffer = b""
        self._count = 0
        self._receive()  # the greeting
        self._command("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        self._command("WebDriver:SetTimeouts", {"script": 60_000, "pageLoad": 60_000})

    # -- pages

    def open(self, url: str) -> None:
        self._command("WebDriver:Navigate", {"url": url})

    @property
    def url(self) -> str:
        return str(self._command("WebDriver:GetCurrentURL"))

    @property
    def title(self) -> str:
        return str(self._command("WebDriver:GetTitle"))

    def text(self, selector: str = "body") -> str:
        return str(self._command("WebDriver:GetElementText", {"id": self._find(selector)}))

    def shows(self, selector: str) -> bool:
        return bool(self.run("return document.querySelector(arguments[0]) !== null", selector))

    def click(self, selector: str) -> None:
        self._command("WebDriver:ElementClick", {"id": self._find(selector)})

    def fill(self, selector: str, text: str) -> None:
        element = self._find(selector)
        self._command("WebDriver:ElementClear", {"id": element})
        self._command("WebDriver:ElementSendKeys", {"id": element, "text": text})

    def run(self, script: str, *arguments: object) -> Any:
        """The result of a script in the page."""
        return self._command("WebDriver:ExecuteScript", {"script": script, "args": list(arguments)})

    def run_async(self, body: str, *arguments: object) -> Any:
        """What an async function body in the page returns; a rejection becomes a FirefoxError."""
        script = (
            "const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1);"
            f"(async (...args) => {{ {body} }})(...given).then(ok => done({{ok}}), e => done({{error: String(e)}}));"
        )
        answer = self._command("WebDriver:ExecuteAsyncScript", {"script": script, "args": list(arguments)})
        if "error" in answer:
            raise FirefoxError(answer["error"])
        return answer.get("ok")

    def wait_until(self, true: Callable[[], object], what: str, within: float = _WITHIN) -> None:
        """Ask again and again until `true()` holds; a page that is just changing counts as not yet."""
        deadline = time.monotonic() + within
        while True:
            try:
                if true():
                    return
            except FirefoxError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"Firefox: {what} did not happen; {self.url} says:\n{self.text()}")
            time.sleep(0.1)

    def wait_for_text(self, words: str, selector: str = "body", within: float = _WITHIN) -> None:
        self.wait_until(lambda: words in self.text(selector), f"the words {words!r}", within)

    def picture(self, path: Path) -> None:
        """Save the whole page, however long, as a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._command("WebDriver:TakeScreenshot", {"full": True, "hash": False})))

    # -- tabs

    def tabs(self) -> list[str]:
        return list(self._command("WebDriver:GetWindowHandles"))

    def go_to_new_tab(self, known: list[str]) -> None:
        """Wait for a tab that is not among `known`, go on in it, and wait until its page stands still for a click."""
        self.wait_until(lambda: set(self.tabs()) - set(known), "a new tab")
        (handle, *_) = set(self.tabs()) - set(known)
        self._command("WebDriver:SwitchToWindow", {"handle": handle})
        loaded = "return location.href !== 'about:blank' && document.readyState === 'complete'"
        self.wait_until(lambda: self.run(loaded), "the new tab's page")

    # -- notifications

    def notifications(self) -> list[Notification]:
        """What is shown at this moment, oldest first."""
        shown = self._chrome(
            """return [...Services.wm.getEnumerator('alert:alert')].map(w => [
                w.document.getElementById('alertTitleLabel').getAttribute('value'),
                w.document.getElementById('alertTextLabel').textContent]);"""
        )
        return [Notification(title or "", body or "") for title, body in shown]

    def wait_for_notification(self, title: str | None = None, within: float = _WITHIN) -> Notification:
        """The oldest one, or the oldest with this title, once it is shown."""

        def wanted() -> list[Notification]:
            return [each for each in self.notifications() if title in {None, each.title}]

        self.wait_until(wanted, f"a notification {title or ''}", within)
        return wanted()[0]

    def click_notification(self) -> None:
        """Click the oldest one, as a hand would."""
        self._chrome("const [w] = Services.wm.getEnumerator('alert:alert'); w.onAlertClick();")

    def close_notifications(self) -> None:
        self._chrome("for (const w of Services.wm.getEnumerator('alert:alert')) w.close();")

    # -- the wire

    def quit(self) -> None:
        """Leave in good order, so that the profile keeps what it has."""
        try:
            self._command("Marionette:Quit", {"flags": ["eForceQuit"]})
            self._process.wait(20)
        except (OSError, FirefoxError, subprocess.TimeoutExpired):
            pass
        finally:
            self._socket.close()

    def _chrome(self, script: str) -> Any:
        self._command("Marionette:SetContext", {"value": "chrome"})
        try:
            return self.run(script)
        finally:
            self._command("Marionette:SetContext", {"value": "content"})

    def _find(self, selector: str) -> str:
        deadline = time.monotonic() + _WITHIN
        while True:
            try:
                found = self._command("WebDriver:FindElement", {"using": "css selector", "value": selector})
                return str(found[_ELEMENT])
            except FirefoxError as error:
                if time.monotonic() > deadline:
                    raise FirefoxError(f"{selector} is not on {self.url}: {error}") from None
                time.sleep(0.1)

    def _command(self, name: str, parameters: dict[str, object] | None = None) -> Any:
        """One Marionette command: [0, id, name, parameters] out, [1, id, error, result] back."""
        self._count += 1
        message = json.dumps([0, self._count, name, parameters or {}])
        self._socket.sendall(f"{len(message.encode())}:{message}".encode())
        _, number, error, result = self._receive()
        assert number == self._count
        if error:
            raise FirefoxError(f"{name}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def _receive(self) -> Any:
        while b":" not in self._buffer:
            self._more()
        length, _, self._buffer = self._buffer.partition(b":")
        while len(self._buffer) < int(length):
            self._more()
        message, self._buffer = self._buffer[: int(length)], self._buffer[int(length) :]
        return json.loads(message)

    def _more(self) -> None:
        part = self._socket.recv(1 << 20)
        if not part:
            raise FirefoxError("Firefox has closed the connection")
        self._buffer += part


@contextmanager
def firefox_profile(push_server_url: str) -> Iterator[Path]:
    """A folder for a browser that takes its push messages from this server; give it to `running_firefox`."""
    with profile_folder(_binary()) as folder:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
        lines.append(f'user_pref("dom.push.serverURL", {json.dumps(push_server_url)});')
        (folder / "user.js").write_text("\n".join(lines))
        yield folder


@contextmanager
def running_firefox(profile: Path) -> Iterator[Firefox]:
    """Start Firefox with this profile and end it, whatever has happened."""
    port_file = profile / "MarionetteActivePort"
    port_file.unlink(missing_ok=True)
    process = subprocess.Popen(
        [_binary(), "--headless", "--no-remote", "--marionette", "--remote-allow-system-access",
         "--width", "1280", "--height", "900", "--profile", str(profile)],
        env={**os.environ, "HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        firefox = Firefox(process, _port(port_file, process))
        try:
            yield firefox
        finally:
            firefox.quit()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    """The port that Firefox has chosen; it writes it down once it listens."""
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists() and (port := file.read_text().strip()):
            return int(port)
        time.sleep(0.05)
    raise RuntimeError("Firefox did not start")


def _binary() -> str:
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None:
        raise RuntimeError("no Firefox on this machine: run scripts/debian-packages test")
    return found


_PREFERENCES: dict[str, object] = {
    "marionette.port": 0,  # any free one
    "remote.prefs.recommended": False,  # one of those would switch push off
    # Push, from a server on loopback without a certificate, with no quota: a test sends more than a day's worth.
    "dom.push.enabled": True,
    "dom.push.testing.allowInsecureServerURL": True,
    "dom.push.maxQuotaPerSubscription": 1_000_000,
    "permissions.default.desktop-notification": 1,
    "alerts.useSystemBackend": False,
    "ui.prefersReducedMotion": 1,  # a notification stays for 20 s
    # No network here, and Firefox must not go offline for it.
    "network.manage-offline-status": False,
    "network.connectivity-service.enabled": False,
    "network.captive-portal-service.enabled": False,
    # Nothing that calls home or asks.
    "app.update.auto": False,
    "app.normandy.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.cache.disk.enable": False,
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.sessionstore.resume_from_crash": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.tabs.warnOnClose": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "signon.rememberSignons": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
}
