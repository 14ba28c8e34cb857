"""The IS74 dialect: campaigns by start blocks of scenarios, and reports over their calls.

It takes these paths and no others: what else lies below `/api` belongs to somebody else, and so does a login at `/login`
that is not its own.
"""

from __future__ import annotations

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from outdial.api.application import OwnPaths, WithoutLastSlash, application
from outdial.api.is74 import campaigns, errors, logins, reports
from outdial.api.is74.door import DIALECT, Door
from outdial.operations import Operations
from outdial.settings import Settings

__all__ = ["DIALECT", "mounts"]

_PAGES = "/api/is74"
_LOGIN, _CAMPAIGNS, _ANALYTICS = "/login", "/api/campaigns", "/api/analytics/"


def mounts(operations: Operations, settings: Settings, elsewhere: ASGIApp) -> list[BaseRoute]:
    """The application of this dialect under its paths. `elsewhere` gets the logins that are not its own."""
    door = Door(operations, settings.largest_body)
    routers = (logins.router, campaigns.router, reports.router)
    made = WithoutLastSlash(application("IS74 campaigns and analytics API", door, errors, routers, _PAGES))
    return [
        OwnPaths(_is_own, made),
        OwnPaths(_is_login, logins.Shared(made, elsewhere), methods=("POST",)),
    ]


def _is_own(path: str) -> bool:
    return path.removesuffix("/") == _CAMPAIGNS or path.startswith((_ANALYTICS, f"{_PAGES}/"))


def _is_login(path: str) -> bool:
    return path.removesuffix("/") == _LOGIN
