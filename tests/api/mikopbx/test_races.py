"""Signals and deletions that meet calls which are being saved at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from api.mikopbx.door import Door
from outdial.api.mikopbx import API_PREFIX
from outdial.core.call import Call, State
from outdial.core.outcome import Outcome
from outdial.ports import StoreDown

Play = Callable[..., None]
CALLS = 40


async def begun(door: Door) -> tuple[str, list[Call]]:
    poll = await door.data("/polling", {"crmId": "p", "questions": [{"questionText": "Да?"}]})
    numbers = [{"number": f"795200000{n:02d}", "clientId": f"c{n // 2}"} for n in range(0, CALLS * 2, 2)]
    task = {"innerNum": poll["id"], "innerNumType": "polling", "maxAttempt": 5, "numbers": numbers}
    made = await door.data("/task", task)
    return made["id"], await door.reserve(CALLS)


async def ended(door: Door, call: Call) -> None:
    """As the journal does: a save that the database turned down for now is made again."""
    for _ in range(20):
        try:
            await door.goes(call, state=State.ENDED, outcome=Outcome.BUSY, retry_at=door.house.clock.now())
        except StoreDown:
            continue
        return
    raise AssertionError("the call was never saved")


@pytest.mark.slow
def test_signals_while_calls_end(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id, calls = await begun(door)
        assert len(calls) == CALLS

        async def signal(call: Call) -> None:
            await door.data("/task-signal-close", {"phone": call.plan.number, "taskId": id})

        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(ended(door, call))
                group.create_task(signal(call))
        rows: list[Any] = (await door.data(f"/task/{id}"))["results"]
        assert await door.reserve(CALLS) == []
        latest = {row["phone"]: row["result"] for row in rows}
        assert set(latest.values()) == {"SUCCESS_EXTERNAL_SIGNAL"}

    at_door(story)


@pytest.mark.slow
def test_a_deletion_while_calls_end(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for _ in range(5):
            id, calls = await begun(door)
            async with asyncio.TaskGroup() as group:
                for call in calls:
                    group.create_task(ended(door, call))
                group.create_task(door.local.call("DELETE", f"{API_PREFIX}/task/{id}"))
            assert await door.house.pool.fetchval("select count(*) from contacts") == 0
            assert await door.house.pool.fetchval("select count(*) from attempts where state <> 'ended'") == 0

    at_door(story)
