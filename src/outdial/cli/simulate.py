"""`outdial simulate FILE`: a campaign in virtual time, and how many agents and lines it would need.

The study comes from a file, its results go to the terminal, to a picture and to whoever reads JSON; nothing is decided here.
"""

from __future__ import annotations

import csv
import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from outdial.cli.logs import configure_logs
from outdial.core.dialstring import digits_of
from outdial.core.errors import Malformed, NotDiallable
from outdial.simulation.figures import Figures, Quarter
from outdial.simulation.report import answer, clock, document
from outdial.simulation.side_by_side import Result, results
from outdial.simulation.study import MOST_MEMBERS, Study, from_document
from outdial.simulation.svg import drawing
from outdial.yaml_text import document_of

MOST_COLUMNS = 4
"""With more runs than these, each is a row instead of a column."""
MOST_DAYS = 6
"""With more runs than these, their days are not drawn in the terminal."""
_BLOCKS = "▁▂▃▄▅▆▇█"
_COLLECTED = 100_000
"""Objects made before cycles among them are looked for: a run keeps most of what it makes, and leaves few cycles."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="simulate")(_simulate)


def _simulate(
    file: Annotated[Path, typer.Argument(help="A YAML file such as examples/simulate.yaml; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON, and nothing else.")] = False,
    svg: Annotated[Path | None, typer.Option(help="Draw the day into this file.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the file's own.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Runs at once; without it, one a core.")] = None,
) -> None:
    """Dial a list in virtual time, with this very engine, and print what became of it."""
    _prepare()
    study = read_study(file, seed)
    began = time.monotonic()
    made = _watched(study, processes, Console(stderr=True))
    took = time.monotonic() - began
    if svg is not None:
        try:
            svg.write_text(drawing(study, made), encoding="utf-8")
        except OSError as error:
            raise Malformed(f"{svg} cannot be written: {error.strerror}. Name another file with --svg.") from error
    if as_json:
        typer.echo(json.dumps(document(study, made), indent=2, ensure_ascii=False))
        return
    console = Console()
    show(console, study, made)
    console.print(f"[dim]{len(made)} {'run' if len(made) == 1 else 'runs'} in {took:.1f} s[/dim]")


# ------------------------------------------------------------------------------------------------------ the file


def read_study(file: Path, seed: int | None = None) -> Study:
    """The study of a file. Raises `Malformed` with every fault and its path."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise Malformed(f"{file} cannot be read: {_reason(error)}") from error
    try:
        found = document_of(text)
        if seed is not None and isinstance(found, dict):
            found["seed"] = seed
        return from_document(found, lambda name: numbers_in(file.parent / name))
    except Malformed as error:
        raise Malformed(f"{file}, nothing was simulated:\n{error.message}", field=error.field) from error


def numbers_in(file: Path) -> list[str]:
    """The numbers in the first column of a CSV file; a first line without one is a heading. Raises `Malformed`."""
    numbers = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for place, row in enumerate(csv.reader(lines), start=1):
                written = row[0].strip() if row else ""
                if not written or (place == 1 and not any(character.isdigit() for character in written)):
                    continue
                try:
                    numbers.append(digits_of(written))
                except NotDiallable as error:
                    raise Malformed(f"line {place} of {file}: {error.message}") from error
    except (OSError, UnicodeError, csv.Error) as error:
        raise Malformed(f"{file} cannot be read: {_reason(error)}") from error
    if not 1 <= len(numbers) <= MOST_MEMBERS:
        raise Malformed(f"{file} has {len(numbers)} numbers in its first column; 1 to {MOST_MEMBERS} are wanted")
    return numbers


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "it is not UTF-8 text" if isinstance(error, UnicodeError) else str(error)


def _prepare() -> None:
    """What each process does first."""
    configure_logs("error", "text")
    gc.freeze()  # what has been loaded stays: a full collection need not walk over it again and again
    gc.set_threshold(_COLLECTED)


def _watched(study: Study, processes: int | None, console: Console) -> list[Result]:
    """The results; how far they are is shown on a terminal meanwhile."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        tasks = [shown.add_task(run.name, total=1.0) for run in study.runs]
        return results(study, lambda index, done: shown.update(tasks[index], completed=done), _prepare, processes)


# -------------------------------------------------------------------------------------------------- the terminal


def show(console: Console, study: Study, made: Sequence[Result]) -> None:
    """Print results: the figures, the day of each run, and what they come to."""
    table = _as_columns(study, made) if len(made) <= MOST_COLUMNS else _as_rows(study, made)
    console.print(table)
    if len(made) <= MOST_DAYS:
        _show_days(console, study, made)
    for sentence in answer(study, made):
        console.print(sentence, highlight=False, soft_wrap=True)


def _as_columns(study: Study, made: Sequence[Result]) -> Table:
    table = Table(title=study.name or None, title_justify="left")
    table.add_column("")
    for each in made:
        table.add_column(
            f"{each.run.pacing.name}\n{each.run.crew.name} agents\n{each.run.lines} lines", justify="right"
        )
    for name, cell in _rows(study):
        table.add_row(name, *(cell(each.figures) for each in made))
    table.add_row("sufficient", *("[green]yes[/green]" if each.sufficient else "[red]no[/red]" for each in made))
    return table


def _rows(study: Study) -> list[tuple[str, Callable[[Figures], str]]]:
    def finished(made: Figures) -> str:
        return f"{made.left} left" if made.finished_at is None else _when(study, made)

    def worst(made: Figures) -> str:
        one = made.worst
        return "-" if one is None else f"{_percent(one.abandoned_share)} at {clock(one.start, study.zone)}"

    return [
        ("list finished", finished),
        ("members reached", lambda made: f"{made.reached} of {made.members}"),
        ("attempts", lambda made: str(made.attempts)),
        ("answered", lambda made: str(made.answered)),
        ("utilisation", lambda made: _percent(made.utilisation)),
        ("abandoned", lambda made: _percent(made.abandoned_share)),
        ("worst quarter of an hour", worst),
        ("calls per agent-hour", lambda made: f"{made.calls_per_agent_hour:.1f}"),
        ("talks per agent-hour", lambda made: f"{made.talks_per_agent_hour:.1f}"),
        ("talk, mean", lambda made: f"{made.talk_seconds_mean:.0f} s"),
        ("idle between talks, mean", lambda made: f"{made.idle_seconds_mean:.0f} s"),
        ("idle between talks, p90", lambda made: f"{made.idle_seconds_p90:.0f} s"),
        ("lines, mean", lambda made: f"{made.lines_mean:.1f}"),
        ("lines, p95", lambda made: str(made.lines_p95)),
        ("lines, most", lambda made: str(made.lines_most)),
        ("agents at work, most", lambda made: str(made.agents_most)),
        ("agent-hours", lambda made: f"{made.agent_hours:.1f}"),
    ]


def _as_rows(study: Study, made: Sequence[Result]) -> Table:
    table = Table(title=study.name or None, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 0))
    table.add_column("pacing", no_wrap=True)
    for heading in (" agents", " lines", " finished", " util.", " aband.", " talks/h", " most", " enough"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in made:
        figures = each.figures
        table.add_row(
            each.run.pacing.name,
            each.run.crew.name,
            str(each.run.lines),
            f"{figures.left} left" if figures.finished_at is None else _when(study, figures),
            _percent(figures.utilisation),
            _percent(figures.abandoned_share),
            f"{figures.talks_per_agent_hour:.1f}",
            str(figures.lines_most),
            "[green]yes[/green]" if each.sufficient else "[red]no[/red]",
        )
    return table


def _show_days(console: Console, study: Study, made: Sequence[Result]) -> None:
    """The day of each run by the quarter of an hour, a block each."""
    most_lines = max((quarter.lines_mean for each in made for quarter in each.figures.quarters), default=0.0)
    worst = max((quarter.abandoned_share for each in made for quarter in each.figures.quarters), default=0.0)
    rows: tuple[tuple[str, Callable[[Quarter], float], float, str], ...] = (
        ("utilisation", lambda quarter: quarter.utilisation, 1.0, "100 %"),
        ("abandoned", lambda quarter: quarter.abandoned_share, worst, _percent(worst)),
        ("lines used", lambda quarter: quarter.lines_mean, most_lines, f"{most_lines:.0f}"),
    )
    for each in made:
        quarters = each.figures.quarters
        if not quarters:
            continue
        span = f"from {clock(quarters[0].start, study.zone)}, a quarter of an hour each"
        console.print(f"\n[bold]{each.run.name}[/bold] [dim]{span}[/dim]", highlight=False, soft_wrap=True)
        for name, value, top, said in rows:
            line = "".join(block(value(quarter), top) for quarter in quarters)
            console.print(f"  {name:<12} {line}  [dim]█ = {said}[/dim]", highlight=False, soft_wrap=True)
    console.print()


def block(value: float, top: float) -> str:
    """A value as a bar of one character; `top` is the full one, and nothing at all is a blank."""
    if value <= 0 or top <= 0:
        return " "
    return _BLOCKS[min(len(_BLOCKS) - 1, int(value / top * len(_BLOCKS)))]


def _when(study: Study, made: Figures) -> str:
    assert made.finished_at is not None
    local = made.finished_at.astimezone(study.zone)
    return f"{local:%H:%M}" if study.days == 1 else f"{local:%d.%m. %H:%M}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
