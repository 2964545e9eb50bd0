"""What the Wi-Fi screens are connected to: the machine's radio, in threads of their own."""

import threading
from collections.abc import Callable

from kiosk_client.wifi import NotJoined, Radio, WifiError, WrongPassphrase
from kiosk_client.wifi_screen import Acts, WifiScreen


def wifi_screen(radio: Radio, change: Callable[[Callable[[], None]], None], leave: Callable[[], None]) -> WifiScreen:
    """`change`: does something between two frames, from any thread. `leave`: back to where it was opened."""

    def look() -> None:
        try:
            networks, now_in = radio.networks(), radio.state().name
        except WifiError:
            change(lambda: screen.failed("no_radio"))
        else:
            change(lambda: screen.found(networks, now_in))

    def join(name: str, passphrase: str) -> None:
        try:
            radio.join(name, passphrase)
        except WrongPassphrase:
            change(lambda: screen.failed("wrong_passphrase"))
        except NotJoined:
            change(lambda: screen.failed("not_joined"))
        except WifiError:
            change(lambda: screen.failed("no_radio"))
        else:
            change(screen.joined)

    def start(what: Callable[..., None], *arguments: str) -> None:
        threading.Thread(target=what, args=arguments, name="wifi", daemon=True).start()

    screen = WifiScreen(Acts(lambda: start(look), lambda name, passphrase: start(join, name, passphrase), leave))
    return screen
