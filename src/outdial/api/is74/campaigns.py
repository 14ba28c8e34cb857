"""`/api/campaigns`: a campaign is ordered."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from outdial.api.is74.bodies import CAMPAIGN_BODY
from outdial.api.is74.door import DIALECT, At, Sent, Who
from outdial.api.is74.errors import Faults, reply
from outdial.api.is74.requests import campaign_request, order_from

router = APIRouter()


@router.post("/api/campaigns", summary="Order a campaign", openapi_extra=CAMPAIGN_BODY)
async def create(door: At, sent: Sent, who: Who) -> Response:
    """All that is wrong with the body is told at once, and nothing is stored then. A project that does not exist is 404 when
    nothing else is wrong."""
    faults = Faults()
    wanted = await asyncio.to_thread(campaign_request, sent, faults)
    grounds = await door.operations.orders.grounds(who.tenant, wanted.project, wanted.start, wanted.phone)
    order = await asyncio.to_thread(order_from, wanted, grounds, faults)
    assert grounds.start is not None
    campaign = await door.operations.orders.place(who.tenant, DIALECT, grounds.start.script, order)
    return reply({"campaign": {"id": campaign.number}})
