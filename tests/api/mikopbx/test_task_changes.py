"""What happens to tasks and polls after they were made: listed, changed, deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from api.mikopbx.door import Door
from outdial.api.mikopbx import API_PREFIX
from outdial.core.call import State
from outdial.core.campaign import CampaignState
from outdial.core.facts import CampaignChanged
from outdial.core.outcome import Outcome

Play = Callable[..., None]
POLLING = {"innerNum": "1", "innerNumType": "polling"}
KEYS = ["id", "crmId", "name", "innerNum", "innerNumType", "maxCountChannels", "state", "dialPrefix"]


async def put(door: Door, id: object, body: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = await door.local.call("PUT", f"{API_PREFIX}/task/{id}", raw)
    assert reply.status == 200
    return reply.json


async def delete(door: Door, path: str) -> Any:
    reply = await door.local.call("DELETE", API_PREFIX + path)
    assert reply.status == 200
    return reply.json


async def poll(door: Door) -> str:
    press = [{"key": "1", "action": "answer", "value": "yes"}]
    made = await door.data("/polling", {"name": "p", "questions": [{"questionText": "Да?", "press": press}]})
    id: str = made["id"]
    return id


def test_the_list(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for state in (0, 1, 2, 0):
            await door.data("/task", {**POLLING, "state": state, "numbers": ["79520000001"]})

        async def ids(query: str) -> list[str]:
            return [row["id"][-1] for row in (await door.data("/task" + query))["results"]]

        (first, *_) = (await door.data("/task"))["results"]
        assert list(first) == KEYS
        assert {type(value) for name, value in first.items() if name != "name"} == {str}
        assert await ids("") == ["1", "2", "3", "4"]
        assert await ids("?state=0") == ["1", "4"]
        assert await ids("?state=&limit=&offset=") == ["1", "2", "3", "4"]
        assert await ids("?state=7") == await ids("?state=x%00") == []
        assert await ids("?limit=2") == ["1", "2"]
        assert await ids("?limit=2&offset=1000000002") == ["3", "4"]
        assert await ids("?limit=0&offset=-1") == ["1", "2", "3", "4"]
        assert await ids("?offset=" + "9" * 25) == []
        for query in ("?limit=many", "?offset=1e3"):
            answer = await door.get("/task" + query)
            assert (answer["result"], answer["data"]) == (False, [])

    at_door(story)


def test_a_change_touches_only_what_it_names(at_door: Play) -> None:
    async def story(door: Door) -> None:
        inner = await poll(door)
        made = await door.data("/task", {"crmId": "A", "innerNum": inner, "innerNumType": "polling", "name": "n"})
        (before,) = await door.dialling.running()
        answer = await put(door, made["id"], {"maxCountChannels": 7, "numbers": ["79520000001"], "unknown": 1})
        assert answer["result"] is True
        assert list(answer["data"]) == KEYS
        assert (answer["data"]["maxCountChannels"], answer["data"]["state"]) == (7, 0)
        (after,) = await door.dialling.running()
        assert (after.settings.lines, after.settings.script) == (7, before.settings.script)
        assert (after.key, after.settings.name) == ("A", "n")
        assert (await door.data(f"/task/{made['id']}"))["results"] == []
        assert door.house.bus.heard == [CampaignChanged(after.id)] * 2

    at_door(story)


def test_pausing_closing_and_opening_again(at_door: Play) -> None:
    async def story(door: Door) -> None:
        made = await door.data("/task", POLLING)
        for state in (2, "0", 1, 0, "2"):
            answer = await put(door, made["id"], {"state": state})
            assert answer["data"]["state"] == state
            assert (await door.data(f"/task/{made['id']}"))["state"] == str(state)
        assert await door.dialling.running() == []
        tasks = await door.house.operations.campaigns.all(door.house.tenant, "mikopbx", CampaignState.PAUSED)
        assert len(tasks) == 1

    at_door(story)


def test_which_task_is_changed(at_door: Play) -> None:
    async def story(door: Door) -> None:
        first = (await door.data("/task", {**POLLING, "crmId": "A"}))["id"]
        second = (await door.data("/task", {**POLLING, "crmId": "B"}))["id"]
        assert (await put(door, first, {"crmId": "B", "name": "b"}))["data"]["id"] == second
        assert (await put(door, "nothing", {"crmId": "A", "name": "a"}))["data"]["id"] == first
        assert (await put(door, first, {"name": "c"}))["data"]["crmId"] == "A"
        assert (await put(door, first, {"crmId": None}))["data"]["crmId"] == "A"
        assert (await put(door, first, {"crmId": ""}))["data"]["crmId"] == first
        for id, body in [("41", {}), ("A", {}), ("%00", {}), (first, {"crmId": "C"}), ("9" * 30, {"state": 1})]:
            answer = await put(door, id, body)
            assert (answer["result"], answer["data"]) == (False, {"error": "TaskNotFound"})
        assert await door.house.pool.fetchval("select count(*) from campaigns") == 2

    at_door(story)


def test_a_crm_id_that_is_taken(at_door: Play) -> None:
    async def story(door: Door) -> None:
        first = (await door.data("/task", {**POLLING, "crmId": "A"}))["id"]
        await door.data("/task", {**POLLING, "crmId": first})
        answer = await put(door, first, {"crmId": "", "name": "new"})
        assert answer["result"] is False
        task = await door.data(f"/task/{first}")
        assert (task["crmId"], task["name"]) == ("A", None)

    at_door(story)


def test_changes_that_are_refused(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = (await door.data("/task", POLLING))["id"]
        before = await door.data(f"/task/{id}")
        for body in (b"", b"{", b"[]", b"1", b"null", b'{"name":"\\u0000"}'):
            answer = await put(door, id, body)
            assert answer["messages"] == ["Invalid JSON request body"]
        for change in (
            {"state": 3},
            {"state": [1]},
            {"innerNum": " "},
            {"innerNum": {}},
            {"maxCountChannels": "many"},
            {"dialPrefix": "9&SIP/evil"},
            {"name": {}},
            {"crmId": ["a"]},
            {"crmId": "a" * 501},
            {"isCallback": 2},
        ):
            answer = await put(door, id, change)
            assert (answer["result"], answer["data"]) == (False, []), change
            assert len(answer["messages"]) == 1
        assert await door.data(f"/task/{id}") == before

    at_door(story)


def test_a_deleted_task(at_door: Play) -> None:
    async def story(door: Door) -> None:
        inner = await poll(door)
        task = {"innerNum": inner, "innerNumType": "polling", "numbers": ["79520000001", "79520000002"]}
        id = (await door.data("/task", task))["id"]
        (call,) = await door.reserve(1)
        call = await door.goes(call, [("0", "yes", "1")], state=State.IN_SCRIPT, outcome=Outcome.ANSWERED)
        await door.eventually("/polling-results/0", 1)
        answer = await delete(door, f"/task/{id}")
        assert (answer["result"], answer["data"], answer["messages"]) == (True, [], [])
        assert len(door.house.bus.heard) == 2
        assert (await door.get(f"/task/{id}"))["result"] is False
        assert (await door.data("/task"))["results"] == []

        await door.goes(call, [("0", "late", "2")], state=State.IN_SCRIPT)
        await door.goes(call, state=State.ENDED, goals=("completed",), retry_at=door.house.clock.now())
        (row,) = await door.eventually("/polling-results/0", 1)
        assert (row["taskId"], row["result"]) == (id, "yes")
        assert (await door.data("/results/0"))["results"] == []
        assert await door.house.pool.fetchval("select count(*) from contacts") == 0
        assert await door.reserve() == []
        assert await delete(door, f"/task/{id}") == answer
        assert (await door.data("/task", task))["id"] != id

    at_door(story)


def test_a_deleted_poll(at_door: Play) -> None:
    async def story(door: Door) -> None:
        inner = await poll(door)
        task = {"innerNum": inner, "innerNumType": "polling", "numbers": ["79520000001"]}
        id = (await door.data("/task", task))["id"]
        (call,) = await door.reserve(1)
        answer = await delete(door, f"/polling/{inner}")
        assert (answer["result"], answer["data"]) == (True, [])
        assert (await door.get(f"/polling/{inner}"))["result"] is False
        assert (await door.data("/polling"))["results"] == []
        await door.goes(call, [("0", "yes", "1")], state=State.ENDED, outcome=Outcome.ANSWERED, goals=("completed",))
        (row,) = (await door.data(f"/task/{id}"))["results"]
        assert row["result"] == "SUCCESS_POLLING"
        assert await delete(door, f"/polling/{inner}") == answer
        assert await poll(door) != inner

    at_door(story)


def test_what_nobody_knows_is_deleted_without_complaint(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for path in ("/task/41", "/task/abc", "/task/%00", "/polling/41", "/polling/abc", "/polling/" + "9" * 40):
            answer = await delete(door, path)
            assert (answer["result"], answer["data"], answer["messages"]) == (True, [], [])
        assert door.house.bus.heard == []

    at_door(story)
