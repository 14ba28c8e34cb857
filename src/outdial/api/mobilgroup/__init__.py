"""The Mobilgroup dialect: voice mailings under `/api/send/`, `/api/get/` and `/api/set/`, with or without the last slash.

It takes these paths and no others: what else lies below `/api` belongs to somebody else.
"""

from __future__ import annotations

from starlette.routing import BaseRoute

from outdial.api.application import OwnPaths, WithoutLastSlash, application
from outdial.api.mobilgroup import errors, reference, sending
from outdial.api.mobilgroup.door import DIALECT, Door
from outdial.operations import Operations
from outdial.settings import Settings

__all__ = ["DIALECT", "PATHS", "mounts"]

_PAGES = "/api/mobilgroup"
PATHS = frozenset({"/api/send", "/api/get", "/api/set"})


def mounts(operations: Operations, settings: Settings) -> list[BaseRoute]:
    """The application of this dialect under its paths."""
    door = Door(operations, settings.largest_body, settings.time_zone, settings.language)
    made = application("Mobilgroup voice mailing API", door, errors, (sending.router, reference.router), _PAGES)
    return [OwnPaths(_is_own, WithoutLastSlash(made))]


def _is_own(path: str) -> bool:
    return path.removesuffix("/") in PATHS or path.startswith(f"{_PAGES}/")
