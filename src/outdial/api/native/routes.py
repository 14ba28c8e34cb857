"""How this process is doing, for people, load balancers and Prometheus, which needs no login and says nothing of a tenant's
business; and what belongs to tenants, for those who show a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from outdial.api.native import campaigns
from outdial.api.native.campaigns import Running
from outdial.operations.access import Access


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


def mounts(
    health: Callable[[], Awaitable[Health]],
    access: Access,
    loopback_exempt: bool,
    running: Callable[[], Sequence[Running]],
) -> list[BaseRoute]:
    """The routes `/v1/health`, `/v1/campaigns` and `/metrics`."""
    app = FastAPI(title="outdial", openapi_url="/openapi.json", docs_url="/docs", redoc_url=None)
    app.include_router(campaigns.router(access, loopback_exempt, running))

    @app.get("/health")
    async def read_health() -> JSONResponse:
        """200 when the database and the switch answer, 503 otherwise."""
        state = await health()
        return JSONResponse(asdict(state), status_code=200 if state.database and state.switch else 503)

    def read_metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Mount("/v1", app), Route("/metrics", read_metrics)]
