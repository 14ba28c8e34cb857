"""The paths of dialers: who may come in, which operation is asked, which reply is given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from outdial.api.webitel import replies, requests, scenarios, shapes
from outdial.api.webitel.access import Caller, caller
from outdial.api.webitel.bodies import AGENTS_BODY, DIALER_BODY, RESET_BODY
from outdial.api.webitel.documents import columns_of, key_of, search, window, with_columns
from outdial.api.webitel.door import At, Door, Sent
from outdial.api.webitel.errors import Refused, reply
from outdial.core.campaign import Campaign, CampaignSettings
from outdial.ports import ScriptRecord

DIALECT = "webitel"
_DIALER = "/api/v2/dialer/{id}"
_STARTED = {"status": "OK"}

Reader = Annotated[Caller, Depends(caller("dialer", "r"))]
Maker = Annotated[Caller, Depends(caller("dialer", "c"))]
Changer = Annotated[Caller, Depends(caller("dialer", "u"))]
Remover = Annotated[Caller, Depends(caller("dialer", "d"))]
router = APIRouter()
_log = structlog.get_logger(__name__)


@router.get("/api/v2/dialer", summary="List dialers")
async def list_dialers(request: Request, door: At, who: Reader) -> Response:
    """In the order they were made, 40 a page; `columns` are names with commas between them."""
    limit, skip = window(request)
    campaigns = await door.operations.campaigns.all(who.tenant, DIALECT, None, limit=skip + limit)
    documents = await _documents(door, campaigns[skip:])
    return reply(shapes.ok([with_columns(one, columns_of(request)) for one in documents]))


@router.post("/api/v2/dialer", summary="Make a dialer", openapi_extra=DIALER_BODY)
async def create_dialer(door: At, who: Maker, sent: Sent) -> Response:
    """It is kept as it was sent, and does not dial before it is started."""
    wanted = requests.new_dialer(sent)
    key = shapes.new_id(datetime.now(UTC))
    record = await _script(door, who, key, wanted.document(None))

    def settings(existing: Campaign | None) -> CampaignSettings:
        return requests.settings(wanted.document(existing), existing, record.id)

    campaign, _ = await door.operations.campaigns.save(who.tenant, DIALECT, key, None, settings, None)
    return reply(shapes.inserted(await _documents(door, [campaign])))


@router.get(_DIALER, summary="A dialer")
async def get_dialer(id: str, door: At, who: Reader) -> Response:
    """With its state and its statistics; null when there is none."""
    campaign = await find(door, who, id)
    documents = [] if campaign is None else await _documents(door, [campaign])
    return reply(shapes.ok(documents[0] if documents else None))


@router.put(_DIALER, summary="Change a dialer", openapi_extra=DIALER_BODY)
async def change_dialer(id: str, door: At, who: Changer, sent: Sent) -> Response:
    """Each member that is sent takes the place of the stored one."""
    wanted = requests.changed_dialer(sent)
    campaign = await find(door, who, id)
    if campaign is None:
        return reply(shapes.updated(False))
    record = await _script(door, who, campaign.key, wanted.document(campaign))

    def change(before: Campaign) -> tuple[str, CampaignSettings]:
        return before.key, requests.settings(wanted.document(before), before, record.id)

    changed = await door.operations.campaigns.edit(campaign.id, change)
    if changed is not None and "variables" in wanted.sent:
        variables = requests.variables_of(changed.settings.wire, who.domain)
        await door.operations.members.dress(changed, variables)
    return reply(shapes.updated(changed is not None))


@router.delete(_DIALER, summary="Delete a dialer")
async def remove_dialer(id: str, door: At, who: Remover) -> Response:
    """With its members and its history. Calls under way go on."""
    campaign = await find(door, who, id)
    if campaign is not None:
        await door.operations.campaigns.remove(who.tenant, DIALECT, campaign.number)
        script = await door.operations.scripts.find(who.tenant, DIALECT, campaign.key, None)
        if script is not None:
            await door.operations.scripts.remove(who.tenant, DIALECT, script.number)
    return reply(shapes.deleted(int(campaign is not None)))


@router.put(_DIALER + "/state/{state}", summary="Start or stop a dialer")
async def set_state(id: str, state: str, door: At, who: Changer) -> Response:
    """1 starts it, 3 stops it. Neither minds whether there is such a dialer."""
    if state not in ("1", "3"):
        raise Refused(400, "Bad set state")
    campaign = await find(door, who, id)
    if campaign is not None:
        standings = door.operations.standings
        await (standings.start(campaign.id) if state == "1" else standings.stop(campaign.id))
    return reply(_STARTED)


@router.put(_DIALER + "/reset", summary="Count from nothing", openapi_extra=RESET_BODY)
async def reset_dialer(id: str, door: At, who: Changer, sent: Sent) -> Response:
    """A dialer that runs is left alone unless `skipActive` is sent."""
    wanted = sent if isinstance(sent, dict) else {}
    campaign = await find(door, who, id)
    done = campaign is not None and await door.operations.standings.reset(
        campaign,
        who.id,
        counters=wanted.get("resetStats") is True,
        agents=wanted.get("resetAgents") is True,
        while_running=wanted.get("skipActive") is True,
    )
    return reply(shapes.updated(done))


@router.get(_DIALER + "/history", summary="What happened to a dialer")
async def list_history(id: str, request: Request, door: At, who: Reader) -> Response:
    """Oldest first, unless `sort` says otherwise."""
    wanted, shape = search(request)
    campaign = await find(door, who, id)
    rows = [] if campaign is None else await door.operations.standings.history(campaign.id, wanted, shape)
    return reply({"status": "OK", "info": rows})


@router.post(_DIALER + "/agents/stats", summary="What agents did for a dialer", openapi_extra=AGENTS_BODY)
async def agents_stats(id: str, door: At, who: Reader, sent: Sent) -> Response:
    """Those that are named, and those with one of the skills."""
    agents, skills = _names(sent, "agents", "agent"), _names(sent, "skills", "skills")
    campaign = await find(door, who, id)
    if campaign is None:
        return reply(shapes.ok([]))
    keys = {form for agent in agents for form in (agent, requests.local_name(agent))}
    tallies = await door.operations.standings.tallies(campaign, keys, skills)
    return reply(shapes.ok([replies.agent(one) for one in tallies]))


async def find(door: Door, who: Caller, id: str) -> Campaign | None:
    """The dialer of an id, if it is of the caller's domain. Raises `Refused` 400 for what is no id."""
    return await door.operations.campaigns.find(who.tenant, DIALECT, key_of(id), None)


async def _documents(door: Door, campaigns: list[Campaign]) -> list[dict[str, Any]]:
    stands = await door.operations.standings.of(campaigns)
    return [replies.dialer(one, stands[one.id]) for one in campaigns if one.id in stands]


async def _script(door: Door, who: Caller, key: str, document: dict[str, Any]) -> ScriptRecord:
    """What the dialer's calls do, kept under the dialer's own key."""
    recordings = await door.operations.recordings.resolve(who.tenant, scenarios.references(document))
    rules = requests.settings(document, None, None).members
    faults = list(requests.unknown_parts(document))
    draft = scenarios.draft(document, rules, recordings, door.language, faults)
    if draft.wire["warnings"]:
        _log.warning("dialer.not_all_understood", dialer=key, warnings=draft.wire["warnings"])
    record, _ = await door.operations.scripts.save(who.tenant, DIALECT, key, None, lambda _: draft)
    return record


def _names(sent: Any, name: str, said: str) -> list[str]:
    names = sent.get(name) if isinstance(sent, dict) else None
    if not isinstance(names, list):
        raise Refused(400, f"Bad request: {said} is required.")
    return [one for one in names if isinstance(one, str)]
