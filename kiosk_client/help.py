"""What Help offers to whoever listens: the voice's own controls, for a keypad that has no keys for them."""

from collections.abc import Mapping

from kiosk_client.view import Action, Tap, Tiles, Touch, View


def help_view(ui: Mapping[str, str], *, hidden: bool, may_talk: bool, mirrored: bool) -> View:
    """`hidden`: nothing is shown now. `may_talk`: an intake has begun, so that a person can be asked for."""
    touches = (
        Touch(Tap(Action.AGAIN), ui["help_again"], "repeat"),
        Touch(Tap(Action.LOUDER), ui["help_louder"], "ear"),
        Touch(Tap(Action.SOFTER), ui["help_softer"], "softer"),
        Touch(Tap(Action.HIDE), ui["help_show" if hidden else "help_hide"], "hide"),
        *((Touch(Tap(Action.TALK), ui["talk"], "person"),) if may_talk else ()),
        Touch(Tap(Action.CLOSE_HELP), ui["help_close"], "arrow-right"),
    )
    return View("help", ui["help_title"], Tiles(touches), mirrored=mirrored)
