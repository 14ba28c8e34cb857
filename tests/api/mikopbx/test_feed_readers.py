"""Clients that follow a feed: a hundred thousand rows of one moment, and writers that commit late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from api.mikopbx.door import Door
from outdial.drivers.postgres.pool import APPLICATION_NAME
from outdial.operations.reports import PAGE

Play = Callable[..., None]
CROWD = 100_000
MOMENT = 1_724_324_374
ADD_CROWD = """
insert into contacts (tenant_id, campaign_id, key, digits, state, due_at, variables, wire, changed_at)
select tenant_id, id, 'k' || n, '7' || n, 'waiting', now(), '{}', '{}',
       to_timestamp($1::bigint + case when n < 3 then n - 3 when n > $2 - 3 then n - $2 + 3 else 0 end)
from campaigns, generate_series(1, $2::bigint) n
"""
ADD_ONE = """
insert into contacts (tenant_id, campaign_id, key, digits, state, due_at, variables, wire)
select tenant_id, id, $1, $1, 'waiting', now(), '{}', '{}' from campaigns
"""


async def follow(door: Door, cursor: str) -> tuple[list[list[dict[str, Any]]], str]:
    """The pages that a client reads who asks again from the latest time it saw, until nothing is later."""
    pages: list[list[dict[str, Any]]] = []
    while True:
        page = (await door.data(f"/results/{cursor}"))["results"]
        pages.append(page)
        latest = page[-1]["changeTime"] if page else cursor
        if latest == cursor:
            return pages, cursor
        cursor = latest


@pytest.mark.slow
def test_a_crowd_in_one_moment(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {"innerNum": "1", "innerNumType": "polling", "state": 2})
        await door.house.pool.execute(ADD_CROWD, MOMENT, CROWD)
        assert CROWD > PAGE
        pages, cursor = await follow(door, "0")
        seen = Counter(row["phoneId"] for page in pages for row in page)
        assert len(seen) == CROWD
        times = {row["phoneId"]: row["changeTime"] for page in pages for row in page}
        edges = {page[-1]["changeTime"] for page in pages}
        assert all(times[phone] in edges for phone, count in seen.items() if count > 1)
        assert max(seen.values()) == 2
        assert cursor == str(MOMENT + 3)
        for page in pages:
            moments = [int(row["changeTime"]) for row in page]
            assert moments == sorted(moments)

    at_door(story)


def test_a_row_that_is_committed_late_is_not_passed_over(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {"innerNum": "1", "innerNumType": "polling", "state": 2})
        late = await asyncpg.connect(door.house.dsn, server_settings={"application_name": APPLICATION_NAME})
        try:
            for round in range(3):
                writing = late.transaction()
                await writing.start()
                await late.execute(ADD_ONE, f"{round}1")
                await door.house.pool.execute(ADD_ONE, f"{round}2")
                pages, cursor = await follow(door, "0")
                seen = {row["phoneId"] for page in pages for row in page}
                assert not seen & {f"{round}1", f"{round}2"}
                await writing.commit()
                rows = await door.eventually(f"/results/{cursor}", 1)
                for _ in range(2000):
                    rows = (await door.data(f"/results/{cursor}"))["results"]
                    if {f"{round}1", f"{round}2"} <= {row["phoneId"] for row in rows}:
                        break
                else:
                    raise AssertionError("the feed lost a row")
        finally:
            await late.close()

    at_door(story)


def test_a_writer_that_gives_up_holds_nobody_back(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {"innerNum": "1", "innerNumType": "polling", "state": 2})
        late = await asyncpg.connect(door.house.dsn, server_settings={"application_name": APPLICATION_NAME})
        writing = late.transaction()
        await writing.start()
        await late.execute(ADD_ONE, "1")
        await door.house.pool.execute(ADD_ONE, "2")
        assert (await door.data("/results/0"))["results"] == []
        await late.close()
        (row,) = await door.eventually("/results/0", 1)
        assert row["phoneId"] == "2"

    at_door(story)
