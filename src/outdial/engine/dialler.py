"""Places calls: looks at the floor, asks the pacing how many, reserves, and hands the calls over.

It is woken by facts, by calls that end, and by the moment a rate allows the next call; what it read before is never
trusted over a reservation. A campaign that places nothing says why.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from zoneinfo import ZoneInfo

import structlog

from outdial.core import pacing
from outdial.core.calendar import EVERYWHERE, Calendar, Openings, is_open, openings, place
from outdial.core.call import Call, Plan
from outdial.core.call import Way as CallWay
from outdial.core.campaign import Campaign
from outdial.core.contact import Due
from outdial.core.events import Placed
from outdial.core.facts import CampaignChanged, Fact
from outdial.core.ids import CampaignId, ContactId
from outdial.core.outcome import Outcome
from outdial.core.script.nodes import Script
from outdial.core.trunk import Route, Way, way_out
from outdial.engine import metrics
from outdial.engine.floor import Floor, Seat
from outdial.engine.member_dialler import MemberDialler
from outdial.engine.roster import Roster
from outdial.engine.rounds import (
    LARGEST_ROUND,
    LOOK_AHEAD,
    ROUND_SECONDS,
    Dialled,
    Plans,
    Reason,
    Round,
    fresh_attempt,
    ways_outside,
)
from outdial.engine.switchboard import Switchboard
from outdial.ports import Bus, Clock, Dialling, NotInCharge, Reservation, StoreDown, Telephony

SHORTEST_ROUND_REAL_SECONDS = 0.005
REREAD_REAL_SECONDS = 1.0
"""Campaigns, scripts and routes are read again when a fact says so, and this often in case one was lost."""
_NO_LATER = datetime(9999, 1, 1, tzinfo=UTC)
"""After every moment at which a contact may be due."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pick:
    """A contact that will be called, and how."""

    due: Due
    way: Way


class Dialler:
    """Places the calls of all running campaigns. `run` lives as long as this process is in charge.

    `recordings` is the folder in which calls are recorded.
    """

    def __init__(
        self,
        dialling: Dialling,
        telephony: Telephony,
        switchboard: Switchboard,
        floor: Floor,
        roster: Roster,
        members: MemberDialler,
        bus: Bus,
        clock: Clock,
        wake: asyncio.Event,
        chance: Random,
        recordings: str,
    ) -> None:
        self._dialling = dialling
        self._telephony = telephony
        self._switchboard = switchboard
        self._floor = floor
        self._roster = roster
        self._members = members
        self._bus = bus
        self._clock = clock
        self._wake = wake
        self._chance = chance
        self._recordings = recordings
        self._stopped = False
        self._turn = 0
        self._plans: Plans | None = None
        self._reasons: dict[CampaignId, Reason] = {}
        self._counted: Counter[Reason] | None = None

    @property
    def waiting(self) -> list[tuple[Campaign, Reason]]:
        """Running campaigns that place no call at the moment, and why."""
        campaigns = () if self._plans is None else self._plans.campaigns
        said = ((campaign, self._reasons.get(campaign.id)) for campaign in campaigns)
        return [(campaign, why) for campaign, why in said if why is not None and why is not Reason.DIALLING]

    @property
    def dialled(self) -> list[Dialled]:
        """Campaigns that run, as last read, and what was decided about each."""
        return [
            Dialled(one, self._reasons.get(one.id), self._floor.calls_of(one.id), self._members.decision(one.id))
            for one, _ in self.running
        ]

    @property
    def running(self) -> list[tuple[Campaign, Calendar | None]]:
        """Campaigns that run, as last read, with their calendars."""
        plans = self._plans
        return [] if plans is None else [(one, plans.calendars.get(one.id)) for one in plans.campaigns]

    def stop(self) -> None:
        """Place no more calls."""
        self._stopped = True

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Dial for ever. Calls become tasks of `group`."""
        unsubscribe = self._bus.listen(self._heard)
        try:
            while not self._stopped:
                self._wake.clear()
                await self._pause(await self._round_patiently(group))
        finally:
            unsubscribe()

    def _heard(self, fact: Fact) -> None:
        if isinstance(fact, CampaignChanged):
            self._plans = None
            self._wake.set()

    async def _pause(self, seconds: float) -> None:
        """Wait for news or until so many felt seconds are over, and at least for a moment of real time."""
        appointment = self._clock.call_after(seconds, self._wake.set)
        try:
            await asyncio.sleep(SHORTEST_ROUND_REAL_SECONDS)
            await self._wake.wait()
        finally:
            appointment.cancel()

    async def _round_patiently(self, group: asyncio.TaskGroup) -> float:
        self._clock.hold()
        try:
            return await self._round(group)
        except StoreDown as trouble:
            _log.warning("dialler.store_down", reason=str(trouble))
            metrics.FAULTS.labels("store").inc()
            return ROUND_SECONDS
        finally:
            self._clock.release()

    async def _round(self, group: asyncio.TaskGroup) -> float:
        """Look at every running campaign once, another one first each time; felt seconds until the next round."""
        plans = await self._read()
        campaigns = plans.campaigns
        if campaigns and not self._telephony.ready:
            self._say({campaign.id: Reason.SWITCH_AWAY for campaign in campaigns})
            return ROUND_SECONDS
        self._turn = (self._turn + 1) % max(1, len(campaigns))
        rounds: dict[CampaignId, Round] = {}
        in_turn = (*campaigns[self._turn :], *campaigns[: self._turn])
        for campaign in sorted(in_turn, key=_rank):
            rounds[campaign.id] = await self._dial_guarded(group, campaign, plans)
        self._say({id: round.reason for id, round in rounds.items()})
        await self._close([id for id, round in rounds.items() if round.idle])
        return min((round.again_in for round in rounds.values()), default=ROUND_SECONDS)

    async def _read(self) -> Plans:
        now = asyncio.get_running_loop().time()
        if self._plans is not None and now - self._plans.read_at < REREAD_REAL_SECONDS:
            return self._plans
        self._plans = Plans((), {}, {}, now)  # a fact that comes while this is read makes it read once more
        campaigns = await self._dialling.running()
        scripts = await self._dialling.scripts_of(campaigns) if campaigns else {}
        tenants = {campaign.tenant for campaign in campaigns}
        routes = {tenant: await self._dialling.routes(tenant) for tenant in tenants}
        read = await self._members.prepare(campaigns, Plans(campaigns, scripts, routes, now))
        if self._plans is not None:
            self._plans = read
        self._floor.forget_all_but({campaign.id for campaign in campaigns})
        return read

    async def _dial_guarded(self, group: asyncio.TaskGroup, campaign: Campaign, plans: Plans) -> Round:
        """One look at a campaign, from which the others do not suffer."""
        try:
            return await self._dial(group, campaign, plans)
        except (NotInCharge, StoreDown):
            raise
        except Exception:  # noqa: BLE001 - a campaign's own door: one bad campaign must not stop the others
            _log.exception("campaign.failed", campaign=campaign.id, dialect=campaign.dialect, number=campaign.number)
            metrics.FAULTS.labels("campaign").inc()
            return Round(Reason.FAULT)

    async def _dial(self, group: asyncio.TaskGroup, campaign: Campaign, plans: Plans) -> Round:
        if campaign.settings.members is not None:
            return await self._members.dial(group, campaign, campaign.settings.members, plans)
        ends_at, now = campaign.settings.ends_at, self._clock.now()
        if ends_at is not None and now >= ends_at:
            return await self._expire(campaign)
        floor = self._floor.of_campaign(campaign, self._clock.monotonic())
        wanted = min(pacing.broadcast(floor), LARGEST_ROUND)
        if wanted == 0:
            return self._held_back(campaign, floor)
        open_now = openings(campaign.settings.window, now, ZoneInfo(campaign.settings.time_zone))
        due = await self._dialling.due(campaign.id, now, wanted + LOOK_AHEAD, open_now)
        if not due:
            return await self._nobody(campaign, now, open_now)
        script = plans.script_of(campaign)
        if script is None:
            await self._dialling.settle_undialled(campaign.id, [one.contact for one in due], Outcome.NO_SCRIPT)
            return Round(Reason.NOBODY_DUE, again_in=0.0)
        connect = script[1].connect
        if connect is not None and not await self._roster.anybody_free(campaign.tenant, connect.target):
            return Round(Reason.NOBODY_FREE)
        picks, unroutable, obstacle = self._choose(campaign, due, plans.routes[campaign.tenant], wanted)
        if unroutable:
            await self._dialling.settle_undialled(campaign.id, unroutable, Outcome.NO_ROUTE)
        picks = await self._allowed(campaign, picks)
        outside = ways_outside(campaign, script[1], plans.routes[campaign.tenant])
        placed = await self._place(group, campaign, script, picks, outside) if picks else 0
        if obstacle is not None and not placed:
            return obstacle
        return Round(Reason.DIALLING, again_in=0.0 if placed else ROUND_SECONDS)

    async def _expire(self, campaign: Campaign) -> Round:
        """Its time is over: whoever waits, also for a later try, is done."""
        waiting = await self._dialling.due(campaign.id, _NO_LATER, LARGEST_ROUND)
        if not waiting:
            return Round(Reason.NOBODY_DUE, idle=True)
        await self._dialling.settle_undialled(campaign.id, [one.contact for one in waiting], Outcome.EXPIRED)
        return Round(Reason.EXPIRED, again_in=0.0)

    async def _nobody(self, campaign: Campaign, now: datetime, open_now: Openings) -> Round:
        """Why there is nobody to call."""
        if await self._dialling.somebody_due(campaign.id, now, open_now):
            return Round(Reason.ON_THE_LINE)
        if open_now != EVERYWHERE and await self._dialling.somebody_due(campaign.id, now):
            return Round(Reason.OUTSIDE_HOURS)
        return Round(Reason.NOBODY_DUE, idle=True)

    def _held_back(self, campaign: Campaign, floor: pacing.Floor) -> Round:
        if floor.lines <= 0:
            return Round(Reason.NO_LINES)
        if floor.in_progress >= floor.lines:
            return Round(Reason.LINES_BUSY)
        rate = self._floor.campaign_rate(campaign, self._clock.monotonic())
        return Round(Reason.RATE, again_in=rate.seconds_to_next())

    def _choose(
        self, campaign: Campaign, due: Sequence[Due], routes: Sequence[Route], wanted: int
    ) -> tuple[list[Pick], list[ContactId], Round | None]:
        """Those that can be called now, those that never can, and what stood in the way of the others."""
        now, hour = self._clock.monotonic(), self._clock.now()
        picks: list[Pick] = []
        unroutable: list[ContactId] = []
        obstacle: Round | None = None
        used: dict[str, int] = {}
        numbers: set[str] = set()
        clients: set[str] = set()
        for one in due:
            if len(picks) == wanted:
                break
            way = way_out(routes, campaign.settings.dial_prefix + one.digits)
            if way is None:
                unroutable.append(one.contact)
            elif not _may_be_called(campaign, one, hour):
                obstacle = obstacle or Round(Reason.OUTSIDE_HOURS)
            elif (
                one.digits in numbers
                or one.client in clients
                or self._floor.is_on_the_line(campaign.tenant, one.digits)
            ):
                obstacle = obstacle or Round(Reason.ON_THE_LINE)
            elif used.get(way.trunk.name, 0) >= self._floor.trunk_room(campaign.tenant, way.trunk, now):
                rate = self._floor.trunk_rate(campaign.tenant, way.trunk, now)
                obstacle = Round(Reason.TRUNK_BUSY, again_in=rate.seconds_to_next() or ROUND_SECONDS)
            else:
                used[way.trunk.name] = used.get(way.trunk.name, 0) + 1
                numbers.add(one.digits)
                clients |= {one.client} - {""}
                picks.append(Pick(one, way))
        return picks, unroutable, obstacle

    async def _allowed(self, campaign: Campaign, picks: Sequence[Pick]) -> list[Pick]:
        """Those that may be called: the last look at the list of numbers that must not be."""
        barred = await self._dialling.barred(campaign.tenant, [pick.due.digits for pick in picks]) if picks else set()
        ended = [pick.due.contact for pick in picks if pick.due.digits in barred]
        if ended:
            await self._dialling.settle_undialled(campaign.id, ended, Outcome.BLOCKED)
            _log.info("contacts.blocked", campaign=campaign.id, contacts=len(ended))
        return [pick for pick in picks if pick.due.digits not in barred]

    async def _place(
        self,
        group: asyncio.TaskGroup,
        campaign: Campaign,
        script: tuple[int, Script],
        picks: Sequence[Pick],
        outside: Mapping[str, CallWay],
    ) -> int:
        """Save the attempts, then begin those that were won; how many."""
        settings = campaign.settings
        assert settings.script is not None
        version, played = script
        wanted = {fresh_attempt(self._chance): pick for pick in picks}
        reservations = [
            Reservation(
                attempt=attempt,
                contact=pick.due.contact,
                trunk=pick.way.trunk.name,
                number=pick.way.dial_string,
                caller=settings.caller or pick.way.caller,
            )
            for attempt, pick in wanted.items()
        ]
        won = await self._dialling.reserve(campaign, (settings.script, version), reservations)
        for attempt, pick in wanted.items():
            if attempt not in won:
                continue
            way = pick.way
            plan = Plan(
                trunk=way.trunk.name,
                number=way.dial_string,
                caller=settings.caller or way.caller,
                ring_seconds=settings.ring_seconds,
                script=played,
                variables={**campaign.variables, **pick.due.variables},
                callee=pick.due.digits,
                record=settings.record,
                recordings=self._recordings,
                outside=outside,
                today=self._today(campaign, pick.due) if played.transcript else None,
            )
            seat = Seat(campaign.tenant, campaign.id, way.trunk.name, pick.due.digits)
            call = Call(attempt, plan)
            self._floor.spend(campaign, way.trunk.name)
            self._switchboard.open(group, call, seat, settings.retry, pick.due.attempts_made + 1, Placed(call.channel))
        return len(won)

    def _today(self, campaign: Campaign, due: Due) -> date:
        """The day where a contact is."""
        return self._clock.now().astimezone(place(due.offset_minutes, ZoneInfo(campaign.settings.time_zone))).date()

    async def _close(self, idle: Sequence[CampaignId]) -> None:
        if not idle:
            return
        for campaign in await self._dialling.close_finished(idle):
            self._plans = None
            _log.info("campaign.closed", campaign=campaign)
            self._reasons.pop(campaign, None)
            await self._bus.announce(CampaignChanged(campaign))

    def _say(self, reasons: dict[CampaignId, Reason]) -> None:
        """Keep why campaigns wait, and log it where it changed."""
        if self._counted is not None and reasons == self._reasons:
            return
        for campaign, reason in reasons.items():
            if reason is not Reason.DIALLING and self._reasons.get(campaign) is not reason:
                _log.debug("campaign.waits", campaign=campaign, reason=reason.value)
        self._reasons = reasons
        before, self._counted = self._counted, Counter(reasons.values())
        for reason in Reason:
            if before is None or before[reason] != self._counted[reason]:
                metrics.BLOCKED.labels(reason.name.lower()).set(self._counted[reason])


def _rank(campaign: Campaign) -> int:
    """Campaigns of a higher priority have the first choice of lines and agents."""
    rules = campaign.settings.members
    return 0 if rules is None else -rules.priority


def _may_be_called(campaign: Campaign, one: Due, now: datetime) -> bool:
    """Whether the campaign still lasts, and it is within the calling hours where the contact is: the last look before a call
    is saved."""
    home, ends_at = ZoneInfo(campaign.settings.time_zone), campaign.settings.ends_at
    return (ends_at is None or now < ends_at) and is_open(
        campaign.settings.window, now, place(one.offset_minutes, home)
    )
