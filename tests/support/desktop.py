"""The part of a desktop that shows notifications: a D-Bus of our own with one program on it, whose hand is the test's.

A browser that finds it shows its notifications here (Desktop Notifications Specification 1.2), and a click or a button
comes back to the browser as if somebody's finger had done it.
"""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

_WITHIN = 60.0  # seconds, on two busy cores
_INTERFACE = "org.freedesktop.Notifications"
_ADDRESS = DBusAddress("/org/freedesktop/Notifications", _INTERFACE, _INTERFACE)
_CAPABILITIES = ["actions", "body", "persistence"]
_BY_CALL = 3  # why a notification was closed: CloseNotification
_BY_PERSON = 2

_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@dataclass(frozen=True)
class Shown:
    """A notification on the desktop. `buttons`: their words by key; `default` is the notification itself."""

    id: int
    title: str
    body: str
    buttons: dict[str, str]


@dataclass
class Desktop:
    """`history`: every notification that was put up, in order, replaced ones too."""

    bus: str
    history: list[Shown] = field(default_factory=list)
    _up: dict[int, Shown] = field(default_factory=dict)
    _last: int = 0
    _outgoing: list[Message] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def notifications(self) -> list[Shown]:
        """What is up at this moment, oldest first."""
        with self._lock:
            return list(self._up.values())

    def wait_for(self, title: str, within: float = _WITHIN) -> Shown:
        """The notification of this title, once it is up."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            for shown in self.notifications:
                if shown.title == title:
                    return shown
            time.sleep(0.05)
        raise TimeoutError(f"no notification {title!r}; there are {self.notifications}")

    def wait_until_up(self, titles: list[str], within: float = _WITHIN) -> None:
        """Return once exactly the notifications of these titles are up, oldest first."""
        deadline = time.monotonic() + within
        while (found := [shown.title for shown in self.notifications]) != titles:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no notifications {titles}; there are {found}")
            time.sleep(0.05)

    def click(self, shown: Shown, button: str | None = None) -> None:
        """Click it, or the button of these words; then it is gone."""
        keys = {words: key for key, words in shown.buttons.items() if key != "default"}
        self._say("ActionInvoked", "us", (shown.id, keys[button] if button else "default"))
        self._close(shown.id, _BY_PERSON)

    def clear(self) -> None:
        """Forget what is up and what was: the browser that put it up is gone."""
        with self._lock:
            self._up.clear()
            self.history.clear()

    # -- the program on the bus

    def answer(self, message: Message) -> Message | None:
        if message.header.message_type is not MessageType.method_call:
            return None
        match message.header.fields.get(HeaderFields.member):
            case "GetCapabilities":
                return new_method_return(message, "as", (_CAPABILITIES,))
            case "GetServerInformation":
                return new_method_return(message, "ssss", ("Test desktop", "Warm Handoff", "1", "1.2"))
            case "Notify":
                return new_method_return(message, "u", (self._put_up(*message.body),))
            case "CloseNotification":
                self._close(message.body[0], _BY_CALL)
                return new_method_return(message)
            case _:
                return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")

    def outgoing(self) -> list[Message]:
        with self._lock:
            said, self._outgoing = self._outgoing, []
            return said

    def _put_up(
        self, _app: str, replaces: int, _icon: str, title: str, body: str, actions: list[str], _hints: object, _ms: int
    ) -> int:
        with self._lock:
            self._last += 1
            number = replaces or self._last
            shown = Shown(number, title, body, dict(zip(actions[::2], actions[1::2], strict=True)))
            self._up[number] = shown
            self.history.append(shown)
            return number

    def _close(self, number: int, why: int) -> None:
        with self._lock:
            gone = self._up.pop(number, None)
        if gone is not None:
            self._say("NotificationClosed", "uu", (number, why))

    def _say(self, signal: str, signature: str, body: tuple[object, ...]) -> None:
        with self._lock:
            self._outgoing.append(new_signal(_ADDRESS, signal, signature, body))


@contextmanager
def running_desktop() -> Iterator[Desktop]:
    """A fresh bus with the notification program on it. Start a browser with its address in DBUS_SESSION_BUS_ADDRESS."""
    with TemporaryDirectory(prefix="warm-handoff-") as name, _running_bus(Path(name)) as address:
        desktop = Desktop(address)
        stop = threading.Event()
        with open_dbus_connection(address) as connection:
            connection.send_and_get_reply(message_bus.RequestName(_INTERFACE))
            thread = threading.Thread(target=_serve, args=(desktop, connection, stop), name="desktop")
            thread.start()
            try:
                yield desktop
            finally:
                stop.set()
                thread.join()


@contextmanager
def _running_bus(folder: Path) -> Iterator[str]:
    """The address of a D-Bus that anybody with this folder can use."""
    configuration = folder / "bus.xml"
    configuration.write_text(_CONFIGURATION.format(socket=folder / "bus"))
    readable, writable = os.pipe()
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={configuration}", "--nofork", f"--print-address={writable}"],
        pass_fds=[writable],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(writable)
    try:
        with os.fdopen(readable) as said:
            address = said.readline().strip()
        if not address:
            raise RuntimeError("dbus-daemon did not start")
        yield address
    finally:
        daemon.terminate()
        daemon.wait(10)


def _serve(desktop: Desktop, connection: DBusConnection, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            reply = desktop.answer(connection.receive(timeout=0.05))
        except TimeoutError:
            reply = None
        if reply is not None:
            connection.send(reply)
        for signal in desktop.outgoing():
            connection.send(signal)
