"""`outdial account` against a real database: what it prints, and what it refuses."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from typer.testing import CliRunner

from outdial import setup
from outdial.cli.main import application
from outdial.core.errors import Malformed, NotFound
from outdial.core.wanted import Wanted, WantedAccount, WantedTenant
from outdial.operations.setup import Setup

TENANT = WantedTenant(
    name="site",
    time_zone="UTC",
    region="RU",
    account=WantedAccount(currency="Rub", opening=Decimal("273.50")),
)


def apply(dsn: str, tenant: WantedTenant) -> None:
    """Bring a database to a tenant."""

    async def applied() -> None:
        async with setup.opened(dsn) as house:
            assert isinstance(house, Setup)
            await house.apply(Wanted((tenant,)))

    asyncio.run(applied())


def account(dsn: str, verb: str, *arguments: str) -> str:
    """What the command prints."""
    ran: Any = CliRunner().invoke(application(), ["account", verb, "--database", dsn, *arguments])
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return str(ran.stdout)


def test_an_account_is_credited_corrected_and_shown(database_url: str) -> None:
    apply(database_url, TENANT)
    shown = account(database_url, "show", "--tenant", "site")
    assert shown == "balance 273.50 Rub, held 0.00, available 273.50\n"
    invoice = ("--tenant", "site", "--amount", "100,50", "--note", "invoice 7", "--key", "7")
    assert "credit" in account(database_url, "credit", *invoice)
    account(database_url, "credit", *invoice)
    account(database_url, "correct", "--tenant", "site", "--amount", "-4.00", "--note", "a mistake")
    rows = account(database_url, "statement", "--tenant", "site").splitlines()
    assert [row.split()[3:6] for row in rows] == [
        ["correction", "-4.00", "370.00"],
        ["credit", "100.50", "374.00"],
        ["credit", "273.50", "273.50"],
    ]


def test_what_is_wrong_is_said(database_url: str) -> None:
    with pytest.raises(NotFound, match="known: none"):
        account(database_url, "show", "--tenant", "nobody")
    apply(database_url, WantedTenant(name="free", time_zone="UTC", region="RU"))
    assert account(database_url, "show", "--tenant", "free") == "there is no account, and nothing is charged\n"
    with pytest.raises(NotFound, match="no account"):
        account(database_url, "credit", "--tenant", "free", "--amount", "1")
    with pytest.raises(Malformed, match="no amount"):
        account(database_url, "credit", "--tenant", "free", "--amount", "much")
