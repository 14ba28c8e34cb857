"""`outdial demo`: sends the demo poll to sandbox numbers through the HTTP API of a server and shows what comes of it.

It speaks the MikoPBX dialect like any client would. Who is called, what is counted and how it is drawn are pure
functions; only `_Client` and `_own_server` touch the world.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from outdial import setup
from outdial.settings import PREFIX, StartError
from outdial.yaml_text import document_of

DEFAULT_URL = "http://127.0.0.1:8080"
MODULE = "/pbxcore/api/module-dialer/v1"
POLL_KEY = "outdial demo"
MOST_NUMBERS = 10_000
OWN_SPEED = 20
READY = "outdial ready on "

_LOOK_SECONDS = 0.5
_REQUEST_SECONDS = 60.0
_BAR_WIDTH = 40

# ------------------------------------------------------------------------------------------- who is called


@dataclass(frozen=True, slots=True)
class Kind:
    """People of one behaviour in the sandbox's plan: their share of a hundred, and the parameter of the i-th one."""

    share: int
    behaviour: str
    parameter: Callable[[int], int]


def _presses(key: int) -> Callable[[int], int]:
    """The first digit is what is pressed at the first question; the others only tell the numbers apart."""
    return lambda index: key * 10_000 + index


def _only_wrong_keys(index: int) -> int:
    """Five keys of which the poll has none."""
    digits = "7"
    for place in range(4):
        digits += "456789"[index // 6**place % 6]
    return int(digits)


KINDS = (
    Kind(38, "01", _presses(1)),
    Kind(16, "01", _presses(2)),
    Kind(8, "01", _presses(3)),
    Kind(8, "03", _presses(1)),  # a wrong key first
    Kind(4, "01", _only_wrong_keys),
    Kind(8, "04", lambda index: index),  # busy
    Kind(6, "05", lambda index: index),  # no answer
    Kind(2, "06", lambda index: index),  # rejects
    Kind(5, "10", lambda index: index),  # a machine
    Kind(5, "11", lambda index: 300 + index),  # hangs up so many milliseconds after answering
)


def mix(count: int) -> list[str]:
    """So many different sandbox numbers, the kinds spread evenly over the list. Always the same."""
    credit = [0] * len(KINDS)
    made = [0] * len(KINDS)
    numbers = []
    for _ in range(count):
        for place, kind in enumerate(KINDS):
            credit[place] += kind.share
        chosen = max(range(len(KINDS)), key=credit.__getitem__)
        credit[chosen] -= 100
        kind = KINDS[chosen]
        numbers.append(f"7000{kind.behaviour}{kind.parameter(made[chosen]):05d}")
        made[chosen] += 1
    return numbers


# ------------------------------------------------------------------------------------------ what is counted

MEANINGS = {
    "SUCCESS_POLLING": "went through the poll",
    "FAIL_POLLING": "answered, and did not go through the poll",
    "FAIL BUSY": "busy, or rejected the call",
    "FAIL NOANSWER": "did not answer",
    "FAIL CONGESTION": "cannot be reached",
    "FAIL CHANUNAVAIL": "cannot be reached",
    "FAIL": "failed",
    "FAIL_ROUTE": "no route for the number",
    "FAIL_PROVIDER": "the carrier did not take the call",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a task stands: numbers in all, those over, those on the line, results by code, answers by key."""

    total: int
    done: int
    in_progress: int
    results: Mapping[str, int]
    answers: Mapping[str, int]
    closed: bool


def standing(task: Mapping[str, Any]) -> Standing:
    """Count what `GET /task/{id}` says."""
    rows = task["results"]
    over = [row for row in rows if row["closeTime"] != "0"]
    waiting = sum(row["state"] == "CreateTask" for row in rows)
    results = Counter(f"{row['result']} {row['outDialState'] or ''}".strip() for row in over)
    return Standing(
        total=len(rows),
        done=len(over),
        in_progress=len(rows) - len(over) - waiting,
        results=dict(results.most_common()),
        answers=dict(sorted(Counter(row["exten"] for row in task["resultsPoling"]).items())),
        closed=task["state"] == "1",
    )


def line_of(now: Standing) -> str:
    """A standing on one line, for where nothing can be redrawn."""
    results = ", ".join(f"{code} {count}" for code, count in now.results.items()) or "no results yet"
    return f"{now.done} of {now.total} done, {now.in_progress} on the line; {results}; keys: {_keys(now)}"


def results_table(now: Standing) -> Table:
    """Results by code, then answers by key."""
    table = Table(title="Results", title_justify="left")
    table.add_column("result")
    table.add_column("calls", justify="right")
    table.add_column("share", justify="right")
    table.add_column("what it means")
    for code, count in now.results.items():
        table.add_row(code, str(count), f"{100 * count / max(1, now.total):.0f} %", MEANINGS.get(code, ""))
    table.add_section()
    for key, count in now.answers.items():
        table.add_row(f"key {key}", str(count), f"{100 * count / max(1, now.total):.0f} %", "pressed as an answer")
    return table


def _keys(now: Standing) -> str:
    return ", ".join(f"{key}: {count}" for key, count in now.answers.items()) or "none yet"


def _picture(now: Standing) -> RenderableType:
    head = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=max(1, now.total), completed=now.done, width=_BAR_WIDTH)
    head.add_row(bar, f"{now.done}/{now.total}", f"{now.in_progress} on the line")
    return Group(head, results_table(now))


# -------------------------------------------------------------------------------------------- what is asked


class DemoFailed(StartError):
    """The demo cannot be shown; the message says why and what to do."""


class _Client:
    """A client of the server's MikoPBX dialect, logged in by session as that dialect's clients are."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url.rstrip("/")

    async def check(self) -> None:
        """Make sure that it is an outdial on the sandbox: these numbers must not reach a real carrier."""
        health = await self._json("GET", "/v1/health")
        if "in_charge" not in health:
            raise DemoFailed(f"what answers at {self._url} is not outdial; give another --url")
        if health.get("telephony", "sandbox") != "sandbox":
            raise DemoFailed(
                f"the server at {self._url} dials through a real switch, and the demo's numbers are the sandbox's. "
                "Start one on the sandbox: outdial serve --demo --port 8081"
            )

    async def log_in(self, login: str, password: str) -> None:
        """Get a session."""
        form = {"login": login, "password": password}
        answer = await self._json("POST", "/admin-cabinet/session/start", data=form)
        if answer.get("success") is not True or answer.get("reload"):
            raise DemoFailed(
                f'the server at {self._url} refuses the login "{login}". Give --login and --password of one of its '
                "users, or start a server that has the demo data: outdial serve --demo"
            )

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """One request to the module; the `data` of its answer."""
        answer = await self._json(method, MODULE + path, json=body)
        if answer.get("result") is not True:
            said = answer.get("messages")
            raise DemoFailed(f"the server refused {method} {path}: {said or answer.get('errors') or 'it says nothing'}")
        return answer["data"]

    async def _json(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        try:
            async with self._session.request(method, self._url + path, **sent) as response:
                answer = await response.json(content_type=None)
        except (aiohttp.ClientConnectionError, aiohttp.InvalidURL, TimeoutError) as error:
            raise NobodyAnswers(
                f"no server answers at {self._url}. Start one with `outdial serve --demo` and try again."
            ) from error
        except (aiohttp.ClientError, ValueError) as error:
            raise DemoFailed(f"what answers at {self._url} is not outdial: {error}") from error
        if not isinstance(answer, dict):
            raise DemoFailed(f"what answers at {self._url} is not outdial; give another --url")
        return answer


class NobodyAnswers(DemoFailed):
    """There is no server at the address."""


@asynccontextmanager
async def _client(url: str) -> AsyncIterator[_Client]:
    """A client of the server at `url`, after a first look at it."""
    jar = aiohttp.CookieJar(unsafe=True)  # the server's address is a number more often than a name
    timeout = aiohttp.ClientTimeout(total=_REQUEST_SECONDS)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as session:
        client = _Client(session, url)
        await client.check()
        yield client


async def _watch(client: _Client, task: str, show: Callable[[Standing], None]) -> Standing:
    """Look at a task again and again until it has closed itself."""
    while True:
        now = standing(await client.ask("GET", f"/task/{task}"))
        show(now)
        if now.closed:
            return now
        await asyncio.sleep(_LOOK_SECONDS)


async def _start(client: _Client, numbers: int, lines: int) -> str:
    """Save the demo poll and a task that sends it to everybody; the task's id."""
    poll = document_of(setup.demo_text())["tenants"][0]["mikopbx"]["polls"][0]
    questions = {"crmId": POLL_KEY, "name": poll["name"], "questions": poll["questions"]}
    saved = await client.ask("POST", "/polling", questions)
    made = await client.ask(
        "POST",
        "/task",
        {
            "name": "outdial demo",
            "state": 0,
            "innerNum": saved["id"],
            "innerNumType": "polling",
            "maxCountChannels": lines,
            "numbers": [{"number": number} for number in mix(numbers)],
        },
    )
    return str(made["id"])


# --------------------------------------------------------------------------------------- a server of our own


@asynccontextmanager
async def _own_server() -> AsyncIterator[str]:
    """A server on the sandbox with the demo data, many times faster than life, in a folder that is removed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    with tempfile.TemporaryDirectory(prefix="outdial-demo-") as folder:
        log = Path(folder) / "log"
        options = ("--port", "0", "--data", f"{folder}/data", "--speed", str(OWN_SPEED), "--drain", "0")
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "outdial", "serve", "--demo", *options),
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=environment,
                start_new_session=True,  # a Ctrl-C is ours to pass on
            )
        try:
            address = await _ready(process)
            if not address:
                said = "\n".join(log.read_text(errors="replace").strip().splitlines()[-10:])  # noqa: ASYNC240 - it is over
                raise DemoFailed(f"a server for the demo did not start:\n{said}")
            yield address
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _ready(process: asyncio.subprocess.Process) -> str:
    """The address that a server says it is ready on; empty if it ends before."""
    assert process.stdout is not None
    async for line in process.stdout:
        if line.decode().startswith(READY):
            return line.decode().removeprefix(READY).strip()
    return ""


# ----------------------------------------------------------------------------------------------- the command


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="demo")(_demo)


def _demo(
    url: Annotated[str | None, typer.Option(help=f"A running server; {DEFAULT_URL} unless given.")] = None,
    numbers: Annotated[int, typer.Option(min=1, max=MOST_NUMBERS, help="How many people to call.")] = 200,
    lines: Annotated[int, typer.Option(min=1, max=1000, help="Calls at once.")] = 20,
    login: Annotated[str, typer.Option(help="A user of the server.")] = "admin",
    password: Annotated[str, typer.Option(help="The user's password.")] = "adminpassword",
) -> None:
    """Call sandbox people with a poll and show what comes of it.

    Without --url, and where no server runs, one is started for the demo in a temporary folder.
    """
    asyncio.run(_show(url, numbers, lines, (login, password), Console()))


async def _show(url: str | None, numbers: int, lines: int, user: tuple[str, str], console: Console) -> None:
    try:
        async with _client(url or DEFAULT_URL) as client:
            await client.log_in(*user)
            await _campaign(client, numbers, lines, console)
    except NobodyAnswers:
        if url is not None:
            raise
        typer.echo(f"No server at {DEFAULT_URL}: starting one for the demo, {OWN_SPEED} times faster than life.")
        async with _own_server() as own, _client(own) as client:
            await _campaign(client, numbers, lines, console)


async def _campaign(client: _Client, numbers: int, lines: int, console: Console) -> None:
    begun = time.monotonic()
    task = await _start(client, numbers, lines)
    typer.echo(f"Task {task}: {numbers} numbers on {lines} lines.")
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            last = await _watch(client, task, lambda now: live.update(_picture(now), refresh=True))
    else:
        last = await _watch(client, task, _Lines())
    console.print(results_table(last))
    typer.echo(f"{last.total} numbers in {time.monotonic() - begun:.0f} s.")


class _Lines:
    """Prints a line whenever another tenth of the numbers is done."""

    def __init__(self) -> None:
        self._tenth = -1

    def __call__(self, now: Standing) -> None:
        tenth = 10 * now.done // max(1, now.total)
        if tenth != self._tenth:
            self._tenth = tenth
            typer.echo(line_of(now))
