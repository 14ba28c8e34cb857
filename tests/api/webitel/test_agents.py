"""What agents declare of themselves: what is kept of it, what a call in progress makes of it, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from api.webitel.entrance import Entrance
from outdial.core.facts import AgentChanged

Play = Callable[..., None]
AGENTS = "/api/v2/callcenter/agent"


async def stored(entrance: Entrance, key: str = "100") -> asyncpg.Record:
    return await entrance.house.pool.fetchrow("select * from agents where key = $1", key)


async def stands(entrance: Entrance, **columns: Any) -> None:
    """Agent 100 as the engine may have left it."""
    names = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, start=1))
    await entrance.house.pool.execute(f"update agents set {names} where key = '100'", *columns.values())


def test_a_change_is_kept_and_announced(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        await entrance.data("POST", f"{AGENTS}/100/status", {"status": "Available (On Demand)"})
        row = await stored(entrance)
        assert (row["status"], row["last_status_change"]) == ("Available (On Demand)", entrance.house.clock.now())
        await entrance.data("POST", f"{AGENTS}/100@site/state", {"state": "Idle"})
        assert (await stored(entrance))["state"] == "Idle"
        assert entrance.house.bus.heard == [AgentChanged(entrance.house.tenant, "100")] * 2

    at_entrance(story)


def test_nothing_else_of_an_agent_is_written(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        before = datetime(2024, 8, 20, tzinfo=UTC)
        await stands(entrance, ready_at=before, last_bridge_end=before, calls_answered=7, talk_seconds=70.5)
        was = dict(await stored(entrance))
        await entrance.data("POST", f"{AGENTS}/100/status", {"status": "On Break"})
        now = dict(await stored(entrance))
        assert {name for name in was if was[name] != now[name]} == {"status", "last_status_change"}

    at_entrance(story)


@pytest.mark.parametrize("state", ["Reserved", "In a queue call"])
def test_a_call_goes_on_whatever_is_declared(at_entrance: Play, state: str) -> None:
    async def story(entrance: Entrance) -> None:
        await stands(entrance, state=state)
        await entrance.data("POST", f"{AGENTS}/100/status", {"status": "Logged Out"})
        await entrance.data("POST", f"{AGENTS}/100/state", {"state": "Waiting"})
        row = await stored(entrance)
        assert (row["status"], row["state"]) == ("Logged Out", state)

    at_entrance(story)


def test_coming_back_from_a_break_forgets_missed_calls(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        await stands(entrance, status="On Break", state="Idle", no_answers=2)
        await entrance.data("POST", f"{AGENTS}/100/status")
        row = await stored(entrance)
        assert (row["status"], row["state"], row["no_answers"]) == ("Available", "Waiting", 0)

    at_entrance(story)


def test_the_columns_of_an_agent_that_worked(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        at = datetime(2024, 8, 21, 9, 0, tzinfo=UTC)
        rules = '{"ring_seconds": 20, "wrap_up_seconds": 7.5, "most_no_answers": 2}'
        await stands(
            entrance,
            rules=rules,
            ready_at=at + timedelta(seconds=90),
            last_offered_at=at,
            last_bridge_start=at + timedelta(seconds=5),
            last_bridge_end=at + timedelta(seconds=65),
            calls_answered=1,
            talk_seconds=60.4,
            no_answers=1,
        )
        (row,) = await entrance.data("GET", f"{AGENTS}/100")
        seconds = int(at.timestamp())
        assert row["contact"] == "{originate_timeout=20}user/100@site"
        assert (row["wrap_up_time"], row["max_no_answer"], row["no_answer_count"]) == ("7.5", "2", "1")
        assert (row["last_offered_call"], row["ready_time"]) == (str(seconds), str(seconds + 90))
        assert (row["last_bridge_start"], row["last_bridge_end"]) == (str(seconds + 5), str(seconds + 65))
        assert (row["calls_answered"], row["talk_time"]) == ("1", "60")
        (agent,) = await entrance.data("GET", AGENTS + '?filter={"agentId":"100@site","skills":"english"}')
        assert (agent["callTimeout"], agent["wrapUpTime"], agent["talkTime"]) == (20, 7.5, 60)
        assert agent["readyTime"] == (seconds + 90) * 1000

    at_entrance(story)


def test_other_agents_of_that_number_are_left_alone(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        assert (await entrance.data("GET", AGENTS, token=entrance.stranger)) == []
        for path in ("100", "100@site", "@site", "100@"):
            reply = await entrance.call("POST", f"{AGENTS}/{path}/status", {}, entrance.stranger)
            assert reply.status == 404, path
        assert entrance.house.bus.heard == []

    at_entrance(story)


@pytest.mark.parametrize("status", ["available", 5, ["Available"], {"a": 1}, True])
def test_a_status_that_is_none(at_entrance: Play, status: Any) -> None:
    async def story(entrance: Entrance) -> None:
        for name in ("status", "state"):
            reply = await entrance.call("POST", f"{AGENTS}/100/{name}", {name: status})
            assert reply.status == 400
            assert reply.json["info"].startswith("-ERR Invalid Agent ")

    at_entrance(story)
