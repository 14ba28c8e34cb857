"""`outdial key create`: makes an API key and prints it, once. The key alone goes to standard output."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from outdial.cli.apply import DATA_HELP, DATABASE_HELP, with_setup
from outdial.cli.logs import configure_logs
from outdial.core.errors import Malformed
from outdial.operations.setup import Setup
from outdial.settings import read

_USE = {
    "mikopbx": 'curl -H "Authorization: Bearer {key}" http://HOST:PORT/pbxcore/api/module-dialer/v1/polling',
    "webitel": 'curl -H "X-Access-Token: {key}" http://HOST:PORT/api/v2/dialer',
}
"""How a key is sent at the door of each dialect."""


_SIGNED = "webitel"
"""The dialect whose keys are signed tokens of a tenant's domain."""
_LIFE = timedelta(days=3650)


def register(app: typer.Typer) -> None:
    """Add the command."""
    keys = typer.Typer(no_args_is_help=True, help="API keys of a tenant.")
    keys.callback()(_keys)
    keys.command(name="create")(_create)
    app.add_typer(keys, name="key")


def _keys() -> None:
    """API keys of a tenant."""


def _create(
    tenant: Annotated[str, typer.Option(help="Whose key it is.")],
    name: Annotated[str, typer.Option(help="What the key is called.")],
    dialect: Annotated[
        str,
        typer.Option(
            help="Show how the key is sent there. It is good at every door; webitel makes a token of its own."
        ),
    ] = "mikopbx",
    database: Annotated[str | None, typer.Option(help=DATABASE_HELP)] = None,
    data: Annotated[Path | None, typer.Option(help=DATA_HELP)] = None,
) -> None:
    """Make an API key and print it. Only its hash, or its id, is stored: it cannot be shown again."""
    if dialect not in _USE:
        raise Malformed(f'there is no dialect "{dialect}"; known: {", ".join(_USE)}', field="dialect")
    settings = read({"database": database, "data": data})
    configure_logs("warning", settings.log_format)

    async def ask(house: Setup) -> str:
        if dialect == _SIGNED:
            return await house.create_domain_token(tenant, name, _LIFE, datetime.now(UTC))
        return await house.create_key(tenant, name)

    key = asyncio.run(with_setup(settings, ask))
    typer.echo(f'The key "{name}" of tenant "{tenant}"; it will not be shown again. Example:', err=True)
    typer.echo(f"  {_USE[dialect].format(key=key)}", err=True)
    typer.echo(key)
