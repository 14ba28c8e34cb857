"""The body of a new campaign as values: first what it is by itself, then with what its numbers stand for.

Faults of both are collected in one place, so that a caller is told all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outdial.api.is74.errors import Faults
from outdial.api.is74.fields import Members
from outdial.api.phones import offset_minutes, phone_digits
from outdial.core.errors import NotFound
from outdial.core.project_campaign import CampaignOrder, Person, missing
from outdial.operations.orders import Grounds

ONCE = {"id": 1, "title": "Однократно"}
MOST_ATTEMPTS = 5
MOST_MINUTES = 1440
FURTHEST_DAYS = 3660
LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_PHONE, LONGEST_KEY, LONGEST_VALUE = 255, 5000, 50, 100, 5000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a campaign dials; None stands for what has a fault."""

    day: date | None = None
    start: time | None = None
    end: time | None = None
    attempts: int | None = None
    interval_minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRequest:
    """The body; None stands for what has a fault."""

    project: int | None
    start: int | None
    phone: int | None
    name: str | None
    schedule: Schedule
    people: tuple[tuple[str | None, Mapping[str, str]], ...]
    """The digits of each, and what they come with."""


def campaign_request(sent: object, faults: Faults) -> CampaignRequest:
    """What the body says by itself."""
    top = Members("", sent, faults)
    campaign = top.within("campaign") or Members("campaign", {}, Faults())
    campaign.text("description", LONGEST_DESCRIPTION)
    campaign.text("state", LONGEST_NAME)
    return CampaignRequest(
        project=campaign.whole("project_id"),
        name=campaign.text("name", LONGEST_NAME),
        start=campaign.whole("start_block_id"),
        schedule=_schedule(campaign.within("schedule")),
        phone=campaign.whole("phone_id"),
        people=_people(top),
    )


def order_from(wanted: CampaignRequest, grounds: Grounds, faults: Faults) -> CampaignOrder:
    """The order, with what its numbers stand for.

    Raises `Invalid` with every fault, those of before among them; `NotFound` when nothing is wrong but that there is no such
    project.
    """
    campaign = Members("campaign", {}, faults)
    for name, number, found in (
        ("project_id", wanted.project, grounds.project),
        ("start_block_id", None if grounds.project is None else wanted.start, grounds.start),
        ("phone_id", wanted.phone, grounds.caller),
    ):
        if number is not None and found is None:
            campaign.wrong(name, "field names nothing that exists.")
    if grounds.refusal:
        campaign.wrong("start_block_id", f"field names a dialogue that cannot be: {grounds.refusal}")
    for place, (_, variables) in enumerate(wanted.people):
        for name in () if grounds.start is None else missing(grounds.start.start, variables):
            faults.add(f"phones.{place}.add_data.{name}", "field is required.")
    moments = None if grounds.project is None else _moments(wanted.schedule, grounds, faults)
    if wanted.project is not None and grounds.project is None and list(faults.found) == [campaign.at("project_id")]:
        raise NotFound(f"There is no project {wanted.project}.")
    faults.refuse()
    schedule = wanted.schedule
    assert moments is not None
    assert grounds.project is not None
    assert grounds.start is not None
    assert grounds.caller is not None
    assert schedule.attempts is not None
    assert schedule.interval_minutes is not None
    start_at, end_at = moments
    local = grounds.now.astimezone(ZoneInfo(grounds.project.time_zone))
    return CampaignOrder(
        project=grounds.project,
        start=grounds.start.start,
        name=wanted.name or f"Обзвон {local:%Y-%m-%d %H:%M}",
        caller=grounds.caller,
        start_at=start_at,
        end_at=end_at,
        attempts=schedule.attempts,
        interval_seconds=schedule.interval_minutes * 60.0,
        people=[
            Person(digits, offset_minutes(digits, start_at), variables)
            for digits, variables in wanted.people
            if digits is not None
        ],
    )


def _schedule(members: Members | None) -> Schedule:
    if members is None:
        return Schedule()
    schedule = Schedule(
        day=_day(members, "date"),
        start=_minute(members, "start_time"),
        end=_minute(members, "end_time"),
        attempts=_attempts(members),
        interval_minutes=members.whole("interval", 1, MOST_MINUTES),
    )
    periods = members.within("periods")
    if periods is not None:
        for name, value in ONCE.items():
            if periods.there(name) and str(periods.values[name]).strip() != str(value):
                periods.wrong(name, f"field must be {value}.")
    if schedule.start is not None and schedule.end is not None and schedule.end <= schedule.start:
        members.wrong("end_time", "field must be a time after start_time.")
    return schedule


def _attempts(members: Members) -> int | None:
    attempts = members.within("attempts")
    if attempts is None:
        return None
    id, title = attempts.whole("id", 1, MOST_ATTEMPTS), attempts.whole("title", 1, MOST_ATTEMPTS)
    if id is not None and title is not None and id != title:
        attempts.wrong("title", "field must match id.")
    return id


def _day(members: Members, name: str) -> date | None:
    written = members.text(name, LONGEST_NAME, required=True)
    try:
        if written is None or _DATE.fullmatch(written):
            return None if written is None else date.fromisoformat(written)
    except ValueError:
        pass
    members.wrong(name, "field must be a date as in 2026-01-31.")
    return None


def _minute(members: Members, name: str) -> time | None:
    written = members.text(name, LONGEST_NAME, required=True)
    if written is None or _TIME.fullmatch(written):
        return None if written is None else time.fromisoformat(written.zfill(5))
    members.wrong(name, "field must be a time as in 09:00.")
    return None


def _moments(schedule: Schedule, grounds: Grounds, faults: Faults) -> tuple[datetime, datetime] | None:
    """From when to when, by the clock of the project."""
    if schedule.day is None or schedule.start is None or schedule.end is None or grounds.project is None:
        return None
    zone, members = ZoneInfo(grounds.project.time_zone), Members("campaign.schedule", {}, faults)
    try:
        start, end = (
            datetime.combine(schedule.day, at, tzinfo=zone).astimezone(UTC) for at in (schedule.start, schedule.end)
        )
    except OverflowError:
        members.wrong("date", "field must be a date as in 2026-01-31.")
        return None
    if schedule.day < grounds.now.astimezone(zone).date():
        members.wrong("date", "field must be a date that is not over.")
    elif schedule.day > (grounds.now.astimezone(zone) + timedelta(days=FURTHEST_DAYS)).date():
        members.wrong("date", f"field must be a date within {FURTHEST_DAYS} days.")
    elif end <= grounds.now:
        members.wrong("end_time", "field must be a time that is not over.")
    return start, end


def _people(top: Members) -> tuple[tuple[str | None, Mapping[str, str]], ...]:
    listed = top.values.get("phones")
    if not isinstance(listed, list) or not listed:
        top.wrong("phones", "field is required." if not listed else "field must be an array.")
        return ()
    return tuple(_person(Members(f"phones.{place}", row, top.faults), row) for place, row in enumerate(listed))


def _person(members: Members, row: object) -> tuple[str | None, Mapping[str, str]]:
    if not isinstance(row, dict):
        members.faults.add(members.path, "field must be an object.")
        return None, {}
    digits = None
    if members.there("phone"):
        phone = row["phone"]
        written = str(phone) if type(phone) is int else phone
        digits = phone_digits(written) if isinstance(written, str) and len(written) <= LONGEST_PHONE else None
        if digits is None:
            members.wrong("phone", "field must be a phone number with its country's code.")
    return digits, _variables(members)


def _variables(members: Members) -> Mapping[str, str]:
    """What somebody comes with, each value as a text. An empty array is what PHP makes of an empty object."""
    sent = members.values.get("add_data")
    if sent is None or sent == []:
        return {}
    if not isinstance(sent, dict):
        members.wrong("add_data", "field must be an object.")
        return {}
    values = Members(members.at("add_data"), sent, members.faults)
    found: dict[str, str] = {}
    for name, value in sent.items():
        if len(name) > LONGEST_KEY or not name.isprintable():
            values.wrong(name[:LONGEST_KEY], f"field must have a name of at most {LONGEST_KEY} printable characters.")
        elif type(value) in (int, float):
            found[name] = str(value)
        elif value is not None and not isinstance(value, str):
            values.wrong(name, "field must be a string or a number.")
        elif value and (text := values.text(name, LONGEST_VALUE)):
            found[name] = text
    return found
