"""The paths of a dialer's members: who may come in, which operation is asked, which reply is given."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from outdial.api.webitel import mongo, requests, shapes
from outdial.api.webitel.access import Caller, caller
from outdial.api.webitel.bodies import FILTER_BODY, MEMBER_BODY, MEMBERS_BODY, PIPELINE_BODY, STATUS_BODY
from outdial.api.webitel.dialers import find
from outdial.api.webitel.documents import condition, key_of, search
from outdial.api.webitel.door import At, Sent
from outdial.api.webitel.errors import PERMISSION_DENIED, Refused, reply
from outdial.core.member import NewMember, Rewritten, StoredMember
from outdial.operations.members import Heard, InCall, Over

_MEMBERS = "/api/v2/dialer/{dialer}/members"
_MEMBER = _MEMBERS + "/{id}"
_RESOURCE = "dialer/members"
_MOST_SHOWN = 1000
"""Members that were made are shown in the answer, up to so many."""

Reader = Annotated[Caller, Depends(caller(_RESOURCE, "r"))]
Maker = Annotated[Caller, Depends(caller(_RESOURCE, "c"))]
Changer = Annotated[Caller, Depends(caller(_RESOURCE, "u"))]
Remover = Annotated[Caller, Depends(caller(_RESOURCE, "d"))]
Anybody = Annotated[Caller, Depends(caller("", ""))]
router = APIRouter()


@router.get(_MEMBERS, summary="List members")
async def list_members(dialer: str, request: Request, door: At, who: Reader) -> Response:
    """A page of 40; `columns`, `sort` and `filter` are JSON as MongoDB has it."""
    wanted, shape = search(request)
    campaign = await find(door, who, dialer)
    rows = [] if campaign is None else await door.operations.members.page(campaign, wanted, shape)
    return reply(shapes.ok(rows))


@router.get(_MEMBERS + "/count", summary="Count members")
async def count_members(dialer: str, request: Request, door: At, who: Reader) -> Response:
    """Those of the `filter`, or all."""
    wanted = condition(request)
    campaign = await find(door, who, dialer)
    return reply(shapes.ok(0 if campaign is None else await door.operations.members.count(campaign, wanted)))


@router.post(_MEMBERS, summary="Add one member or many", openapi_extra=MEMBERS_BODY)
async def add_members(dialer: str, request: Request, door: At, who: Maker, sent: Sent) -> Response:
    """All or none. With `autoRun=true` the dialer is started."""
    wanted = await asyncio.to_thread(requests.new_members, sent)
    campaign = await find(door, who, dialer)
    if campaign is None:
        raise Refused(404, f"Not found dialer {dialer}")
    variables = requests.variables_of(campaign.settings.wire, who.domain)

    def make(keys: Sequence[str]) -> Sequence[NewMember]:
        return [one.new(key, variables) for key, one in zip(keys, wanted, strict=True)]

    keys = await door.operations.members.add(campaign, make, len(wanted))
    if request.query_params.get("autoRun") == "true":
        await door.operations.standings.start(campaign.id)
    shown = await door.operations.members.documents(campaign, keys) if len(keys) <= _MOST_SHOWN else []
    made = shapes.inserted([{"_id": key} for key in keys])
    return reply({**made, "data": {**made["data"], "ops": shown}})


@router.post(_MEMBERS + "/aggregate", summary="Aggregate members", openapi_extra=PIPELINE_BODY)
async def aggregate_members(dialer: str, door: At, who: Reader, sent: Sent) -> Response:
    """The body is an array of stages."""
    stages = mongo.pipeline(sent)
    campaign = await find(door, who, dialer)
    return reply(shapes.ok([] if campaign is None else await door.operations.members.aggregate(campaign, stages)))


@router.put(_MEMBERS + "/reset", summary="Begin anew with finished members")
async def reset_members(dialer: str, request: Request, door: At, who: Changer) -> Response:
    """Those made at or after `from` that were not reached. `_log=true` empties their logs, which is for root."""
    empty_log = request.query_params.get("_log") == "true"
    if empty_log and not who.root:
        raise Refused(403, PERMISSION_DENIED)
    since = _moment(request.query_params.get("from", ""))
    campaign = await find(door, who, dialer)
    if campaign is None or since is None:
        return reply({"status": "OK", "info": 0})
    revived = await door.operations.members.revive(campaign, since, who.id, empty_log=empty_log)
    return reply({"status": "OK", "info": revived})


@router.get(_MEMBER, summary="A member")
async def get_member(dialer: str, id: str, door: At, who: Reader) -> Response:
    """With its log; null when there is none."""
    key = key_of(id)
    campaign = await find(door, who, dialer)
    return reply(shapes.ok(None if campaign is None else await door.operations.members.document(campaign, key)))


@router.put(_MEMBER, summary="Change a member", openapi_extra=MEMBER_BODY)
async def change_member(dialer: str, id: str, door: At, who: Changer, sent: Sent) -> Response:
    """Numbers that it keeps keep what calls left on them."""
    key, wanted = key_of(id), requests.changed_member(sent)
    campaign = await find(door, who, dialer)
    if campaign is None:
        raise Refused(404, f"Member {id} not found")
    variables = requests.variables_of(campaign.settings.wire, who.domain)

    def change(member: StoredMember) -> Rewritten:
        return wanted.over(member, variables)

    try:
        found = await door.operations.members.rewrite(campaign, key, change)
    except InCall as error:
        raise Refused(406, f"Member {id} locked") from error
    if not found:
        raise Refused(404, f"Member {id} not found")
    return reply(shapes.updated(True))


@router.delete(_MEMBER, summary="Delete a member")
async def remove_member(dialer: str, id: str, door: At, who: Remover) -> Response:
    """Unless somebody is calling it."""
    key = key_of(id)
    campaign = await find(door, who, dialer)
    if campaign is None or not await door.operations.members.remove(campaign, key):
        raise Refused(406, "Not Acceptable")
    return reply(shapes.deleted(1))


@router.delete(_MEMBERS, summary="Delete members", openapi_extra=FILTER_BODY)
async def remove_members(dialer: str, request: Request, door: At, who: Remover, sent: Sent) -> Response:
    """Those of the filter that is the body; `{}` is all but those that somebody is calling."""
    if not isinstance(sent, dict) or not request.state.has_body:
        raise Refused(400, "Bad request: filter is required.")
    wanted = mongo.condition({name: value for name, value in sent.items() if name not in ("access_token", "x_key")})
    campaign = await find(door, who, dialer)
    return reply(shapes.deleted(0 if campaign is None else await door.operations.members.remove_all(campaign, wanted)))


@router.put(_MEMBER + "/status", summary="Say how a call went", openapi_extra=STATUS_BODY)
async def report_status(dialer: str, id: str, door: At, who: Anybody, sent: Sent) -> Response:
    """For members of dialers that wait for it: during the call, or within the time after it."""
    report = requests.report_of(sent)
    key = key_of(id)
    campaign = await find(door, who, dialer)
    heard = Heard.NOBODY
    if campaign is not None:
        heard = await door.operations.members.report(campaign, key, report, who.id, sent)
    match heard:
        case Heard.NOBODY:
            raise Refused(404, f"Not found {id} in dialer {dialer}")
        case Heard.NOT_WANTED:
            raise Refused(400, f"Member {id}: result status false")
        case Heard.TAKEN:
            return reply({"status": "OK", "info": "success"})


@router.put(_MEMBER + "/terminate", summary="Take a member out")
async def terminate_member(dialer: str, id: str, door: At, who: Changer) -> Response:
    """It is kept, and called no more."""
    key = key_of(id)
    campaign = await find(door, who, dialer)
    try:
        found = campaign is not None and await door.operations.members.terminate(campaign, key, who.id)
    except Over as error:
        raise Refused(405, "Not allow set terminate member") from error
    if not found:
        raise Refused(404, f"Not found {id} in dialer {dialer}")
    return reply({"status": "OK", "info": {"_id": key}})


def _moment(text: str) -> datetime | None:
    """A moment in milliseconds, also 0; None for what is none."""
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        return None
    return requests.moment_of(int(text)) or (datetime(1970, 1, 1, tzinfo=UTC) if int(text) == 0 else None)
