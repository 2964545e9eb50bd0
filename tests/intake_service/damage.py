"""Intakes that are not as they should be: parts changed for others, any JSON sealed as if it were a record."""

import json
from typing import Any

from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from intake_service.keys import Keys
from shared_schema.intake import IntakeRecord, SealedIntake
from shared_schema.sealing import seal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


def sealed_document(document: object, keys: Keys, record: IntakeRecord | None = None) -> SealedIntake:
    """Any JSON at all, sealed as if it were a record; under the id of `record`."""
    intake_id = record.id if record else uuid7()
    return SealedIntake(intake_id=intake_id, envelope=seal(json.dumps(document).encode(), intake_id, keys.service_key))


def places(document: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Where a document can be changed: the paths of everything in it."""
    children: list[tuple[object, Any]] = []
    if isinstance(document, dict):
        children = list(document.items())
    elif isinstance(document, list):
        children = list(enumerate(document))
    return [path, *(place for key, value in children for place in places(value, (*path, key)))]


def changed(document: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = changed(copy[path[0]], path[1:], value)
    return copy
