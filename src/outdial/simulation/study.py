"""What a study asks, as its file says it: a list, its people, agents and hours, and the choices to be compared.

A plain document is read here into frozen values, and everything that is wrong with it is told at once, each fault with the
path to it. Where the numbers of a list are kept is for the caller to know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from outdial.core.calendar import MINUTES_OF_DAY, Calendar, Opening, WeeklyHours, opening
from outdial.core.errors import Malformed
from outdial.core.section import REQUIRED, Faults, Section, minute_of, refuse, weekly_hours, zone_of
from outdial.drivers.sandbox.population import Population, Spread
from outdial.simulation.choices import Pacing, read_pacing

MOST_MEMBERS = 1_000_000
MOST_AGENTS = 5000
MOST_LINES = 20_000
MOST_RUNS = 200
MOST_DAYS = 31
LONGEST_SECONDS = 24 * 3600.0
A_MONDAY = date(2026, 3, 2)
"""The day of a study that names none."""

ReadNumbers = Callable[[str], Sequence[str]]
"""The numbers in a file that a study names. Raises `Malformed` when there are none to be had."""


@dataclass(frozen=True, slots=True)
class Shift:
    """So many people who work from one minute of the day to another; `days` are those of the week, Monday is 1."""

    start: int
    end: int
    agents: int
    days: frozenset[int] = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class Pause:
    """A break of so many minutes for everybody, one after another, between two minutes of the day."""

    start: int
    end: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Crew:
    """The people of one run, and what the results call them."""

    name: str
    shifts: tuple[Shift, ...]

    @property
    def agents(self) -> int:
        """How many people there are in all shifts."""
        return sum(shift.agents for shift in self.shifts)


@dataclass(frozen=True, slots=True)
class Run:
    """One combination of choices."""

    pacing: Pacing
    crew: Crew
    lines: int

    @property
    def name(self) -> str:
        """What the results call it."""
        return f"{self.pacing.name}, {self.crew.name} agents, {self.lines} lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What is to be simulated. Minutes are those of the local day."""

    name: str
    seed: int
    time_zone: str
    day: date
    days: int
    """How many days it may take; it is over at `finish_minute` of the last."""
    start_minute: int
    finish_minute: int
    hours: tuple[WeeklyHours, ...]
    numbers: tuple[str, ...]
    crews: tuple[Crew, ...]
    pauses: tuple[Pause, ...]
    lines: tuple[int, ...]
    pacings: tuple[Pacing, ...]
    population: Population
    wrap_up_seconds: float
    ring_seconds: float
    locate_seconds: float
    calls_per_second: float
    """0: no limit."""
    attempts: int
    interval_seconds: float
    retry_abandoned: bool
    amd: bool
    most_abandoned_percent: float
    """More of the answered calls abandoned, and a combination is not sufficient."""
    least_answers: int
    """A quarter of an hour with fewer answers is not the worst one, whatever came of them."""

    @property
    def zone(self) -> ZoneInfo:
        """Whose clock the minutes are of."""
        return ZoneInfo(self.time_zone)

    @property
    def start(self) -> datetime:
        """When it begins (UTC)."""
        return self.at(0, self.start_minute)

    @property
    def finish_by(self) -> datetime:
        """When the list is to be finished, and when dialling stops (UTC)."""
        return self.at(self.days - 1, self.finish_minute)

    @property
    def calendar(self) -> Calendar:
        """The campaign's hours."""
        return Calendar(self.time_zone, self.hours)

    @property
    def runs(self) -> list[Run]:
        """Every combination, in the order of the file."""
        return [Run(*chosen) for chosen in product(self.pacings, self.crews, self.lines)]

    def at(self, day: int, minute: int) -> datetime:
        """A minute of its first, second … day (UTC)."""
        local = datetime(self.day.year, self.day.month, self.day.day, tzinfo=self.zone) + timedelta(days=day)
        return (local + timedelta(minutes=minute)).astimezone(UTC)


def from_document(document: object, read_numbers: ReadNumbers) -> Study:
    """The study that a document of plain values describes.

    Raises `Malformed` with every fault, one a line; its `field` is the path of the first. An unknown member is a fault.
    """
    faults: Faults = []
    top = Section("", document, faults)
    start, finish = _minute(top, "start"), _minute(top, "finish_by")
    time_zone = zone_of(top, "UTC")
    hours = tuple(one for row in top.each("hours", ()) for one in weekly_hours(row, "from", "to"))
    study = Study(
        name=top.text("name", ""),
        seed=top.number("seed", 0, 2**53 - 1, 1),
        time_zone=time_zone or "UTC",
        day=_day(top),
        days=top.number("days", 1, MOST_DAYS, 1),
        start_minute=start,
        finish_minute=finish,
        hours=hours or tuple(WeeklyHours(day, start, finish) for day in range(1, 8)),
        numbers=_numbers(top, read_numbers),
        crews=_crews(top, start, finish),
        pauses=tuple(_pause(row) for row in top.each("breaks", ())),
        lines=_one_or_more(top, "lines", 1, MOST_LINES),
        pacings=_pacings(top),
        population=_population(top),
        wrap_up_seconds=_seconds(top, "wrap_up_seconds", 10.0),
        ring_seconds=_seconds(top, "ring_seconds", 30.0, least=1.0),
        locate_seconds=_seconds(top, "locate_seconds", 10.0),
        calls_per_second=float(top.number("calls_per_second", 0, 10_000, 0, whole=False)),
        attempts=top.number("attempts", 1, 100, 1),
        interval_seconds=60.0 * top.number("interval_minutes", 0, 60 * 24 * 31, 60, whole=False),
        retry_abandoned=_yes_or_no(top, "retry_abandoned", True),
        amd=_yes_or_no(top, "amd", False),
        most_abandoned_percent=float(top.number("most_abandoned_percent", 0, 100, 3.0, whole=False)),
        least_answers=top.number("least_answers", 1, 1000, 20),
    )
    top.finish()
    if not faults:
        _look_at_the_whole(top, study)
    refuse(faults)
    return study


def _look_at_the_whole(top: Section, study: Study) -> None:
    if study.finish_by <= study.start:
        top.fault("finish_by", "it is not after start; a list that takes longer than a day has days: 2 or more")
        return
    if opening(study.calendar, study.start) is not Opening.OPEN and not _opens(study):
        top.fault("hours", "nobody may be called at any time between start and finish_by")
    if len(study.runs) > MOST_RUNS:
        top.fault("", f"{len(study.runs)} combinations of pacing, agents and lines are wanted, and {MOST_RUNS} at most")
    for name, count in Counter(pacing.name for pacing in study.pacings).items():
        if count > 1:
            top.fault("pacing", f"{count} pacings are called {name}: give each a name of its own")
    for place, pause in enumerate(study.pauses):
        if pause.end - pause.start < pause.minutes:
            top.fault(f"breaks.{place}", f"{pause.minutes} minutes do not fit in there")


def _opens(study: Study) -> bool:
    minutes = int((study.finish_by - study.start).total_seconds() // 60)
    moments = (study.start + timedelta(minutes=each) for each in range(minutes))
    return any(opening(study.calendar, moment) is Opening.OPEN for moment in moments)


def _minute(section: Section, name: str) -> int:
    if not section.has(name):
        section.fault(name, 'it is missing; a time such as "09:00" is wanted')
        return 0
    return minute_of(section, name, 0)


def _day(section: Section) -> date:
    value = section.take("date", A_MONDAY)
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    section.fault("date", f"a date such as {A_MONDAY} is wanted")
    return A_MONDAY


def _numbers(section: Section, read_numbers: ReadNumbers) -> tuple[str, ...]:
    wanted = section.take("list")
    if isinstance(wanted, str) and wanted:
        try:
            return tuple(read_numbers(wanted))
        except Malformed as error:
            section.fault("list", error.message)
            return ()
    if type(wanted) is int and 1 <= wanted <= MOST_MEMBERS:
        return tuple(made_up(wanted))
    if wanted is not REQUIRED:
        section.fault("list", f"how many numbers, 1 to {MOST_MEMBERS}, or the name of a file with them is wanted")
    return ()


def made_up(count: int) -> Iterator[str]:
    """So many numbers that behave by the population."""
    return (f"79{index:09d}" for index in range(count))


def _one_or_more(section: Section, name: str, least: int, most: int) -> tuple[int, ...]:
    wanted = section.take(name)
    if wanted is REQUIRED:
        return ()
    each = wanted if isinstance(wanted, list) else [wanted]
    if each and all(type(one) is int and least <= one <= most for one in each) and len(set(each)) == len(each):
        return tuple(each)
    section.fault(name, f"a whole number from {least} to {most}, or a list of different ones, is wanted")
    return ()


def _crews(section: Section, start: int, finish: int) -> tuple[Crew, ...]:
    wanted = section.take("agents")
    if not (isinstance(wanted, list) and wanted and all(isinstance(row, dict) for row in wanted)):
        counts = _one_or_more(section, "agents", 1, MOST_AGENTS) if wanted is not REQUIRED else ()
        return tuple(Crew(str(count), (Shift(start, finish, count),)) for count in counts)
    shifts = tuple(_shift(row) for row in section.each("agents"))
    crew = Crew("", shifts)
    if crew.agents > MOST_AGENTS:
        section.fault("agents", f"there are {crew.agents} in all shifts, and {MOST_AGENTS} at most")
    return (Crew(str(crew.agents), shifts),)


def _shift(section: Section) -> Shift:
    days = section.take("days", list(range(1, 8)))
    if not isinstance(days, list) or not days or not all(type(day) is int and 1 <= day <= 7 for day in days):
        section.fault("days", "a list of weekdays is wanted, 1 (Monday) to 7 (Sunday)")
        days = []
    shift = Shift(
        _minute(section, "from"), _minute(section, "to"), section.number("agents", 1, MOST_AGENTS), frozenset(days)
    )
    if shift.start >= shift.end:
        section.fault("to", "it is not after from; a shift over midnight is two shifts")
    section.finish()
    return shift


def _pause(section: Section) -> Pause:
    pause = Pause(_minute(section, "from"), _minute(section, "to"), section.number("minutes", 1, MINUTES_OF_DAY))
    section.finish()
    return pause


def _pacings(section: Section) -> tuple[Pacing, ...]:
    wanted = section.take("pacing")
    if wanted is REQUIRED:
        return ()
    rows = wanted if isinstance(wanted, list) else [wanted]
    if not rows:
        section.fault("pacing", "at least one is wanted")
    named = [{"choice": row} if isinstance(row, str) else row for row in rows]
    return tuple(read_pacing(row) for row in section.within("pacing", named))


def _population(top: Section) -> Population:
    usual = Population()
    section = top.mapping("population") or top.within("population", [{}])[0]
    shares = {
        name: section.number(f"{name}_percent", 0, 100, 100 * getattr(usual, name), whole=False) / 100
        for name in ("answered", "machines", "busy", "rejected", "unreachable")
    }
    if sum(shares.values()) > 1 + 1e-9:
        section.fault("", f"the shares add up to {100 * sum(shares.values()):g} percent")
        shares = {}
    population = Population(
        **shares,
        ring=_spread(section, "ring_seconds", usual.ring) or usual.ring,
        talk=_spread(section, "talk_seconds", usual.talk) or usual.talk,
        machine_talk=_spread(section, "machine_talk_seconds", usual.machine_talk) or usual.machine_talk,
        patience=_spread(section, "patience_seconds", usual.patience),
        agent_answer_seconds=_seconds(top, "agent_answer_seconds", usual.agent_answer_seconds),
    )
    section.finish()
    return population


def _spread(section: Section, name: str, default: Spread | None) -> Spread | None:
    """Seconds, or their mean and their standard deviation."""
    if not section.has(name):
        return default
    if not isinstance(section.take(name), dict):
        return Spread(_seconds(section, name, 0.0))
    inner = section.mapping(name)
    assert inner is not None
    spread = Spread(_seconds(inner, "mean", None), _seconds(inner, "deviation", 0.0))
    inner.finish()
    return spread


def _seconds(section: Section, name: str, default: float | None, *, least: float = 0.0) -> float:
    wanted = REQUIRED if default is None else default
    return float(section.number(name, least, LONGEST_SECONDS, wanted, whole=False))


def _yes_or_no(section: Section, name: str, default: bool) -> bool:
    value = section.take(name, default)
    if not isinstance(value, bool):
        section.fault(name, "yes or no is wanted")
        return default
    return value
