"""A story at the door of the dialect: a project with a scenario, campaigns, and calls that are written as the story says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Router

from api.asgi import Caller, Reply
from operations.house import KEY, House, house
from outdial.api import is74, webitel
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.operations.setup import Setup
from outdial.settings import Settings
from outdial.setup import read

SITE = """
tenants:
  - name: site
    time_zone: Europe/Moscow
    caller_numbers:
      - {id: 5, number: "74951234567"}
    is74:
      projects:
        - id: 1
          name: "Опросы"
          time_zone: Europe/Moscow
          scenarios:
            - id: 951
              name: "Запись"
              start_blocks:
                - id: 10
                  name: "Начало"
                  next: hello
                  parameters:
                    - {name: name, required: true}
                    - {name: time}
              blocks:
                hello: {say: "Здравствуйте, {{name}}! Ждём вас в {{time}}.", next: agreed}
                agreed: {goal: agreed}
            - id: 952
              name: "Долг"
              start_blocks:
                - id: 11
                  next: debt
                  parameters:
                    - {name: sum, kind: money, required: true}
              blocks:
                debt: {say: "Вы должны {{sum}}."}
        - {id: 3, name: "Пустой", time_zone: Asia/Yekaterinburg, hours: {start: "10:00", end: "18:30"}, lines: 7}
  - name: other
    time_zone: Europe/Moscow
    is74:
      projects:
        - {id: 2, name: "Чужой", time_zone: Europe/Moscow}
"""
BEARER = {"Authorization": f"Bearer {KEY}"}


@dataclass(frozen=True, slots=True)
class Door:
    """The dialect's application, and what lies behind."""

    house: House
    caller: Caller

    async def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.caller.call("POST", path, raw, dict(BEARER if headers is None else headers))

    async def order(self, body: Any) -> int:
        """A campaign that is taken on; its number."""
        reply = await self.post("/api/campaigns", body)
        assert reply.status == 200, reply.body
        return int(reply.json["campaign"]["id"])

    async def report(self, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """A report on project 1."""
        return await self.post("/api/analytics/1/report", body, BEARER | (headers or {}))


def campaign(phones: Sequence[Any] = (), schedule: Mapping[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """The body of a campaign that is in order."""
    return {
        "campaign": {
            "project_id": 1,
            "name": "Обзвон клиентов",
            "start_block_id": 10,
            "schedule": {
                "date": "2024-08-22",
                "start_time": "09:00",
                "end_time": "17:00",
                "periods": {"id": 1, "title": "Однократно"},
                "attempts": {"id": 2, "title": "2"},
                "interval": "5",
                **(schedule or {}),
            },
            "phone_id": 5,
            **members,
        },
        "phones": list(phones) or [{"phone": "+79999999999", "add_data": {"name": "Иванов Иван"}}],
    }


def asked(
    number: int, columns: Sequence[Any] = (), start: int = 10, scenario: int = 951, **more: Any
) -> dict[str, Any]:
    """The body of a report on a whole day."""
    return {
        "analytics_filter": {
            "scenario_id": scenario,
            "start_block_id": start,
            "outgoing_campaign_id": number,
            "date_start": "2024-08-22T00:00:00Z",
            "date_end": "2024-08-22T23:59:59.999Z",
        },
        "columns": list(columns),
        **more,
    }


def play(dsn: str, data: Path, story: Callable[[Door], Awaitable[None]]) -> None:
    """Open a door on a fresh database with two tenants and let the story happen."""

    async def told() -> None:
        async with house(dsn, data) as made:
            await Setup(PostgresSetup(made.pool)).apply(read(SITE))
            settings = Settings(largest_body=4 * 1024 * 1024)
            elsewhere = Router(webitel.mounts(made.operations, settings))
            application = Starlette(routes=is74.mounts(made.operations, settings, elsewhere))
            await story(Door(made, Caller(application)))

    asyncio.run(told())
