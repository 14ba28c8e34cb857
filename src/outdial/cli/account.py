"""`outdial account`: credits a tenant's account, corrects it, and shows what it has and why. A server may go on running."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import uuid4

import typer

from outdial import setup
from outdial.cli.apply import DATA_HELP, DATABASE_HELP, with_database
from outdial.cli.logs import configure_logs
from outdial.core.errors import Malformed
from outdial.core.ids import TenantId
from outdial.operations.accounts import MOST_ROWS, Accounts
from outdial.ports import Balance, Row
from outdial.settings import read

Tenant = Annotated[str, typer.Option(help="Whose account it is.")]
Amount = Annotated[str, typer.Option(help="Such as 100.50.")]
Note = Annotated[str, typer.Option(help="What is written into the row.")]
Key = Annotated[str, typer.Option(help="A movement of the same key is not made again; without it, a fresh one.")]
Url = Annotated[str | None, typer.Option(help=DATABASE_HELP)]
Data = Annotated[Path | None, typer.Option(help=DATA_HELP)]
T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    accounts = typer.Typer(no_args_is_help=True, help="Accounts of tenants.")
    accounts.callback()(_accounts)
    accounts.command(name="credit")(_credit)
    accounts.command(name="correct")(_correct)
    accounts.command(name="show")(_show)
    accounts.command(name="statement")(_statement)
    app.add_typer(accounts, name="account")


def _accounts() -> None:
    """Accounts of tenants."""


def _credit(
    tenant: Tenant, amount: Amount, note: Note = "", key: Key = "", database: Url = None, data: Data = None
) -> None:
    """Write that money came in, and print the row."""
    money, named = _decimal(amount), key or str(uuid4())
    row = _ask(tenant, database, data, lambda accounts, id: accounts.credit(id, money, note, named))
    typer.echo(line_of(row))


def _correct(
    tenant: Tenant, amount: Amount, note: Note, key: Key = "", database: Url = None, data: Data = None
) -> None:
    """Put something right, either way, and print the row: --amount -2.50 takes."""
    money, named = _decimal(amount), key or str(uuid4())
    row = _ask(tenant, database, data, lambda accounts, id: accounts.correct(id, money, note, named))
    typer.echo(line_of(row))


def _show(tenant: Tenant, database: Url = None, data: Data = None) -> None:
    """Print what the account has, what of it is held, and what is available."""
    typer.echo(told(_ask(tenant, database, data, lambda accounts, id: accounts.balance(id))))


def _statement(
    tenant: Tenant,
    before: Annotated[int | None, typer.Option(help="Rows with ids below this one.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many rows.", min=1, max=MOST_ROWS)] = 50,
    database: Url = None,
    data: Data = None,
) -> None:
    """Print rows of the ledger, the latest first."""
    for row in _ask(tenant, database, data, lambda accounts, id: accounts.statement(id, before, limit)):
        typer.echo(line_of(row))


def told(balance: Balance) -> str:
    """A balance on one line."""
    if not balance.currency:
        return "there is no account, and nothing is charged"
    held = balance.amount - balance.available
    disabled = "" if balance.enabled else "; the account is disabled"
    return (
        f"balance {balance.amount:.2f} {balance.currency}, held {held:.2f}, available {balance.available:.2f}{disabled}"
    )


def line_of(row: Row) -> str:
    """A row of the ledger on one line."""
    about = " ".join(part for part in (row.campaign, row.contact, row.service and row.service.value, row.note) if part)
    time = row.made_at.strftime("%Y-%m-%d %H:%M:%S")
    return f"{row.id:>8}  {time}  {row.entry.value:<11} {row.amount:>12.2f} {row.balance:>12.2f}  {about}".rstrip()


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise Malformed(f'"{text}" is no amount; an example: 100.50', field="amount") from error


def _ask(tenant: str, url: str | None, data: Path | None, ask: Callable[[Accounts, TenantId], Awaitable[T]]) -> T:
    settings = read({"database": url, "data": data})
    configure_logs("warning", settings.log_format)

    async def asked(books: setup.Books) -> T:
        return await ask(books.accounts, await books.setup.tenant(tenant))

    return asyncio.run(with_database(settings, setup.opened_books, asked))
