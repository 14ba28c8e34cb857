"""The campaigns that a process dials, for supervisors: why each dials or waits, and what its pacer sees and decides.

Only the process in charge knows; another one has none to show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.requests import Request

from outdial.api import wire
from outdial.core.ids import TenantId
from outdial.core.pacing import Decision
from outdial.operations.access import Access
from outdial.ports import Identity

_LOOPBACK = frozenset({"127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign that is dialled."""

    tenant: TenantId
    dialect: str
    number: int
    key: str
    name: str | None
    mode: str
    """broadcast, progressive or predictive; empty: its contacts have one number each."""
    pacer: str
    """Who decides how far ahead it dials; empty: nobody has to."""
    calls: int
    """In progress."""
    reason: str
    """Why it places no call at the moment, or that it dials."""
    decision: Decision | None
    """What its pacer decided last."""


def router(access: Access, loopback_exempt: bool, running: Callable[[], Sequence[Running]]) -> APIRouter:
    """The path `/campaigns`, for those who have a key or a login of the tenant."""

    async def who_asks(request: Request) -> Identity:
        key = wire.bearer(request)
        identity = None if key is None else await access.by_bearer(key)
        if key is None and loopback_exempt and wire.peer(request) in _LOOPBACK:
            identity = await access.by_loopback()
        if identity is None:
            raise HTTPException(401, "Send an API key or an access token: Authorization: Bearer …")
        return identity

    made = APIRouter()

    @made.get("/campaigns", summary="Campaigns that are dialled, and why they dial or wait")
    async def campaigns(request: Request) -> dict[str, Any]:
        """Of the caller's tenant, in the order in which they were made."""
        who = await who_asks(request)
        return {"campaigns": [_shown(one) for one in running() if one.tenant == who.tenant]}

    return made


def _shown(one: Running) -> dict[str, Any]:
    shown = {name: value for name, value in asdict(one).items() if name not in ("tenant", "decision")}
    if one.decision is None:
        return {**shown, "pacing": None}
    decision = asdict(one.decision)
    return {**shown, "pacing": {name: value for name, value in decision.items() if name != "cancel"}}
