"""How this process is doing, for people, load balancers and Prometheus, which needs no login and says nothing of a tenant's
business; and what belongs to tenants, for those who show a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from outdial.api.native import accounts, audio, campaigns, do_not_call, errors, projects, voice_scripts
from outdial.api.native.campaigns import Running
from outdial.core.errors import OutdialError
from outdial.operations import Operations


@dataclass(frozen=True, slots=True)
class Waiting:
    """A running campaign that places no call at the moment, and why."""

    dialect: str
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one process."""

    version: str
    database: bool
    """Whether the database answers."""
    telephony: Literal["sandbox", "asterisk"]
    switch: bool
    """Whether calls can be placed."""
    in_charge: bool
    """Whether this process is the one that dials."""
    calls: int
    """Calls in progress here."""
    waiting: Sequence[Waiting]
    sms: bool | None = None
    """Whether SMS can be handed over now; null: no carrier is configured."""


def mounts(
    health: Callable[[], Awaitable[Health]],
    operations: Operations,
    running: Callable[[], Sequence[Running]],
) -> list[BaseRoute]:
    """The application `/v1` and the route `/metrics`."""
    app = FastAPI(
        title="outdial",
        openapi_url="/openapi.json",
        docs_url="/docs",
        redoc_url=None,
        exception_handlers={
            OutdialError: errors.on_refusal,
            RequestValidationError: errors.on_bad_query,
            HTTPException: errors.on_http_error,
        },
    )
    app.state.operations = operations
    app.include_router(accounts.router)
    app.include_router(do_not_call.router)
    app.include_router(audio.router)
    app.include_router(voice_scripts.router)
    app.state.running = running
    app.include_router(campaigns.router)
    app.include_router(projects.router)

    @app.get("/health")
    async def read_health() -> JSONResponse:
        """200 when the database and the switch answer, 503 otherwise."""
        state = await health()
        return JSONResponse(asdict(state), status_code=200 if state.database and state.switch else 503)

    def read_metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Mount("/v1", app), Route("/metrics", read_metrics)]
