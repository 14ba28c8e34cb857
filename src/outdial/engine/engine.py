"""The dialling engine of one process: takes charge of the database, works until it is told to stop, hands over.

All its tasks live in one group. A process that is not in charge waits in the background; one that loses the charge
drops everything at once and waits again, and whoever has the charge then takes up what was left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random

import structlog

from outdial.core.campaign import Campaign
from outdial.engine.assistants import Assistants
from outdial.engine.consultations import Consultations
from outdial.engine.desk import Desk
from outdial.engine.dialler import Dialler
from outdial.engine.floor import Floor
from outdial.engine.journal import Journal
from outdial.engine.keeper import Keeper
from outdial.engine.member_dialler import MemberDialler
from outdial.engine.pacers import Pacers
from outdial.engine.prompts import Prompts
from outdial.engine.recovery import Recovery
from outdial.engine.roster import Roster
from outdial.engine.rounds import Dialled, Reason
from outdial.engine.switchboard import Switchboard
from outdial.ports import (
    Assistant,
    Bus,
    Clock,
    Consultation,
    Dialling,
    MemberDialling,
    NotInCharge,
    StoreDown,
    Telephony,
    WebQuestions,
)

_CHARGE_REAL_SECONDS = 1.0
_CUT_OFF_REAL_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class _Stopped(Exception):
    """Ends the task group after a drain."""


class Engine:
    """Dials for a database. `run` returns after `stop` once calls are over or the drain time is.

    Calls are recorded below the folder `recordings`. `services` are those that a script may ask, by the names that scripts
    know them by; `web` asks servers that scripts name themselves, and `assistant` answers where a script says so. `chance`
    draws the ids of attempts and whatever else is left to chance.
    """

    def __init__(
        self,
        dialling: Dialling,
        members: MemberDialling,
        telephony: Telephony,
        prompts: Prompts,
        bus: Bus,
        clock: Clock,
        drain_seconds: float,
        recordings: str,
        services: Mapping[str, Consultation],
        web: WebQuestions,
        assistant: Assistant,
        chance: Random,
    ) -> None:
        self._dialling = dialling
        self._members = members
        self._telephony = telephony
        self._prompts = prompts
        self._bus = bus
        self._clock = clock
        self._drain_seconds = drain_seconds
        self._recordings = recordings
        self._services = services
        self._web = web
        self._assistant = assistant
        self._chance = chance
        self._stop = asyncio.Event()
        self._dialler: Dialler | None = None
        self._switchboard: Switchboard | None = None

    @property
    def in_charge(self) -> bool:
        """Whether this process is the one that dials."""
        return self._dialler is not None

    @property
    def calls(self) -> int:
        """Calls in progress here."""
        return 0 if self._switchboard is None else self._switchboard.calls

    @property
    def waiting(self) -> list[tuple[Campaign, Reason]]:
        """Running campaigns that place no call at the moment, and why; empty where this process does not dial."""
        return [] if self._dialler is None else self._dialler.waiting

    @property
    def dialled(self) -> list[Dialled]:
        """The campaigns that are dialled here, and what was decided about each; empty where this process does not dial."""
        return [] if self._dialler is None else self._dialler.dialled

    def stop(self) -> None:
        """Place no more calls, let those under way end, and return from `run`."""
        self._stop.set()

    async def run(self) -> None:
        """Take charge whenever it is free, and dial."""
        while not self._stop.is_set():
            try:
                if await self._dialling.take_charge():
                    await self._in_charge()
                    continue
            except StoreDown as trouble:
                _log.warning("engine.store_down", reason=str(trouble))
            await self._wait(_CHARGE_REAL_SECONDS)

    async def _wait(self, real_seconds: float) -> None:
        try:
            async with asyncio.timeout(real_seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    async def _in_charge(self) -> None:
        _log.info("engine.in_charge")
        wake = asyncio.Event()
        floor = Floor()
        roster = Roster(self._telephony, self._dialling, lambda tenant: desk.resting(tenant))
        journal = Journal(self._dialling)
        chance = self._chance
        pacers = Pacers(self._members, self._clock)
        desk = Desk(self._members, self._telephony, roster, self._clock, chance)
        switchboard = Switchboard(
            *(self._telephony, journal, self._prompts, self._clock, floor, roster, desk, pacers, wake.set),
            Consultations(self._services, self._web),
            Assistants(self._assistant, self._clock),
        )
        self._switchboard = switchboard
        members = MemberDialler(
            *(self._members, switchboard, floor, desk, pacers, self._bus, self._clock, chance, self._recordings)
        )
        dialler = self._dialler = Dialler(
            *(self._dialling, self._telephony, switchboard, floor, roster, members, self._bus, self._clock, wake),
            *(chance, self._recordings),
        )
        keeper = Keeper(self._members, desk, self._clock, lambda: dialler.running, wake.set)
        recovery = Recovery(self._dialling, self._telephony, switchboard, self._clock, self._recordings)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(journal.run(), name="journal")
                group.create_task(self._telephony.run(), name="switch")
                group.create_task(switchboard.hear(), name="switch events")
                group.create_task(self._watch_charge(), name="charge")
                group.create_task(self._drain(self._dialler, switchboard, pacers, wake.set), name="drain")
                await recovery.at_start(group, desk)
                group.create_task(recovery.run(group), name="recovery")
                group.create_task(desk.run(), name="agents")
                group.create_task(keeper.run(), name="members")
                group.create_task(self._dialler.run(group), name="dialler")
        except* _Stopped:
            _log.info("engine.stopped")
        except* NotInCharge as lost:
            _log.error("engine.charge_lost", reason=str(lost.exceptions[0]))
        finally:
            self._dialler = self._switchboard = None
            await self._dialling.yield_charge()

    async def _watch_charge(self) -> None:
        await self._dialling.charge_lost()
        raise NotInCharge("the connection that holds the charge is gone")

    async def _drain(
        self, dialler: Dialler, switchboard: Switchboard, pacers: Pacers, wake: Callable[[], None]
    ) -> None:
        await self._stop.wait()
        dialler.stop()
        wake()
        if switchboard.calls:
            _log.info("engine.draining", calls=switchboard.calls, seconds=self._drain_seconds)
        await _until_idle(switchboard, self._drain_seconds)
        switchboard.cut_off_all()
        await _until_idle(switchboard, _CUT_OFF_REAL_SECONDS)
        await pacers.save_all()
        raise _Stopped


async def _until_idle(switchboard: Switchboard, real_seconds: float) -> None:
    try:
        async with asyncio.timeout(real_seconds):
            await switchboard.idle()
    except TimeoutError:
        return
