"""The command `outdial`. What a user got wrong is told in a line and ends with 2, what failed with 1; never a traceback."""

from __future__ import annotations

import sys

import typer

from outdial import __version__
from outdial.cli import account, apply, asterisk, demo, key, serve, simulate
from outdial.core.errors import OutdialError
from outdial.drivers.postgres.embedded import EmbeddedPostgresError
from outdial.furnishing import StartError
from outdial.settings import SettingsError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__.split(".")[0]
)
for command in (serve, demo, apply, simulate, key, account, asterisk):
    command.register(app)


@app.callback(invoke_without_command=True)
def about(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    """An outbound-dialling server that speaks four existing HTTP APIs."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    try:
        app()
    except SettingsError as error:
        sys.exit(_say(f"{error}", 2))
    except OutdialError as error:
        sys.exit(_say(error.message, 2))
    except (StartError, EmbeddedPostgresError) as error:
        sys.exit(_say(str(error), 1))


def _say(message: str, code: int) -> int:
    typer.echo(f"outdial: {message}", err=True)
    return code
