"""Takes up attempts that have no outcome and that nobody here is working on: what a crash, or a fault of ours, left.

Each is compared with what the switch still has. One that stands is carried on; one that does not is settled as
interrupted. A leg of ours that belongs to no open attempt is hung up.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import structlog

from outdial.core.commands import HangUp
from outdial.core.events import CallEvent, HungUp, Resumed
from outdial.core.ids import attempt_of
from outdial.engine import metrics
from outdial.engine.desk import Desk, Team
from outdial.engine.floor import Seat
from outdial.engine.line import Called
from outdial.engine.switchboard import Switchboard
from outdial.ports import Clock, Dialling, OpenAttempt, StoreDown, SwitchDown, Telephony

SWEEP_REAL_SECONDS = 30.0
GRACE = timedelta(seconds=60)
"""An attempt younger than this may be between its reservation and its first step."""
_SWITCH_WAIT_REAL_SECONDS = 0.2

_log = structlog.get_logger(__name__)


class Recovery:
    """Finds open attempts that nobody works on. `recordings` is the folder in which calls are recorded."""

    def __init__(
        self, dialling: Dialling, telephony: Telephony, switchboard: Switchboard, clock: Clock, recordings: str
    ) -> None:
        self._dialling = dialling
        self._telephony = telephony
        self._switchboard = switchboard
        self._clock = clock
        self._recordings = recordings

    async def at_start(self, group: asyncio.TaskGroup, desk: Desk) -> None:
        """Take up everything that the former process left. Waits until the switch can be asked."""
        while True:
            try:
                open_attempts = await self._dialling.open_attempts()
                await self._switch_is_ready()
                await desk.begin()
                await self._take_up(group, open_attempts, hang_up_strangers=True)
                return await desk.freed()
            except (StoreDown, SwitchDown) as trouble:
                _log.warning("recovery.waits", reason=str(trouble))
                await asyncio.sleep(_SWITCH_WAIT_REAL_SECONDS)

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Look again from time to time, for ever."""
        while True:
            await asyncio.sleep(SWEEP_REAL_SECONDS)
            try:
                youngest = self._clock.now() - GRACE
                lost = [one for one in await self._dialling.open_attempts() if one.reserved_at < youngest]
                await self._take_up(group, lost, hang_up_strangers=False)
            except (StoreDown, SwitchDown) as trouble:
                _log.warning("recovery.postponed", reason=str(trouble))

    async def _switch_is_ready(self) -> None:
        told = False
        while not self._telephony.ready:
            if not told:
                _log.warning("recovery.waits", reason="the switch is away")
                told = True
            await asyncio.sleep(_SWITCH_WAIT_REAL_SECONDS)

    async def _take_up(self, group: asyncio.TaskGroup, attempts: list[OpenAttempt], *, hang_up_strangers: bool) -> None:
        standing = await self._telephony.standing()
        for one in attempts:
            if self._switchboard.knows(one.call.attempt):
                continue
            up = standing.get(one.call.channel)
            self._open(group, one, up)
            if up is not None and one.call.transfer_extension and one.call.second_channel not in standing:
                self._switchboard.post(HungUp(one.call.second_channel, lost=True))
        if hang_up_strangers:
            known = {one.call.attempt for one in attempts}
            for channel in standing:
                if attempt_of(channel) not in known:
                    _log.warning("recovery.stranger", channel=channel)
                    await self._telephony.perform(HangUp(channel))

    def _open(self, group: asyncio.TaskGroup, one: OpenAttempt, up: bool | None) -> None:
        channel = one.call.channel
        first: CallEvent = HungUp(channel, lost=True) if up is None else Resumed(channel, up)
        _log.warning("recovery.attempt", attempt=one.call.attempt, state=one.call.state, stands=up is not None)
        metrics.FAULTS.labels("recovered").inc()
        seat = Seat(one.tenant, one.campaign, one.call.plan.trunk, one.digits)
        called = None
        if one.rules is not None and one.standing is not None and one.campaign is not None:
            called = Called(Team(one.tenant, one.campaign, one.rules), one.standing, one.position)
        call = replace(one.call, plan=replace(one.call.plan, recordings=self._recordings))
        self._switchboard.open(
            *(group, call, seat, one.retry, one.attempts_made, first),
            answered_at=one.answered_at,
            called=called,
        )
