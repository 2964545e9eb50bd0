"""Start the kiosk: `warm-handoff-kiosk`, or `warm-handoff-kiosk pair ADDRESS CODE` to pair it without its window."""

import argparse
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk_client import fonts, panel, prompts, sound, tickets, watchdog
from kiosk_client.calls import SpooledCalls
from kiosk_client.enrollment import EnrollmentDamaged, PairingFailed, Store, Stored, pair
from kiosk_client.flow import Flow
from kiosk_client.fonts import Fonts, NoFonts
from kiosk_client.guide import Guide
from kiosk_client.handing_in import hand_in
from kiosk_client.headset import Headset
from kiosk_client.printer import Printing, slip_of
from kiosk_client.privacy import forget, keep_private
from kiosk_client.prompts import NoSpeechProgram, Prompts
from kiosk_client.sender import Sender
from kiosk_client.session import Session
from kiosk_client.setting_up import SettingUp
from kiosk_client.settings import Settings, parse_window
from kiosk_client.setup import SetUp
from kiosk_client.spool import Spool, SpoolError
from kiosk_client.staff_acts import Parts, staff_corner
from kiosk_client.voice import SpeakingVoice, Voice
from shared_schema.form import Form, load_form
from shared_schema.kiosk_api import KioskConfig

if TYPE_CHECKING:
    from kiosk_client.app import KioskApp

KIVY = {
    "KIVY_NO_ARGS": "1",
    "KIVY_NO_CONFIG": "1",
    "KIVY_NO_FILELOG": "1",  # no log of ours or Kivy's is ever on the disk of a kiosk
    "KIVY_NO_CONSOLELOG": "1",  # it warns of input devices that we do not want; what breaks is raised
    "KIVY_LOG_MODE": "MIXED",
    "KCFG_GRAPHICS_MAXFPS": "0",  # our loop waits for events; Kivy's clock, which is made when it is imported, need not
    "KIVY_WINDOW": "sdl2",
    "KIVY_TEXT": "sdl2",
    "SDL_NO_SIGNAL_HANDLERS": "1",
}
_log = logging.getLogger(__name__)
_NO_DISPLAY = """There is no display to show the kiosk on.
With a desktop, run this in a terminal of that desktop. On a machine without one, install a virtual screen:
    sudo apt-get install xvfb && xvfb-run -s "-screen 0 1280x800x24" warm-handoff-kiosk"""


def main(argv: Sequence[str] | None = None, voice: Voice | None = None, **shown: Any) -> int:
    """0: closed in good order. 1: it cannot run, with a sentence on standard error. 2: the command was not understood.

    `voice`: what it speaks with instead of the loudspeaker. `shown`: passed on to KioskApp.
    """
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = _settings(arguments)
        if arguments.command == "pair":
            stored = pair(settings, arguments.address, arguments.code, Store(settings.state).ca_file)
            print(f"Paired with {stored.address} for {stored.enrollment.config.site_name}.")
            return 0
        if arguments.command == "prompts":
            folder = settings.prompts or prompts.default_folder()
            texts = load_form().texts
            count = Prompts(folder, prompts.voices(texts)).write(prompts.fixed(texts))
            print(f"Rendered {count} prompts into {folder}.")
            return 0
        if arguments.command == "fonts":
            # imported here: only this command needs fontTools
            from kiosk_client.font_building import build  # noqa: PLC0415

            folder = settings.fonts or fonts.default_folder()
            print(f"Built the fonts {', '.join(build(load_form().texts.values(), folder))} into {folder}.")
            return 0
        _require_display()
        keep_private()
        kiosk = Kiosk(settings, voice)
    except (ValueError, PairingFailed, NoDisplay, NoFonts, NoSpeechProgram) as error:
        print(error, file=sys.stderr)
        return 1
    if kiosk.run(**shown):
        os.execv(sys.executable, [sys.executable, "-m", "kiosk_client", *(sys.argv[1:] if argv is None else argv)])  # noqa: S606  ourselves anew
    return 0


class NoDisplay(Exception):
    """Nothing to draw on; the text says how to get it."""


class Kiosk:
    """The parts of a running kiosk, put together."""

    def __init__(self, settings: Settings, voice: Voice | None = None) -> None:
        self._settings = settings
        self._voice = voice
        self._fonts = Fonts(settings.fonts or fonts.default_folder())
        self._letters = ""
        self._store = Store(settings.state)
        self._spool = Spool(settings.state / "spool.sqlite3")
        self._sender: Sender | None = None
        self._first_setup: SetUp | None = None
        self._app: KioskApp | None = None
        self._restarts = False

    def run(self, **shown: Any) -> bool:
        """Until the window is closed or SIGTERM comes. Whether it is to be started anew."""
        os.environ.update(KIVY)
        # imported here: Kivy reads the environment when it is imported
        from kiosk_client.screens.unstyled import import_unstyled  # noqa: PLC0415

        import_unstyled()
        from kiosk_client.app import KioskApp  # noqa: PLC0415

        app = self._app = KioskApp(
            self._settings.window,
            self._density,
            Fonts(self._settings.fonts or fonts.default_folder()),
            self._first_frame,
            on_tick=lambda: watchdog.tell(watchdog.Word.ALIVE),
            may_type=lambda: self._sender is None or not self._settings.keypad_only,
            **shown,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: app.stop())
        self._begin()
        app.run()
        if self._sender is not None:
            self._sender.stop()
        if self._voice is not None:
            self._voice.close()
        self._spool.close()
        return self._restarts

    def _begin(self) -> None:
        """The participants' first screen, or the setup's when the kiosk is not paired."""
        try:
            self._spool.counts()
        except SpoolError as error:
            _log.error("%s; until it can, people are sent to the desk", error)
        problem = ""
        try:
            stored = self._store.load()
        except EnrollmentDamaged as error:
            stored, problem = None, str(error)
        if stored is None:
            self._first_setup = self._setting_up().first(problem)
            self._running_app().present(self._first_setup)
        else:
            self._serve(stored)

    def _setting_up(self) -> SettingUp:
        app = self._running_app()
        return SettingUp(self._settings, app.change, app.present, self._paired)

    def _paired(self, stored: Stored) -> None:
        if self._sender is not None:
            self._sender.stop(0)  # the new one goes on where it stops
        self._serve(stored)
        self._first_frame()

    def _serve(self, stored: Stored) -> None:
        app = self._running_app()
        config = stored.enrollment.config
        form = self._store.load_form(config)
        ca_file = self._settings.ca_file or self._store.ca_file
        sender = self._sender = Sender(
            self._spool,
            self._store,
            stored,
            ca_file=ca_file,
            on_config=lambda config, form: app.change(lambda: session.use(self._offered(config, form), form)),
        )
        own_printer = self._settings.printer
        printing = Printing(lambda: session.settings.printer if own_printer is None else own_printer)

        def keep(flow: Flow, now: datetime) -> bool:
            is_safe = hand_in(flow, self._spool, session.config.service_key, sender.wake, now)
            if is_safe:
                printing.start(slip_of(flow, session.config))
            return is_safe

        session = Session(
            form,
            self._offered(config, form),
            draw_ticket=lambda: tickets.draw_unlike_recent(session.form, self._spool),
            hand_in=keep,
            seconds=time.monotonic(),
            calls=SpooledCalls(self._spool, sender),
            service_time=sender.service_time,
        )
        self._voice = self._voice or self._speaking(form)
        corner = staff_corner(
            Parts(
                stored=stored,
                session=session,
                spool=self._spool,
                sender=sender,
                voice=self._voice,
                ca_file=ca_file,
                letters=lambda: self._letters,
                change=app.change,
            ),
            measure=self._measured,
            pair=lambda: app.present(self._setting_up().again(stored, lambda: app.present(guide))),
            restart=self._restart,
            leave=lambda: app.present(guide),
            wifi=lambda: self._setting_up().wifi(lambda: app.present(guide)),
        )
        guide = Guide(
            session,
            self._voice,
            Headset().device,
            forget,
            staff=lambda seconds: app.present(corner) if corner.open(seconds) else None,
            glass=lambda: app.glass,
        )
        app.present(guide)

    def _measured(self, millimetres: int) -> None:
        with suppress(OSError):  # a full disk: it looks right until the next start
            panel.keep_width(self._settings.state, millimetres)

    def _restart(self) -> None:
        self._restarts = True
        self._running_app().stop()

    def _offered(self, config: KioskConfig, form: Form) -> KioskConfig:
        """A language whose letters would be boxes is left out, and staff are told why."""
        drawable, self._letters = self._fonts.offered(config.languages, form)
        if self._letters:
            _log.warning("%s", self._letters)
        return config.model_copy(update={"languages": drawable})

    def _speaking(self, form: Form) -> Voice:
        folder = self._settings.prompts or prompts.default_folder()
        return SpeakingVoice(Prompts(folder, prompts.voices(form.texts)).sound, sound.tone, sound.Aplay)

    def _first_frame(self) -> None:
        """Only now the network: what a person sees comes first. What the start has made stays, and is not searched for
        rubbish again and again."""
        gc.freeze()
        gc.enable()
        watchdog.tell(watchdog.Word.READY)
        if self._sender is not None:
            self._sender.start()
        elif self._first_setup is not None:
            self._first_setup.begin()

    def _density(self, width: int, height: int) -> float:
        if self._settings.density is not None:
            return self._settings.density
        if (measured := panel.measured_pixels_per_mm(self._settings.state, width)) is not None:
            return measured
        measure: Callable[[int, int], float] = (
            panel.assumed_pixels_per_mm if self._settings.window else panel.pixels_per_mm
        )
        return measure(width, height)

    def _running_app(self) -> "KioskApp":
        if self._app is None:
            raise RuntimeError("only while it runs")
        return self._app


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="warm-handoff-kiosk", description="The screen that walk-ins touch.")
    parser.add_argument("--state", type=Path, help="folder of the pairing and of what waits to be sent")
    parser.add_argument("--windowed", metavar="WIDTHxHEIGHT", help="a window instead of the whole screen")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("fonts", help="build the fonts of the form's languages from those of Debian")
    commands.add_parser("prompts", help="render what the kiosk says to everybody, so that it speaks without delay")
    pairing = commands.add_parser("pair", help="pair without the window")
    pairing.add_argument("address", help="of the service, such as handoff.example.org")
    pairing.add_argument("code", help="what `warm-handoff kiosks add` printed")
    return parser


def _settings(arguments: argparse.Namespace) -> Settings:
    settings = Settings.from_environment()
    if arguments.state is not None:
        settings = replace(settings, state=arguments.state)
    if arguments.windowed is not None:
        settings = replace(settings, window=parse_window(arguments.windowed))
    return settings


def _require_display() -> None:
    """Choose how to draw. Without a choice SDL would draw where nobody sees it, and say nothing. Raises NoDisplay."""
    if os.environ.get("SDL_VIDEODRIVER"):
        return
    if os.environ.get("DISPLAY"):
        os.environ["SDL_VIDEODRIVER"] = "x11"
    elif any(Path("/dev/dri").glob("card*")):
        os.environ["SDL_VIDEODRIVER"] = "KMSDRM"
    else:
        raise NoDisplay(_NO_DISPLAY)


if __name__ == "__main__":
    sys.exit(main())
