"""Projects as they are written by hand: what each means, and every fault with its path."""

from __future__ import annotations

from typing import Any

import pytest

from outdial.core.calendar import Window
from outdial.core.project import Start, read_projects
from outdial.core.project_campaign import Person, distinct, missing
from outdial.core.scenario import Parameter
from outdial.core.script.nodes import COMPLETED, Connect, Goal, Script
from outdial.core.section import Faulty
from outdial.core.wanted import WantedDialect, from_document

SCENARIO: dict[str, Any] = {
    "id": 951,
    "name": "Запись",
    "start_blocks": [{"id": 10, "next": "agreed", "parameters": [{"name": "name", "required": True}]}],
    "blocks": {"agreed": {"goal": "agreed"}},
}


def project(**members: Any) -> dict[str, Any]:
    return {"id": 1, "name": "Опросы", "time_zone": "Europe/Moscow", "scenarios": [SCENARIO], **members}


def faults_of(*listed: Any) -> dict[str, str]:
    with pytest.raises(Faulty) as refused:
        read_projects(list(listed))
    return dict(refused.value.faults)


def test_a_start_block_has_the_answer_as_its_goal() -> None:
    ((one, (scenario,)),) = read_projects([project()])
    assert (one.hours, one.lines) == (Window(480, 1319), 30)
    assert (scenario.project, scenario.number, scenario.document) == (1, 951, SCENARIO)
    assert scenario.starts == (
        Start(
            number=10,
            name="start 10",
            script=Script(
                "(answered)", {"(answered)": Goal(COMPLETED, "agreed"), "agreed": Goal("agreed", None)}, transcript=True
            ),
            parameters=(Parameter("name", required=True),),
            goals=("agreed",),
        ),
    )


def test_who_is_joined_with_somebody_at_once_is_reached_by_that() -> None:
    talk = {**SCENARIO, "blocks": {"agreed": {"transfer": "2000"}}}
    ((_, (scenario,)),) = read_projects([project(scenarios=[talk])])
    assert scenario.starts[0].script == Script("agreed", {"agreed": Connect("2000")}, transcript=True)


def test_a_scenario_may_say_itself_who_was_reached() -> None:
    own = {**SCENARIO, "blocks": {"agreed": {"goal": "completed"}}}
    ((_, (scenario,)),) = read_projects([project(scenarios=[own])])
    assert scenario.starts[0].script == Script("agreed", {"agreed": Goal(COMPLETED, None)}, transcript=True)


def test_every_fault_has_its_path() -> None:
    spoilt = {**SCENARIO, "blocks": {"agreed": {"goal": "agreed", "next": "nowhere"}}}
    assert set(
        faults_of(project(lines=0, hours={"start": "18:00", "end": "09:00"}, scenarios=[spoilt], colour=1), 5)
    ) >= {
        "projects.0.lines",
        "projects.0.hours.end",
        "projects.0.scenarios.0.blocks.agreed.next",
        "projects.0.colour",
        "projects.1",
    }
    assert faults_of(project(scenarios={})) == {"projects.0.scenarios": "a list is wanted"}


def test_numbers_are_there_once() -> None:
    twice = faults_of(project(), project(id=1, scenarios=[{**SCENARIO, "id": 952}]))
    assert twice == {"projects": "the same start block is there 2 times: 10"}


def test_a_section_of_an_apply_file_tells_the_paths_of_all_its_faults() -> None:
    tenant = {"name": "site", "time_zone": "UTC", "is74": {"projects": [project(name=""), project(id=0)]}}

    def read(section: Any) -> WantedDialect:
        return WantedDialect(projects=read_projects(section["projects"]))

    with pytest.raises(Faulty) as refused:
        from_document({"tenants": [tenant]}, {"is74": read})
    assert [path for path, _ in refused.value.faults] == [
        "tenants.0.is74.projects.0.name",
        "tenants.0.is74.projects.1.id",
    ]


def test_required_parameters_want_a_value_that_says_something() -> None:
    ((_, (scenario,)),) = read_projects([project()])
    start = scenario.starts[0]
    assert [missing(start, sent) for sent in ({}, {"name": " "}, {"name": "А"})] == [["name"], ["name"], []]


def test_the_same_number_with_the_same_data_is_one_person() -> None:
    one, other = Person("7900", None, {"a": "1", "b": "2"}), Person("7900", None, {"a": "2"})
    assert distinct([one, other, Person("7900", None, {"b": "2", "a": "1"})]) == [one, other]
