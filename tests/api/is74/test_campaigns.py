"""Campaigns: who is called and when, every fault at once, and nothing stored when there is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from api.is74.entrance import Door, campaign
from outdial.core.calendar import Window
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.operations.means import Means
from outdial.operations.setup import Setup
from outdial.setup import read

Play = Callable[..., None]


async def contacts_of(door: Door, number: int) -> list[Any]:
    rows = await door.house.pool.fetch(
        "select c.* from contacts c join campaigns p on p.id = c.campaign_id where p.number = $1 order by c.id", number
    )
    return [(row["digits"], row["offset_minutes"], json.loads(row["variables"])) for row in rows]


def test_a_campaign_dials_on_its_day_from_its_first_minute_to_its_last(at_door: Play) -> None:
    async def story(door: Door) -> None:
        number = await door.order(campaign())
        made = await door.house.operations.campaigns.by_number(door.house.tenant, "is74", number)
        assert made is not None
        settings = made.settings
        assert settings.name == "Обзвон клиентов"
        assert (settings.retry.attempts, settings.retry.interval_seconds) == (2, 300.0)
        assert settings.caller == "74951234567"
        assert settings.ends_at == datetime(2024, 8, 22, 14, 0, tzinfo=UTC)
        assert (settings.window, settings.time_zone) == (Window(8 * 60, 22 * 60 - 1), "Europe/Moscow")
        due = await door.house.pool.fetchval("select due_at from contacts")
        assert due == datetime(2024, 8, 22, 6, 0, tzinfo=UTC)

    at_door(story)


def test_phones_are_normalised_and_each_has_the_clock_of_its_number(at_door: Play) -> None:
    phones = [
        {"phone": "+79999999999", "add_data": {"name": "А"}},
        {"phone": "8 (999) 999-99-98", "add_data": {"name": "Б"}},
        {"phone": 74232123456, "add_data": {"name": "В"}},
        {"phone": "73432001122", "add_data": {"name": "Г"}},
    ]

    async def story(door: Door) -> None:
        found = await contacts_of(door, await door.order(campaign(phones)))
        assert [(digits, offset) for digits, offset, _ in found] == [
            ("79999999999", None),
            ("79999999998", None),
            ("74232123456", 600),
            ("73432001122", 300),
        ]

    at_door(story)


def test_what_somebody_comes_with_is_kept_and_known_to_reports(at_door: Play) -> None:
    phones = [
        {
            "phone": "79000000001",
            "add_data": {"name": "А", "time": "10:00", "phone": 123456, "rate": 1.5, "none": None},
        },
        {"phone": "79000000001", "add_data": {"name": "А", "time": "10:00", "phone": 123456, "rate": 1.5}},
        {"phone": "79000000001", "add_data": {"name": "Б"}},
    ]

    async def story(door: Door) -> None:
        number = await door.order(campaign(phones))
        assert await contacts_of(door, number) == [
            ("79000000001", None, {"name": "А", "time": "10:00", "phone": "123456", "rate": "1.5"}),
            ("79000000001", None, {"name": "Б"}),
        ]
        made = await door.house.operations.campaigns.by_number(door.house.tenant, "is74", number)
        assert made is not None
        assert made.settings.wire["parameters"] == ["name", "time", "phone", "rate"]

    at_door(story)


def test_a_sum_is_put_into_words_when_it_comes_in(at_door: Play) -> None:
    async def story(door: Door) -> None:
        body = campaign([{"phone": "79000000001", "add_data": {"sum": 1250.5}}], start_block_id=11)
        ((_, _, variables),) = await contacts_of(door, await door.order(body))
        assert variables.pop("sum") == "1250.5"
        assert "одна тысяча двести пятьдесят" in next(iter(variables.values()))

    at_door(story)


def test_a_project_has_hours_and_lines_of_its_own(at_door: Play) -> None:
    async def story(door: Door) -> None:
        project = await door.house.operations.projects.named(door.house.tenant, 3)
        assert (project.time_zone, project.hours, project.lines) == ("Asia/Yekaterinburg", Window(600, 1109), 7)

    at_door(story)


FAULTY: list[tuple[str, Any, dict[str, str]]] = [
    ("nothing", {}, {"campaign": "required", "phones": "required"}),
    ("no object", [1], {"campaign": "required", "phones": "required"}),
    (
        "members of the wrong kind",
        campaign([1, {"phone": "12"}, {"add_data": []}], project_id="x", name=5, phone_id=True, description=[]),
        {
            "campaign.project_id": "an integer",
            "campaign.name": "a string",
            "campaign.phone_id": "an integer",
            "campaign.description": "a string",
            "phones.0": "an object",
            "phones.1.phone": "a phone number",
            "phones.2.phone": "required",
        },
    ),
    (
        "a schedule without an end",
        campaign(
            schedule={"end_time": "", "periods": {"id": 2, "title": "Daily"}, "attempts": {"id": 6, "title": "1"}}
        ),
        {
            "campaign.schedule.end_time": "required",
            "campaign.schedule.periods.id": "must be 1",
            "campaign.schedule.periods.title": "must be Однократно",
            "campaign.schedule.attempts.id": "between 1 and 5",
        },
    ),
    (
        "attempts that do not agree",
        campaign(schedule={"attempts": {"id": 2, "title": "3"}, "interval": "soon"}),
        {"campaign.schedule.attempts.title": "match id", "campaign.schedule.interval": "an integer"},
    ),
    (
        "times the wrong way round, and no date",
        campaign(schedule={"date": "22.08.2024", "start_time": "17:00", "end_time": "9:00"}),
        {"campaign.schedule.date": "a date as in", "campaign.schedule.end_time": "after start_time"},
    ),
    ("a day that is over", campaign(schedule={"date": "2024-08-20"}), {"campaign.schedule.date": "not over"}),
    (
        "a window that is over",
        campaign(schedule={"date": "2024-08-21", "end_time": "12:59"}),
        {"campaign.schedule.end_time": "not over"},
    ),
    (
        "numbers that stand for nothing",
        campaign(start_block_id=99, phone_id=6),
        {"campaign.start_block_id": "nothing that exists", "campaign.phone_id": "nothing that exists"},
    ),
    (
        "a project that is not there, and more",
        campaign(project_id=77, phone_id=6),
        {
            "campaign.project_id": "nothing that exists",
            "campaign.phone_id": "nothing that exists",
        },
    ),
    (
        "parameters that are missing or no texts",
        campaign(
            [
                {"phone": "79000000001"},
                {"phone": "79000000002", "add_data": {"name": " "}},
                {"phone": "79000000003", "add_data": {"name": "А", "time": ["10:00"]}},
                {"phone": "79000000004", "add_data": "name"},
            ]
        ),
        {
            "phones.0.add_data.name": "required",
            "phones.1.add_data.name": "required",
            "phones.2.add_data.time": "a string or a number",
            "phones.3.add_data": "an object",
            "phones.3.add_data.name": "required",
        },
    ),
]


@pytest.mark.parametrize(("body", "faults"), [case[1:] for case in FAULTY], ids=[case[0] for case in FAULTY])
def test_every_fault_is_told_at_once_and_nothing_is_stored(at_door: Play, body: Any, faults: dict[str, str]) -> None:
    async def story(door: Door) -> None:
        reply = await door.post("/api/campaigns", body)
        assert reply.status == 422
        found = reply.json["errors"]
        assert set(found) == set(faults)
        assert {path for path, wrong in faults.items() if wrong not in found[path][0]} == set()
        assert reply.json["message"] == next(iter(found.values()))[0]
        assert await door.house.pool.fetchval("select count(*) from campaigns") == 0

    at_door(story)


def test_a_project_of_somebody_else_is_not_there(at_door: Play) -> None:
    async def story(door: Door) -> None:
        reply = await door.post("/api/campaigns", campaign(project_id=2))
        assert (reply.status, set(reply.json)) == (404, {"message"})

    at_door(story)


LONELY = """
tenants:
  - name: site
    time_zone: Europe/Moscow
    is74:
      projects:
        - id: 4
          name: "Беседа"
          time_zone: Europe/Moscow
          scenarios:
            - id: 954
              name: "Беседа"
              start_blocks: [{id: 14, next: talk}]
              blocks:
                talk: {assistant: "Поговори.", otherwise: bye}
                bye: {say: "Пока."}
"""


def test_a_dialogue_that_needs_an_assistant_is_not_ordered_where_there_is_none(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await Setup(PostgresSetup(door.house.pool)).apply(read(LONELY, means=Means(assistant=True, sms=True)))
        reply = await door.post("/api/campaigns", campaign(project_id=4, start_block_id=14))
        assert (reply.status, list(reply.json["errors"])) == (422, ["campaign.start_block_id"])
        assert "assistant" in reply.json["message"]

    at_door(story)


def test_a_campaign_without_a_name_is_named_by_its_hour(at_door: Play) -> None:
    async def story(door: Door) -> None:
        number = await door.order(campaign(name=None))
        made = await door.house.operations.campaigns.by_number(door.house.tenant, "is74", number)
        assert made is not None
        assert made.settings.name == "Обзвон 2024-08-21 13:00"

    at_door(story)


def test_ten_thousand_people_keep_nobody_waiting(at_door: Play) -> None:
    from api.mobilgroup.test_ten_thousand import LONGEST_HOLD_SECONDS, watched

    people = [{"phone": str(79000000000 + at), "add_data": {"name": f"Клиент {at}"}} for at in range(10_000)]
    body = json.dumps(campaign(people)).encode()

    async def story(door: Door) -> None:
        with watched() as dog:
            reply = await door.post("/api/campaigns", body)
        assert reply.status == 200
        assert await door.house.pool.fetchval("select count(*) from contacts") == 10_000
        assert dog.longest < LONGEST_HOLD_SECONDS

    at_door(story)
