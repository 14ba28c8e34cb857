"""Events over a WebSocket: every dialer of the caller's domain whose state is another one, as `DC::CHANGE_STATE`.

The event is the vendor's; the path and the way to come in are ours: a token as with every request, and nothing has to be
subscribed to. What the other side sends is not listened to.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import structlog
from fastapi import APIRouter, WebSocket
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect

from outdial.api.webitel import replies
from outdial.api.webitel.access import Caller, by_token, in_domain, may
from outdial.api.webitel.dialers import DIALECT
from outdial.api.webitel.door import Door, door_of
from outdial.api.webitel.errors import PERMISSION_DENIED, Refused, refusal
from outdial.core.campaign import CampaignState
from outdial.operations.changes import Change

CHANGE_STATE = "DC::CHANGE_STATE"
_log = structlog.get_logger(__name__)
router = APIRouter()


class _Gone(Exception):
    """The other side has left."""


@router.websocket("/api/v2/events")
async def events(socket: WebSocket) -> None:
    """One JSON object a change, from the moment at which the socket is accepted."""
    door = door_of(socket)
    try:
        who = await _caller(socket, door)
    except Refused as error:
        await socket.send_denial_response(refusal(error.status, error.message))
        return
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_tell(socket, door, who), name="webitel events")
            group.create_task(_listen(socket), name="webitel events, other side")
    except* (_Gone, WebSocketDisconnect):
        _log.info("webitel.events_left", domain=who.domain, caller=who.id)


async def _caller(connection: HTTPConnection, door: Door) -> Caller:
    admitted = await by_token(connection, door, {})
    if not may(admitted, "dialer", "r"):
        raise Refused(403, PERMISSION_DENIED)
    return await in_domain(admitted, door, connection.query_params.get("domain", ""))


async def _tell(socket: WebSocket, door: Door, who: Caller) -> None:
    async with aclosing(door.operations.changes.watch(who.tenant, DIALECT)) as changes:
        async for change in changes:
            if change is None:
                await socket.accept()
            else:
                await socket.send_json(document_of(change, who.domain))


async def _listen(socket: WebSocket) -> None:
    """Whatever comes is nothing to us, but for the end."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise _Gone


def document_of(change: Change, domain: str) -> dict[str, Any]:
    """A change as the vendor's event."""
    state, cause = replies.state_of(change.campaign, change.stands)
    running = change.campaign.settings.state is CampaignState.RUNNING and not change.removed
    return {
        "Event-Name": CHANGE_STATE,
        "Dialer-Id": change.campaign.key,
        "Dialer-Name": change.campaign.settings.name or "",
        "Active": running,
        "Cause": cause,
        "State": state,
        "Event-Calling-Function": "removed" if change.removed else "ready" if running else "end",
        "Type": str(change.campaign.settings.wire.get("type", "")),
        "Members-Count": change.stands.calls,
        "Event-Domain": domain,
    }
