"""The MikoPBX ModuleAutoDialer dialect: polls, tasks, results and sounds under the module's own paths.

Each prefix is an application of its own, with this dialect's error shapes and an OpenAPI page at `docs`.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Mount

from outdial.api.mikopbx import clients, errors, imports, logins, routes, session, tasks
from outdial.api.mikopbx.routes import Door
from outdial.core.errors import OutdialError
from outdial.operations import Operations
from outdial.settings import Settings

API_PREFIX = "/pbxcore/api/module-dialer/v1"
CABINET_PREFIX = "/admin-cabinet"
LOGIN_PREFIX = "/pbxcore/api/v3"
_MODULE = (routes.router, tasks.router, clients.router, imports.router)


def mounts(operations: Operations, settings: Settings, zone: ZoneInfo) -> list[Mount]:
    """The applications of this dialect under their prefixes. `zone`: the zone in which clients write their times."""
    door = Door(
        operations=operations,
        zone=zone,
        language=settings.language,
        largest_body=settings.largest_body,
        calls_per_second=settings.mikopbx_calls_per_second,
        loopback_exempt=settings.mikopbx_loopback_exempt,
    )
    return [
        Mount(API_PREFIX, _application(door, "MikoPBX ModuleAutoDialer API", *_MODULE)),
        Mount(CABINET_PREFIX, _application(door, "MikoPBX login", session.router)),
        Mount(LOGIN_PREFIX, _application(door, "MikoPBX login by token", logins.router)),
    ]


def _application(door: Door, title: str, *routers: APIRouter) -> FastAPI:
    application = FastAPI(
        title=title,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            OutdialError: errors.on_refusal,
            HTTPException: errors.on_http_error,
            ClientDisconnect: errors.on_disconnect,
            Exception: errors.on_fault,
        },
    )
    application.state.door = door
    for router in routers:
        application.include_router(router)
    return application
