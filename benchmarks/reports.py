"""A report over a million calls, of which two thirds have three turns of talk: from the request to the last byte, in every
form, and what it adds to the server's memory.

The limit is the same table read out by the database's own COPY, into nothing.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message

from benchmarks.table import Row
from outdial.app import House, database, house
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.operations.setup import Setup
from outdial.settings import read as read_settings
from outdial.setup import read

CALLS = 1_000_000
_KEY = "report-key"
_SITE = f"""
tenants:
  - name: site
    time_zone: Europe/Moscow
    keys: [{{name: report, key: {_KEY}}}]
    is74:
      projects:
        - id: 1
          name: project
          time_zone: Europe/Moscow
          scenarios:
            - id: 951
              name: scenario
              start_blocks: [{{id: 10, next: agreed, parameters: [{{name: name}}]}}]
              blocks:
                agreed: {{goal: agreed}}
"""
_CALLS = """
with made as (
    insert into campaigns (tenant_id, dialect, number, key, name, state, lines, calls_per_second, dial_prefix, ring_seconds,
                           attempts, interval_seconds, wire, script_id)
    select tenant_id, 'is74', 1, '1', 'campaign', 'closed', 1, 1, '', 1, 1, 1, '{"project": 1, "parameters": ["name"]}', id
    from scripts returning *
), people as (
    insert into contacts (tenant_id, campaign_id, key, digits, state, due_at, variables, wire)
    select tenant_id, id, n::text, (79000000000 + n)::text, 'done', now(), jsonb_build_object('name', 'Client ' || n), '{}'
    from made, generate_series(1, $1::bigint) n
    returning *
)
insert into attempts (id, tenant_id, campaign_id, contact_id, try_number, ordinal, state, outcome, ended_by, digits, number,
                      trunk, caller, reserved_at, ended_at, talk_seconds, goals)
select gen_random_uuid(), tenant_id, campaign_id, id, id, 1, 'ended', case id % 3 when 0 then 'busy' else 'answered' end,
       'callee', digits, digits, 'carrier', '', '2024-08-22T06:00Z'::timestamptz + id * interval '20 ms',
       '2024-08-22T06:00Z'::timestamptz + id * interval '20 ms' + (id % 90) * interval '1 second', id % 60,
       case id % 4 when 0 then '{agreed}'::text[] else '{}' end
from people
"""
_TURNS = """
insert into turns (attempt_id, position, said_at, who, text, block)
select a.id, n, a.reserved_at + n * interval '3 seconds', case n when 2 then 'callee' else 'outdial' end,
       (array['Здравствуйте! Вы записаны на десять часов. Вы придёте?', 'да', 'Спасибо, ждём вас!'])[n], 'hello'
from attempts a, generate_series(1, 3) n
where a.outcome = 'answered'
"""
_FILTER = {
    "scenario_id": 951,
    "start_block_id": 10,
    "outgoing_campaign_id": 1,
    "date_start": "2024-08-22",
    "date_end": "2024-08-23",
}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SIX: list[dict[str, Any]] = [
    {"name": name} for name in ("phone_number", "call_date", "call_status", "duration", "name", "agreed")
]
_ASKED: list[tuple[str, str, dict[str, Any]]] = [
    ("all standard columns, JSON", "application/json", {}),
    ("6 columns, JSON", "application/json", {"columns": _SIX}),
    ("6 columns, CSV", "text/csv", {"columns": _SIX}),
    ("6 columns, XLSX", _XLSX, {"columns": _SIX}),
    (
        "who said yes, 100 rows, JSON",
        "application/json",
        {
            "columns": [{"name": "phone_number"}, {"name": "dialog", "filter_type": "contains", "filter_value": "да"}],
            "limit": 100,
        },
    ),
    (
        "goal reached, by duration, 100 rows, JSON",
        "application/json",
        {
            "columns": [
                {"name": "phone_number", "filter_type": "contains", "filter_value": "7"},
                {"name": "duration", "sorting": "desc"},
                {"name": "agreed", "filter_type": "is_true"},
            ],
            "limit": 100,
        },
    ),
]


async def measure(folder: Path) -> list[Row]:
    """Each form of the report, one after another."""
    settings = read_settings({"data": folder / "reports"})
    async with database(settings) as store, house(settings, store) as made:
        await Setup(PostgresSetup(made.pool)).apply(read(_SITE))
        await made.pool.execute(_CALLS, CALLS, timeout=600)
        await made.pool.execute(_TURNS, timeout=600)
        await made.pool.execute("vacuum analyze", timeout=600)
        bare = await _bare(made)
        application = made.http
        await _report(application, *_ASKED[-1][1:])
        before = _forget_peak()
        rows = []
        for what, accept, asked in _ASKED:
            seconds, work, size = await _report(application, accept, asked)
            rows.append(
                Row(
                    f"report over {CALLS:,} calls: {what}",
                    f"{seconds:.1f} s ({work:.1f} s of our processor), {size / 1e6:.1f} MB",
                    f"{bare:.1f} s: COPY of the table",
                    f"{seconds / bare:.1f}",
                )
            )
        grown = _peak() - before
        return [*rows, Row("memory that all of these reports added", f"{grown / 1024:.1f} MB", "", "")]


async def _bare(made: House) -> float:
    async def nothing(_: bytes) -> None:
        return

    columns = "digits, reserved_at, outcome, talk_seconds, goals"
    async with made.pool.acquire() as connection:
        begun = time.perf_counter()
        await connection.copy_from_query(f"select {columns} from attempts order by reserved_at", output=nothing)
        return time.perf_counter() - begun


async def _report(application: ASGIApp, accept: str, asked: dict[str, Any]) -> tuple[float, float, int]:
    """Seconds until the last byte, those in which this process was at work, and how many bytes there were."""
    body = json.dumps({"analytics_filter": _FILTER, **asked}).encode()
    waiting = [body]
    size = status = 0

    async def receive() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        nonlocal size, status
        status = message.get("status", status)
        size += len(message.get("body", b""))

    headers = {"authorization": f"Bearer {_KEY}", "accept": accept, "host": "pbx"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/analytics/1/report",
        "raw_path": b"/api/analytics/1/report",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 40000),
        "server": ("pbx", 80),
    }
    begun, worked = time.perf_counter(), time.process_time()
    await application(scope, receive, send)
    if status != 200:
        raise AssertionError(f"the report was refused: {status}")
    return time.perf_counter() - begun, time.process_time() - worked, size


def _forget_peak() -> int:
    """Let the peak of this process's memory begin anew; what it has now, in kB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    """The peak of this process's memory, in kB."""
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1])
