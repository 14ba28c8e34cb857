"""Telling hooks, on a real store and to a real server: taken, refused, hung up on, slow, and cut off by a crash. The clock
stands still until a story moves it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from aiohttp import web

from operations.house import Hands
from outdial.core.hook import MEMBER_ENDED, Comparison, Condition, Hook, HookRequest
from outdial.core.ids import TenantId
from outdial.drivers.postgres.hooks import PostgresDeliveries, PostgresHooks
from outdial.drivers.postgres.pool import open_pool
from outdial.drivers.webhooks.sender import WebSender
from outdial.engine import hooks
from outdial.engine.hooks import LEASE, Messenger
from outdial.ports import Delivery, HookRecord, StoreDown, WebAnswer

ENDED = {"id": "5949067198ff9f000ca9a264", "endCause": "NORMAL_CLEARING"}
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Crm:
    """A server that answers as it is told: each request takes the next answer, and the last one stays."""

    answers: list[Answer]
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    leaving: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        self.bodies.append(json.loads(await request.text() or "null"))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def says(status: int, **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=headers)

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@asynccontextmanager
async def crm(*answers: Answer) -> AsyncIterator[Crm]:
    """A CRM on this machine, for as long as this lasts."""
    made = Crm(list(answers) or [says(200)])

    async def never(request: web.Request) -> web.StreamResponse:
        await made.leaving.wait()
        return web.Response()

    made.answers = [never if answer is slow else answer for answer in made.answers]
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", made.hear)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ended"
    try:
        yield made
    finally:
        made.leaving.set()
        await runner.cleanup()


async def slow(request: web.Request) -> web.StreamResponse:
    """Stands for an answer that never comes."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Room:
    """A tenant with hooks, and a messenger."""

    pool: asyncpg.Pool
    tenant: TenantId
    clock: Hands
    sender: WebSender
    messenger: Messenger

    async def hook(self, url: str, key: str = "h1", **changes: Any) -> None:
        changes.setdefault("event", MEMBER_ENDED)
        record = HookRecord(key=key, hook=Hook(url=url, **changes), wire={})
        await PostgresHooks(self.pool).add(self.tenant, record)

    async def happens(self, document: Any = ENDED, event: str = MEMBER_ENDED, times: int = 1) -> None:
        """Something is noted, as it is where it happens."""
        rows = [(self.tenant, event, json.dumps(document))] * times
        await self.pool.executemany("insert into notices (tenant_id, event, document) values ($1, $2, $3)", rows)

    async def round(self, messenger: Messenger | None = None) -> None:
        """One look, and everything that comes of it."""
        async with asyncio.TaskGroup() as group:
            await (messenger or self.messenger).round(group)

    async def left(self) -> int:
        return int(await self.pool.fetchval("select (select count(*) from notices) + count(*) from hook_deliveries"))


def play(url: str, story: Callable[[Room], Awaitable[None]], limit_seconds: float = 10.0) -> None:
    async def told() -> None:
        pool, clock, sender = await open_pool(url), Hands(), WebSender(limit_seconds)
        try:
            made = "insert into tenants (name, time_zone) values ('site', 'UTC') returning id"
            tenant = TenantId(await pool.fetchval(made))
            messenger = Messenger(PostgresDeliveries(pool), sender, clock)  # type: ignore[arg-type]
            await story(Room(pool, tenant, clock, sender, messenger))
        finally:
            await sender.close()
            await pool.close()

    asyncio.run(told())


def test_what_happens_is_told_once_to_every_hook_that_waits_for_it(database_url: str) -> None:
    async def story(room: Room) -> None:
        async with crm() as first, crm() as second:
            await room.hook(first.url)
            await room.hook(second.url, "h2", headers={"X-Crm": "7"}, template='{"cause": "${endCause}"}')
            await room.hook(second.url, "h3", event="other")
            await room.hook(second.url, "h4", enabled=False)
            await room.hook(second.url, "h5", conditions=(Condition("endCause", Comparison.EQUAL, "USER_BUSY"),))
            await room.happens(event="CUSTOM->" + MEMBER_ENDED)
            await room.round()
            await room.round()
            assert (first.bodies, second.bodies) == ([ENDED], [{"cause": "NORMAL_CLEARING"}])
            assert second.headers[0]["X-Crm"] == "7"
            assert first.headers[0]["Content-Type"] == "application/json"
            assert await room.left() == 0

    play(database_url, story)


def test_another_tenant_hears_nothing(database_url: str) -> None:
    async def story(room: Room) -> None:
        async with crm() as server:
            await room.hook(server.url)
            other = "insert into tenants (name, time_zone) values ('other', 'UTC') returning id"
            tenant = await room.pool.fetchval(other)
            notice = "insert into notices (tenant_id, event, document) values ($1, $2, '{}')"
            await room.pool.execute(notice, tenant, MEMBER_ENDED)
            await room.round()
            assert server.bodies == []
            assert await room.left() == 0

    play(database_url, story)


def test_what_was_not_taken_is_told_again_after_the_delay(database_url: str) -> None:
    async def story(room: Room) -> None:
        async with crm(says(500), says(200)) as server:
            await room.hook(server.url, retries=3, delay_seconds=60)
            await room.happens()
            await room.round()
            await room.clock.sleep(59)
            await room.round()
            assert len(server.bodies) == 1
            await room.clock.sleep(1)
            await room.round()
            assert server.bodies == [ENDED, ENDED]
            assert await room.left() == 0

    play(database_url, story)


REFUSALS = [
    (says(500),),
    (says(302, Location="http://127.0.0.1:9/"),),
    (hangs_up,),
]


@pytest.mark.parametrize("answers", REFUSALS)
def test_after_the_last_retry_it_is_given_up(database_url: str, answers: tuple[Answer, ...]) -> None:
    async def story(room: Room) -> None:
        async with crm(*answers) as server:
            await room.hook(server.url, retries=2, delay_seconds=5)
            await room.happens()
            for tries in range(1, 4):
                assert await room.left() == 1
                await room.round()
                assert len(server.bodies) == tries
                await room.clock.sleep(5)
            assert await room.left() == 0

    play(database_url, story)


def test_without_retries_one_try_is_all(database_url: str) -> None:
    async def story(room: Room) -> None:
        async with crm(says(503)) as server:
            await room.hook(server.url)
            await room.happens()
            await room.round()
            assert (len(server.bodies), await room.left()) == (1, 0)

    play(database_url, story)


def test_nobody_there_and_no_such_address_are_failures_like_others(database_url: str) -> None:
    async def story(room: Room) -> None:
        async with crm() as server:
            gone = server.url
        await room.hook(gone, "h1", retries=1)
        await room.hook("file:///etc/passwd", "h2", retries=1)
        await room.hook("http://[::bad", "h3", retries=1)
        await room.happens()
        await room.round()
        assert await room.left() == 3

    play(database_url, story)


def test_a_slow_server_is_left_at_the_limit(database_url: str) -> None:
    async def story(room: Room) -> None:
        async with crm(slow, says(200)) as server:
            await room.hook(server.url, retries=1, delay_seconds=5)
            await room.happens()
            await room.round()
            assert await room.left() == 1
            await room.clock.sleep(5)
            await room.round()
            assert (len(server.bodies), await room.left()) == (2, 0)

    play(database_url, story, limit_seconds=0.05)


def test_what_waits_survives_a_restart_and_is_told_by_one_process(database_url: str) -> None:
    async def story(room: Room) -> None:
        async with crm() as server:
            await room.hook(server.url, retries=1)
            await room.happens(times=3)
            deliveries = PostgresDeliveries(room.pool)
            now = room.clock.now()
            await deliveries.spread(now, 100)
            dead = await deliveries.take(now, now + LEASE, 10, 10, ())
            assert len(dead) == 3
            other = Messenger(deliveries, room.sender, room.clock)  # type: ignore[arg-type]
            await room.round(other)
            assert server.bodies == []
            await room.clock.sleep(LEASE.total_seconds())
            async with asyncio.TaskGroup() as group:
                await room.messenger.round(group)
                await other.round(group)
            assert (len(server.bodies), await room.left()) == (3, 0)

    play(database_url, story)


def test_a_hook_that_nobody_answers_leaves_places_for_others(database_url: str) -> None:
    async def story(room: Room) -> None:
        async with crm(slow) as dead, crm() as server:
            await room.hook(dead.url, "h1")
            await room.hook(server.url, "h2")
            await room.happens(times=20)
            async with asyncio.TaskGroup() as group:
                while len(server.bodies) < 20:
                    await room.messenger.round(group)
                    await asyncio.sleep(0)
                assert len(dead.bodies) <= 2 * hooks.MOST_FOR_ONE_HOOK
                dead.leaving.set()

    play(database_url, story)


def test_a_changed_hook_is_told_as_it_is_now_and_a_deleted_one_nothing(database_url: str) -> None:
    async def story(room: Room) -> None:
        async with crm(says(500), says(200)) as server:
            await room.hook(server.url, retries=5, delay_seconds=5)
            await room.happens()
            await room.round()
            await room.clock.sleep(5)
            changed = Hook(event=MEMBER_ENDED, url=server.url, fields=("endCause",))
            store = PostgresHooks(room.pool)
            await store.replace(room.tenant, HookRecord(key="h1", hook=changed, wire={}))
            await room.round()
            assert server.bodies[1] == {"endCause": "NORMAL_CLEARING"}
            await room.happens()
            await store.remove(room.tenant, "h1")
            await room.round()
            assert (len(server.bodies), await room.left()) == (2, 0)

    play(database_url, story)


class Away:
    """A store that cannot be reached at first, and then has one thing to tell."""

    def __init__(self) -> None:
        self.asked = 0
        self.told = asyncio.Event()

    async def spread(self, now: object, limit: int) -> int:
        self.asked += 1
        if self.asked == 1:
            raise StoreDown("away")
        return 0

    async def take(self, *_: object) -> list[Delivery]:
        if self.asked != 2:
            return []
        hook = Hook(event=MEMBER_ENDED, url="http://crm.example/")
        return [Delivery(id=1, tenant=TenantId(1), hook_id=1, key="h", hook=hook, document=ENDED, tries=1)]

    async def done(self, id: int) -> None:
        self.told.set()

    async def later(self, id: int, due_at: object) -> None:
        raise AssertionError("it was taken")


class Taker:
    """Takes everything."""

    async def send(self, request: HookRequest) -> WebAnswer:
        return WebAnswer(204)


def test_it_goes_on_when_the_store_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_STORE_DOWN_REAL_SECONDS", 0.0)

    async def story() -> None:
        away = Away()
        messenger = Messenger(away, Taker(), Hands())  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as group:
            running = group.create_task(messenger.run())
            await away.told.wait()
            running.cancel()

    asyncio.run(story())
