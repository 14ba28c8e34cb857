"""Calendars of this dialect: what a document means, what is refused, and which dialers hear of a change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from api.webitel.entrance import CALENDAR, Entrance
from outdial.api.webitel.calendars import calendar_of
from outdial.api.webitel.errors import Refused
from outdial.core.calendar import Calendar, Holiday, WeeklyHours
from outdial.core.facts import CampaignChanged

Play = Callable[..., None]
CALENDARS = "/api/v2/calendars"
MONDAY = {"weekDay": 1, "startTime": 540, "endTime": 1020}
MIDNIGHT = 1767225600000
"""2026-01-01 in UTC, as the vendor's page sends a day."""


def read(**members: Any) -> Calendar:
    return calendar_of({"accept": [MONDAY], **members}, "Europe/Moscow")


def test_what_a_document_means() -> None:
    assert read() == Calendar("Europe/Moscow", (WeeklyHours(1, 540, 1020),))
    full = read(
        timeZone={"id": "Europe/Kiev", "name": "Kyiv"},
        startDate=MIDNIGHT,
        endDate=MIDNIGHT + 86_400_000,
        accept=[{"weekDay": "7", "startTime": 0, "endTime": 1440.0, "note": "kept by whoever sent it"}],
        **{
            "except": [
                {"name": "New Year", "date": MIDNIGHT, "repeat": 1},
                {"date": MIDNIGHT + 86_400_000, "repeat": 0},
            ]
        },
    )
    assert full == Calendar(
        "Europe/Kiev",
        (WeeklyHours(7, 0, 1440),),
        (Holiday(date(2026, 1, 1), True, "New Year"), Holiday(date(2026, 1, 2), False)),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize("nothing", [None, 0, ""])
def test_nothing_is_said_in_several_ways(nothing: Any) -> None:
    assert read(startDate=nothing, endDate=nothing, timeZone=nothing, **{"except": nothing}) == read()
    assert read(timeZone={"id": nothing}) == read()


@pytest.mark.parametrize(
    ("members", "info"),
    [
        ({"accept": None}, "Accept is required."),
        ({"accept": {}}, "Accept is required."),
        ({"accept": ["Monday"]}, "Bad request: accept.0 is not valid."),
        ({"accept": [MONDAY, {**MONDAY, "weekDay": 0}]}, "Bad request: accept.1.weekDay is not valid."),
        ({"accept": [{**MONDAY, "startTime": -1}]}, "Bad request: accept.0.startTime is not valid."),
        ({"accept": [{**MONDAY, "startTime": "9:00"}]}, "Bad request: accept.0.startTime is not valid."),
        ({"accept": [{**MONDAY, "endTime": 1441}]}, "Bad request: accept.0.endTime is not valid."),
        ({"accept": [{**MONDAY, "endTime": 10.5}]}, "Bad request: accept.0.endTime is not valid."),
        ({"accept": [{**MONDAY, "endTime": True}]}, "Bad request: accept.0.endTime is not valid."),
        ({"except": "never"}, "Bad request: except is not valid."),
        ({"except": [{"name": "New Year"}]}, "Bad request: except.0 is not valid."),
        ({"except": [{"date": "2026-01-01"}]}, "Bad request: except.0.date is not valid."),
        ({"startDate": -5}, "Bad request: startDate is not valid."),
        ({"endDate": 1e18}, "Bad request: endDate is not valid."),
        ({"timeZone": {"id": "../etc/passwd"}}, "Bad request: there is no time zone ../etc/passwd."),
        ({"timeZone": {"id": ["UTC"]}}, "Bad request: there is no time zone ['UTC']."),
        ({"timeZone": "Mars"}, "Bad request: there is no time zone Mars."),
    ],
)
def test_what_cannot_be_understood_is_refused(members: dict[str, Any], info: str) -> None:
    with pytest.raises(Refused) as refused:
        read(**members)
    assert (refused.value.status, refused.value.message) == (400, info)


def test_a_calendar_of_an_apply_file_is_shown_as_a_document(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        document = (
            '{"time_zone": "Europe/Moscow", "accept": [{"weekday": 1, "start": 0, "end": 1440}],'
            ' "holidays": [{"date": "2026-01-01", "every_year": true, "name": "New Year"}]}'
        )
        add = "insert into calendars (tenant_id, key, name, document, wire) values ($1, $2, 'WorksDay', $3, '{}')"
        await entrance.house.pool.execute(add, entrance.house.tenant, CALENDAR, document)
        assert list((await entrance.data("GET", f"{CALENDARS}/{CALENDAR}")).items()) == [
            ("_id", CALENDAR),
            ("name", "WorksDay"),
            ("description", ""),
            ("startDate", None),
            ("endDate", None),
            ("timeZone", {"id": "Europe/Moscow"}),
            ("accept", [{"weekDay": 1, "startTime": 0, "endTime": 1440}]),
            ("except", [{"name": "New Year", "date": MIDNIGHT, "repeat": 1}]),
            ("domain", "site"),
        ]
        assert await entrance.data("GET", f"{CALENDARS}/{CALENDAR.upper()}")

    at_entrance(story)


def test_a_page_has_forty_calendars(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        for number in range(42):
            await entrance.data("POST", CALENDARS, {"name": str(number), "accept": []})
        names = [document["name"] for document in await entrance.data("GET", CALENDARS)]
        assert names == [str(number) for number in range(40)]
        assert [one["name"] for one in await entrance.data("GET", f"{CALENDARS}?page=2")] == ["40", "41"]
        assert [one["name"] for one in await entrance.data("GET", f"{CALENDARS}?limit=2&page=3")] == ["4", "5"]
        assert len(await entrance.data("GET", f"{CALENDARS}?limit=x&page=-1")) == 40

    at_entrance(story)


def test_running_dialers_hear_of_their_calendar(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        made = await entrance.data("POST", CALENDARS, {"name": "Days", "accept": [MONDAY]})
        id = made["insertedIds"][0]
        dialer = {"name": "d", "type": "Voice Broadcasting", "calendar": {"id": id}}
        key = (await entrance.data("POST", "/api/v2/dialer", dialer))["insertedIds"][0]
        await entrance.house.pool.execute("update campaigns set state = 'running' where key = $1", key)
        campaign = await entrance.house.pool.fetchval("select id from campaigns where key = $1", key)
        entrance.house.bus.heard.clear()
        await entrance.data("PUT", f"{CALENDARS}/{id}", {"name": "Days", "accept": []})
        await entrance.data("DELETE", f"{CALENDARS}/{id}")
        assert entrance.house.bus.heard == [CampaignChanged(campaign)] * 2

    at_entrance(story)
