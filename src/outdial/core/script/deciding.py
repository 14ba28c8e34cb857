"""Where a dialogue goes by what it knows: conditions over its variables and the goals that it reached.

Numbers are compared as numbers and dates as dates, where both sides are; other texts only for being the same, whatever
their case and the spaces around.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import assert_never

from outdial.core.template import Template, filled

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:[.,][0-9]{1,30})?")


class Comparison(StrEnum):
    """How a variable is compared with a value."""

    EQUALS = "equals"
    DIFFERS = "differs"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    MORE = "more"
    LESS = "less"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Compared:
    """A variable is compared with a value. A variable that there is not is an empty one, and an empty one is neither more
    nor less than anything."""

    variable: str
    test: Comparison
    value: Template


@dataclass(frozen=True, slots=True)
class Known:
    """A variable has a value that is not empty, or has none."""

    variable: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal was reached on the way here, or was not."""

    goal: str
    reached: bool = True


Condition = Compared | Known | Reached


@dataclass(frozen=True, slots=True)
class Case:
    """Where to go when all of the conditions hold."""

    conditions: tuple[Condition, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Branch:
    """Go on with the first case that holds."""

    cases: tuple[Case, ...]
    otherwise: str | None


def decide(branch: Branch, variables: Mapping[str, str], goals: Collection[str]) -> str | None:
    """Where a branch leads."""
    for case in branch.cases:
        if all(_holds(condition, variables, goals) for condition in case.conditions):
            return case.next
    return branch.otherwise


def _holds(condition: Condition, variables: Mapping[str, str], goals: Collection[str]) -> bool:
    match condition:
        case Known():
            return bool(variables.get(condition.variable, "").strip()) == condition.known
        case Reached():
            return (condition.goal in goals) == condition.reached
        case Compared():
            known = variables.get(condition.variable, "")
            return _compared(condition.test, known, filled(condition.value, variables))
        case _:
            assert_never(condition)


def _compared(test: Comparison, left: str, right: str) -> bool:
    left, right = left.strip().casefold(), right.strip().casefold()
    order = _order(left, right)
    match test:
        case Comparison.EQUALS:
            return order == 0 if order is not None else left == right
        case Comparison.DIFFERS:
            return not _compared(Comparison.EQUALS, left, right)
        case Comparison.CONTAINS:
            return right in left
        case Comparison.STARTS_WITH:
            return left.startswith(right)
        case Comparison.MORE:
            return order == 1
        case Comparison.LESS:
            return order == -1
        case Comparison.AT_LEAST:
            return order in (0, 1)
        case Comparison.AT_MOST:
            return order in (-1, 0)
        case _:
            assert_never(test)


def _order(left: str, right: str) -> int | None:
    """-1, 0 or 1; None for what has no order."""
    numbers = _number(left), _number(right)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    if _DATE.fullmatch(left) and _DATE.fullmatch(right):
        return (left > right) - (left < right)
    return None


def _number(text: str) -> Decimal | None:
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
