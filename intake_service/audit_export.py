"""The audit as a file: CSV for a spreadsheet, or JSON lines. It names participants by their ids alone, and holds no
reason that somebody wrote, so that it may be handed to an auditor.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from intake_service.audit_search import Found, Names
from intake_service.disclosures import NOTICE

_COLUMNS = (
    "id",
    "at",
    "who",
    "who_id",
    "kiosk_id",
    "action",
    "about",
    "about_id",
    "about_name",
    "site_id",
    "site",
    "address",
    "from_status",
    "to_status",
    "from_staff_id",
    "to_staff_id",
    "from_value",
    "to_value",
    "has_reason",
    "before",
    "after",
)
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(pages: Iterable[list[Found]], names: Names) -> Iterator[str]:
    """The notice, the columns' names, then a line for each entry."""
    yield _csv_line([NOTICE]) + _csv_line(_COLUMNS)
    for page in pages:
        yield "".join(_csv_line(_said(row, names)[column] for column in _COLUMNS) for row in page)


def as_json_lines(pages: Iterable[list[Found]], names: Names) -> Iterator[str]:
    """An object a line, the notice first."""
    yield _json_line({"notice": NOTICE})
    for page in pages:
        yield "".join(_json_line(_said(row, names)) for row in page)


def _said(row: Found, names: Names) -> dict[str, Any]:
    entry, event = row.entry, row.event
    who = names.staff.get(str(entry.staff_id), "") if entry.staff_id else "kiosk" if entry.kiosk_id else "service"
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "who": who,
        "who_id": entry.staff_id,
        "kiosk_id": entry.kiosk_id.hex if entry.kiosk_id else None,
        "action": entry.action,
        "about": entry.kind,
        "about_id": entry.object_id,
        "about_name": names.of(entry.kind, entry.object_id),
        "site_id": entry.site_id,
        "site": names.sites.get(str(entry.site_id)),
        "address": entry.address,
        "from_status": event.from_status if event else None,
        "to_status": event.to_status if event else None,
        "from_staff_id": event.from_staff_id if event else None,
        "to_staff_id": event.to_staff_id if event else None,
        "from_value": event.from_value if event else None,
        "to_value": event.to_value if event else None,
        "has_reason": event.reason is not None if event else None,
        "before": json.loads(entry.before) if entry.before else None,
        "after": json.loads(entry.after) if entry.after else None,
    }


def _json_line(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False) + "\n"


def _csv_line(values: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([_cell(value) for value in values])
    return line.getvalue()


def _cell(value: Any) -> str:
    """What a spreadsheet shows as it is: a text that it would take for a formula gets an apostrophe before it."""
    if value is None:
        return ""
    words = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
    return f"'{words}" if words.startswith(_BEGINS_A_FORMULA) else words
