"""The body of a report as values: whose calls, of which time, which columns, what is filtered, and in which order.

The page that describes the API shows the word `equal` where a type or an order is not set; it counts as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from outdial.api.is74.errors import Faults
from outdial.api.is74.fields import LARGEST, Members
from outdial.core.report import By, Field, Filter, Kind, Source, Standard, Test

NOT_SET = "equal"
DATA_TYPES = (*Kind, NOT_SET)
ORDERS = ("asc", "desc", NOT_SET)
LONGEST_NAME, LONGEST_VALUE = 255, 5000
MOST_COLUMNS = 200
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer."""

    field: Field
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a report may name besides what every call has."""

    parameters: Collection[str]
    variables: Collection[str]
    goals: Collection[str]

    def field(self, name: str, column_type: str) -> Field | None:
        """The field of that name: of the type that is named, or the first that has it."""
        known = self._known()
        wanted = [Source(column_type)] if column_type in list(Source) else list(Source)
        return next((Field(source, name) for source in wanted if name in known[source]), None)

    def all(self) -> list[Field]:
        """Every field once; of several with one name the first, because a row is told by names."""
        fields: dict[str, Field] = {}
        for source, names in self._known().items():
            for name in names:
                fields.setdefault(name, Field(source, name))
        return list(fields.values())

    def _known(self) -> Mapping[Source, Collection[str]]:
        return {
            Source.FIELD: [one.value for one in Standard],
            Source.PARAMETER: self.parameters,
            Source.VARIABLE: self.variables,
            Source.GOAL: self.goals,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Whose calls; None stands for what has a fault."""

    scenario: int | None
    start: int | None
    campaign: int | None
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is wanted of each call. `columns` are in the order in which they were asked for."""

    columns: Sequence[Column]
    filters: Sequence[Filter]
    order: Sequence[By]
    limit: int | None
    offset: int


def filters_of(sent: object, zone: ZoneInfo, faults: Faults) -> Filters:
    """The member `analytics_filter`. A time without a zone is by the clock of the project."""
    members = Members("", sent, faults).within("analytics_filter") or Members("analytics_filter", {}, Faults())
    since, until = _moment(members, "date_start", zone, end=False), _moment(members, "date_end", zone, end=True)
    if since is not None and until is not None and until < since:
        members.wrong("date_end", "field must be a date after date_start.")
    return Filters(
        scenario=members.whole("scenario_id"),
        start=members.whole("start_block_id"),
        campaign=members.whole("outgoing_campaign_id"),
        since=since,
        until=until,
    )


def columns_of(sent: object, names: Names, faults: Faults) -> Columns:
    """The member `columns`, and `limit` and `offset` beside it. Without columns the answer has all that
    there are, as far as a report may have so many."""
    top = Members("", sent, faults)
    listed = top.values.get("columns") or []
    if not isinstance(listed, list):
        top.wrong("columns", "field must be an array.")
        listed = []
    if len(listed) > MOST_COLUMNS:
        top.wrong("columns", f"field must not have more than {MOST_COLUMNS} items.")
        listed = []
    columns: list[Column] = []
    filters: list[Filter] = []
    order: list[By] = []
    for place, row in enumerate(listed):
        members = Members(f"columns.{place}", row, faults)
        if not isinstance(row, dict):
            faults.add(members.path, "field must be an object.")
            continue
        field, shown = _field(members, names), members.text("display_name", LONGEST_NAME)
        filtered, ordered = _filter(members, field), _order(members, field)
        if field is not None:
            columns.append(Column(field, shown or field.name))
            filters += filtered
            order += ordered
    if not listed:
        columns = [Column(field, field.name) for field in names.all()[:MOST_COLUMNS]]
    limit, offset = top.whole("limit", 0, LARGEST, required=False), top.whole("offset", 0, LARGEST, required=False)
    return Columns(columns=columns, filters=filters, order=order, limit=limit, offset=offset or 0)


def _field(members: Members, names: Names) -> Field | None:
    name, column_type = members.text("name", LONGEST_NAME, required=True), members.text("column_type", LONGEST_NAME)
    members.whole("id", required=False)
    if name is None:
        return None
    field = names.field(name, column_type or "")
    if field is None:
        members.wrong("name", "field names no column of this scenario.")
    return field


def _filter(members: Members, field: Field | None) -> list[Filter]:
    """A condition; none when there is nothing to compare with. The words of a column that is none are read too."""
    named = members.one_of("filter_type", list(Test))
    value = members.values.get("filter_value")
    if type(value) in (int, float, bool):
        value = str(value).lower()
    if value is not None and not isinstance(value, str):
        members.wrong("filter_value", "field must be a string.")
        return []
    if named is None or (Test(named).compares and not value):
        return []
    test, written = Test(named), value or ""
    if len(written) > LONGEST_VALUE or "\x00" in written or any("\ud800" <= one <= "\udfff" for one in written):
        members.wrong("filter_value", f"field must be a text of at most {LONGEST_VALUE} characters.")
        return []
    if field is None:
        return []
    number = None
    if test is Test.EQUAL and field.kind is Kind.NUMBER:
        number = _number(written)
        if number is None:
            members.wrong("filter_value", "field must be a number.")
            return []
    return [Filter(field, test, written, number)]


def _order(members: Members, field: Field | None) -> list[By]:
    data_type, sorting = members.one_of("data_type", DATA_TYPES), members.one_of("sorting", ORDERS)
    if field is None or sorting in (None, NOT_SET):
        return []
    return [By(field, sorting == "desc", as_number=data_type == Kind.NUMBER and field.source is not Source.FIELD)]


def _number(written: str) -> Decimal | None:
    try:
        number = Decimal(written.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= len(str(LARGEST)) else None


def _moment(members: Members, name: str, zone: ZoneInfo, *, end: bool) -> datetime | None:
    """A moment in UTC. A bare day is its beginning, or at the end of a time its last moment."""
    written = members.text(name, LONGEST_NAME, required=True)
    if written is None:
        return None
    try:
        at = datetime.fromisoformat(written.strip())
        if end and _DAY.fullmatch(written.strip()):
            at += timedelta(days=1, microseconds=-1)
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        members.wrong(name, "field must be a time as in 2026-01-31T08:00:59.096Z.")
        return None
