"""Tasks in callback mode: the employee is rung first, and every way in which that can go has its row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.mikopbx.conftest import Play
from api.mikopbx.door import Door
from outdial.api.mikopbx import API_PREFIX
from outdial.core.call import Connection, Party, State
from outdial.core.outcome import Outcome
from outdial.core.script.nodes import Connect

TASK = {"innerNum": "101", "innerNumType": "exten", "isCallback": 1, "numbers": ["79520000001"]}

ENDS = [
    pytest.param(Outcome.AGENT_UNREACHED, Connection.NOBODY_FREE, "allUserBusy", "FAIL_USER_BUSY", id="nobody is free"),
    pytest.param(
        *(Outcome.AGENT_UNREACHED, Connection.DECLINED, "UserCancelCallback", "FAIL_USER_BUSY"), id="does not want to"
    ),
    pytest.param(
        *(Outcome.AGENT_UNREACHED, Connection.NO_ANSWER, "failedOriginate", "FAIL_USER_NO_ANSWER"), id="rings out"
    ),
    pytest.param(Outcome.AGENT_UNREACHED, Connection.BUSY, "failedOriginate", "FAIL_USER_NO_ANSWER", id="busy"),
    pytest.param(
        *(Outcome.CANCELLED, Connection.LEFT, "endCall", "FAIL_USER_H_BEFORE_CLIENT_ANSWER"), id="leaves too early"
    ),
    pytest.param(Outcome.BUSY, Connection.WAITING, "failedOriginate", "FAIL", id="the client is busy"),
    pytest.param(Outcome.NO_ANSWER, Connection.WAITING, "failedOriginate", "FAIL", id="the client does not answer"),
    pytest.param(Outcome.ANSWERED, Connection.JOINED, "endCall", "SUCCESS", id="they talk"),
]


@pytest.mark.parametrize(("outcome", "connection", "state", "result"), ENDS)
def test_every_way_a_callback_can_end_has_its_row(
    at_door: Play, outcome: Outcome, connection: Connection, state: str, result: str
) -> None:
    async def story(door: Door) -> None:
        id = (await door.data("/task", TASK))["id"]
        (call,) = await door.reserve(1)
        changes: dict[str, Any] = {"outcome": outcome, "connection": connection, "ended_by": Party.CALLEE}
        await door.goes(call, state=State.ENDED, **changes)
        (row,) = (await door.data(f"/task/{id}"))["results"]
        assert (row["state"], row["result"]) == (state, result)
        assert row["closeTime"] != "0"

    at_door(story)


def test_a_callback_that_goes_on_shows_how_far_it_is(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = (await door.data("/task", TASK))["id"]
        (call,) = await door.reserve(1)
        for at, connection, shown in (
            (State.SEEKING_FIRST, None, "CreateCallFile"),
            (State.RINGING_FIRST, Connection.RINGING, "CreateCallFile"),
            (State.CONFIRMING, Connection.WAITING, "startDial"),
            (State.DIALLING, Connection.WAITING, "startDial"),
            (State.JOINED, Connection.JOINED, "startDial"),
        ):
            await door.goes(call, state=at, connection=connection)
            (row,) = (await door.data(f"/task/{id}"))["results"]
            assert (row["state"], row["result"]) == (shown, "")

    at_door(story)


def test_the_mode_of_a_task_can_be_changed(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = (await door.data("/task", TASK))["id"]
        assert (await door.data(f"/task/{id}"))["isCallback"] == "1"
        for sent, first in ((0, False), (1, True)):
            body = json.dumps({"isCallback": sent}).encode()
            assert (await door.local.call("PUT", f"{API_PREFIX}/task/{id}", body)).json["result"] is True
            (campaign,) = await door.dialling.running()
            ((_, script),) = (await door.dialling.scripts_of([campaign])).values()
            assert isinstance(script.connect, Connect)
            assert (script.connect.target, script.connect.first) == ("101", first)

    at_door(story)
