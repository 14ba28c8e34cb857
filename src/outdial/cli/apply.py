"""`outdial apply FILE`: brings the database to what a file says, and shows what that changes."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
import typer

from outdial import setup
from outdial.app import database
from outdial.cli.logs import configure_logs
from outdial.core.errors import Malformed
from outdial.core.wanted import Wanted
from outdial.drivers.postgres.embedded import EmbeddedPostgresError
from outdial.furnishing import means_of
from outdial.operations.setup import Change, Setup, Verb
from outdial.ports import StoreDown, StoreRefused
from outdial.settings import Settings, StartError, read

DATABASE_HELP = "postgresql:// URL; without it, the embedded server of the data folder."
DATA_HELP = "Folder of the embedded database."
T = TypeVar("T")
H = TypeVar("H")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="apply")(_apply)


def _apply(
    file: Annotated[Path, typer.Argument(help="A YAML file such as examples/demo.yaml; - reads standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    database: Annotated[str | None, typer.Option(help=DATABASE_HELP)] = None,
    data: Annotated[Path | None, typer.Option(help=DATA_HELP)] = None,
) -> None:
    """Bring the database to what FILE says. A server that runs on it need not be stopped."""
    settings = read({"database": database, "data": data})
    configure_logs("warning", settings.log_format)
    wanted = _read_file(file, settings)

    async def ask(house: Setup) -> list[Change]:
        return await house.apply(wanted, dry_run=dry_run)

    changes = asyncio.run(with_setup(settings, ask))
    typer.echo("\n".join(report(changes, dry_run=dry_run)))


def _read_file(file: Path, settings: Settings) -> Wanted:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Malformed(f"{file} cannot be read: {reason}") from error
    try:
        return setup.read(text, settings.language, means=means_of(settings))
    except Malformed as error:
        raise Malformed(f"{file}, nothing was changed:\n{error.message}", field=error.field) from error


def report(changes: Sequence[Change], *, dry_run: bool) -> list[str]:
    """What happened, a line for each thing that is not as before, and a line of sums."""
    lines = [_line(change) for change in changes if change.verb is not Verb.SAME]
    counts = Counter(change.verb for change in changes)
    sums = ", ".join(f"{counts[verb]} {verb.value}" for verb in Verb)
    return [*lines, f"{'dry run, nothing was changed: ' if dry_run else ''}{sums}"]


def _line(change: Change) -> str:
    differs = f": {', '.join(change.differs)}" if change.differs else ""
    return f"{change.verb.value:<8} {change.kind:<8} {change.name}{differs}"


async def with_setup(settings: Settings, ask: Callable[[Setup], Awaitable[T]]) -> T:
    """Ask something of the set-up of the settings' database. Raises `StartError` when that cannot be used."""
    return await with_database(settings, setup.opened, ask)


async def with_database(
    settings: Settings, opened: Callable[[str], AbstractAsyncContextManager[H]], ask: Callable[[H], Awaitable[T]]
) -> T:
    """Ask something of what is opened on the settings' database. Raises `StartError` when that cannot be used."""
    try:
        async with database(settings, join=True) as store, opened(store.dsn) as house:
            return await ask(house)
    except EmbeddedPostgresError as error:
        raise StartError(str(error)) from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, StoreDown, StoreRefused) as error:
        which = "that --database names" if settings.database else f"in {settings.data}"  # the URL may hold a password
        raise StartError(f"the database {which} cannot be used: {error}. Put that right and try again.") from error
