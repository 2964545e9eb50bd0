"""What the setup's screen is connected to: what is written down for this kiosk, and the pairing."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from kiosk_client.enrollment import NotNow, PairingFailed, Store, Stored, pair
from kiosk_client.settings import Settings
from kiosk_client.setup import SetUp


@dataclass(frozen=True)
class SettingUp:
    """`change`: does something between two frames, from any thread. `paired`: called there once it is."""

    settings: Settings
    change: Callable[[Callable[[], None]], None]
    paired: Callable[[Stored], None]

    def first(self, problem: str) -> SetUp:
        """With what an administrator has written down. `problem`: why a kiosk that was paired is not any more."""
        # imported here: a paired kiosk does without it, and its start must not pay for it
        from kiosk_client.handoff_file import BadHandoffFile, Handoff, read  # noqa: PLC0415

        try:
            written = read(self.settings.setup) if self.settings.setup else Handoff()
        except BadHandoffFile as error:
            written, problem = Handoff(), problem or str(error)
        return self._screen(written.ca_file, problem, address=written.address, code=written.code)

    def again(self, stored: Stored, leave: Callable[[], None]) -> SetUp:
        """For a kiosk that is paired already. It goes on trusting whom it trusts."""
        return self._screen(Store(self.settings.state).ca_file, leave=leave, address=stored.address)

    def _screen(
        self,
        ca_file: str | None,
        problem: str = "",
        leave: Callable[[], None] | None = None,
        address: str = "",
        code: str = "",
    ) -> SetUp:
        def attempt(address: str, code: str) -> None:
            try:
                stored = pair(self.settings, address, code, ca_file)
            except PairingFailed as error:
                sentence, may_retry = str(error), isinstance(error, NotNow)
                self.change(lambda: screen.failed(sentence, may_retry=may_retry))
            else:
                self.change(lambda: self.paired(stored))

        def start(address: str, code: str) -> None:
            threading.Thread(target=attempt, args=(address, code), name="pairing", daemon=True).start()

        screen = SetUp(start, problem, leave, address, code)
        return screen
