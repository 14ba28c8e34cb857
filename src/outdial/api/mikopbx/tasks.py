"""The list of tasks, and what happens to a task after it was posted: changed, deleted, closed for one phone."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from outdial.api import wire
from outdial.api.mikopbx import php, replies, requests
from outdial.api.mikopbx.bodies import SIGNAL_BODY, TASK_CHANGE_BODY
from outdial.api.mikopbx.replies import STATES, envelope, reply
from outdial.api.mikopbx.routes import DIALECT, At, Who, script_of
from outdial.core.campaign import Campaign, CampaignSettings

router = APIRouter()
_STATE_OF = {code: state for state, code in STATES.items()}
_NO_TASK = {"error": "TaskNotFound"}


@router.get("/task", summary="List tasks")
async def list_tasks(door: At, who: Who, state: str = "", limit: str = "", offset: str = "") -> Response:
    """By internal id, ascending. `offset` is no count: it is the id after which the list begins."""
    most = min(_count(limit, "limit"), requests.LARGEST_ID) or None
    after = min(_count(offset, "offset"), requests.LARGEST_ID)
    if state.strip() and state not in _STATE_OF:
        return reply(envelope(True, {"results": []}))
    tasks = await door.operations.campaigns.all(who.tenant, DIALECT, _STATE_OF.get(state), after, most)
    return reply(envelope(True, {"results": [replies.task(campaign) for campaign in tasks]}))


@router.put("/task/{id}", summary="Change a task", openapi_extra=TASK_CHANGE_BODY)
async def change_task(id: str, request: Request, door: At, who: Who) -> Response:
    """Any columns; its numbers stay. A `crmId` that is sent says which task is meant, an empty one is made the id."""
    sent = requests.task_change(await wire.body(request, door.largest_body), id, door.zone)
    found = await door.operations.campaigns.find(who.tenant, DIALECT, sent.key, sent.number)
    if found is None:
        return reply(envelope(False, _NO_TASK))
    inner = {name: found.settings.wire.get(name) for name in ("innerNum", "innerNumType", "isCallback")}
    record = await script_of(door, who, replace(sent, posted=inner | dict(sent.posted)))

    def change(task: Campaign) -> tuple[str, CampaignSettings]:
        key = str(task.number) if "crmId" in sent.posted and not sent.key else task.key
        return key, sent.settings(task, None if record is None else record.id, door.calls_per_second)

    changed = await door.operations.campaigns.edit(found.id, change)
    if changed is None:
        return reply(envelope(False, _NO_TASK))
    return reply(envelope(True, replies.saved_task(changed, sent.posted)))


@router.delete("/task/{id}", summary="Delete a task with its calls")
async def delete_task(id: str, door: At, who: Who) -> Response:
    """By internal id; an unknown one is no error. Answers stay, and calls under way go on."""
    number = requests.id_of(id)
    if number is not None:
        await door.operations.campaigns.remove(who.tenant, DIALECT, number)
    return reply(envelope(True))


@router.delete("/polling/{id}", summary="Delete a poll")
async def delete_poll(id: str, door: At, who: Who) -> Response:
    """By internal id; an unknown one is no error."""
    number = requests.id_of(id)
    if number is not None:
        await door.operations.scripts.remove(who.tenant, DIALECT, number)
    return reply(envelope(True))


@router.post("/task-signal-close", summary="Call a phone no more", openapi_extra=SIGNAL_BODY)
async def close_by_signal(request: Request, door: At, who: Who) -> Response:
    """In one task, or in all without `taskId`; other phones of the same client in the same task go with it."""
    body = await wire.body(request, door.largest_body)
    sent, key, id = await asyncio.to_thread(requests.signal, body)
    number = requests.id_of(id)
    if not id or number is not None:
        await door.operations.campaigns.withdraw(who.tenant, DIALECT, key, number)
    matched = {"phoneId": key, "taskId": id} if id else {"phoneId": key}
    return reply(envelope(True, {**sent, "phoneId": key, "filter": matched}))


def _count(text: str, field: str) -> int:
    """A number that may be left out; nothing and less than nothing count as 0."""
    return max(php.whole(text, field), 0) if text.strip() else 0
