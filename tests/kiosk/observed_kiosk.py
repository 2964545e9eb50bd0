"""The real kiosk that also writes down what it shows and where its touches are, so that xdotool can find them.

python -m tests.kiosk.observed_kiosk FILE [the kiosk's own arguments]
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kiosk_client.__main__ import main
from kiosk_client.geometry import Placed
from kiosk_client.view import Field, Touch, View


def observe(file: Path, view: View, placed: Sequence[Placed], surface: Any) -> None:
    touches = {
        str(each.item.tap): [each.rect.x + each.rect.width / 2, each.rect.y + each.rect.height / 2]
        for each in placed
        if isinstance(each.item, Touch | Field)
    }
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps({"view": view.name, "touches": touches, "cut": surface.cut}))
    draft.replace(file)


if __name__ == "__main__":
    shown = Path(sys.argv[1])
    sys.exit(main(sys.argv[2:], on_shown=lambda *what: observe(shown, *what)))
