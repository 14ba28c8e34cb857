"""A campaign of a project: one day, a window of it, and people with the variables that a start block wants of them.

What is ordered is a value here. How it is asked for, and who dials, is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from outdial.core.project import Project, Start


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be called. `offset_minutes` is their clock, from UTC; None: that of the project."""

    digits: str
    offset_minutes: int | None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignOrder:
    """A campaign as it is wanted."""

    project: Project
    start: Start
    name: str
    caller: str
    """The number shown to those called."""
    start_at: datetime
    end_at: datetime
    """From this moment on nobody is called (UTC)."""
    attempts: int
    interval_seconds: float
    people: Sequence[Person]


def distinct(people: Sequence[Person]) -> list[Person]:
    """People once each: the same number with the same variables is the same person."""
    seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    kept = []
    for one in people:
        mark = (one.digits, tuple(sorted(one.variables.items())))
        if mark not in seen:
            seen.add(mark)
            kept.append(one)
    return kept


def missing(start: Start, variables: Mapping[str, str]) -> list[str]:
    """The required parameters that somebody has no value for."""
    return [one.name for one in start.parameters if one.required and not variables.get(one.name, "").strip()]
