"""Results side by side: the same in every process, compared, printed, drawn and told."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console
from typer.testing import CliRunner

from outdial.cli.main import application
from outdial.cli.simulate import MOST_DAYS, block, read_study, show
from outdial.core.errors import Malformed
from outdial.simulation.report import answer, document
from outdial.simulation.side_by_side import Result, results, smallest
from outdial.simulation.svg import drawing
from simulation.studies import study

ROOT = Path(__file__).parents[2]
FILE = """
start: "09:00"
finish_by: "09:30"
list: 60
agents: 4
lines: [3, 8]
attempts: 2
interval_minutes: 2
locate_seconds: 2
wrap_up_seconds: 5
pacing: [progressive, {choice: webitel, start_talks: 3}, {choice: marginal, start_talks: 3}]
population:
  answered_percent: 60
  ring_seconds: {mean: 6, deviation: 3}
  talk_seconds: {mean: 30, deviation: 20}
"""


def nothing() -> None:
    """What is to be prepared in a process of a test."""


@pytest.mark.slow  # it starts processes
def test_the_same_seed_gives_the_same_figures_in_every_process(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(FILE, encoding="utf-8")

    def told(hash_seed: str, *options: str) -> bytes:
        command = [sys.executable, "-m", "outdial", "simulate", str(file), "--json", *options]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        return subprocess.run(command, capture_output=True, check=True, env=environment, timeout=300).stdout

    first = told("1", "--processes", "1")
    assert told("2", "--processes", "2") == first
    assert told("1", "--processes", "1", "--seed", "9") != first
    here = read_study(file)
    assert json.loads(first) == document(here, results(here, lambda *_: None, nothing, 1))


@pytest.fixture(scope="module")
def compared() -> list[Result]:
    return results(study(agents=[1, 2, 3], list=60, lines=[1, 5]), lambda *_: None, nothing, 1)


def test_the_smallest_combination_that_suffices_is_named(compared: list[Result]) -> None:
    """Sixty calls of 72 seconds are 72 minutes of work: one agent is too few for the hour, two are enough with two lines."""
    wanted = study(agents=[1, 2, 3], list=60, lines=[1, 5])
    sufficient = [(each.run.crew.agents, each.run.lines) for each in compared if each.sufficient]
    assert sufficient == [(2, 5), (3, 5)]
    (best,) = smallest(compared)
    assert (best.run.crew.agents, best.run.lines) == (2, 5)
    (said,) = answer(wanted, compared)
    assert said.startswith("progressive: 2 agents and 5 lines are enough by 10:00: the list is finished at 09:3")
    told = document(wanted, compared)
    assert told["smallest"] == [{"pacing": "progressive", "agents": 2, "lines": 5}]
    assert [run["members_left"] > 0 for run in told["runs"]] == [True, True, True, False, True, False]


def test_what_stands_in_the_way_is_said() -> None:
    wanted = study()
    assert answer(wanted, results(wanted, lambda *_: None, nothing)) == [
        "progressive: no combination is sufficient; with 1 agents and 5 lines 949 of 1000 members are left at 10:00"
    ]


def test_progress_comes_to_its_end_in_every_run() -> None:
    wanted = study(agents=[1, 2], list=20)
    heard: dict[int, list[float]] = {0: [], 1: []}
    results(wanted, lambda index, done: heard[index].append(done), nothing, 1)
    for told in heard.values():
        assert told == sorted(told)
        assert (told[-1], min(told) >= 0) == (1.0, True)


def test_a_drawing_is_xml_with_a_curve_for_each_run_in_each_panel(compared: list[Result]) -> None:
    wanted = study(agents=[1, 2, 3], list=60, lines=[1, 5], name="A <list> & more")
    text = drawing(wanted, compared)
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    curves = root.findall(f"{space}polyline")
    assert len(curves) == 3 * len(compared)
    bottom = float(root.attrib["height"])
    for curve in curves:
        for point in curve.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert 0 < x < 960
            assert 0 < y < bottom
    assert "A &lt;list&gt; &amp; more" in text
    assert drawing(wanted, compared) == text


@pytest.mark.parametrize("runs", [1, MOST_DAYS, MOST_DAYS + 1])
def test_the_terminal_shows_figures_and_days(compared: list[Result], runs: int) -> None:
    console = Console(file=io.StringIO(), width=200)
    some = (compared * 2)[:runs]
    show(console, study(), some)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said.count("progressive") >= runs
    assert ("utilisation  █" in said) is (runs <= MOST_DAYS)


def test_a_bar_is_full_at_its_top_and_blank_at_nothing() -> None:
    assert [block(value, 8.0) for value in (0, 0.1, 1, 4, 7.9, 8, 9)] == [" ", "▁", "▂", "▅", "█", "█", "█"]
    assert block(1.0, 0.0) == " "


# ------------------------------------------------------------------------------------------------------ the file


def test_every_fault_of_a_file_is_told_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(
        """
start: "25:00"
list: -3
agents: [3, 3]
lines: many
pacing: [clairvoyant, {choice: webitel, adjust: often}]
breaks: [{from: "12:00", to: "13:00"}]
population: {answered_percent: 80, machines_percent: 30, talk_seconds: {deviation: 3}}
colour: red
""",
        encoding="utf-8",
    )
    with pytest.raises(Malformed) as refused:
        read_study(file)
    for path in (
        *("start: a time", "finish_by: it is missing", "list: how many", "agents: a whole number", "lines: a whole"),
        *("pacing.0.choice: there is no pacing 'clairvoyant'; known: progressive", "pacing.1.adjust"),
        *("breaks.0.minutes: it is missing", "population: the shares add up to", "population.talk_seconds.mean"),
        "colour: there is no such section",
    ):
        assert path in refused.value.message, path
    assert "nothing was simulated" in refused.value.message


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"finish_by": "09:00"}, "finish_by: it is not after start"),
        ({"hours": [{"from": "12:00", "to": "13:00"}]}, "hours: nobody may be called"),
        ({"pacing": ["progressive", "progressive"]}, "pacing: 2 pacings are called progressive"),
        ({"breaks": [{"from": "09:00", "to": "09:10", "minutes": 11}]}, "breaks.0: 11 minutes do not fit"),
        ({"agents": list(range(1, 30)), "lines": list(range(1, 30))}, "841 combinations"),
        ({"agents": [{"from": "10:00", "to": "09:00", "agents": 3}]}, "agents.0.to: it is not after from"),
        ({"list": "numbers.csv"}, "list: numbers.csv is not there"),
        ({"date": "2026-13-01"}, "date: a date such as"),
        ({"amd": "maybe"}, "amd: yes or no"),
    ],
)
def test_what_cannot_be_simulated_is_refused(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(Malformed) as refused:
        study(**changes)
    assert fault in refused.value.message


def test_a_list_may_come_from_a_file_beside_the_study(tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_text("phone,name\n+7 916 000-00-01,Anna\n79160000002,Boris\n\n", encoding="utf-8")
    file = tmp_path / "study.yaml"
    file.write_text(FILE.replace("list: 60", "list: numbers.csv"), encoding="utf-8")
    assert read_study(file).numbers == ("79160000001", "79160000002")
    (tmp_path / "numbers.csv").write_text("79160000002\nAnna\n", encoding="utf-8")
    with pytest.raises(Malformed, match=r"line 2 of .*numbers.csv"):
        read_study(file)
    (tmp_path / "numbers.csv").write_text("phone\n", encoding="utf-8")
    with pytest.raises(Malformed, match="has 0 numbers"):
        read_study(file)


def test_the_command_draws_and_tells(tmp_path: Path) -> None:
    file, picture = tmp_path / "study.yaml", tmp_path / "day.svg"
    file.write_text(FILE.replace("[3, 8]", "8"), encoding="utf-8")
    done = CliRunner().invoke(application(), ["simulate", str(file), "--svg", str(picture), "--processes", "1"])
    assert done.exit_code == 0, done.output
    assert "utilisation" in done.output
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    refused = CliRunner().invoke(
        application(), ["simulate", str(file), "--svg", str(tmp_path / "no" / "day.svg"), "--processes", "1"]
    )
    assert isinstance(refused.exception, Malformed)
    assert "--svg" in refused.exception.message


def test_the_example_is_a_study() -> None:
    example = read_study(ROOT / "examples" / "simulate.yaml")
    assert len(example.runs) == 6
