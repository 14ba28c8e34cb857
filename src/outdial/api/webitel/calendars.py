"""Calendars: documents of this dialect into the house's calendars and back.

A document is given back as it was sent. What of it cannot be understood is refused, because a calendar that silently never
opens stops every dialer that names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from outdial.api.webitel import shapes
from outdial.api.webitel.access import Caller, caller
from outdial.api.webitel.documents import milliseconds, window
from outdial.api.webitel.door import At, Sent
from outdial.api.webitel.errors import Refused, reply
from outdial.core.calendar import MINUTES_OF_DAY, Calendar, Holiday, WeeklyHours
from outdial.ports import CalendarRecord

BAD_ID = "Bad request calendar id."
NOT_FOUND = "Not found."
_OURS = ("_id", "domain")
_LATEST_MS = 253_370_764_800_000
router = APIRouter(prefix="/api/v2/calendars")


def id_of(id: str) -> str:
    """The id in a path. Raises `Refused` 400."""
    if not shapes.is_id(id):
        raise Refused(400, BAD_ID)
    return id.lower()


Id = Annotated[str, Depends(id_of)]
Reads = Annotated[Caller, Depends(caller("calendar", "r"))]


@router.get("", summary="List calendars")
async def list_calendars(request: Request, door: At, who: Reads) -> Response:
    """Forty of them, or `limit` of `page`."""
    limit, offset = window(request)
    records = await door.operations.calendars.all(who.tenant, offset, limit)
    return reply(shapes.ok([document_of(record, who.domain) for record in records]))


@router.get("/{id}", summary="A calendar")
async def get_calendar(id: Id, door: At, who: Reads) -> Response:
    """One that does not exist is 401, as with the vendor."""
    record = await door.operations.calendars.by_key(who.tenant, id)
    if record is None:
        raise Refused(401, NOT_FOUND)
    return reply(shapes.ok(document_of(record, who.domain)))


@router.post("", summary="Make a calendar")
async def create_calendar(door: At, sent: Sent, who: Annotated[Caller, Depends(caller("calendar", "c"))]) -> Response:
    """With at least `name` and `accept`."""
    document = _members(sent)
    if not isinstance(document.get("name"), str) or not document["name"]:
        raise Refused(400, "Name is required.")
    record = _record(shapes.new_id(datetime.now(UTC)), document, door.time_zone)
    await door.operations.calendars.add(who.tenant, record)
    return reply(shapes.inserted([{**record.wire, "domain": who.domain, "_id": record.key}]))


@router.put("/{id}", summary="Replace a calendar")
async def replace_calendar(
    id: Id, door: At, sent: Sent, who: Annotated[Caller, Depends(caller("calendar", "u"))]
) -> Response:
    """The whole document: what is not sent is gone."""
    return reply(
        shapes.updated(await door.operations.calendars.replace(who.tenant, _record(id, _members(sent), door.time_zone)))
    )


@router.delete("/{id}", summary="Delete a calendar")
async def remove_calendar(id: Id, door: At, who: Annotated[Caller, Depends(caller("calendar", "d"))]) -> Response:
    """Dialers that name it do not open any more."""
    return reply(shapes.deleted(int(await door.operations.calendars.remove(who.tenant, id))))


def document_of(record: CalendarRecord, domain: str) -> dict[str, Any]:
    """A calendar as it is given back."""
    return {"_id": record.key, **(record.wire or _made(record)), "domain": domain}


def calendar_of(document: Mapping[str, Any], time_zone: str) -> Calendar:
    """The calendar that a document means; `time_zone` where it names none. Raises `Refused` 400."""
    accept, exceptions = document.get("accept"), document.get("except") or ()
    if not isinstance(accept, list):
        raise Refused(400, "Accept is required.")
    if not isinstance(exceptions, Sequence) or isinstance(exceptions, str):
        raise _bad("except")
    return Calendar(
        time_zone=_zone(document.get("timeZone"), time_zone),
        accept=tuple(_hours(row, f"accept.{index}") for index, row in enumerate(accept)),
        holidays=tuple(_holiday(row, f"except.{index}") for index, row in enumerate(exceptions)),
        start=_moment(document.get("startDate"), "startDate"),
        end=_moment(document.get("endDate"), "endDate"),
    )


def _record(key: str, document: Mapping[str, Any], time_zone: str) -> CalendarRecord:
    name = document.get("name")
    wire = {member: value for member, value in document.items() if member not in _OURS}
    return CalendarRecord(
        key=key, name=name if isinstance(name, str) else "", calendar=calendar_of(document, time_zone), wire=wire
    )


def _members(sent: Any) -> Mapping[str, Any]:
    return sent if isinstance(sent, dict) else {}


def _bad(path: str) -> Refused:
    return Refused(400, f"Bad request: {path} is not valid.")


def _zone(sent: Any, otherwise: str) -> str:
    name = sent.get("id") if isinstance(sent, dict) else sent
    if not name:
        return otherwise
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise Refused(400, f"Bad request: there is no time zone {name}.") from error


def _hours(row: Any, path: str) -> WeeklyHours:
    if not isinstance(row, dict):
        raise _bad(path)
    return WeeklyHours(
        weekday=_whole(row.get("weekDay"), 1, 7, f"{path}.weekDay"),
        start=_whole(row.get("startTime"), 0, MINUTES_OF_DAY, f"{path}.startTime"),
        end=_whole(row.get("endTime"), 0, MINUTES_OF_DAY, f"{path}.endTime"),
    )


def _holiday(row: Any, path: str) -> Holiday:
    day = _moment(row.get("date"), f"{path}.date") if isinstance(row, dict) else None
    if day is None:
        raise _bad(path)
    name = row.get("name")
    return Holiday(
        day.date(), every_year=row.get("repeat") in (1, True, "1"), name=name if isinstance(name, str) else ""
    )


def _whole(value: Any, least: int, most: int, path: str) -> int:
    if isinstance(value, str) and value.isdecimal() and value.isascii():
        value = int(value[:9])
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or value != int(value)
        or not least <= value <= most
    ):
        raise _bad(path)
    return int(value)


def _moment(value: Any, path: str) -> datetime | None:
    """A moment of so many milliseconds; none for nothing and for 0."""
    if value is None or value in (0, ""):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LATEST_MS:
        raise _bad(path)
    return datetime.fromtimestamp(value / 1000, UTC)


def _made(record: CalendarRecord) -> dict[str, Any]:
    """The document of a calendar that did not come as one."""
    calendar = record.calendar
    return {
        "name": record.name,
        "description": "",
        "startDate": milliseconds(calendar.start),
        "endDate": milliseconds(calendar.end),
        "timeZone": {"id": calendar.time_zone},
        "accept": [
            {"weekDay": hours.weekday, "startTime": hours.start, "endTime": hours.end} for hours in calendar.accept
        ],
        "except": [
            {"name": day.name, "date": _midnight(day.date), "repeat": int(day.every_year)} for day in calendar.holidays
        ],
    }


def _midnight(day: date) -> int | None:
    return milliseconds(datetime.combine(day, time(), UTC))
