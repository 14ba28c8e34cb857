"""A story at the door of the dialect: requests, and calls that go the way the story says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from starlette.applications import Starlette

from api.asgi import Caller, Reply
from operations.house import House, house
from outdial.api.mikopbx import API_PREFIX, mounts
from outdial.core.call import Call, Plan, State
from outdial.core.commands import RecordAnswer
from outdial.core.ids import AttemptId
from outdial.drivers.postgres.dialling import PostgresDialling
from outdial.ports import Entry, Reservation
from outdial.settings import Settings

LARGEST_BODY = 256 * 1024


@dataclass(frozen=True, slots=True)
class Door:
    """The dialect's application, a caller on the same machine, and what lies behind."""

    house: House
    application: Starlette
    local: Caller
    dialling: PostgresDialling

    def caller(self, address: str | None) -> Caller:
        """Somebody at another address."""
        return Caller(self.application, address)

    async def get(self, path: str) -> Any:
        return (await self.local.call("GET", API_PREFIX + path)).json

    async def post(self, path: str, body: Any) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return (await self.local.call("POST", API_PREFIX + path, raw)).json

    async def data(self, path: str, body: Any = None) -> Any:
        """The data of an answer that says that all went well; `body`: what to post."""
        answer = await (self.get(path) if body is None else self.post(path, body))
        assert answer["result"] is True, answer
        return answer["data"]

    async def upload(self, name: str, content: bytes) -> Reply:
        body, kind = multipart(name, content)
        return await self.local.call("POST", API_PREFIX + "/audio", body, {"Content-Type": kind})

    async def eventually(self, feed: str, rows: int) -> list[Any]:
        """A feed once it shows so many rows: it stays some milliseconds behind what is being written."""
        for _ in range(2000):
            found: list[Any] = (await self.data(feed))["results"]
            if len(found) >= rows:
                return found
        raise AssertionError(f"{feed} never showed {rows} rows")

    async def reserve(self, calls: int = 1) -> list[Call]:
        """Begin a call to each contact that is due, at most so many."""
        begun: list[Call] = []
        for campaign in await self.dialling.running():
            due = await self.dialling.due(campaign.id, datetime.now(UTC), calls)
            scripts = await self.dialling.scripts_of([campaign])
            ids = [AttemptId(str(uuid4())) for _ in due]
            chosen = None if campaign.settings.script is None else campaign.settings.script
            script = None if chosen is None else (chosen, scripts[chosen][0])
            reservations = [
                Reservation(attempt=id, contact=one.contact, trunk="testDialer", number=one.digits, caller="")
                for id, one in zip(ids, due, strict=True)
            ]
            assert await self.dialling.reserve(campaign, script, reservations) == set(ids)
            for id, one in zip(ids, due, strict=True):
                plan = Plan("testDialer", one.digits, "", 45.0, scripts[chosen][1], one.variables)  # type: ignore[index]
                begun.append(Call(id, plan))
        return begun

    async def goes(
        self,
        call: Call,
        answers: Sequence[tuple[str, ...]] = (),
        retry_at: datetime | None = None,
        **changes: Any,
    ) -> Call:
        """Save a call that went on; `answers` are question, value and keys, and a label where they have one."""
        after = replace(call, **changes)
        ended = datetime.now(UTC) if after.state is State.ENDED else None
        given = tuple(RecordAnswer(call.channel, *answer) for answer in answers)
        await self.dialling.save([Entry(call=after, answers=given, ended_at=ended, retry_at=retry_at)])
        return after


def multipart(name: str, content: bytes, before: bytes = b"") -> tuple[bytes, str]:
    """A body with one file, and its content type."""
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return before + head + content + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge"


def play(dsn: str, data: Path, story: Callable[[Door], Awaitable[None]], **settings: Any) -> None:
    """Open a door on a fresh database and let the story happen."""

    async def told() -> None:
        async with house(dsn, data) as made:
            chosen = Settings(largest_body=LARGEST_BODY, **settings)
            application = Starlette(routes=mounts(made.operations, chosen, ZoneInfo("Europe/Moscow")))
            dialling = PostgresDialling(dsn, made.pool)
            assert await dialling.take_charge()
            try:
                await story(Door(made, application, Caller(application), dialling))
            finally:
                await dialling.yield_charge()

    asyncio.run(told())
