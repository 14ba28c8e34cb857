"""Studies for tests: a day that can be computed by hand, and changes to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outdial.core.errors import Malformed
from outdial.simulation.figures import Figures, figures
from outdial.simulation.run import record
from outdial.simulation.study import Study, from_document

EVERYBODY_ANSWERS = {
    "answered_percent": 100,
    "busy_percent": 0,
    "rejected_percent": 0,
    "unreachable_percent": 0,
    "ring_seconds": 1,
    "talk_seconds": 60,
}


def no_files(name: str) -> Sequence[str]:
    raise Malformed(f"{name} is not there")


def study(**changes: Any) -> Study:
    """One agent for an hour; everybody answers after a second and talks for a minute."""
    document = {
        "start": "09:00",
        "finish_by": "10:00",
        "list": 1000,
        "agents": 1,
        "lines": 5,
        "pacing": "progressive",
        "wrap_up_seconds": 10,
        "population": EVERYBODY_ANSWERS,
    }
    return from_document(document | changes, no_files)


def made(**changes: Any) -> Figures:
    """The figures of a study's only run."""
    wanted = study(**changes)
    (run,) = wanted.runs
    return figures(record(wanted, run), wanted.least_answers)
