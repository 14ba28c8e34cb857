"""The demo: who is called, what is counted, how it is shown, and what it says when it cannot be shown."""

from __future__ import annotations

import asyncio
import io
import socket
from collections import Counter
from typing import Any

import pytest
from rich.console import Console

from outdial.cli import demo
from outdial.cli.apply import report
from outdial.drivers.sandbox.plan import Answers, BusyFirst, Voice, behaviour_of
from outdial.operations.setup import Change, Verb
from outdial.settings import StartError


def test_numbers_are_all_different_also_to_whoever_looks_at_the_last_ten_digits() -> None:
    numbers = demo.mix(demo.MOST_NUMBERS)
    assert len({number[-10:] for number in numbers}) == demo.MOST_NUMBERS
    assert {len(number) for number in numbers} == {11}


def test_the_mix_has_its_shares_and_begins_like_it_goes_on() -> None:
    assert sum(kind.share for kind in demo.KINDS) == 100
    assert demo.mix(200)[:50] == demo.mix(50)
    counted = Counter(number[4:6] for number in demo.mix(200))
    assert counted == {"01": 132, "03": 16, "04": 16, "05": 12, "06": 4, "10": 10, "11": 10}


def test_every_number_of_the_mix_behaves_as_the_demo_says() -> None:
    keys: Counter[str] = Counter()
    for number in demo.mix(2000):
        match behaviour_of(1, number):
            case Answers(keys="", leaves_after_seconds=float(seconds)):
                assert 0.3 <= seconds <= 10
            case Answers(keys="", voice=voice):
                assert voice is Voice.MACHINE
            case Answers(keys=pressed) if number[4:6] == "03":
                assert pressed[:2] == "91"
            case Answers(keys=pressed):
                keys[pressed[0]] += 1
                assert pressed[0] in "123" or not set(pressed) & set("123")
            case BusyFirst():
                raise AssertionError("a busy number that answers the second time is not in the mix")
    assert keys == {"1": 760, "2": 320, "3": 160, "7": 80}


def row(result: str = "", state: str = "EVENT_POLLING", dialled: str | None = None) -> dict[str, Any]:
    return {"result": result, "state": state, "outDialState": dialled, "closeTime": "1" if result else "0"}


TASK = {
    "state": "0",
    "results": [
        row("SUCCESS_POLLING"),
        row("SUCCESS_POLLING"),
        row("FAIL", "failedOriginate", "BUSY"),
        row(),
        row(state="CreateCallFile"),
        row(state="CreateTask"),
    ],
    "resultsPoling": [{"exten": "2"}, {"exten": "1"}, {"exten": "1"}],
}


def test_a_task_is_counted() -> None:
    now = demo.standing(TASK)
    assert now == demo.Standing(
        total=6,
        done=3,
        in_progress=2,
        results={"SUCCESS_POLLING": 2, "FAIL BUSY": 1},
        answers={"1": 2, "2": 1},
        closed=False,
    )
    assert demo.standing({**TASK, "state": "1"}).closed


def test_a_standing_fits_on_one_line() -> None:
    assert demo.line_of(demo.standing(TASK)) == (
        "3 of 6 done, 2 on the line; SUCCESS_POLLING 2, FAIL BUSY 1; keys: 1: 2, 2: 1"
    )
    nothing = demo.standing({"state": "0", "results": [], "resultsPoling": []})
    assert demo.line_of(nothing) == "0 of 0 done, 0 on the line; no results yet; keys: none yet"


def test_the_table_shows_results_and_answers() -> None:
    console = Console(file=io.StringIO(), width=100)
    console.print(demo.results_table(demo.standing(TASK)))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if line.startswith("│")]
    assert cells == [
        ["SUCCESS_POLLING", "2", "33 %", "went through the poll"],
        ["FAIL BUSY", "1", "17 %", "busy, or rejected the call"],
        ["key 1", "2", "33 %", "pressed as an answer"],
        ["key 2", "1", "17 %", "pressed as an answer"],
    ]


def test_a_server_that_is_not_there_is_told_how_to_start_one() -> None:
    with socket.socket() as nobody:  # bound, and never listened on
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(StartError, match=f"no server answers at {url}. Start one with `outdial serve --demo`"):
            asyncio.run(demo._show(url, 10, 1, ("admin", "x"), Console(file=io.StringIO())))


def test_an_apply_report_names_changes_and_sums() -> None:
    changes = [
        Change(Verb.SAME, "tenant", "site"),
        Change(Verb.CHANGED, "trunk", "site/carrier", ("lines 1 → 2",)),
        Change(Verb.REMOVED, "route", "site/2"),
    ]
    assert report(changes, dry_run=True) == [
        "changed  trunk    site/carrier: lines 1 → 2",
        "removed  route    site/2",
        "dry run, nothing was changed: 0 added, 1 changed, 1 removed, 1 same",
    ]
