"""What a list is narrowed to and where its page begins, as an address says it. What makes no sense is left out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends

from intake_service.lists import Filters, Place
from shared_schema.intake import PathwayType

WAITING_OVER = (10, 20, 30, 60, 120)  # minutes


@dataclass(frozen=True)
class Narrowing:
    """`over`: minutes. `after`: where the page begins. None everywhere: the whole list from its beginning."""

    site: int | None = None
    pathway: PathwayType | None = None
    language: str | None = None
    over: int | None = None
    after: Place | None = None

    @property
    def is_narrow(self) -> bool:
        return any((self.site, self.pathway, self.language, self.over))

    def filters(self, now: datetime) -> Filters:
        since = None if self.over is None else now - timedelta(minutes=self.over)
        return Filters(self.site, self.pathway, self.language, since)

    def query(self, after: Place | None = None, done: str | None = None) -> str:
        """The address's query for the same narrowing, with its `?`, or nothing. `after`: its page that begins there.

        `done`: the word for what has just been done on it.
        """
        said = {"site": self.site, "pathway": self.pathway, "language": self.language, "over": self.over}
        said["done"] = done
        said["after"] = None if after is None else f"{int(after.urgent)}.{after.number}.{after.id}"
        kept = {name: value for name, value in said.items() if value is not None}
        return f"?{urlencode(kept)}" if kept else ""


def _narrowing(site: str = "", pathway: str = "", language: str = "", over: str = "", after: str = "") -> Narrowing:
    return Narrowing(
        site=_number(site),
        pathway=PathwayType(pathway) if pathway in set(PathwayType) else None,
        language=language if 0 < len(language) <= 20 else None,
        over=_number(over),
        after=_place(after),
    )


def _number(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 7 else None


def _place(said: str) -> Place | None:
    urgent, _, rest = said.partition(".")
    number, _, key = rest.partition(".")
    try:
        return Place(urgent == "1", int(number[:18]), UUID(key))
    except ValueError:
        return None


Narrowed = Annotated[Narrowing, Depends(_narrowing)]
