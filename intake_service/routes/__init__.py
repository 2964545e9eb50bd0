"""The console's pages and the kiosks' interface. A module here that has a `router` is served."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter


def every_router() -> Iterator[APIRouter]:
    """By the modules' names. No two of them answer the same address, so that the order means nothing."""
    for module in iter_modules(__path__):
        room = import_module(f"{__name__}.{module.name}")
        if hasattr(room, "router"):
            yield room.router
