"""A story at the door of the dialect: requests, and calls that go the way the story says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from pwdlib import PasswordHash
from starlette.applications import Starlette

from api.asgi import Caller, Reply
from operations.house import House, house
from outdial.api.mobilgroup import mounts
from outdial.core.call import Call, Connection, Plan, State, Way
from outdial.core.ids import AttemptId
from outdial.core.outcome import Outcome
from outdial.core.sms import after_the_last
from outdial.drivers.postgres.dialling import PostgresDialling
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.drivers.postgres.sms import PostgresSmsQueue
from outdial.operations.means import Means
from outdial.operations.setup import Setup
from outdial.ports import Entry, Receipt, Reservation, SmsAnswer, SmsJob
from outdial.settings import Settings
from outdial.setup import read

NUMBER = "74951234567"
ACCOUNT = """
tenants:
  - name: {name}
    time_zone: Europe/Moscow
    users:
      - {{login: {login}, password_hash: "{hash}"}}
    keys:
      - {{name: mailing, key: {key}}}
    caller_numbers:
      - {{number: "74951234567", description: "Комментарий к номеру 1"}}
      - {{number: "74951234568", description: "Комментарий к номеру 2"}}
    account:
      currency: Rub
      enabled: {enabled}
      opening: {opening}
      tariffs:
        - {{per_second: 0.065, per_sms_part: 2.50}}
    mobilgroup:
      phrases:
        - {{id: 1, name: "Фраза 1", text: "Первая фраза."}}
        - {{id: 2, name: "Фраза 2", text: "Вторая фраза."}}
        - {{id: 3, name: "Фраза 3", audio: "gone.wav"}}
        - {{id: 4, name: "Фраза 4", text: "mute"}}
      scripts:
        - id: 1
          name: "Скрипт 1"
          steps:
            - say: "К оплате {{summa}} до {{param1}}."
        - id: 2
          name: "Скрипт 2"
          steps:
            - menu:
                say: "Нажмите один."
                keys:
                  "1":
                    - transfer: "74950000012"
{more}"""
TEXTING = """\
        - id: 4
          name: "Скрипт 4"
          unanswered_sms: "Мы не дозвонились. К оплате {summa} руб."
          steps:
            - say: "К оплате {summa}."
            - menu:
                say: "Чтобы получить реквизиты в SMS, нажмите один."
                keys:
                  "1":
                    - sms: "Account 40817, sum {summa}"
"""
"""A script that has SMS sent, for an account's member `more`."""
KEY = {"Authorization": "mailing-key"}
WITH_CARRIER = Means(assistant=False, sms=True)
_HASH = PasswordHash.recommended().hash("demo")


@dataclass(frozen=True, slots=True)
class Door:
    """The dialect's application, somebody with a key, and what lies behind."""

    house: House
    caller: Caller
    dialling: PostgresDialling

    async def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.caller.call("POST", path, raw, KEY if headers is None else headers)

    async def ask(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        reply = await self.post(path, body, headers)
        assert reply.status == 200, reply.body
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        return reply.json

    async def send(self, subscribers: list[Any], headers: dict[str, str] | None = None, **settings: Any) -> Any:
        body = {"settings": {"number": NUMBER, **settings}, "subscribers": subscribers}
        return await self.ask("/api/send/", body, None if headers is None else KEY | headers)

    async def state(self, id: str) -> Any:
        return await self.ask("/api/get/", {"request": "state", "id": id})

    async def balance(self) -> str:
        answer = await self.ask("/api/get/", {"request": "balance"})
        return str(answer["balance"])

    async def reserve(self, ahead: timedelta = timedelta()) -> list[Call]:
        """Begin a call to each contact that is due by then."""
        begun: list[Call] = []
        for campaign in await self.dialling.running():
            due = await self.dialling.due(campaign.id, datetime.now(UTC) + ahead, 100)
            scripts = await self.dialling.scripts_of([campaign])
            script = campaign.settings.script
            assert script is not None
            ids = [AttemptId(str(uuid4())) for _ in due]
            reservations = [
                Reservation(attempt=id, contact=one.contact, trunk="carrier", number=one.digits, caller=NUMBER)
                for id, one in zip(ids, due, strict=True)
            ]
            assert await self.dialling.reserve(campaign, (script, scripts[script][0]), reservations) == set(ids)
            outside = {"74950000012": Way("carrier", "74950000012", NUMBER)}
            begun += [
                Call(id, Plan("carrier", one.digits, NUMBER, 45.0, scripts[script][1], one.variables, outside=outside))
                for id, one in zip(ids, due, strict=True)
            ]
        return begun

    async def ends(
        self,
        call: Call,
        outcome: Outcome,
        talk: float = 0.0,
        again: bool = False,
        joined: float = 0,
        operator: str = "joined",
    ) -> None:
        """Save the end of a call; `joined`: how long it was transferred to the outside world, `operator`: what came of
        the transfer, which there was none of when neither is said."""
        ended = replace(call, state=State.ENDED, outcome=outcome)
        if joined or operator != Connection.JOINED:
            ended = replace(ended, transfer_extension="74950000012", connection=Connection(operator))
        now = datetime.now(UTC)
        missed = after_the_last(call.plan.script.unanswered, call.plan.variables, outcome, again=again)
        entry = Entry(
            call=ended,
            ended_at=now,
            talk_seconds=talk,
            joined_seconds=joined,
            retry_at=now if again else None,
            messages=missed,
        )
        await self.dialling.save([entry])

    async def texted(self, answer: SmsAnswer, *receipts: Receipt) -> list[SmsJob]:
        """Let the carrier answer to every part of every SMS that waits, and tell receipts of them."""
        queue, now = PostgresSmsQueue(self.house.pool), datetime.now(UTC)
        jobs = await queue.take(now, now + timedelta(minutes=1), 100)
        for job in jobs:
            await queue.answered(job.id, dict.fromkeys(job.parts, answer), now)
        for receipt in receipts:
            await queue.receive(receipt)
        return jobs


def play(dsn: str, data: Path, story: Callable[[Door], Awaitable[None]], **account: Any) -> None:
    """Open a door on a fresh database with two accounts and let the story happen."""

    async def told() -> None:
        async with house(dsn, data) as made:
            mine = {
                "name": "first",
                "login": "demo",
                "key": "mailing-key",
                "enabled": "true",
                "opening": "273.50",
                "more": "",
            }
            other = {
                "name": "second",
                "login": "other",
                "key": "other-key",
                "enabled": "false",
                "opening": "0",
                "more": "",
            }
            for one in (mine | account, other):
                await Setup(PostgresSetup(made.pool)).apply(read(ACCOUNT.format(hash=_HASH, **one), means=WITH_CARRIER))
            application = Starlette(routes=mounts(made.operations, Settings(largest_body=4 * 1024 * 1024)))
            dialling = PostgresDialling(dsn, made.pool)
            assert await dialling.take_charge()
            try:
                await story(Door(made, Caller(application), dialling))
            finally:
                await dialling.yield_charge()

    asyncio.run(told())
