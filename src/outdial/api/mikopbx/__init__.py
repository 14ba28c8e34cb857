"""The MikoPBX ModuleAutoDialer dialect: polls, tasks, results and sounds under the module's own paths.

Each prefix is an application of its own, with this dialect's error shapes and an OpenAPI page at `docs`.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Mount

from outdial.api.mikopbx import errors, routes, session
from outdial.api.mikopbx.routes import Door
from outdial.core.errors import OutdialError
from outdial.operations import Operations
from outdial.settings import Settings

API_PREFIX = "/pbxcore/api/module-dialer/v1"
CABINET_PREFIX = "/admin-cabinet"


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
        Mount(API_PREFIX, _application(door, routes.router, "MikoPBX ModuleAutoDialer API")),
        Mount(CABINET_PREFIX, _application(door, session.router, "MikoPBX login")),
    ]


def _application(door: Door, router: APIRouter, title: str) -> FastAPI:
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
    application.include_router(router)
    return application
