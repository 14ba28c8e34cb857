"""`outdial serve`: the server, until SIGTERM. Ready when it prints `outdial ready on http://HOST:PORT`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from outdial.cli.logs import configure_logs
from outdial.serving import serve
from outdial.settings import Settings, read

_DEMO = """
The demo tenant's login is admin / adminpassword, its API key demo-key; callers from this machine need neither.
Try:
  curl {url}/pbxcore/api/module-dialer/v1/polling
  curl -d '{{"innerNum": "9", "innerNumType": "polling", "numbers": ["70000100001", "70000400000"]}}' \\
       {url}/pbxcore/api/module-dialer/v1/task
  curl {url}/pbxcore/api/module-dialer/v1/results/0
  curl {url}/pbxcore/api/module-dialer/v1/polling-results/0
  curl -H "X-Access-Token: demo-key" {url}/api/v2/callcenter/agent
Health: {url}/v1/health   Metrics: {url}/metrics
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="serve")(_serve)


def _serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for the database, prompts and uploaded sounds.")] = None,
    database: Annotated[str | None, typer.Option(help="postgresql:// URL; without it, an embedded server.")] = None,
    telephony: Annotated[str | None, typer.Option(help="sandbox, or ari://USER:PASSWORD@HOST:PORT.")] = None,
    extension_endpoint: Annotated[
        str | None, typer.Option(help="How the Asterisk dials an extension of its own, such as PJSIP/{number}.")
    ] = None,
    speed: Annotated[float | None, typer.Option(help="How many times the sandbox shortens every wait.")] = None,
    seed: Annotated[int | None, typer.Option(help="What the sandbox draws its people from.")] = None,
    sandbox_log: Annotated[Path | None, typer.Option(help="Gets a JSON line for each call the sandbox dials.")] = None,
    sms: Annotated[str | None, typer.Option(help="sandbox, or smpp://SYSTEM_ID:PASSWORD@HOST:PORT.")] = None,
    demo: Annotated[bool | None, typer.Option("--demo/--no-demo", help="Load the demo data.")] = None,
    drain: Annotated[float | None, typer.Option(help="Seconds that calls may go on after SIGTERM.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    log_format: Annotated[str | None, typer.Option(help="text or json.")] = None,
) -> None:
    """Run the server until SIGTERM. Every option is also an environment variable OUTDIAL_…."""
    settings = read(
        {
            "host": host,
            "port": port,
            "data": data,
            "database": database,
            "telephony": telephony,
            "extension_endpoint": extension_endpoint,
            "speed": speed,
            "seed": seed,
            "sandbox_log": sandbox_log,
            "sms": sms,
            "demo": demo,
            "drain": drain,
            "log_level": log_level,
            "log_format": log_format,
        }
    )
    configure_logs(settings.log_level, settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, lambda url: _announce(settings, url)))


def _announce(settings: Settings, url: str) -> None:
    if settings.demo:
        sys.stdout.write(_DEMO.format(url=url))
    sys.stdout.write(f"outdial ready on {url}\n")
    sys.stdout.flush()
