"""The command `outdial`. What a user got wrong is told in a line and ends with 2, what failed with 1; never a traceback."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from outdial import __version__
from outdial.core.errors import OutdialError
from outdial.drivers.postgres.embedded_folder import EmbeddedPostgresError
from outdial.settings import SettingsError, StartError

_MODULES = {
    "serve": "serve",
    "demo": "demo",
    "apply": "apply",
    "simulate": "simulate",
    "key": "key",
    "account": "account",
    "asterisk-config": "asterisk",
    "doctor": "asterisk",
}
"""Where each command is."""
_VERSION = "--version"


def application(asked: str = "") -> typer.Typer:
    """The command line. Of a command that is asked for only its own module is loaded: what the others need takes seconds."""
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=(__doc__ or "").split(".")[0]
    )
    app.callback(invoke_without_command=True)(about)
    modules = dict.fromkeys([_MODULES[asked]] if asked in _MODULES else _MODULES.values())
    for module in () if asked == _VERSION else modules:
        import_module(f"outdial.cli.{module}").register(app)
    return app


def about(version: bool = typer.Option(False, _VERSION, help="Print the version and exit.")) -> None:
    """An outbound-dialling server that speaks four existing HTTP APIs."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    try:
        application(sys.argv[1] if len(sys.argv) > 1 else "")()
    except SettingsError as error:
        sys.exit(_say(f"{error}", 2))
    except OutdialError as error:
        sys.exit(_say(error.message, 2))
    except (StartError, EmbeddedPostgresError) as error:
        sys.exit(_say(str(error), 1))


def _say(message: str, code: int) -> int:
    typer.echo(f"outdial: {message}", err=True)
    return code
