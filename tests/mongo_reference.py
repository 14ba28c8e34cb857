"""What MongoDB's filters find, in a few lines: the reference that the ones in SQL are compared with."""

from __future__ import annotations

import re
from typing import Any

MISSING = object()


def values(document: Any, path: list[str]) -> list[Any]:
    """The values at the end of a path, as MongoDB walks it."""
    if not path:
        return [document]
    name, rest = path[0], path[1:]
    if isinstance(document, dict):
        return values(document[name], rest) if name in document else values(MISSING, rest)
    if isinstance(document, list):
        found = [value for one in document if isinstance(one, dict) for value in values(one, path)]
        if name.isdecimal() and int(name) < len(document):
            found += values(document[int(name)], rest)
        return found
    return values(MISSING, rest)


def leaves(document: Any, path: list[str]) -> list[Any]:
    found = values(document, path)
    return [one for value in found for one in ([value, *value] if isinstance(value, list) else [value])]


def kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def equal(value: Any, wanted: Any) -> bool:
    if wanted is None:
        return value is MISSING or value is None
    if value is MISSING or kind(value) != kind(wanted):
        return False
    if isinstance(value, list):
        return len(value) == len(wanted) and all(map(equal, value, wanted))
    if isinstance(value, dict):
        return value.keys() == wanted.keys() and all(
            type(value[n]) is type(wanted[n]) and equal(value[n], wanted[n]) for n in value
        )
    return bool(value == wanted)


def compares(operator: str, value: Any, wanted: Any) -> bool:
    if wanted is None:
        return operator in ("$gte", "$lte") and equal(value, None)
    if value is MISSING or kind(value) != kind(wanted):
        return False
    return bool(
        {"$gt": value > wanted, "$gte": value >= wanted, "$lt": value < wanted, "$lte": value <= wanted}[operator]
    )


def operator_holds(document: Any, path: list[str], operator: str, wanted: Any) -> bool:
    match operator:
        case "$eq":
            return any(equal(value, wanted) for value in leaves(document, path))
        case "$ne":
            return not operator_holds(document, path, "$eq", wanted)
        case "$in":
            return any(operator_holds(document, path, "$eq", one) for one in wanted)
        case "$nin":
            return not operator_holds(document, path, "$in", wanted)
        case "$exists":
            return any(value is not MISSING for value in values(document, path)) == bool(wanted)
        case "$regex":
            return any(isinstance(value, str) and re.search(wanted, value) for value in leaves(document, path))
        case "$not":
            return not all(operator_holds(document, path, name, one) for name, one in wanted.items())
        case "$elemMatch":
            elements = [one for value in values(document, path) if isinstance(value, list) for one in value]
            if wanted and all(name.startswith("$") for name in wanted):
                return any(all(alone(one, name, v) for name, v in wanted.items()) for one in elements)
            return any(isinstance(one, dict | list) and matches(one, wanted) for one in elements)
        case _:
            return any(compares(operator, value, wanted) for value in leaves(document, path))


def alone(value: Any, operator: str, wanted: Any) -> bool:
    """An operator of an element itself: its own elements do not count."""
    boxed = {"v": MISSING if value is MISSING else value}
    if isinstance(value, list):
        return operator in ("$ne", "$nin") or (operator == "$exists" and bool(wanted))
    return operator_holds(boxed, ["v"], operator, wanted)


def matches(document: Any, filter: dict[str, Any]) -> bool:
    for name, wanted in filter.items():
        match name:
            case "$and":
                holds = all(matches(document, one) for one in wanted)
            case "$or":
                holds = any(matches(document, one) for one in wanted)
            case "$nor":
                holds = not any(matches(document, one) for one in wanted)
            case _ if isinstance(wanted, dict) and any(n.startswith("$") for n in wanted):
                holds = all(operator_holds(document, name.split("."), n, one) for n, one in wanted.items())
            case _:
                holds = operator_holds(document, name.split("."), "$eq", wanted)
        if not holds:
            return False
    return True
