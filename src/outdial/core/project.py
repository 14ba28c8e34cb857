"""Projects, their scenarios and where those begin, as callers that order campaigns by them know them.

A project has a zone, the hours in which people may be called, and its scenarios. Everybody who answers was reached, unless
the scenario itself says with its goal `completed` who was; what else a dialogue comes to is told by its other goals. Where
a document comes from and where all this is kept is not known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from outdial.core import scenario
from outdial.core.calendar import Window
from outdial.core.scenario import Parameter, StartBlock
from outdial.core.script.nodes import COMPLETED, Connect, Goal, Script
from outdial.core.section import REQUIRED, Faults, Section, minute_of, refuse, zone_of

LARGEST_NUMBER = (1 << 53) - 1
MOST_LINES = 10_000
DEFAULT_LINES = 30
FIRST_MINUTE, LAST_MINUTE = 8 * 60, 22 * 60
"""The hours of a project that names none: people are called from 08:00 to 22:00 by their own clock."""
_ANSWERED = "(answered)"
"""A key that no block can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a dialogue of a scenario begins. `number` is unique in the tenant."""

    number: int
    name: str
    script: Script
    parameters: tuple[Parameter, ...] = ()
    variables: tuple[str, ...] = ()
    """What its scenario may come by."""
    goals: tuple[str, ...] = ()
    """What its scenario may reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectScenario:
    """A scenario of a project: its document as it was written, and what that means. `number` is unique in the tenant."""

    project: int
    number: int
    name: str
    document: Mapping[str, Any]
    starts: tuple[Start, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project by the number that its callers know. `lines` are the calls at once of each of its campaigns."""

    number: int
    name: str
    time_zone: str
    hours: Window = Window(FIRST_MINUTE, LAST_MINUTE - 1)
    """When people may be called, by the clock of each."""
    lines: int = DEFAULT_LINES
    record: bool = True
    """Whether talks with persons whom callees are joined with are kept."""


WantedProject = tuple[Project, tuple[ProjectScenario, ...]]
"""A project with the scenarios that it should have."""


def read_project(members: Section) -> Project:
    """The members of a project, but for its scenarios. Faults go to those of the section."""
    return Project(
        number=members.number("id", 1, LARGEST_NUMBER, REQUIRED),
        name=members.text("name"),
        time_zone=zone_of(members),
        hours=_hours(members),
        lines=members.number("lines", 1, MOST_LINES, DEFAULT_LINES),
        record=_yes(members, "record"),
    )


def read_scenario(project: int, document: object, path: str, faults: Faults) -> ProjectScenario:
    """A scenario of a project. Whatever is wrong is added to `faults`; what is given back then must not be used.

    The document is kept as JSON would, so that it is the same when it comes back from a store.
    """
    made = scenario.read(document, path, faults)
    stored: Mapping[str, Any] = {}
    try:
        stored = json.loads(json.dumps(document)) if isinstance(document, Mapping) else {}
    except (TypeError, ValueError) as error:
        faults.append((path, f"it holds what JSON cannot: {error}"))
    blocks = [block for _, block in sorted(made.start_blocks.items())]
    return ProjectScenario(
        project=project,
        number=made.id,
        name=made.name,
        document=stored,
        starts=tuple(_start(block, made.variables, made.goals) for block in blocks),
    )


def read_projects(listed: object) -> tuple[WantedProject, ...]:
    """A list of projects, each with its `scenarios`.

    Raises `Malformed` with every fault, one a line; its `field` is the path of the first.
    """
    faults: Faults = []
    found = tuple(_whole(members) for members in Section("", {"projects": listed}, faults).each("projects", ()))
    if not faults:
        _refuse_repeats(found, faults)
    refuse(faults)
    return found


def _whole(members: Section) -> WantedProject:
    project = read_project(members)
    listed = members.take("scenarios", [])
    if not isinstance(listed, list):
        members.fault("scenarios", "a list is wanted")
        listed = []
    place = members.at("scenarios")
    scenarios = [read_scenario(project.number, one, f"{place}.{at}", members.faults) for at, one in enumerate(listed)]
    members.finish()
    return project, tuple(scenarios)


def _start(block: StartBlock, variables: tuple[str, ...], goals: tuple[str, ...]) -> Start:
    return Start(
        number=block.id,
        name=block.name,
        script=block.script if COMPLETED in goals else _reaching(block.script),
        parameters=block.parameters,
        variables=variables,
        goals=goals,
    )


def _reaching(script: Script) -> Script:
    """The script with the answer as its goal. One that joins callees with somebody at once has that as its goal."""
    if isinstance(script.nodes.get(script.start), Connect):
        return script
    return replace(script, start=_ANSWERED, nodes={_ANSWERED: Goal(COMPLETED, script.start), **script.nodes})


def _refuse_repeats(found: Sequence[WantedProject], faults: Faults) -> None:
    scenarios = [scenario for _, own in found for scenario in own]
    numbers = {
        "project": [project.number for project, _ in found],
        "scenario": [scenario.number for scenario in scenarios],
        "start block": [start.number for scenario in scenarios for start in scenario.starts],
    }
    for kind, given in numbers.items():
        for number in sorted({one for one in given if given.count(one) > 1}):
            faults.append(("projects", f"the same {kind} is there {given.count(number)} times: {number}"))


def _yes(members: Section, name: str) -> bool:
    value = members.take(name, True)
    if not isinstance(value, bool):
        members.fault(name, "yes or no is wanted")
    return value is True


def _hours(members: Section) -> Window:
    sent = members.mapping("hours")
    if sent is None:
        return Window(FIRST_MINUTE, LAST_MINUTE - 1)
    start, end = minute_of(sent, "start", FIRST_MINUTE), minute_of(sent, "end", LAST_MINUTE)
    if end <= start:
        sent.fault("end", "a time after the start is wanted")
        end = start + 1
    sent.finish()
    return Window(start, end - 1)
