"""Results as a document of plain values, whose form docs/simulate.md describes. The same results make the same document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from outdial.simulation.figures import Quarter
from outdial.simulation.side_by_side import Result, smallest
from outdial.simulation.study import Study

_PLACES = 4


def document(study: Study, results: list[Result]) -> dict[str, Any]:
    """Everything that came of a study. Shares are in percent, times local with their offset from UTC."""
    zone = study.zone
    return {
        "study": {
            "name": study.name,
            "seed": study.seed,
            "time_zone": study.time_zone,
            "start": _time(study.start, zone),
            "finish_by": _time(study.finish_by, zone),
            "members": len(study.numbers),
            "most_abandoned_percent": study.most_abandoned_percent,
        },
        "runs": [_run(each, zone) for each in results],
        "smallest": [_choice(each) for each in smallest(results)],
    }


def _choice(result: Result) -> dict[str, Any]:
    run = result.run
    return {"pacing": run.pacing.name, "agents": run.crew.agents, "lines": run.lines}


def _run(result: Result, zone: ZoneInfo) -> dict[str, Any]:
    made = result.figures
    return {
        **_choice(result),
        "sufficient": result.sufficient,
        "finished_at": None if made.finished_at is None else _time(made.finished_at, zone),
        "members_left": made.left,
        "members_reached": made.reached,
        "attempts": made.attempts,
        "answered": made.answered,
        "talks": made.talks,
        "abandoned": made.abandoned,
        "abandoned_percent": _percent(made.abandoned_share),
        "worst_quarter": None if made.worst is None else _quarter(made.worst, zone),
        "utilisation_percent": _percent(made.utilisation),
        "agents_most": made.agents_most,
        "agent_hours": _rounded(made.agent_hours),
        "calls_per_agent_hour": _rounded(made.calls_per_agent_hour),
        "talks_per_agent_hour": _rounded(made.talks_per_agent_hour),
        "talk_seconds_mean": _rounded(made.talk_seconds_mean),
        "idle_seconds_mean": _rounded(made.idle_seconds_mean),
        "idle_seconds_p90": _rounded(made.idle_seconds_p90),
        "lines_mean": _rounded(made.lines_mean),
        "lines_p95": made.lines_p95,
        "lines_most": made.lines_most,
        "quarters": [_quarter(each, zone) for each in made.quarters],
    }


def _quarter(quarter: Quarter, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "start": _time(quarter.start, zone),
        "agents": _rounded(quarter.agents),
        "utilisation_percent": _percent(quarter.utilisation),
        "calls": quarter.calls,
        "answered": quarter.answered,
        "abandoned": quarter.abandoned,
        "abandoned_percent": _percent(quarter.abandoned_share),
        "lines_mean": _rounded(quarter.lines_mean),
        "lines_most": quarter.lines_most,
    }


def answer(study: Study, results: Sequence[Result]) -> list[str]:
    """What a study came to, in a sentence for each pacing."""
    found = {each.run.pacing.name: each for each in smallest(list(results))}
    by = clock(study.finish_by, study.zone)
    said = []
    for pacing in study.pacings:
        best = found.get(pacing.name)
        if best is None:
            said.append(f"{pacing.name}: no combination is sufficient; {_nearest(study, pacing.name, results)}")
            continue
        finished = best.figures.finished_at
        assert finished is not None
        said.append(
            f"{pacing.name}: {best.run.crew.agents} agents and {best.run.lines} lines are enough by {by}: the list is"
            f" finished at {clock(finished, study.zone)}, {best.figures.lines_most} lines are used at most, and"
            f" {100 * best.figures.abandoned_share:.1f} % of answered calls are abandoned"
        )
    return said


def _nearest(study: Study, pacing: str, results: Sequence[Result]) -> str:
    """What stands in the way of the combination that comes nearest."""
    ours = [each for each in results if each.run.pacing.name == pacing]
    best = min(ours, key=lambda each: (each.figures.left, each.figures.abandoned_share))
    made = best.figures
    with_what = f"with {best.run.crew.name} agents and {best.run.lines} lines"
    if made.left:
        return f"{with_what} {made.left} of {made.members} members are left at {clock(study.finish_by, study.zone)}"
    if 100 * made.abandoned_share > study.most_abandoned_percent:
        return f"{with_what} {100 * made.abandoned_share:.1f} % of answered calls are abandoned"
    assert made.finished_at is not None
    return f"{with_what} the list is finished at {clock(made.finished_at, study.zone)}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """A time of the local day."""
    return f"{moment.astimezone(zone):%H:%M}"


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _percent(share: float) -> float:
    return _rounded(100 * share)


def _rounded(value: float) -> float:
    return round(value, _PLACES)
