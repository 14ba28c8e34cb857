"""The account at outdial's own door: with a key of its tenant, and credited only by a key that the account names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from api.asgi import Caller, Reply
from operations.house import KEY, House, house
from outdial.api.native import mounts
from outdial.api.native.routes import Health
from outdial.core.money import Tariff
from outdial.core.wanted import WantedAccount
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.operations.access import hash_secret
from outdial.ports import HoldRow

OTHER_KEY = "another-key"
ACCOUNT = WantedAccount(
    currency="Rub",
    opening=Decimal("273.50"),
    tariffs=(Tariff(per_second=Decimal("0.065")),),
    credited_by=("demo",),
)


@dataclass(frozen=True, slots=True)
class Counter:
    """Where the tenant `site` asks about its account."""

    house: House
    application: Starlette

    async def ask(self, method: str, path: str, body: Any = None, key: str = KEY) -> Reply:
        """A request with a key."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return await Caller(self.application).call(method, path, raw, {"Authorization": f"Bearer {key}"})


def play(dsn: str, data: Path, story: Callable[[Counter], Awaitable[None]]) -> None:
    """Let a story happen at a fresh door."""

    async def never() -> Health:
        raise AssertionError("nobody asks how the process is doing")

    async def told() -> None:
        async with house(dsn, data) as made:
            async with PostgresSetup(made.pool).transaction(keep=True) as setup:
                await setup.put_account(made.tenant, ACCOUNT)
                await setup.put_key(made.tenant, "reader", hash_secret(OTHER_KEY))
            await story(Counter(made, Starlette(routes=mounts(never, made.operations, tuple))))

    asyncio.run(told())


def test_what_the_account_has(database_url: str, tmp_path: Path) -> None:
    async def story(counter: Counter) -> None:
        rows = [HoldRow("a", "70000100001", 14)]
        await counter.house.operations.accounts.hold_all(counter.house.tenant, "1", rows)
        reply = await counter.ask("GET", "/v1/account")
        assert reply.status == 200
        assert reply.json == {"balance": "273.50", "available": "272.59", "currency": "Rub", "enabled": True}

    play(database_url, tmp_path, story)


def test_a_credit_and_the_rows_it_leaves(database_url: str, tmp_path: Path) -> None:
    async def story(counter: Counter) -> None:
        credit = {"amount": "100.50", "note": "invoice 7", "key": "7"}
        made = await counter.ask("POST", "/v1/account/credit", credit)
        assert (made.status, made.json["balance"], made.json["entry"]) == (200, "374.00", "credit")
        assert (await counter.ask("POST", "/v1/account/credit", credit)).json == made.json
        assert (await counter.ask("POST", "/v1/account/credit", {**credit, "amount": 1})).status == 409
        first = (await counter.ask("GET", "/v1/account/statement?limit=1")).json
        assert [row["note"] for row in first["rows"]] == ["invoice 7"]
        second = (await counter.ask("GET", f"/v1/account/statement?limit=10&before={first['next']}")).json
        assert [(row["amount"], row["key"]) for row in second["rows"]] == [("273.50", "credit:opening")]
        assert second["next"] is None

    play(database_url, tmp_path, story)


@pytest.mark.parametrize("path", ["/v1/account", "/v1/account/statement", "/v1/account/credit"])
def test_nobody_without_a_key_asks(database_url: str, tmp_path: Path, path: str) -> None:
    async def story(counter: Counter) -> None:
        for key in ("", "wrong"):
            reply = await counter.ask("POST" if path.endswith("credit") else "GET", path, key=key)
            assert (reply.status, reply.json["code"]) == (401, "not_authenticated")

    play(database_url, tmp_path, story)


def test_a_key_that_is_not_named_may_look_and_not_credit(database_url: str, tmp_path: Path) -> None:
    async def story(counter: Counter) -> None:
        assert (await counter.ask("GET", "/v1/account", key=OTHER_KEY)).status == 200
        reply = await counter.ask("POST", "/v1/account/credit", {"amount": "1"}, key=OTHER_KEY)
        assert (reply.status, reply.json["code"]) == (403, "not_allowed")
        assert (await counter.ask("GET", "/v1/account")).json["balance"] == "273.50"

    play(database_url, tmp_path, story)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"{}", {"amount": None}, {"amount": True}, {"amount": "1,5x"}, {"amount": [1]}, {"amount": "NaN"}]
    + [{"amount": "-1"}, {"amount": 0.001}, {"amount": 1, "key": 7}, {"amount": 1, "to": "me"}, {"amount": 1e300}],
)
def test_what_is_no_credit(database_url: str, tmp_path: Path, body: Any) -> None:
    async def story(counter: Counter) -> None:
        reply = await counter.ask("POST", "/v1/account/credit", body)
        assert reply.status == 400
        assert reply.json["message"]

    play(database_url, tmp_path, story)


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "before=-1", "before=99999999999999999999999999"])
def test_what_is_no_page(database_url: str, tmp_path: Path, query: str) -> None:
    async def story(counter: Counter) -> None:
        reply = await counter.ask("GET", f"/v1/account/statement?{query}")
        assert (reply.status, reply.json["field"]) == (400, query.partition("=")[0])

    play(database_url, tmp_path, story)
