"""Projects and scenarios at outdial's own door: kept as they were sent, refused with the path to every fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.native.test_account import OTHER_KEY, Counter, play
from outdial.core.section import Faulty
from outdial.ports import NO_SMS
from outdial.setup import read

SCENARIO: dict[str, Any] = {
    "name": "Запись",
    "start_blocks": [{"id": 10, "next": "hello", "parameters": [{"name": "name", "required": True}]}],
    "blocks": {"hello": {"say": "Здравствуйте, {{name}}!", "next": "agreed"}, "agreed": {"goal": "agreed"}},
}
PROJECT = {"name": "Опросы", "time_zone": "Europe/Moscow"}


@pytest.fixture
def at_door(database_url: str, tmp_path: Path) -> Callable[..., None]:
    return lambda story: play(database_url, tmp_path, story)


def test_a_project_and_its_scenario_come_back_as_they_were_sent(at_door: Callable[..., None]) -> None:
    async def story(counter: Counter) -> None:
        shown = {"id": 1, **PROJECT, "hours": {"start": "08:00", "end": "22:00"}, "lines": 30, "record": True}
        assert (await counter.ask("PUT", "/v1/projects/1", PROJECT)).json == shown
        hours = {**shown, "hours": {"start": "09:30", "end": "24:00"}, "lines": 5, "record": False}
        assert (await counter.ask("PUT", "/v1/projects/2", {**hours, "id": 2})).json == {**hours, "id": 2}
        assert (await counter.ask("GET", "/v1/projects")).json == {"projects": [shown, {**hours, "id": 2}]}
        assert (await counter.ask("GET", "/v1/projects/1", key=OTHER_KEY)).json == shown

        kept = {"id": 951, **SCENARIO}
        assert (await counter.ask("PUT", "/v1/projects/1/scenarios/951", SCENARIO)).json == kept
        assert (await counter.ask("PUT", "/v1/projects/1/scenarios/951", kept)).json == kept
        assert (await counter.ask("GET", "/v1/projects/1/scenarios/951")).json == kept
        assert (await counter.ask("GET", "/v1/projects/1/scenarios")).json == {"scenarios": [kept]}
        assert (await counter.ask("GET", "/v1/projects/2/scenarios")).json == {"scenarios": []}

    at_door(story)


def test_a_start_block_that_is_left_out_cannot_be_ordered_any_more(at_door: Callable[..., None]) -> None:
    async def story(counter: Counter) -> None:
        projects, tenant = counter.house.operations.projects, counter.house.tenant
        await counter.ask("PUT", "/v1/projects/1", PROJECT)
        await counter.ask("PUT", "/v1/projects/1/scenarios/951", SCENARIO)
        before = await projects.start(tenant, 10)
        assert before is not None
        assert not before.gone
        other = {**SCENARIO, "start_blocks": [{**SCENARIO["start_blocks"][0], "id": 11}]}
        assert (await counter.ask("PUT", "/v1/projects/1/scenarios/951", other)).status == 200
        gone, new = await projects.start(tenant, 10), await projects.start(tenant, 11)
        assert gone is not None
        assert new is not None
        assert (gone.gone, gone.start, new.gone) == (True, before.start, False)
        assert (await counter.ask("PUT", "/v1/projects/1/scenarios/951", SCENARIO)).status == 200
        back = await projects.start(tenant, 10)
        assert back is not None
        assert not back.gone

    at_door(story)


def test_numbers_belong_to_one_scenario(at_door: Callable[..., None]) -> None:
    async def story(counter: Counter) -> None:
        for project in (1, 2):
            await counter.ask("PUT", f"/v1/projects/{project}", PROJECT)
        await counter.ask("PUT", "/v1/projects/1/scenarios/951", SCENARIO)
        elsewhere = await counter.ask("PUT", "/v1/projects/2/scenarios/951", SCENARIO)
        assert (elsewhere.status, elsewhere.json["code"]) == (409, "key_taken")
        twin = await counter.ask("PUT", "/v1/projects/1/scenarios/952", SCENARIO)
        assert (twin.status, twin.json["message"]) == (
            409,
            "start block 10 belongs to scenario 951; choose another number",
        )
        assert (await counter.ask("GET", "/v1/projects/1/scenarios/952")).status == 404
        assert (await counter.ask("PUT", "/v1/projects/9/scenarios/953", SCENARIO)).status == 404

    at_door(story)


def test_every_fault_is_told_with_its_path(at_door: Callable[..., None]) -> None:
    async def story(counter: Counter) -> None:
        project = await counter.ask(
            "PUT", "/v1/projects/1", {"name": "", "time_zone": "Mars", "hours": {"start": 5, "x": 1}}
        )
        assert project.status == 400
        paths = [line.partition(": ")[0] for line in project.json["message"].splitlines()]
        assert sorted(paths) == ["hours.x", "name", "time_zone"]
        await counter.ask("PUT", "/v1/projects/1", PROJECT)
        spoilt = {
            **SCENARIO,
            "blocks": {
                **SCENARIO["blocks"],
                "hello": {"say": "{{surname}}", "next": "nowhere"},
                "agreed": {"goal": "completed"},
            },
        }
        reply = await counter.ask("PUT", "/v1/projects/1/scenarios/951", spoilt)
        assert (reply.status, reply.json["code"]) == (400, "malformed")
        told = reply.json["message"].splitlines()
        assert 'blocks.hello.next: there is no block "nowhere"' in told
        alone = {
            **SCENARIO,
            "blocks": {"hello": {"assistant": "Поговори.", "otherwise": "agreed"}, "agreed": {"goal": "agreed"}},
        }
        lonely = await counter.ask("PUT", "/v1/projects/1/scenarios/951", alone)
        assert (lonely.status, lonely.json["field"]) == (400, "blocks.hello")
        texting = {**SCENARIO, "blocks": {"hello": {"sms": "Ждём вас", "next": "agreed"}, "agreed": {"goal": "agreed"}}}
        mute = await counter.ask("PUT", "/v1/projects/1/scenarios/951", texting)
        assert (mute.status, mute.json["message"]) == (400, f"blocks.hello: {NO_SMS}")
        assert (await counter.ask("GET", "/v1/projects/1/scenarios")).json == {"scenarios": []}
        for path, body in (("/v1/projects/1", {**PROJECT, "id": 2}), ("/v1/projects/1/scenarios/951", [1])):
            assert (await counter.ask("PUT", path, body)).status == 400
        assert (await counter.ask("GET", "/v1/projects/x")).status == 400

    at_door(story)


ASTRAY: dict[str, Any] = {
    "hello": {"say": "Здравствуйте!", "next": "choose"},
    "choose": {"branch": [{"if": {"variable": "name", "known": True}, "next": "deaf"}], "otherwise": "nowhere"},
    "deaf": {"set": {"name": "{{name}}."}, "next": "hello"},
    "asks": {
        "listen": "?",
        "answers": [{"is": "consent", "next": "asks"}, {"is": "refusal", "next": "beyond"}],
        "otherwise": "asks",
    },
}
CIRCLE, UNREACHED = "this block is in a circle that never listens to the callee", "no start block leads to this block"
FAULTS = {
    "blocks.choose.otherwise": 'there is no block "nowhere"',
    "blocks.asks.answers.1.next": 'there is no block "beyond"',
    "blocks.hello": CIRCLE,
    "blocks.choose": CIRCLE,
    "blocks.deaf": CIRCLE,
    "blocks.asks": UNREACHED,
}


def test_circles_that_never_listen_missing_targets_and_unreached_blocks_are_refused_by_the_api(
    at_door: Callable[..., None],
) -> None:
    async def story(counter: Counter) -> None:
        await counter.ask("PUT", "/v1/projects/1", PROJECT)
        reply = await counter.ask("PUT", "/v1/projects/1/scenarios/951", {**SCENARIO, "blocks": ASTRAY})
        assert reply.status == 400
        assert dict(line.split(": ", 1) for line in reply.json["message"].splitlines()) == FAULTS
        assert (await counter.ask("GET", "/v1/projects/1/scenarios")).json == {"scenarios": []}

    at_door(story)


def test_and_by_apply_files() -> None:
    projects = [{"id": 1, **PROJECT, "scenarios": [{"id": 951, **SCENARIO, "blocks": ASTRAY}]}]
    file = {"tenants": [{"name": "site", "time_zone": "Europe/Moscow", "is74": {"projects": projects}}]}
    with pytest.raises(Faulty) as refused:
        read(yaml.safe_dump(file, allow_unicode=True))
    path = "tenants.0.is74.projects.0.scenarios.0."
    assert dict(refused.value.faults) == {f"{path}{place}": fault for place, fault in FAULTS.items()}
