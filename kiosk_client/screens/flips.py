"""Nothing that was drawn is lost where SDL hands each frame straight to the kernel's display, without a compositor.

An idle kiosk draws nothing, so a frame that does not arrive whole would stay as it is until somebody touches it.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from kivy.graphics.opengl import glFinish

if TYPE_CHECKING:
    from kivy.core.window import WindowBase  # importing it makes the window, before it is configured


def arrive_whole(window: "WindowBase", draw_again: Callable[[], None]) -> None:
    """See to it for this window. `draw_again`: called once, when a first frame is about to be handed over."""
    if os.environ.get("SDL_VIDEODRIVER") != "KMSDRM":
        return

    def hand_over(*_: object) -> None:
        glFinish()  # where the processor draws, the display would take a frame that is still being drawn

    def lose_first(*_: object) -> None:
        window.unbind(on_flip=lose_first)
        draw_again()  # SDL makes its surface anew at the first hand-over after it has set the mode: that frame is lost

    window.bind(on_flip=hand_over)
    window.bind(on_flip=lose_first)
