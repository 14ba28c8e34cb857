"""The two feeds: what a cursor may be, and that nobody who keeps the last one misses a row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from api.mikopbx.door import Door
from outdial.api.mikopbx import requests
from outdial.core.call import State
from outdial.core.outcome import Outcome

Play = Callable[..., None]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "decimals", "micros"),
    [
        ("0", 0, 0),
        ("-5", 0, 0),
        ("1.0", 0, 1_000_000),
        ("1.2", 0, 2_000_000),
        ("1.", 0, 1_000_000),
        (".5", 4, 500_000),
        ("1.2", 4, 1_200_000),
        ("1.00001", 4, 1_000_100),
        ("+7", 4, 7_000_000),
        ("1724324374.2487", 4, 1_724_324_374_248_700),
    ],
)
def test_cursors(value: str, decimals: int, micros: int) -> None:
    assert requests.since(value, decimals) == EPOCH + timedelta(microseconds=micros)


@pytest.mark.parametrize("value", ["", "abc", "1,5", "1e3", "nan", "inf", "1_0", "0x1", "٣", "9" * 400, "253402300800"])
def test_no_cursors(value: str) -> None:
    assert requests.since(value, 0) is None


async def one_call(door: Door) -> None:
    press = [{"key": "1", "action": "answer", "value": "yes"}]
    made = await door.data("/polling", {"questions": [{"questionText": "Да?", "press": press}]})
    task = {"innerNum": made["id"], "innerNumType": "polling", "numbers": ["79520000001", "79520000002"]}
    await door.data("/task", task)
    (call,) = await door.reserve(1)
    await door.goes(call, [("0", "yes", "1")], state=State.IN_SCRIPT, outcome=Outcome.ANSWERED)


def test_a_cursor_that_was_given_out_finds_its_row_again(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await one_call(door)
        rows = await door.eventually("/results/0", 2)
        assert [row["state"] for row in rows] == ["CreateTask", "EVENT_POLLING"]
        last = rows[-1]["changeTime"]
        assert last.isdigit()
        again = (await door.data(f"/results/{last}"))["results"]
        assert rows[-1] in again
        assert (await door.data(f"/results/{int(last) + 1}"))["results"] == []
        assert (await door.data(f"/results/{last}.000"))["results"] == again
        assert (await door.data(f"/results/{last}.001"))["results"] == []

    at_door(story)


def test_answers_are_given_with_fractions(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await one_call(door)
        await door.house.pool.execute("update answers set changed_at = '2024-08-22 10:59:34.24879+00'")
        (row,) = await door.eventually("/polling-results/0", 1)
        assert row["changeTime"] == "1724324374.2487"
        assert len((await door.data("/polling-results/1724324374.2487"))["results"]) == 1
        assert len((await door.data("/polling-results/1724324374"))["results"]) == 1
        assert (await door.data("/polling-results/1724324374.24871"))["results"] == []
        assert (await door.data("/polling-results/1724324374.2488"))["results"] == []
        await door.house.pool.execute("update answers set changed_at = '2024-08-22 10:59:34.50+00'")
        assert (await door.data("/polling-results/0"))["results"][0]["changeTime"] == "1724324374.5"
        await door.house.pool.execute("update answers set changed_at = '2024-08-22 10:59:34+00'")
        assert (await door.data("/polling-results/0"))["results"][0]["changeTime"] == "1724324374"

    at_door(story)


@pytest.mark.parametrize("feed", ["/results", "/polling-results"])
def test_strange_cursors(at_door: Play, feed: str) -> None:
    async def story(door: Door) -> None:
        await one_call(door)
        await door.eventually(f"{feed}/0", 1)
        assert (await door.data(f"{feed}/-1"))["results"]
        for value in ["abc", "now", "1,5", "99999999999", "9" * 100, "%00", "1e400"]:
            answer = await door.get(f"{feed}/{value}")
            assert (answer["result"], answer["data"]) == (True, {"results": []}), value

    at_door(story)
