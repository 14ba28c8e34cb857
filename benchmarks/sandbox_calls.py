"""Sandbox calls a second with everything saved, beside the same rows written by hand.

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
from outdial.app import database, house
from outdial.settings import read

CALLS = 3000
LINES = 500
ROWS_A_CALL = 4
BARE_ROWS = 2000


async def measure(folder: Path) -> list[Row]:
    """One campaign of `CALLS` humans who press 1, at maximum speed."""
    settings = read({"data": folder / "data", "speed": 1_000_000})
    async with database(settings) as store, house(settings, store) as made:
        owner = await floor.tenant(made, "carrier", LINES)
        script = await floor.one_question(made, owner)
        numbers = [f"{index:06d}70000100001" for index in range(CALLS)]
        async with floor.at_work(made):
            started = time.perf_counter()
            await floor.campaign(made, owner, script, numbers, LINES)
            seconds = time.perf_counter() - started
        answers = await made.pool.fetchval("select count(*) from answers")
        if answers != CALLS:
            raise AssertionError(f"{answers} answers of {CALLS} calls were saved")
        bare = await _bare_rows(store.dsn)
    ours, limit = CALLS / seconds, bare / ROWS_A_CALL
    return [
        Row(
            f"sandbox calls a second, everything saved ({CALLS} calls on {LINES} lines, an answer each)",
            f"{ours:.0f}/s",
            f"{limit:.0f}/s: bare asyncpg, {ROWS_A_CALL} rows a call one by one ({bare:.0f} rows/s)",
            f"{ours / limit:.2f}",
        )
    ]


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
