"""Agents: what they declare of themselves, and how they stand, in the columns of FreeSWITCH's mod_callcenter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from outdial.api.webitel.access import Caller, caller
from outdial.api.webitel.documents import milliseconds
from outdial.api.webitel.door import At, Sent
from outdial.api.webitel.errors import Refused, reply
from outdial.core.agent import AgentState, AgentStatus
from outdial.ports import AgentRecord

NOT_FOUND = "-ERR Agent not found!\n"
BAD_STATUS = "-ERR Invalid Agent Status!\n"
BAD_STATE = "-ERR Invalid Agent State!\n"
_DECLARED_STATES = (AgentState.WAITING, AgentState.IDLE)
"""The other states come with calls."""
_DONE = {"status": "OK", "info": "+OK\n"}
router = APIRouter(prefix="/api/v2/callcenter/agent")
Declares = Annotated[Caller, Depends(caller("cc/tiers", "u"))]
Reads = Annotated[Caller, Depends(caller("cc/queue", "r"))]


@router.post("/{id}/status", summary="An agent says what it wants")
async def set_status(id: str, door: At, sent: Sent, who: Declares) -> Response:
    """With `status`: Available (when there is none), Available (On Demand), On Break, Logged Out. A call goes on."""
    try:
        status = AgentStatus(_member(sent, "status") or AgentStatus.AVAILABLE)
    except ValueError as error:
        raise Refused(400, BAD_STATUS) from error
    return _done(await door.operations.agents.set_status(who.tenant, _key(id, who), status))


@router.post("/{id}/state", summary="An agent says what it does")
async def set_state(id: str, door: At, sent: Sent, who: Declares) -> Response:
    """With `state`: Waiting (when there is none) or Idle."""
    try:
        state = AgentState(_member(sent, "state") or AgentState.WAITING)
    except ValueError as error:
        raise Refused(400, BAD_STATE) from error
    if state not in _DECLARED_STATES:
        raise Refused(400, BAD_STATE)
    return _done(await door.operations.agents.set_state(who.tenant, _key(id, who), state))


@router.get("", summary="List agents")
async def list_agents(request: Request, door: At, who: Reads) -> Response:
    """`filter`: an object whose members the agents have. One that is no JSON counts for nothing."""
    wanted = _filter(request.query_params.get("filter", ""))
    documents = [document_of(record, who.domain) for record in await door.operations.agents.all(who.tenant)]
    return reply({"status": "OK", "info": [document for document in documents if _has(document, wanted)]})


@router.get("/{id}", summary="An agent")
async def get_agent(id: str, door: At, who: Reads) -> Response:
    """One row of columns, each a text."""
    record = await door.operations.agents.by_key(who.tenant, _key(id, who))
    if record is None:
        raise Refused(404, NOT_FOUND)
    return reply({"status": "OK", "info": [columns_of(record, who.domain)]})


def document_of(record: AgentRecord, domain: str) -> dict[str, Any]:
    """An agent with the types of its values."""
    agent = record.agent
    rules = agent.rules
    return {
        "agentId": f"{agent.key}@{domain}",
        "domain": domain,
        "name": record.name,
        "extension": agent.extension,
        "skills": sorted(agent.skills),
        "status": agent.status.value,
        "state": agent.state.value,
        "callTimeout": _number(rules.ring_seconds),
        "wrapUpTime": _number(rules.wrap_up_seconds),
        "maxNoAnswer": rules.most_no_answers,
        "busyDelayTime": _number(rules.busy_delay_seconds),
        "rejectDelayTime": _number(rules.reject_delay_seconds),
        "noAnswerDelayTime": _number(rules.no_answer_delay_seconds),
        "noAnswerCount": agent.no_answers,
        "callsAnswered": agent.calls_answered,
        "talkTime": round(agent.talk_seconds),
        "readyTime": _milliseconds(agent.ready_at),
        "lastBridgeStart": _milliseconds(agent.last_bridge_start),
        "lastBridgeEnd": _milliseconds(agent.last_bridge_end),
        "lastOfferedCall": _milliseconds(agent.last_offered_at),
        "lastStatusChange": _milliseconds(agent.last_status_change),
    }


def columns_of(record: AgentRecord, domain: str) -> dict[str, str]:
    """An agent as the switch of the original tells it: texts only, times in seconds, 0 for never."""
    agent = record.agent
    rules, name = agent.rules, f"{agent.key}@{domain}"
    return {
        "name": name,
        "system": "single_box",
        "uuid": "",
        "type": "callback",
        "contact": f"{{originate_timeout={rules.ring_seconds:g}}}user/{agent.extension}@{domain}",
        "status": agent.status.value,
        "state": agent.state.value,
        "max_no_answer": str(rules.most_no_answers),
        "wrap_up_time": f"{rules.wrap_up_seconds:g}",
        "reject_delay_time": f"{rules.reject_delay_seconds:g}",
        "busy_delay_time": f"{rules.busy_delay_seconds:g}",
        "no_answer_delay_time": f"{rules.no_answer_delay_seconds:g}",
        "last_bridge_start": _seconds(agent.last_bridge_start),
        "last_bridge_end": _seconds(agent.last_bridge_end),
        "last_offered_call": _seconds(agent.last_offered_at),
        "last_status_change": _seconds(agent.last_status_change),
        "no_answer_count": str(agent.no_answers),
        "calls_answered": str(agent.calls_answered),
        "talk_time": str(round(agent.talk_seconds)),
        "ready_time": _seconds(agent.ready_at),
        "external_calls_count": "0",
    }


def _key(id: str, who: Caller) -> str:
    """An agent's key, which may be sent with the domain. Raises `Refused` 404 for another domain's."""
    key, at, domain = id.rpartition("@")
    if not at:
        return id
    if domain != who.domain:
        raise Refused(404, NOT_FOUND)
    return key


def _done(found: bool) -> Response:
    if not found:
        raise Refused(404, NOT_FOUND)
    return reply(_DONE)


def _member(sent: Any, name: str) -> Any:
    return sent.get(name) if isinstance(sent, dict) else None


def _filter(text: str) -> Mapping[str, Any]:
    try:
        wanted = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return {}
    return wanted if isinstance(wanted, dict) else {}


def _has(document: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """A list has what one of its elements is."""
    return all(
        value in found if isinstance(found := document.get(name), list) else found == value
        for name, value in wanted.items()
    )


def _number(value: float) -> int | float:
    """A number without a fraction that is nothing, as JavaScript writes it."""
    return int(value) if value == int(value) else value


def _milliseconds(moment: datetime | None) -> int:
    return milliseconds(moment) or 0


def _seconds(moment: datetime | None) -> str:
    return "0" if moment is None else str(int(moment.timestamp()))
