"""The campaigns that a process dials, for supervisors: why each dials or waits, and what its pacer sees and decides.

Only the process in charge knows; another one has none to show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from outdial.api.native.access import Who
from outdial.core.ids import TenantId
from outdial.core.pacing import Decision


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


router = APIRouter()


@router.get("/campaigns", summary="Campaigns that are dialled, and why they dial or wait")
async def campaigns(request: Request, who: Who) -> dict[str, Any]:
    """Of the caller's tenant, in the order in which they were made."""
    running: Callable[[], Sequence[Running]] = request.app.state.running
    return {"campaigns": [_shown(one) for one in running() if one.tenant == who.tenant]}


def _shown(one: Running) -> dict[str, Any]:
    shown = {name: value for name, value in asdict(one).items() if name not in ("tenant", "decision")}
    if one.decision is None:
        return {**shown, "pacing": None}
    decision = asdict(one.decision)
    return {**shown, "pacing": {name: value for name, value in decision.items() if name != "cancel"}}
