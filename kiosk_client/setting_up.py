"""What the setup's screen is connected to: what is written down for this kiosk, its radio, and the pairing."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk_client import wifi
from kiosk_client.enrollment import NotNow, PairingFailed, Store, Stored, pair
from kiosk_client.settings import Settings
from kiosk_client.setup import SetUp
from kiosk_client.wifi_acts import wifi_screen

if TYPE_CHECKING:
    from kiosk_client.app import Showing
    from kiosk_client.handoff_file import Handoff, Wifi


@dataclass(frozen=True)
class SettingUp:
    """`change`: does something between two frames, from any thread. `present`: puts a screen there.

    `paired`: called between two frames once it is.
    """

    settings: Settings
    change: Callable[[Callable[[], None]], None]
    present: "Callable[[Showing], None]"
    paired: Callable[[Stored], None]

    def first(self, problem: str) -> SetUp:
        """With what an administrator has written down. `problem`: why a kiosk that was paired is not any more."""
        # imported here: a paired kiosk does without it, and its start must not pay for it
        from kiosk_client.handoff_file import BadHandoffFile, Handoff, read  # noqa: PLC0415

        try:
            written = read(self.settings.setup) if self.settings.setup else Handoff()
        except BadHandoffFile as error:
            written, problem = Handoff(), problem or str(error)
        screen = self._screen(written, problem)
        if written.wifi is not None and not (written.address and written.code):
            self._start(self._network_only, screen, written.wifi)
        return screen

    def again(self, stored: Stored, leave: Callable[[], None]) -> SetUp:
        """For a kiosk that is paired already. It goes on trusting whom it trusts."""
        # imported here: see first
        from kiosk_client.handoff_file import Handoff  # noqa: PLC0415

        return self._screen(Handoff(stored.address, ca_file=Store(self.settings.state).ca_file), leave=leave)

    def wifi(self, leave: Callable[[], None]) -> Callable[[], None] | None:
        """Opens the choice of a wireless network; None when this machine has no radio. `leave`: back from there."""
        radio = wifi.find(self.settings.wifi)
        return None if radio is None else lambda: self.present(wifi_screen(radio, self.change, leave))

    def _screen(self, written: "Handoff", problem: str = "", leave: Callable[[], None] | None = None) -> SetUp:
        def start(address: str, code: str) -> None:
            self._start(self._attempt, screen, written, address, code)

        screen = SetUp(
            start, problem, leave, written.address, written.code, lambda: self.wifi(lambda: self.present(screen))
        )
        return screen

    def _attempt(self, screen: SetUp, written: "Handoff", address: str, code: str) -> None:
        """Pair; what is wrong with the wireless network matters only if nobody answers without it."""
        trouble = self._trouble_joining(written.wifi) if written.wifi else None
        try:
            stored = pair(self.settings, address, code, written.ca_file)
        except NotNow as error:
            self._failed(screen, trouble or error)
        except PairingFailed as error:
            self._failed(screen, error)
        else:
            self.change(lambda: self.paired(stored))

    def _network_only(self, screen: SetUp, network: "Wifi") -> None:
        if (trouble := self._trouble_joining(network)) is not None:
            self._failed(screen, trouble)

    def _failed(self, screen: SetUp, error: PairingFailed) -> None:
        sentence, may_retry = str(error), isinstance(error, NotNow)
        self.change(lambda: screen.failed(sentence, may_retry=may_retry))

    def _trouble_joining(self, network: "Wifi") -> PairingFailed | None:
        """Join the wireless network that is written down, unless that is done; what is to be mended."""
        radio = wifi.find(self.settings.wifi)
        try:
            if radio is not None and radio.state().name != network.name:
                radio.join(network.name, network.passphrase, network.country)
        except wifi.WrongPassphrase:
            return PairingFailed(f"{network.name} does not take the passphrase in handoff.toml.")
        except wifi.NotJoined:
            return NotNow(f"The wireless network {network.name} does not answer. Is it in range?")
        except wifi.NoRadio:
            return NotNow("The radio of this machine does not answer.")
        return None

    def _start(self, what: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=what, args=arguments, name="setup", daemon=True).start()
