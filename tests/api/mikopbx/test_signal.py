"""The signal from outside that a phone need not be called any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.mikopbx.door import Door
from outdial.core.call import State
from outdial.core.outcome import Outcome

Play = Callable[..., None]
SIGNAL = "SUCCESS_EXTERNAL_SIGNAL"
FIRST, SECOND = "1000000001", "1000000002"


async def task(door: Door, numbers: list[Any], **columns: Any) -> str:
    made = await door.data("/polling", {"crmId": "p", "questions": [{"questionText": "Да?"}]})
    sent = {"innerNum": made["id"], "innerNumType": "polling", "numbers": numbers, **columns}
    id: str = (await door.data("/task", sent))["id"]
    return id


async def results(door: Door, id: str) -> list[tuple[str, str]]:
    return [(row["phone"][-1], row["result"]) for row in (await door.data(f"/task/{id}"))["results"]]


def test_a_phone_that_waits(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await task(door, ["79520000001", "79520000002"])
        answer = await door.data("/task-signal-close", {"phone": "8 (952) 000-00-01", "taskId": ""})
        phone_id = "9520000001"
        assert answer == {
            "phone": "8 (952) 000-00-01",
            "taskId": "",
            "phoneId": phone_id,
            "filter": {"phoneId": phone_id},
        }
        closed, waiting = (await door.data(f"/task/{id}"))["results"]
        shown = ("result", "state", "callFile", "linkedId", "outDialState", "cause", "attemptNumber")
        assert [closed[name] for name in shown] == [SIGNAL, "CreateTask", None, None, None, None, "1"]
        assert closed["closeTime"] == closed["changeTime"] != "0"
        assert waiting["result"] == ""
        assert len(await door.reserve(10)) == 1
        assert len(door.house.bus.heard) == 2
        rows = await door.eventually("/results/0", 2)
        assert {row["result"] for row in rows} == {SIGNAL, ""}

    at_door(story)


def test_one_task_or_all(at_door: Play) -> None:
    async def story(door: Door) -> None:
        first, second = await task(door, ["79520000001"]), await task(door, ["79520000001"])
        await door.data("/task-signal-close", {"phone": "79520000001", "taskId": int(first)})
        assert (await results(door, first), await results(door, second)) == ([("1", SIGNAL)], [("1", "")])
        await door.data("/task-signal-close", {"phone": "79520000001"})
        assert await results(door, second) == [("1", SIGNAL)]

    at_door(story)


def test_other_phones_of_the_client_in_the_same_task(at_door: Play) -> None:
    async def story(door: Door) -> None:
        def numbers(client: str) -> list[Any]:
            return [
                {"number": f"7952000000{n}", "clientId": owner} for n, owner in ((1, client), (2, client), (3, "x"))
            ]

        first = await task(door, [*numbers("c"), "79520000004"])
        second = await task(door, [{"number": "79520000005", "clientId": "c"}])
        await door.data("/task-signal-close", {"phone": "79520000001"})
        assert await results(door, first) == [("1", SIGNAL), ("2", SIGNAL), ("3", ""), ("4", "")]
        assert await results(door, second) == [("5", "")]

    at_door(story)


def test_phones_without_a_client_are_nobodys(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await task(door, ["79520000001", "79520000002"])
        await door.data("/task-signal-close", {"phone": "79520000001", "taskId": id})
        assert await results(door, id) == [("1", SIGNAL), ("2", "")]

    at_door(story)


def test_a_call_under_way_goes_on_and_is_the_last(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await task(door, ["79520000001"], maxAttempt=5)
        (call,) = await door.reserve()
        call = await door.goes(call, state=State.RINGING)
        await door.data("/task-signal-close", {"phone": "79520000001", "taskId": id})
        (row,) = (await door.data(f"/task/{id}"))["results"]
        assert (row["result"], row["state"]) == (SIGNAL, "CreateCallFile")
        closed_at = row["closeTime"]
        retry_at = door.house.clock.now()
        await door.goes(call, state=State.ENDED, outcome=Outcome.BUSY, sip_code=486, retry_at=retry_at)
        (row,) = (await door.data(f"/task/{id}"))["results"]
        assert (row["result"], row["closeTime"]) == (SIGNAL, closed_at)
        assert await door.reserve() == []
        (campaign,) = await door.dialling.running()
        assert await door.dialling.close_finished([campaign.id]) == [campaign.id]

    at_door(story)


def test_a_call_that_has_reached_its_goal_keeps_its_result(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await task(door, ["79520000001"], maxAttempt=5)
        (call,) = await door.reserve()
        await door.goes(call, state=State.TRANSFERRING, outcome=Outcome.ANSWERED, goals=("completed",))
        await door.data("/task-signal-close", {"phone": "79520000001"})
        assert await results(door, id) == [("1", "SUCCESS_POLLING")]

    at_door(story)


def test_a_phone_that_is_done_stays_as_it_is(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await task(door, ["79520000001"])
        (call,) = await door.reserve()
        await door.goes(call, state=State.ENDED, outcome=Outcome.BUSY, sip_code=486)
        heard = len(door.house.bus.heard)
        for _ in range(2):
            await door.data("/task-signal-close", {"phone": "79520000001"})
        assert await results(door, id) == [("1", "FAIL")]
        assert len(door.house.bus.heard) == heard

    at_door(story)


def test_signals_for_nobody(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await task(door, ["79520000001"])
        for sent in (
            {"phone": "79520000009"},
            *({"phone": "79520000001", "taskId": t} for t in ("41", "abc", "9" * 30)),
        ):
            await door.data("/task-signal-close", sent)
        assert await results(door, id) == [("1", "")]
        for body, message in (
            ({}, "error phone"),
            ({"phone": ""}, "error phone"),
            ({"phone": "nobody"}, "error phone"),
            ({"phone": "1" * 501}, "error phone"),
            ({"phone": ["1"]}, "phone"),
            ({"phone": "1", "taskId": {}}, "taskId"),
            (b"[]", "Invalid JSON request body"),
            (b"{", "Invalid JSON request body"),
        ):
            answer = await door.post("/task-signal-close", body)
            assert (answer["result"], answer["data"]) == (False, [])
            assert message in answer["messages"][0]

    at_door(story)
