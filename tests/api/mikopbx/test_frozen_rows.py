"""A row that has a result stays as it is, and comes up in the feed once more only when its number is called again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from api.mikopbx.door import Door
from outdial.core.call import Call, Connection, Party, State
from outdial.core.outcome import Outcome
from outdial.core.script.nodes import HangUp, Script

Play = Callable[..., None]
THEN = datetime(2024, 8, 22, 10, 59, 34, tzinfo=UTC)
LATER = "1750000000"
"""A cursor after `THEN` and before now."""


async def called(door: Door, press: dict[str, Any], **task: Any) -> Call:
    """A call to the one number of a task."""
    made = await door.data("/polling", {"questions": [{"questionText": "Да?", "press": [press]}]})
    numbers = {"numbers": ["79520000001"]}
    await door.data("/task", {"crmId": "A", "innerNum": made["id"], "innerNumType": "polling", **numbers, **task})
    (call,) = await door.reserve()
    return call


async def transferred(door: Door) -> Call:
    """A poll whose callee pressed the key of an extension, on another day."""
    call = await called(door, {"key": "1", "action": "dial", "value": "204"})
    call = await door.goes(
        call, state=State.TRANSFERRING, outcome=Outcome.ANSWERED, goals=("completed",), connection=Connection.RINGING
    )
    await door.house.pool.execute("update attempts set changed_at = $1, reached_at = $1", THEN)
    return call


async def row(door: Door) -> dict[str, Any]:
    (found,) = (await door.data("/task/1000000001"))["results"]
    return dict(found)


def test_what_comes_after_the_end_of_a_poll_changes_nothing_of_its_row(at_door: Play) -> None:
    async def story(door: Door) -> None:
        call = await transferred(door)
        before = await row(door)
        assert (before["result"], before["state"]) == ("SUCCESS_POLLING", "EVENT_POLLING_END")
        assert before["closeTime"] == before["changeTime"] == str(int(THEN.timestamp()))
        call = await door.goes(call, state=State.JOINED, connection=Connection.JOINED)
        assert await row(door) == before
        await door.goes(call, state=State.ENDED, ended_by=Party.EXTENSION, q850_cause=16)
        assert await row(door) == before
        assert (await door.data(f"/results/{LATER}"))["results"] == []
        assert (await door.eventually("/results/0", 1)) == [before]

    at_door(story)


def test_a_list_that_is_posted_again_leaves_a_row_with_a_result_alone(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await transferred(door)
        before = await row(door)
        await door.data("/task", {"crmId": "A", "innerNum": "1", "numbers": ["79520000001"]})
        assert await row(door) == before

    at_door(story)


def test_a_poll_that_ends_in_one_step_closes_when_it_changed(at_door: Play) -> None:
    async def story(door: Door) -> None:
        call = await called(door, {"key": "1", "action": "answer", "value": "yes"})
        await door.goes(call, state=State.ENDED, outcome=Outcome.ANSWERED, goals=("completed",))
        found = await row(door)
        assert found["closeTime"] == found["changeTime"] != "0"

    at_door(story)


def test_a_call_whose_poll_was_deleted_meanwhile_keeps_its_result(at_door: Play) -> None:
    async def story(door: Door) -> None:
        call = await transferred(door)
        before = await row(door)
        without = replace(call.plan, script=Script("end", {"end": HangUp()}))
        await door.goes(call, plan=without, state=State.ENDED)
        assert await row(door) == before

    at_door(story)


def test_a_row_without_a_result_moves_with_its_call(at_door: Play) -> None:
    async def story(door: Door) -> None:
        call = await called(door, {"key": "1", "action": "answer", "value": "yes"})
        await door.house.pool.execute("update attempts set changed_at = $1", THEN)
        await door.goes(call, state=State.IN_SCRIPT, outcome=Outcome.ANSWERED)
        assert [one["state"] for one in await door.eventually(f"/results/{LATER}", 1)] == ["EVENT_POLLING"]

    at_door(story)


def test_a_call_to_an_employee_has_its_result_when_it_is_known_who_hung_up(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {"innerNum": "204", "numbers": ["79520000001"]})
        (call,) = await door.reserve()
        joined = {"connection": Connection.JOINED, "goals": ("completed",), "outcome": Outcome.ANSWERED}
        call = await door.goes(call, state=State.JOINED, **joined)
        await door.house.pool.execute("update attempts set changed_at = $1", THEN)
        assert (await row(door))["result"] == ""
        await door.goes(call, state=State.ENDED, ended_by=Party.EXTENSION)
        (found,) = await door.eventually(f"/results/{LATER}", 1)
        assert (found["result"], found["inDialState"]) == ("SUCCESS_USER_H", "ANSWER")
        assert int(found["closeTime"]) > int(LATER)

    at_door(story)


def test_a_later_attempt_goes_on_showing_the_time_that_it_waited_for(at_door: Play) -> None:
    async def story(door: Door) -> None:
        first = await called(door, {"key": "1"}, maxAttempt=4)
        retry_at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=30)
        waited_for = str(int(retry_at.timestamp()))
        await door.goes(first, state=State.ENDED, outcome=Outcome.BUSY, sip_code=486, retry_at=retry_at)
        (second,) = await door.reserve()
        assert await allowed(door) == ["0", waited_for]
        again_at = retry_at + timedelta(seconds=20)
        await door.goes(second, state=State.ENDED, outcome=Outcome.BUSY, sip_code=486, retry_at=again_at)
        assert await allowed(door) == ["0", waited_for, str(int(again_at.timestamp()))]
        (campaign,) = await door.dialling.running()
        (due,) = await door.dialling.due(campaign.id, datetime.now(UTC), 1)
        await door.dialling.settle_undialled(campaign.id, [due.contact], Outcome.NO_ROUTE)
        assert await allowed(door) == ["0", waited_for, str(int(again_at.timestamp()))]

    at_door(story)


async def allowed(door: Door) -> list[str]:
    """The column `timeCallAllow` of the rows in their order."""
    return [found["timeCallAllow"] for found in (await door.data("/task/1000000001"))["results"]]
