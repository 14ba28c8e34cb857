"""Hours, clocks of contacts and numbers of one client: from the request to what the engine is given to dial."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from api.mikopbx.door import Door
from api.mikopbx.test_tasks import POLLING, poll
from outdial.core.calendar import ALWAYS, Openings, Window
from outdial.core.call import Call, State
from outdial.core.ids import AttemptId
from outdial.core.outcome import Outcome
from outdial.ports import Reservation

Play = Callable[..., None]
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOWHERE = Openings(False, frozenset())


async def rows(door: Door, task: str = "1000000001") -> dict[str, dict[str, Any]]:
    """The last row of each phone."""
    return {row["phone"]: row for row in (await door.data(f"/task/{task}"))["results"]}


async def due(door: Door, *openings: Openings, limit: int = 100) -> list[str]:
    """Digits of what would be dialled."""
    (campaign,) = await door.dialling.running()
    return [one.digits for one in await door.dialling.due(campaign.id, NOW, limit, *openings)]


def number(digits: str, **members: Any) -> dict[str, Any]:
    return {"number": digits, **members}


def test_what_the_engine_is_told(at_door: Play) -> None:
    async def story(door: Door) -> None:
        async def settings() -> tuple[Window, str, bool]:
            (campaign,) = await door.dialling.running()
            return campaign.settings.window, campaign.settings.time_zone, campaign.settings.retry.until_signal

        task = {**POLLING, "crmId": "A"}
        await door.data("/task", task)
        assert await settings() == (ALWAYS, "Europe/Moscow", False)
        await door.data("/task", {**task, "timeStart": "540", "timeEnd": 1080, "attemptUntilSignal": True})
        assert await settings() == (Window(540, 1080), "Europe/Moscow", True)
        await door.data("/task", task)
        assert await settings() == (Window(540, 1080), "Europe/Moscow", True)
        await door.data("/task", {**task, "timeStart": 1320, "timeEnd": "", "attemptUntilSignal": False})
        assert await settings() == (Window(1320, 1440), "Europe/Moscow", False)
        assert (await door.data("/task/1000000001"))["attemptUntilSignal"] == "0"

    at_door(story)


def test_only_where_it_is_open_is_somebody_due(at_door: Play) -> None:
    async def story(door: Door) -> None:
        numbers: list[Any] = [
            number("1", TimeOffset=3),
            number("2", TimeOffset=0),
            "3",
            number("4", TimeOffset="-4"),
            number("5", TimeOffset=3),
            number("6", TimeOffset=14),
            number("7", TimeOffset=-12),
            number("8", TimeOffset=None),
        ]
        await door.data("/task", {**POLLING, "numbers": numbers})
        assert await due(door) == ["1", "2", "3", "4", "5", "6", "7", "8"]
        assert await due(door, limit=5) == ["1", "2", "3", "4", "5"]
        assert await due(door, Openings(True, frozenset())) == ["2", "3", "8"]
        assert await due(door, Openings(False, frozenset({180, 330, -720}))) == ["1", "5", "7"]
        assert await due(door, Openings(True, frozenset({840})), limit=3) == ["2", "3", "6"]
        assert await due(door, NOWHERE) == []
        (campaign,) = await door.dialling.running()
        assert await door.dialling.somebody_due(campaign.id, NOW)
        assert await door.dialling.somebody_due(campaign.id, NOW, Openings(False, frozenset({840})))
        assert not await door.dialling.somebody_due(campaign.id, NOW, Openings(False, frozenset({60})))
        assert not await door.dialling.somebody_due(campaign.id, datetime(1969, 1, 1, tzinfo=UTC))

    at_door(story)


def test_the_one_allowed_first_is_first_and_then_the_order_of_the_list(at_door: Play) -> None:
    async def story(door: Door) -> None:
        numbers: list[Any] = [
            number("1", timeCallAllow="02.01.2026 10:00:00"),
            number("2", timeCallAllow="01.01.2026 10:00:00", TimeOffset=5),
            number("3", timeCallAllow="01.01.2030 10:00:00"),
            number("4", timeCallAllow="01.01.2026 10:00:00"),
            "5",
            number("6", TimeOffset=-3),
        ]
        await door.data("/task", {**POLLING, "numbers": numbers})
        assert await due(door) == ["5", "6", "2", "4", "1"]
        assert await due(door, Openings(True, frozenset({300})), limit=2) == ["5", "2"]

    at_door(story)


def test_a_list_posted_again_brings_new_clocks_and_clients(at_door: Play) -> None:
    async def story(door: Door) -> None:
        task = {**POLLING, "crmId": "A"}
        await door.data("/task", {**task, "numbers": [number("1", TimeOffset=3, clientId="a"), "2"]})
        await door.data("/task", {**task, "numbers": [number("1"), number("2", TimeOffset="5.5", clientId="b")]})
        stored = await door.house.pool.fetch("select digits, offset_minutes, client from contacts order by id")
        assert [tuple(row) for row in stored] == [("1", None, ""), ("2", 330, "b")]

    at_door(story)


def test_nobody_is_reserved_when_the_hours_were_changed_meanwhile(at_door: Play) -> None:
    async def story(door: Door) -> None:
        task = {**POLLING, "innerNum": await poll(door), "crmId": "A", "numbers": ["1"]}
        await door.data("/task", task)
        (before,) = await door.dialling.running()
        (one,) = await door.dialling.due(before.id, NOW, 1)
        await door.data("/task", {**task, "timeStart": 60})
        (after,) = await door.dialling.running()
        attempt = AttemptId(str(uuid4()))
        wanted = [Reservation(attempt=attempt, contact=one.contact, trunk="t", number="1", caller="")]
        assert await door.dialling.reserve(before, None, wanted) == set()
        assert await door.dialling.reserve(after, None, wanted) == {attempt}

    at_door(story)


# ------------------------------------------------------------------------------------------- numbers of one client


async def call_first(door: Door) -> Call:
    (call,) = await door.reserve()
    return call


def test_a_client_is_on_one_line_at_a_time(at_door: Play) -> None:
    async def story(door: Door) -> None:
        numbers = [number(str(at), clientId="a") for at in range(5)] + [number("7", clientId="b"), "8", "9"]
        await door.data("/task", {**POLLING, "innerNum": await poll(door), "numbers": numbers})
        (campaign,) = await door.dialling.running()
        second = (await door.dialling.due(campaign.id, NOW, 2))[1]
        call = await call_first(door)
        assert await due(door) == ["7", "8", "9"]
        late = [Reservation(attempt=AttemptId(str(uuid4())), contact=second.contact, trunk="", number="", caller="")]
        assert await door.dialling.reserve(campaign, None, late) == set()
        await door.goes(call, state=State.ENDED, outcome=Outcome.BUSY, sip_code=486)
        assert await due(door) == ["1", "2", "3", "4", "7", "8", "9"]

    at_door(story)


def test_a_success_closes_the_client_s_other_numbers(at_door: Play) -> None:
    async def story(door: Door) -> None:
        inner = await poll(door)
        mine = [number("100", clientId="a"), number("200", clientId="a", TimeOffset=5), number("300", clientId="a")]
        others = [number("400", clientId="b"), number("500", clientId=""), number("600", clientId=0), "700"]
        first = {**POLLING, "crmId": "A", "innerNum": inner, "maxAttempt": 3, "numbers": [*mine, *others]}
        await door.data("/task", first)
        await door.data("/task", {**first, "crmId": "B", "numbers": mine[1:]})
        await door.data("/task", {"crmId": "B", "innerNum": inner, "state": 2})

        call = await call_first(door)
        await door.goes(call, state=State.ENDED, outcome=Outcome.BUSY, retry_at=NOW + timedelta(days=900))
        call = await call_first(door)
        await door.goes(call, state=State.IN_SCRIPT, outcome=Outcome.ANSWERED, goals=("completed",))
        assert (await rows(door))["300"]["result"] == ""
        before = {row["phone"]: row["id"] for row in (await door.data("/task/1000000001"))["results"]}
        await door.goes(call, state=State.ENDED, outcome=Outcome.ANSWERED, goals=("completed",))

        found = await rows(door)
        assert (found["200"]["state"], found["200"]["result"]) == ("EVENT_POLLING_END", "SUCCESS_POLLING")
        for phone, ordinal in (("100", "2"), ("300", "1")):
            row = found[phone]
            assert (row["state"], row["result"]) == ("SUCCESS_ANOTHER_PHONE", "SUCCESS_ANOTHER_PHONE")
            assert (row["id"], row["attemptNumber"]) == (before[phone], ordinal)
            assert row["closeTime"] != "0"
            never = ("linkedId", "outDialState", "inDialState", "verboseCallId", "cause")
            assert {row[name] for name in never} == {None}
        assert [found[phone]["result"] for phone in ("400", "500", "600", "700")] == [""] * 4
        assert {row["result"] for row in (await rows(door, "1000000002")).values()} == {""}
        assert await due(door) == ["400", "500", "600", "700"]

    at_door(story)


def test_a_failure_leaves_the_client_s_other_numbers(at_door: Play) -> None:
    async def story(door: Door) -> None:
        numbers = [number("100", clientId="a"), number("200", clientId="a")]
        await door.data("/task", {**POLLING, "innerNum": await poll(door), "numbers": numbers})
        call = await call_first(door)
        await door.goes(call, state=State.ENDED, outcome=Outcome.ANSWERED, q850_cause=16)
        assert await due(door) == ["200"]

    at_door(story)


def test_a_success_that_is_tried_again_keeps_its_own_number_and_closes_the_others(at_door: Play) -> None:
    async def story(door: Door) -> None:
        numbers = [number("100", clientId="a"), number("200", clientId="a")]
        task = {"attemptUntilSignal": 1, "maxAttempt": 2, "numbers": numbers}
        await door.data("/task", {**POLLING, "innerNum": await poll(door), **task})
        call = await call_first(door)
        await door.goes(call, state=State.ENDED, outcome=Outcome.ANSWERED, goals=("completed",), retry_at=NOW)
        shown = [(row["phone"], row["state"]) for row in (await door.data("/task/1000000001"))["results"]]
        assert shown == [("100", "EVENT_POLLING_END"), ("200", "SUCCESS_ANOTHER_PHONE"), ("100", "CreateTask")]
        assert await due(door) == ["100"]

    at_door(story)


def test_a_number_that_left_the_list_while_on_the_line_still_counts_for_its_client(at_door: Play) -> None:
    async def story(door: Door) -> None:
        first, second = number("100", clientId="a"), number("200", clientId="a")
        task = {**POLLING, "crmId": "A", "innerNum": await poll(door)}
        await door.data("/task", {**task, "numbers": [first, second]})
        call = await call_first(door)
        await door.data("/task", {**task, "numbers": [second]})
        assert await due(door) == []
        await door.goes(call, state=State.ENDED, outcome=Outcome.ANSWERED, goals=("completed",))
        assert [row["state"] for row in (await rows(door)).values()] == ["SUCCESS_ANOTHER_PHONE"]

    at_door(story)
