"""One run of a study: the production engine dials the list in virtual time, and what the store then holds is the record.

Here are the parts put together and the people sent to work and home; nothing here decides whom or when to call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from outdial.core.agent import Agent, AgentRules, AgentState, AgentStatus, AgentStrategy
from outdial.core.amd import Amd
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.facts import CampaignChanged, Fact
from outdial.core.ids import CampaignId, ScriptId, TenantId, TrunkId
from outdial.core.member import NewMember
from outdial.core.members import Crew, Gateway, MemberRules, Mode, Resource
from outdial.core.number import Number
from outdial.core.script.nodes import Connect, Script
from outdial.core.settlement import MemberRule
from outdial.core.trunk import Trunk
from outdial.drivers.assistant.absent import AbsentAssistant
from outdial.drivers.memory.dialling import MemoryDialling
from outdial.drivers.memory.member_dialling import MemoryMemberDialling
from outdial.drivers.memory.quiet import MemoryBus, NoLibrary, NoSpeech, NoWeb
from outdial.drivers.memory.store import AgentWritten, MemoryStore, StoredAttempt
from outdial.drivers.sandbox.switch import SandboxSwitch
from outdial.drivers.virtual_time import VirtualClock, VirtualLoop
from outdial.engine.engine import Engine
from outdial.engine.prompts import Prompts
from outdial.simulation.study import Run, Shift, Study

TENANT = TenantId(1)
CAMPAIGN = CampaignId(1)
_SCRIPT = ScriptId(1)
_TRUNK = "carrier"
_CALENDAR = "hours"
_DRAIN_SECONDS = 5 * 3600.0
"""Longer than any call: whoever talks when the day is over talks on."""
_TICK_SECONDS = 60.0

Progress = Callable[[float], None]
"""Is told now and then how much of the run is done, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Record:
    """What the store holds after a run. Times are UTC."""

    started_at: datetime
    ended_at: datetime
    """When the list was finished, or when the last call was over."""
    home_at: datetime
    """When those who do not talk go home."""
    finished_at: datetime | None
    """When the list was finished; None: it was not."""
    attempts: Sequence[StoredAttempt]
    agents: Sequence[AgentWritten]
    """Every agent as it was written, in the order of time."""
    members: int
    left: int
    """Members that are to be called still."""


@dataclass(frozen=True, slots=True, order=True)
class _Word:
    """What somebody says at a moment."""

    at: datetime
    agent: int
    status: AgentStatus


def record(study: Study, run: Run, progress: Progress = lambda _: None) -> Record:
    """Simulate a run. The same study and run always give the same record, in whatever process."""
    simulation = _Simulation(study, run, progress)
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        # A runner that gives SIGINT back has its task described, with what it returned: for a day of calls, seconds.
        runner.run(simulation.run())
    return simulation.taken_down()


class _Simulation:
    """The parts of one run."""

    def __init__(self, study: Study, run: Run, progress: Progress) -> None:
        self._study = study
        self._run = run
        self._progress = progress
        self._clock = VirtualClock(study.start)
        self._store = MemoryStore(self._clock)
        self._bus = MemoryBus()
        dialling = MemoryDialling(self._store)
        self._engine = Engine(
            dialling,
            MemoryMemberDialling(dialling, self._store),
            SandboxSwitch(self._clock, study.seed, population=study.population),
            Prompts(NoSpeech(), NoLibrary()),
            self._bus,
            self._clock,
            _DRAIN_SECONDS,
            "",
            {},
            NoWeb(),
            AbsentAssistant(),
            Random(study.seed),
        )

    async def run(self) -> None:
        """Let it happen."""
        self._put_campaign()
        words = words_of(self._study, self._run)
        for index in range(self._run.crew.agents):
            self._store.put_agent(TENANT, self._agent(index))
        self._say([word for word in words if word.at <= self._study.start])
        self._bus.listen(self._heard)
        async with asyncio.TaskGroup() as group:
            around = [
                group.create_task(self._timetable([word for word in words if word.at > self._study.start])),
                group.create_task(self._end_of_the_day()),
                group.create_task(self._tell()),
            ]
            await self._engine.run()
            for task in around:
                task.cancel()

    def taken_down(self) -> Record:
        """What the store holds after the run."""
        store = self._store
        closed = store.causes.get(CAMPAIGN)
        left = store.listings[CAMPAIGN].unfinished
        last = max((one.ended_at for one in store.attempts.values() if one.ended_at), default=self._study.start)
        finished_at = closed[1] if closed is not None else None if left else last
        ended_at = finished_at or max(last, self._study.finish_by)
        return Record(
            started_at=self._study.start,
            ended_at=ended_at,
            home_at=min(ended_at, self._study.finish_by),
            finished_at=finished_at,
            attempts=list(store.attempts.values()),
            agents=sorted((one for _, one in store.agents_written), key=lambda one: (one.at, one.agent.key)),
            members=len(store.contacts),
            left=left,
        )

    # ---------------------------------------------------------------------------------------------- the campaign

    def _put_campaign(self) -> None:
        study, store = self._study, self._store
        rules = self._rules()
        connect = Connect("", first=True)
        if rules.mode is not Mode.PROGRESSIVE:
            connect = Connect("", wait_seconds=study.locate_seconds, keep_seeking=True)
        store.scripts[_SCRIPT] = (1, Script("connect", {"connect": connect}))
        store.trunks[TENANT] = {_TRUNK: Trunk(TrunkId(1), _TRUNK, self._run.lines, study.calls_per_second, "")}
        store.calendars[TENANT, _CALENDAR] = study.calendar
        store.put_campaign(
            Campaign(
                id=CAMPAIGN,
                tenant=TENANT,
                dialect="simulation",
                number=1,
                key="study",
                settings=CampaignSettings(
                    name=study.name,
                    state=CampaignState.RUNNING,
                    script=_SCRIPT,
                    lines=self._run.lines,
                    calls_per_second=study.calls_per_second,
                    ring_seconds=study.ring_seconds,
                    time_zone=study.time_zone,
                    members=rules,
                    calendar=_CALENDAR,
                ),
            )
        )
        store.add_members(
            CAMPAIGN,
            [NewMember(key=str(place), numbers=((Number(0, raw), {}),)) for place, raw in enumerate(study.numbers)],
        )

    def _rules(self) -> MemberRules:
        study = self._study
        gateway = Gateway(id=_TRUNK, trunk=_TRUNK, template="$&", limit=self._run.lines)
        rules = MemberRules(
            mode=Mode.PROGRESSIVE,
            rule=MemberRule(
                study.attempts, study.interval_seconds, needs_agent=True, retry_abandoned=study.retry_abandoned
            ),
            resources=(Resource(pattern=".+", gateways=(gateway,)),),
            crew=Crew(
                agents=frozenset(_key(index) for index in range(self._run.crew.agents)),
                strategy=AgentStrategy.HIGHEST_WAITING_TIME,
            ),
            amd=Amd() if study.amd else None,
            record=False,
            locate_seconds=study.locate_seconds,
        )
        return self._run.pacing.over(rules)

    def _agent(self, index: int) -> Agent:
        # An extension that ends in 0 answers and stays, see docs/sandbox.md.
        return Agent(
            key=_key(index),
            extension=str(10_000 + 10 * index),
            status=AgentStatus.LOGGED_OUT,
            state=AgentState.WAITING,
            rules=AgentRules(wrap_up_seconds=self._study.wrap_up_seconds),
        )

    # -------------------------------------------------------------------------------------------------- the day

    def _say(self, words: Sequence[_Word]) -> None:
        for word in words:
            self._store.say(TENANT, _key(word.agent), word.status)

    async def _timetable(self, words: Sequence[_Word]) -> None:
        for word in words:
            await self._until(word.at)
            self._say([word])

    async def _end_of_the_day(self) -> None:
        await self._until(self._study.finish_by)
        self._engine.stop()

    def _heard(self, fact: Fact) -> None:
        if isinstance(fact, CampaignChanged) and not self._store.is_running(CAMPAIGN):
            self._engine.stop()

    async def _tell(self) -> None:
        whole = (self._study.finish_by - self._study.start).total_seconds()
        while True:
            await self._clock.sleep(_TICK_SECONDS)
            unfinished = self._store.listings[CAMPAIGN].unfinished
            of_list = 1 - unfinished / len(self._store.contacts)
            self._progress(min(1.0, max(of_list, self._clock.monotonic() / whole)))

    async def _until(self, moment: datetime) -> None:
        await self._clock.sleep(max(0.0, (moment - self._clock.now()).total_seconds()))


def words_of(study: Study, run: Run) -> list[_Word]:
    """Who says what when, in order. Nobody goes home while the last talks of the study are going on."""
    words: list[_Word] = []
    index = 0
    for shift in run.crew.shifts:
        pauses = [pause for pause in study.pauses if shift.start <= pause.start and pause.end <= shift.end]
        for place in range(shift.agents):
            for day in range(study.days):
                if (study.at(day, 0).astimezone(study.zone)).isoweekday() not in shift.days:
                    continue
                words.append(_Word(study.at(day, shift.start), index, AgentStatus.AVAILABLE))
                words.append(_Word(study.at(day, shift.end), index, AgentStatus.LOGGED_OUT))
                for pause in pauses:
                    begins = pause.start + _turn(place, shift, pause.end - pause.start - pause.minutes)
                    words.append(_Word(study.at(day, begins), index, AgentStatus.ON_BREAK))
                    words.append(_Word(study.at(day, begins + pause.minutes), index, AgentStatus.AVAILABLE))
            index += 1
    return sorted(word for word in words if word.at < study.finish_by)


def _turn(place: int, shift: Shift, room: int) -> int:
    """How many minutes after the first somebody's break begins: they go one after another."""
    return round(room * place / max(1, shift.agents - 1))


def _key(index: int) -> str:
    return f"{index + 1:04d}"
