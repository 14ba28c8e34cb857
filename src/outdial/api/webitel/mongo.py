"""The questions of this dialect, which are MongoDB's: filters, orders, projections and pipelines, read into the house's own.

Only what is listed here is understood; anything else is refused by name. `$where` and its like cannot be said at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from outdial.core.documents import (
    EVERYTHING,
    AllOf,
    AnyOf,
    At,
    By,
    Compare,
    Condition,
    Constant,
    Count,
    Drop,
    Element,
    Exists,
    Expression,
    Group,
    Keep,
    Like,
    Limit,
    Made,
    Match,
    Not,
    OneOf,
    Order,
    Path,
    Skip,
    Sort,
    Stage,
    Total,
    Unwind,
)
from outdial.core.errors import Malformed

MOST_STAGES = 30
MOST_CONDITIONS = 500
DEEPEST = 12
LONGEST_PATH = 8
LARGEST_COUNT = (1 << 63) - 1
MOST_MEMBERS = 40

_COMPARISONS = {"$gt": Order.GREATER, "$gte": Order.AT_LEAST, "$lt": Order.LESS, "$lte": Order.AT_MOST}
_TOTALS = {
    "$sum": Total.SUM,
    "$avg": Total.AVERAGE,
    "$min": Total.LEAST,
    "$max": Total.GREATEST,
    "$first": Total.FIRST,
    "$last": Total.LAST,
    "$push": Total.LIST,
    "$addToSet": Total.SET,
}


class NotUnderstood(Malformed):
    """A question that is not MongoDB's, or a part of it that is not served."""

    code = "not_understood"


def condition(filter: object) -> Condition:
    """A filter. Raises `NotUnderstood`."""
    return _Filters().filter(filter, 0)


def order(sort: object) -> tuple[By, ...]:
    """A sort: names and 1 or -1. Raises `NotUnderstood`."""
    return tuple(By(_path(name), descending=_direction(name, way) < 0) for name, way in _members(sort, "sort").items())


def shape(projection: object) -> Keep | Drop | None:
    """A projection of a list: members to show or to hide; None for one that says nothing. Raises `NotUnderstood`."""
    return _projected(_members(projection, "projection")) if projection else None


def pipeline(stages: object) -> tuple[Stage, ...]:
    """The stages of an aggregation. Raises `NotUnderstood`."""
    if not isinstance(stages, list):
        raise NotUnderstood("the pipeline must be an array of stages", field="pipeline")
    if len(stages) > MOST_STAGES:
        raise NotUnderstood(f"a pipeline may have {MOST_STAGES} stages", field="pipeline")
    return tuple(stage for one in stages for stage in _stage(one))


class _Filters:
    """One filter being read; its parts are counted."""

    def __init__(self) -> None:
        self._read = 0

    def filter(self, value: object, depth: int) -> Condition:
        self._count(depth)
        parts = [self._part(name, wanted, depth) for name, wanted in _members(value, "filter").items()]
        return _all(parts)

    def _part(self, name: str, wanted: object, depth: int) -> Condition:
        match name:
            case "$and":
                return AllOf(self._each(name, wanted, depth))
            case "$or":
                return AnyOf(self._each(name, wanted, depth))
            case "$nor":
                return Not(AnyOf(self._each(name, wanted, depth)))
            case _ if name.startswith("$"):
                raise _unknown("operator", name)
            case _:
                return self._field(_path(name), wanted, depth)

    def _each(self, name: str, wanted: object, depth: int) -> tuple[Condition, ...]:
        if not isinstance(wanted, list) or not wanted:
            raise NotUnderstood(f"{name} must be a nonempty array", field=name)
        return tuple(self.filter(one, depth + 1) for one in wanted)

    def _field(self, path: Path, wanted: object, depth: int) -> Condition:
        self._count(depth)
        if isinstance(wanted, dict) and _is_operators(wanted):
            return self._operators(path, wanted, depth)
        return Compare(path, Order.EQUAL, _value(wanted))

    def _operators(self, path: Path, wanted: Mapping[str, Any], depth: int) -> Condition:
        parts = []
        for name, value in wanted.items():
            self._count(depth)
            if name == "$options" and "$regex" in wanted:
                continue
            parts.append(self._operator(path, name, value, wanted, depth))
        return _all(parts)

    def _operator(self, path: Path, name: str, value: Any, beside: Mapping[str, Any], depth: int) -> Condition:
        match name:
            case "$eq":
                return Compare(path, Order.EQUAL, _value(value))
            case "$ne":
                return Not(Compare(path, Order.EQUAL, _value(value)))
            case "$gt" | "$gte" | "$lt" | "$lte":
                if isinstance(_value(value), dict | list):
                    raise NotUnderstood(f"{name} compares numbers, texts and booleans", field=name)
                return Compare(path, _COMPARISONS[name], _value(value))
            case "$in":
                return OneOf(path, _values(name, value))
            case "$nin":
                return Not(OneOf(path, _values(name, value)))
            case "$exists":
                return Exists(path) if value else Not(Exists(path))
            case "$regex":
                return _like(path, value, beside.get("$options", ""))
            case "$not":
                if not isinstance(value, dict) or not value or not _is_operators(value):
                    raise NotUnderstood("$not needs an object of operators", field=name)
                return Not(self._operators(path, value, depth + 1))
            case "$elemMatch":
                return Element(path, self._element(value, depth + 1))
            case _:
                raise _unknown("operator", name)

    def _element(self, value: object, depth: int) -> Condition:
        wanted = _members(value, "$elemMatch")
        if _is_operators(wanted) and not set(wanted) & {"$and", "$or", "$nor"}:
            return self._operators((), wanted, depth)
        return self.filter(wanted, depth)

    def _count(self, depth: int) -> None:
        self._read += 1
        if self._read > MOST_CONDITIONS or depth > DEEPEST:
            raise NotUnderstood("the filter is too large", field="filter")


def _stage(stage: object) -> tuple[Stage, ...]:
    members = _members(stage, "stage")
    if len(members) != 1:
        raise NotUnderstood("a stage must have exactly one member", field="pipeline")
    ((name, value),) = members.items()
    read = _STAGES.get(name)
    if read is None:
        raise _unknown("stage", name)
    return read(value)


def _match(value: object) -> tuple[Stage, ...]:
    return (Match(condition(value)),)


def _sort(value: object) -> tuple[Stage, ...]:
    return (Sort(order(value)),)


def _limit(value: object) -> tuple[Stage, ...]:
    return (Limit(_whole("$limit", value, 1)),)


def _skip(value: object) -> tuple[Stage, ...]:
    return (Skip(_whole("$skip", value, 0)),)


def _count(value: object) -> tuple[Stage, ...]:
    return (Count(_name("$count", value)),)


def _project(value: object) -> tuple[Stage, ...]:
    made = _projected(_members(value, "$project"))
    if made is None:
        raise NotUnderstood("$project needs at least one member", field="$project")
    return (made,)


def _group(value: object) -> tuple[Stage, ...]:
    members = dict(_members(value, "$group"))
    if "_id" not in members:
        raise NotUnderstood("$group needs an _id", field="$group")
    key = _expression(members.pop("_id"), 0)
    if len(members) > MOST_MEMBERS:
        raise NotUnderstood(f"$group may have {MOST_MEMBERS} members", field="$group")
    return (Group(key, {_name("$group", name): _total(name, one) for name, one in members.items()}),)


def _total(name: str, value: object) -> tuple[Total, Expression]:
    if not isinstance(value, dict) or len(value) != 1:
        raise NotUnderstood(f'the member "{name}" of $group must have exactly one accumulator', field="$group")
    ((accumulator, expression),) = value.items()
    if accumulator not in _TOTALS:
        raise _unknown("accumulator", accumulator)
    return _TOTALS[accumulator], _expression(expression, 0)


def _unwind(value: object) -> tuple[Stage, ...]:
    members = {"path": value} if isinstance(value, str) else dict(_members(value, "$unwind"))
    path, keep, index = (
        members.pop(name, None) for name in ("path", "preserveNullAndEmptyArrays", "includeArrayIndex")
    )
    if members:
        raise _unknown("member of $unwind", next(iter(members)))
    if not isinstance(path, str) or not path.startswith("$"):
        raise NotUnderstood("the path of $unwind must be a text that begins with $", field="$unwind")
    return (Unwind(_path(path[1:]), bool(keep), "" if index is None else _name("includeArrayIndex", index)),)


_STAGES: dict[str, Callable[[object], tuple[Stage, ...]]] = {
    "$match": _match,
    "$group": _group,
    "$sort": _sort,
    "$limit": _limit,
    "$skip": _skip,
    "$project": _project,
    "$unwind": _unwind,
    "$count": _count,
}


def _projected(members: Mapping[str, Any]) -> Keep | Drop | None:
    if len(members) > MOST_MEMBERS:
        raise NotUnderstood(f"a projection may have {MOST_MEMBERS} members", field="projection")
    shown: list[Path] = []
    hidden: list[Path] = []
    computed: dict[str, Expression] = {}
    for name, value in members.items():
        if isinstance(value, bool | int | float):
            (shown if value else hidden).append(_path(name))
        else:
            if "." in name:
                raise NotUnderstood("a computed member cannot have a path", field=name)
            computed[_name("a projection", name)] = _expression(value, 0)
    without_id = ("_id",) in hidden
    if hidden and not shown and not computed:
        return Drop(tuple(hidden))
    if [path for path in hidden if path != ("_id",)]:
        raise NotUnderstood("a projection cannot both show and hide members", field="projection")
    if not shown and not computed:
        return None
    if not without_id and ("_id",) not in shown and "_id" not in computed:
        shown.insert(0, ("_id",))
    return Keep(tuple(shown), computed)


def _expression(value: object, depth: int) -> Expression:
    if depth > DEEPEST:
        raise NotUnderstood("the expression is too deep", field="pipeline")
    match value:
        case "$$ROOT":
            return At(())
        case str() if value.startswith("$$"):
            raise _unknown("variable", value)
        case str() if value.startswith("$"):
            return At(_path(value[1:]))
        case {"$literal": constant} if len(value) == 1:  # type: ignore[arg-type]
            return Constant(constant)
        case dict():
            if strange := next((name for name in value if name.startswith("$")), None):
                raise _unknown("operator", strange)
            if len(value) > MOST_MEMBERS:
                raise NotUnderstood(f"an object may have {MOST_MEMBERS} members", field="pipeline")
            return Made({_name("an object", name): _expression(one, depth + 1) for name, one in value.items()})
        case list():
            raise NotUnderstood("an array cannot be computed", field="pipeline")
        case _:
            return Constant(value)


def _like(path: Path, pattern: object, options: object) -> Condition:
    if not isinstance(pattern, str) or not isinstance(options, str):
        raise NotUnderstood("$regex and $options must be texts", field="$regex")
    if pattern.startswith("(?"):
        inline, closed, rest = pattern[2:].partition(")")
        if closed and inline and set(inline) <= set("ims"):
            options, pattern = options + inline, rest
    if strange := set(options) - set("ims"):
        raise NotUnderstood(f"$options has no {min(strange)}; it may hold i, m and s", field="$options")
    return Like(path, pattern, "i" in options, "m" in options, "s" in options)


def _value(value: Any) -> Any:
    """A value to compare with. An id and a time may be written as MongoDB's tools write them."""
    match value:
        case {"$oid": str(id)} if len(value) == 1:
            return id
        case {"$date": int(moment)} if len(value) == 1:
            return moment
        case dict():
            return {name: _value(one) for name, one in value.items()}
        case list():
            return [_value(one) for one in value]
        case _:
            return value


def _values(name: str, value: object) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise NotUnderstood(f"{name} needs an array", field=name)
    return tuple(_value(one) for one in value)


def _is_operators(value: Mapping[str, Any]) -> bool:
    """Whether an object says how to compare; one that is a value itself has no names with $."""
    names = set(value)
    return any(name.startswith("$") for name in names) and not names <= {"$oid", "$date"}


def _all(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts)) if parts else EVERYTHING


def _members(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NotUnderstood(f"{what} must be an object", field=what)
    return value


def _path(name: str) -> Path:
    path = tuple(name.split("."))
    if len(path) > LONGEST_PATH or not all(path) or any(part.startswith("$") for part in path):
        raise NotUnderstood(f'"{name}" is no path of a member', field="path")
    return path


def _name(what: str, value: object) -> str:
    if not isinstance(value, str) or not value or value.startswith("$") or "." in value:
        raise NotUnderstood(f"a name in {what} must be a text without dots that does not begin with $", field=what)
    return value


def _direction(name: str, way: object) -> int:
    if isinstance(way, bool) or way not in (1, -1):
        raise NotUnderstood(f'the order of "{name}" must be 1 or -1', field="sort")
    return 1 if way == 1 else -1


def _whole(name: str, value: object, least: int) -> int:
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= LARGEST_COUNT:
        raise NotUnderstood(f"{name} must be a whole number from {least}", field=name)
    return number


def _unknown(what: str, name: str) -> NotUnderstood:
    return NotUnderstood(f"unknown {what}: {name}", field=name)
