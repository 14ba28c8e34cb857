"""What a supervisor asks of a day, computed from what the store holds of it: attempts and agents as they were written.

Utilisation is talk and wrap-up in the time that agents were at work; the abandoned share is that of the calls that somebody
answered who is no machine, as far as was listened. How the day came about is not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from outdial.core.agent import AgentStatus
from outdial.core.causes import ABANDONED
from outdial.core.member_calls import was_human
from outdial.drivers.memory.store import AgentWritten, StoredAttempt
from outdial.simulation.run import Record

QUARTER = timedelta(minutes=15)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """A quarter of an hour of the day. Calls belong to the one in which they were placed, answers and what was abandoned to
    that of the answer."""

    start: datetime
    """UTC."""
    utilisation: float
    """0 to 1; 0 where nobody was at work."""
    agents: float
    """At work, on average."""
    calls: int
    answered: int
    abandoned: int
    lines_mean: float
    lines_most: int

    @property
    def abandoned_share(self) -> float:
        """0 to 1."""
        return self.abandoned / self.answered if self.answered else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A run in figures. Shares are from 0 to 1."""

    finished_at: datetime | None
    """None: members were left."""
    members: int
    left: int
    attempts: int
    answered: int
    talks: int
    reached: int
    """Members who talked to an agent."""
    abandoned: int
    agents_most: int
    agent_hours: float
    utilisation: float
    talk_seconds_mean: float
    idle_seconds_mean: float
    """Between two talks of an agent, from the end of the wrap-up, less breaks."""
    idle_seconds_p90: float
    lines_mean: float
    lines_p95: int
    lines_most: int
    worst: Quarter | None
    """The quarter with the highest abandoned share, of those with enough answers; None: none has."""
    quarters: tuple[Quarter, ...]

    @property
    def abandoned_share(self) -> float:
        """Of the answers, how many got no agent."""
        return self.abandoned / self.answered if self.answered else 0.0

    @property
    def calls_per_agent_hour(self) -> float:
        """Attempts, however they ended."""
        return self.attempts / self.agent_hours if self.agent_hours else 0.0

    @property
    def talks_per_agent_hour(self) -> float:
        """Talks only."""
        return self.talks / self.agent_hours if self.agent_hours else 0.0


@dataclass(frozen=True, slots=True)
class _Work:
    """What one agent did."""

    at_work: list[Span]
    busy: list[Span]
    """From the beginning of a talk to the end of its wrap-up."""


def figures(record: Record, least_answers: int) -> Figures:
    """The figures of a run. `least_answers`: a quarter of an hour with fewer is not its worst."""
    attempts = record.attempts
    work = _works(record)
    talks = [one for one in attempts if one.end is not None and one.end.joined_at is not None]
    answered = [one for one in attempts if _is_human(one)]
    abandoned = [one for one in answered if one.end is not None and one.end.settlement.cause == ABANDONED]
    at_work = _seconds(span for one in work for span in one.at_work)
    busy = _seconds(span for one in work for span in one.busy)
    idle = sorted(gap for one in work for gap in _gaps(one))
    lines = _steps((one.reserved_at, one.ended_at or record.ended_at) for one in attempts)
    of_time = _time_at(lines, record.started_at, record.home_at)
    quarters = _quarters(record, work, lines, answered, abandoned)
    judged = [each for each in quarters if each.answered >= least_answers]
    return Figures(
        finished_at=record.finished_at,
        members=record.members,
        left=record.left,
        attempts=len(attempts),
        answered=len(answered),
        talks=len(talks),
        reached=len({one.contact for one in talks}),
        abandoned=len(abandoned),
        agents_most=max((level for _, level in _steps(span for one in work for span in one.at_work)), default=0),
        agent_hours=at_work / 3600,
        utilisation=busy / at_work if at_work else 0.0,
        talk_seconds_mean=_mean([_talk_seconds(one) for one in talks]),
        idle_seconds_mean=_mean(idle),
        idle_seconds_p90=_percentile(idle, 0.9),
        lines_mean=_weighted_mean(of_time),
        lines_p95=_weighted_percentile(of_time, 0.95),
        lines_most=max(of_time, default=0),
        worst=max(judged, key=lambda each: each.abandoned_share, default=None),
        quarters=quarters,
    )


def _is_human(attempt: StoredAttempt) -> bool:
    return attempt.answered_at is not None and attempt.call is not None and was_human(attempt.call)


def _talk_seconds(attempt: StoredAttempt) -> float:
    assert attempt.end is not None
    assert attempt.end.joined_at is not None
    assert attempt.ended_at is not None
    return (attempt.ended_at - attempt.end.joined_at).total_seconds()


# ---------------------------------------------------------------------------------------------------- agents


def _works(record: Record) -> list[_Work]:
    by_key: dict[str, list[AgentWritten]] = {}
    for written in record.agents:
        by_key.setdefault(written.agent.key, []).append(written)
    return [_work(of, record) for of in by_key.values()]


def _work(written: Sequence[AgentWritten], record: Record) -> _Work:
    logged_in: list[Span] = []
    since: datetime | None = None
    talks: dict[datetime, Span] = {}
    for one in written:
        available = one.agent.status is AgentStatus.AVAILABLE
        if available and since is None:
            since = one.at
        elif not available and since is not None:
            logged_in.append((since, one.at))
            since = None
        began, ended, ready = one.agent.last_bridge_start, one.agent.last_bridge_end, one.agent.ready_at
        if began is not None and ended is not None:
            talks.setdefault(ended, (began, max(ended, ready or ended)))
    if since is not None:
        logged_in.append((since, max(since, record.home_at)))
    busy = [(began, min(until, record.ended_at)) for began, until in talks.values()]
    # Whoever is in a talk is at work, whatever the timetable says.
    return _Work(_united([*logged_in, *busy]), busy)


def _gaps(work: _Work) -> Iterable[float]:
    """Seconds between two talks, less those in which nobody was to be talked to."""
    for (_, ready), (joined, _) in pairwise(work.busy):
        present = _overlap(work.at_work, ready, joined)
        if joined >= ready:
            yield present


# ------------------------------------------------------------------------------------------------- the quarters


def _quarters(
    record: Record,
    work: Sequence[_Work],
    lines: Sequence[tuple[datetime, int]],
    answered: Sequence[StoredAttempt],
    abandoned: Sequence[StoredAttempt],
) -> tuple[Quarter, ...]:
    first = _floor(record.started_at)
    calls = Counter(_floor(one.reserved_at) for one in record.attempts)
    answers = Counter(_floor(one.answered_at) for one in answered if one.answered_at)
    losses = Counter(_floor(one.answered_at) for one in abandoned if one.answered_at)
    at_work = _by_quarter((began, min(ended, record.home_at)) for one in work for began, ended in one.at_work)
    busy = _by_quarter((began, min(ended, record.home_at)) for one in work for began, ended in one.busy)
    found = []
    start = first
    while start < record.home_at:
        begin, end = max(start, record.started_at), min(start + QUARTER, record.home_at)
        of_time = _time_at(lines, begin, end)
        present = at_work.get(start, 0.0)
        found.append(
            Quarter(
                start=start,
                utilisation=busy.get(start, 0.0) / present if present else 0.0,
                agents=present / (end - begin).total_seconds(),
                calls=calls[start],
                answered=answers[start],
                abandoned=losses[start],
                lines_mean=_weighted_mean(of_time),
                lines_most=max(of_time, default=0),
            )
        )
        start += QUARTER
    return tuple(found)


def _floor(moment: datetime) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // QUARTER * QUARTER


def _by_quarter(spans: Iterable[Span]) -> dict[datetime, float]:
    """Seconds of the spans in each quarter."""
    found: dict[datetime, float] = {}
    for began, ended in spans:
        at = _floor(began)
        while at < ended:
            part = (min(ended, at + QUARTER) - max(began, at)).total_seconds()
            found[at] = found.get(at, 0.0) + part
            at += QUARTER
    return found


# --------------------------------------------------------------------------------------------- spans and levels


def _seconds(spans: Iterable[Span]) -> float:
    return sum((ended - began).total_seconds() for began, ended in spans)


def _united(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for began, ended in sorted(spans):
        if found and began <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ended))
        else:
            found.append((began, ended))
    return found


def _overlap(spans: Sequence[Span], began: datetime, ended: datetime) -> float:
    return sum(max(0.0, (min(b, ended) - max(a, began)).total_seconds()) for a, b in spans)


def _steps(spans: Iterable[Span]) -> list[tuple[datetime, int]]:
    """How many of the spans there are from each moment on."""
    changes: Counter[datetime] = Counter()
    for began, ended in spans:
        changes[began] += 1
        changes[ended] -= 1
    level, found = 0, []
    for moment in sorted(changes):
        level += changes[moment]
        found.append((moment, level))
    return found


def _time_at(steps: Sequence[tuple[datetime, int]], began: datetime, ended: datetime) -> dict[int, float]:
    """Seconds at each level between two moments."""
    found: dict[int, float] = {}
    level, since = 0, began
    for moment, after in steps:
        if moment >= ended:
            break
        if moment > since:
            found[level] = found.get(level, 0.0) + (moment - since).total_seconds()
            since = moment
        level = after
    if ended > since:
        found[level] = found.get(level, 0.0) + (ended - since).total_seconds()
    return found


def _weighted_mean(of_time: dict[int, float]) -> float:
    whole = sum(of_time.values())
    return sum(level * seconds for level, seconds in of_time.items()) / whole if whole else 0.0


def _weighted_percentile(of_time: dict[int, float], share: float) -> int:
    """The lowest level that is not exceeded in that share of the time."""
    left = share * sum(of_time.values())
    for level in sorted(of_time):
        left -= of_time[level]
        if left <= 0:
            return level
    return max(of_time, default=0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the values that is not exceeded by that share of them."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
