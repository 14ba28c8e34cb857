"""Sandbox calls a second with everything saved, of a list and of members, beside the same rows written by hand.

The limit is what the bare driver needs for the four rows that such a call writes (a reservation, an answer, the call in
the script with its answer, its end), one statement after another on one connection. Grouped writes may come near it or
beat it.
"""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

import asyncpg

from benchmarks import floor
from benchmarks.table import Row
from outdial.app import House, database, house
from outdial.settings import read

CALLS = 3000
LINES = 500
ROWS_A_CALL = 4
BARE_ROWS = 2000


async def measure(folder: Path) -> list[Row]:
    """Two campaigns of `CALLS` humans who press 1, one after the other, at maximum speed."""
    settings = read({"data": folder / "data", "speed": 1_000_000})
    async with database(settings) as store, house(settings, store) as made:
        owner = await floor.tenant(made, "carrier", LINES)
        script = await floor.one_question(made, owner)
        numbers = [f"{index:06d}70000100001" for index in range(CALLS)]
        async with floor.at_work(made):
            started = time.perf_counter()
            await floor.campaign(made, owner, script, numbers, LINES)
            of_a_list = time.perf_counter() - started
            await _all_answered(made, CALLS)
            waiting = await floor.ready(made, owner, script, "carrier", numbers, LINES)
            started = time.perf_counter()
            await floor.dialled(made, owner, waiting)
            of_members = time.perf_counter() - started
            await _all_answered(made, 2 * CALLS)
        bare = await _bare_rows(store.dsn)
    limit = bare / ROWS_A_CALL
    return [
        Row(
            f"sandbox calls a second, everything saved ({CALLS} {called} on {LINES} lines, an answer each)",
            f"{CALLS / seconds:.0f}/s",
            f"{limit:.0f}/s: bare asyncpg, {ROWS_A_CALL} rows a call one by one ({bare:.0f} rows/s)",
            f"{CALLS / seconds / limit:.2f}",
        )
        for called, seconds in (("contacts of a list", of_a_list), ("members, broadcast", of_members))
    ]


async def _all_answered(made: House, calls: int) -> None:
    answers = await made.pool.fetchval("select count(*) from answers")
    if answers != calls:
        raise AssertionError(f"{answers} answers of {calls} calls were saved")


async def _bare_rows(dsn: str) -> float:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("create table bare (id uuid primary key, life jsonb)")
        started = time.perf_counter()
        for _ in range(BARE_ROWS):
            await connection.execute("insert into bare values ($1, $2)", uuid4(), '{"turn": 1}')
        return BARE_ROWS / (time.perf_counter() - started)
    finally:
        await connection.close()
