"""Accounts as callers ask for them: who is charged, what a credit may be, and what an apply file makes of an account."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from operations.house import House, house
from outdial.core.errors import AccountDisabled, Malformed, NotEnoughMoney, NotFound
from outdial.core.money import Tariff
from outdial.core.wanted import Wanted, WantedAccount, WantedTenant
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.operations.setup import Setup
from outdial.ports import Balance, Held, HoldRow

TARIFF = Tariff(per_second=Decimal("0.065"))
ACCOUNT = WantedAccount(currency="Rub", opening=Decimal("273.50"), tariffs=(TARIFF,), credited_by=("bank",))
ROWS = [HoldRow("a", "70000100001", 14), HoldRow("b", "70000100002", 14)]


def play(dsn: str, data: Path, story: Callable[[House], Awaitable[None]]) -> None:
    """Let a story happen in a fresh house."""

    async def told() -> None:
        async with house(dsn, data) as made:
            await story(made)

    asyncio.run(told())


async def apply(made: House, account: WantedAccount | None, **how: bool) -> list[str]:
    """Apply a file that has only this account; what is not as before."""
    tenant = WantedTenant(name="site", time_zone="Europe/Moscow", region="RU", account=account)
    changes = await Setup(PostgresSetup(made.pool)).apply(Wanted((tenant,)), **how)
    return [f"{one.verb} {one.kind} {', '.join(one.differs)}".strip() for one in changes if one.verb != "same"]


def test_who_has_no_account_is_charged_nothing(database_url: str, tmp_path: Path) -> None:
    async def story(made: House) -> None:
        accounts = made.operations.accounts
        assert await accounts.hold_all(made.tenant, "1", ROWS) == [Held("a", Decimal(0)), Held("b", Decimal(0))]
        assert await accounts.quote(made.tenant, ROWS) == [0, 0]
        assert await accounts.balance(made.tenant) == Balance(amount=Decimal(0), currency="", available=Decimal(0))
        assert await accounts.statement(made.tenant) == []
        with pytest.raises(NotFound):
            await accounts.credit(made.tenant, Decimal(1), "", "k")

    play(database_url, tmp_path, story)


def test_an_account_is_opened_once_and_changed_after(database_url: str, tmp_path: Path) -> None:
    async def story(made: House) -> None:
        accounts = made.operations.accounts
        assert await apply(made, ACCOUNT) == ["added account"]
        assert await apply(made, ACCOUNT) == []
        assert await apply(made, replace(ACCOUNT, opening=Decimal(500))) == []
        assert await apply(made, None) == []
        balance = await accounts.balance(made.tenant)
        assert balance == Balance(amount=Decimal("273.50"), currency="Rub", available=Decimal("273.50"))
        dearer = replace(ACCOUNT, tariffs=(replace(TARIFF, per_second=Decimal("0.1")), Tariff(prefix="8")))
        assert await apply(made, dearer, dry_run=True) == ["changed account tariffs"]
        assert await accounts.quote(made.tenant, ROWS[:1]) == [Decimal("0.91")]
        assert await apply(made, dearer) == ["changed account tariffs"]
        assert await apply(made, dearer) == []
        assert await accounts.quote(made.tenant, ROWS[:1]) == [Decimal("1.40")]
        assert await apply(made, ACCOUNT, only_missing=True) == []
        assert await apply(made, replace(ACCOUNT, enabled=False)) == ["changed account enabled, tariffs"]
        with pytest.raises(AccountDisabled):
            await accounts.hold_all(made.tenant, "1", ROWS)

    play(database_url, tmp_path, story)


def test_an_account_opened_with_nothing_may_be_opened_with_something_later(database_url: str, tmp_path: Path) -> None:
    async def story(made: House) -> None:
        await apply(made, replace(ACCOUNT, opening=Decimal("0.00")))
        with pytest.raises(NotEnoughMoney):
            await made.operations.accounts.hold_all(made.tenant, "1", ROWS)
        assert await apply(made, ACCOUNT) == ["changed account opening"]
        assert (await made.operations.accounts.balance(made.tenant)).amount == Decimal("273.50")

    play(database_url, tmp_path, story)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "1000000000", "NaN", "Infinity"])
def test_what_is_no_credit(database_url: str, tmp_path: Path, amount: str) -> None:
    async def story(made: House) -> None:
        await apply(made, ACCOUNT)
        with pytest.raises(Malformed):
            await made.operations.accounts.credit(made.tenant, Decimal(amount), "", "k")

    play(database_url, tmp_path, story)


def test_a_contact_is_held_for_once(database_url: str, tmp_path: Path) -> None:
    async def story(made: House) -> None:
        await apply(made, ACCOUNT)
        with pytest.raises(Malformed):
            await made.operations.accounts.hold_all(made.tenant, "1", [ROWS[0], ROWS[0]])
        assert await made.operations.accounts.hold_all(made.tenant, "1", []) == []

    play(database_url, tmp_path, story)


def test_accounts_know_nothing_of_each_other(database_url: str, tmp_path: Path) -> None:
    async def story(made: House) -> None:
        await apply(made, ACCOUNT)
        accounts = made.operations.accounts
        await accounts.hold_all(made.tenant, "1", ROWS)
        assert await accounts.statement(made.other_tenant) == []
        assert not await accounts.may_credit(made.other_tenant, "bank")
        assert await accounts.may_credit(made.tenant, "bank")
        assert not await accounts.may_credit(made.tenant, "admin")

    play(database_url, tmp_path, story)
