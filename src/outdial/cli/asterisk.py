"""`outdial asterisk-config` and `outdial doctor`: what an Asterisk needs, and what it lacks."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from outdial.cli.logs import configure_logs
from outdial.drivers.asterisk.configuration import existing_asterisk_text
from outdial.drivers.asterisk.doctor import Finding, Level, examine
from outdial.furnishing import deafness_of, listening_of
from outdial.settings import Settings, SettingsError, StartError, read

_MARKS = {Level.OK: "[green]ok     [/]", Level.WARNING: "[yellow]warning[/]", Level.ERROR: "[red]error  [/]"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="asterisk-config")(_config)
    app.command(name="doctor")(_doctor)


def _config(
    password: Annotated[str | None, typer.Option(help="Of the ARI user; without it, one is made up.")] = None,
    user: Annotated[str, typer.Option(help="ARI user.")] = "outdial",
    address: Annotated[str, typer.Option(help="Address that Asterisk's HTTP server listens on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its port.")] = 8088,
) -> None:
    """Print what an existing Asterisk needs to be driven by outdial, file by file."""
    try:
        text = existing_asterisk_text(
            ari_password=password or secrets.token_hex(12), ari_user=user, http_address=address, http_port=port
        )
    except ValueError as error:
        raise SettingsError(str(error)) from error
    typer.echo(text)


def _doctor(
    telephony: Annotated[str | None, typer.Option(help="ari://USER:PASSWORD@HOST:PORT of the Asterisk.")] = None,
    trunk: Annotated[list[str] | None, typer.Option(help="A PJSIP endpoint to call through; may be repeated.")] = None,
    data: Annotated[Path | None, typer.Option(help="The data folder, whose prompts Asterisk must read.")] = None,
) -> None:
    """Say what an Asterisk lacks; ends with 1 when calls cannot be placed."""
    settings = read({"telephony": telephony, "data": data})
    configure_logs("error", settings.log_format)
    if settings.telephony == "sandbox":
        raise StartError("the sandbox needs no doctor; name an Asterisk with --telephony ari://USER:PASSWORD@HOST:PORT")
    try:
        findings = asyncio.run(examine(settings.telephony, trunk or ["carrier"], prompts=settings.data / "prompts"))
    except ValueError as error:
        raise SettingsError(f"OUTDIAL_TELEPHONY (--telephony): {error}") from error
    findings += asyncio.run(_listening(settings))
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        console.print(_line(finding))
    if any(finding.level is Level.ERROR for finding in findings):
        raise typer.Exit(1)


async def _listening(settings: Settings) -> list[Finding]:
    """Whether what callees say would be understood: the recogniser is started, and hears a moment of silence."""
    try:
        recogniser = listening_of(settings)
    except StartError as error:
        return [Finding(Level.ERROR, "callees would not be understood", str(error))]
    why = deafness_of(settings, recogniser)
    deaf = [Finding(Level.WARNING, "the assistant would hear nobody", why)] if why else []
    if recogniser is None:
        return [Finding(Level.OK, "nobody is listened to: OUTDIAL_RECOGNISER=none"), *deaf]
    try:
        failure = await recogniser.tried(settings.language)
    finally:
        await recogniser.close()
    what = f"recogniser {settings.recogniser}"
    if not failure:
        return [Finding(Level.OK, f"{what} hears {settings.language}"), *deaf]
    return [
        Finding(Level.WARNING, f"{what} does not hear {settings.language}: {failure}", "see docs/listening.md"),
        *deaf,
    ]


def _line(finding: Finding) -> str:
    next_step = f"\n          {escape(finding.next_step)}" if finding.next_step else ""
    return f"{_MARKS[finding.level]}  {escape(finding.what)}{next_step}"
