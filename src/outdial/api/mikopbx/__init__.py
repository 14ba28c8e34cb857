"""The MikoPBX ModuleAutoDialer dialect: polls, tasks, results and sounds under the module's own paths.

Each prefix is an application of its own, with this dialect's error shapes and an OpenAPI page at `docs`.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from starlette.routing import Mount

from outdial.api.application import application
from outdial.api.mikopbx import clients, errors, imports, logins, routes, session, tasks
from outdial.api.mikopbx.routes import Door
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
        Mount(API_PREFIX, application("MikoPBX ModuleAutoDialer API", door, errors, _MODULE)),
        Mount(CABINET_PREFIX, application("MikoPBX login", door, errors, [session.router])),
        Mount(LOGIN_PREFIX, application("MikoPBX login by token", door, errors, [logins.router])),
    ]
