"""Places the calls of campaigns of members: looks at the calendar, asks the pacer how many, chooses numbers and gateways.

A member's numbers are counted by the core and saved with the reservation; a member whom somebody changed meanwhile is not
called. A campaign whose members are all finished, or whose time is over, is closed with the reason.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from random import Random
from zoneinfo import ZoneInfo

import structlog

from outdial.core.calendar import Calendar, Opening, WeeklyHours, opening
from outdial.core.call import Call, Plan, Way
from outdial.core.campaign import Campaign
from outdial.core.events import Placed
from outdial.core.facts import CampaignChanged
from outdial.core.gateways import Exit, caller_of, exits
from outdial.core.ids import AttemptId, CampaignId
from outdial.core.members import Gateway, MemberRules, Mode
from outdial.core.number import Number, OpenRange, begun, choose, open_ranges, qualifies
from outdial.core.pacing import Decision, Ground, Situation, progressive
from outdial.core.pacing.situation import within_limits
from outdial.core.script.nodes import Script
from outdial.core.settlement import Member, barred
from outdial.engine.desk import Desk, Strength, Team
from outdial.engine.floor import Floor, Seat
from outdial.engine.keeper import BY_ITSELF
from outdial.engine.line import Called
from outdial.engine.pacers import Pacers
from outdial.engine.rounds import LARGEST_ROUND, LOOK_AHEAD, ROUND_SECONDS, Plans, Reason, Round, fresh_attempt
from outdial.engine.switchboard import Switchboard
from outdial.ports import Bus, Clock, Counters, DueMember, MemberDialling, MemberReservation

COMPLETE, NOBODY, EXPIRED = "complete", "nobody", "expired"
"""Why a campaign was closed: all members are finished, there was none when it began, its calendar is over."""
BLOCKED = "do not call"
"""Why a number was shut, as hooks are told."""
DAY_AND_NIGHT = tuple(WeeklyHours(day, 0, 1440) for day in range(1, 8))
"""The hours of a campaign that keeps to no calendar."""
_MOST_PAGES = 10
_MOST_DETOURS = 3
_CALLER_VARIABLE = "outbound_caller_id_number"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Pick:
    """A member who will be called, at which number, and how."""

    due: DueMember
    number: Number
    ways: tuple[tuple[Exit, Way], ...]


@dataclass(slots=True)
class _Memory:
    """What is remembered of a running campaign between two looks."""

    standing: Opening | None = None
    day: date | None = None
    adjust: int | None = None
    decision: Decision | None = None
    """What the pacer decided last."""
    reason: Reason = Reason.ENOUGH
    """What the last look came to."""


class MemberDialler:
    """Places the calls of campaigns of members. Only the process in charge has one."""

    def __init__(
        self,
        members: MemberDialling,
        switchboard: Switchboard,
        floor: Floor,
        desk: Desk,
        pacers: Pacers,
        bus: Bus,
        clock: Clock,
        chance: Random,
        recordings: str,
    ) -> None:
        self._members = members
        self._switchboard = switchboard
        self._floor = floor
        self._desk = desk
        self._pacers = pacers
        self._bus = bus
        self._clock = clock
        self._chance = chance
        self._recordings = recordings
        self._memories: dict[CampaignId, _Memory] = {}

    def decision(self, campaign: CampaignId) -> Decision | None:
        """What was decided last about a campaign's pace."""
        memory = self._memories.get(campaign)
        return None if memory is None else memory.decision

    async def prepare(self, campaigns: Sequence[Campaign], plans: Plans) -> Plans:
        """The plans with what campaigns of members need besides."""
        ours = [campaign for campaign in campaigns if campaign.settings.members is not None]
        running = {campaign.id for campaign in ours}
        await self._desk.know(running)
        await self._pacers.keep_only(running)
        self._memories = {id: memory for id, memory in self._memories.items() if id in {one.id for one in ours}}
        if not ours:
            return plans
        tenants = {campaign.tenant for campaign in ours}
        return replace(
            plans,
            trunks={tenant: await self._members.trunks(tenant) for tenant in tenants},
            calendars=await self._members.calendars(ours),
            counters=await self._members.counters(ours),
        )

    async def dial(self, group: asyncio.TaskGroup, campaign: Campaign, rules: MemberRules, plans: Plans) -> Round:
        """One look at a campaign, or none while its pacer rests."""
        memory = self._memories.setdefault(campaign.id, _Memory())
        if rules.mode is Mode.PREDICTIVE and self._pacers.rests(campaign.id, rules):
            return Round(memory.reason)
        round = await self._look(group, campaign, rules, plans, memory)
        memory.reason = round.reason
        return round

    async def _look(
        self, group: asyncio.TaskGroup, campaign: Campaign, rules: MemberRules, plans: Plans, memory: _Memory
    ) -> Round:
        calendar = plans.calendars.get(campaign.id)
        if calendar is None:
            if campaign.settings.calendar:
                return Round(Reason.NO_CALENDAR)
            calendar = Calendar(campaign.settings.time_zone, DAY_AND_NIGHT)
        now = self._clock.now()
        fresh = memory.standing is None
        match await self._look_at_calendar(campaign, memory, calendar, now):
            case Opening.EXPIRED:
                await self._close(campaign, EXPIRED)
                return Round(Reason.OUTSIDE_HOURS)
            case Opening.CLOSED:
                return Round(Reason.OUTSIDE_HOURS)
            case Opening.OPEN:
                pass
        local = now.astimezone(ZoneInfo(calendar.time_zone))
        await self._look_at_day(campaign, rules, memory, local.date())
        script = plans.script_of(campaign)
        if script is None:
            return Round(Reason.NO_SCRIPT)
        team = Team(campaign.tenant, campaign.id, rules)
        situation, strength = await self._situation(campaign, team, plans)
        decision = await self._decide(campaign, rules, situation, strength, memory)
        await self._keep(campaign, memory, decision)
        self._switchboard.give_up(AttemptId(call) for call in decision.cancel)
        open = open_ranges(rules.types, local)
        if decision.launch == 0:
            if situation.active == 0 and (over := await self._nobody_left(campaign, rules, fresh=fresh)):
                return over
            return self._held_back(campaign, situation, decision)
        due, picks = await self._choose(campaign, rules, plans, open, now, decision.launch)
        if not due:
            return await self._nobody_due(campaign, rules, situation, fresh=fresh)
        if not picks:
            return Round(Reason.NO_GATEWAY)
        if not (picks := await self._allowed(campaign, picks, now)):
            return Round(Reason.DIALLING, again_in=0.0)
        placed = await self._place(group, campaign, rules, team, script, picks, open, now)
        # Where a pacer that dials ahead has placed all that it wants, another look at the same moment finds nothing.
        satisfied = rules.mode is Mode.PREDICTIVE and decision.ground is Ground.WANTED and placed == decision.launch
        return Round(Reason.DIALLING, again_in=0.0 if placed and not satisfied else ROUND_SECONDS)

    # ------------------------------------------------------------------------------------------- the calendar

    async def _look_at_calendar(
        self, campaign: Campaign, memory: _Memory, calendar: Calendar, now: datetime
    ) -> Opening:
        found = opening(calendar, now)
        if found is not memory.standing:
            woken = memory.standing is not None
            memory.standing = found
            if found is Opening.CLOSED:
                await self._members.note(campaign.id, "QUEUE_SLEEP", "Sleeping")
            elif found is Opening.OPEN and woken:
                await self._members.note(campaign.id, "QUEUE_HUNTING", "Start")
        return found

    async def _look_at_day(self, campaign: Campaign, rules: MemberRules, memory: _Memory, day: date) -> None:
        if memory.day == day:
            return
        if await self._members.new_day(campaign.id, day, reset=rules.reset_daily):
            self._desk.forget_tallies(campaign.id)
            if rules.reset_daily:
                memory.adjust = None
        memory.day = day

    # --------------------------------------------------------------------------------------------- the pacing

    async def _situation(self, campaign: Campaign, team: Team, plans: Plans) -> tuple[Situation, Strength]:
        rules = team.rules
        settings = campaign.settings
        floor = self._floor.of_campaign(campaign, self._clock.monotonic())
        limits = sum(
            gateway.limit
            for resource in rules.resources
            if resource.enabled
            for gateway in resource.gateways
            if gateway.enabled
        )
        strength = Strength(0, 0, {}) if rules.mode is Mode.BROADCAST else await self._desk.strength(team)
        counters = plans.counters.get(campaign.id, Counters())
        return (
            Situation(
                lines=min(settings.lines, limits),
                active=floor.in_progress,
                members_due=LARGEST_ROUND,
                agents_available=strength.available,
                agents_logged_in=strength.logged_in,
                waiting_callees=self._desk.waiting_for(campaign.id),
                calls=counters.calls,
                answered=counters.human if rules.amd is not None else counters.connected,
                bridged=counters.bridged,
                abandoned=counters.abandoned,
                tokens=floor.tokens,
            ),
            strength,
        )

    async def _decide(
        self, campaign: Campaign, rules: MemberRules, situation: Situation, strength: Strength, memory: _Memory
    ) -> Decision:
        match rules.mode:
            case Mode.BROADCAST:
                return within_limits(situation, situation.lines, situation.lines, 0, "as many as there are lines")
            case Mode.PROGRESSIVE:
                return progressive(situation)
            case Mode.PREDICTIVE:
                return await self._pacers.decide(campaign.id, rules, situation, strength.doing, memory.adjust or 0)

    async def _keep(self, campaign: Campaign, memory: _Memory, decision: Decision) -> None:
        memory.decision = decision
        if memory.adjust != decision.adjust:
            memory.adjust = decision.adjust
            await self._members.aim(campaign.id, decision.adjust, decision.target)

    def _held_back(self, campaign: Campaign, situation: Situation, decision: Decision) -> Round:
        if situation.lines <= 0:
            return Round(Reason.NO_LINES)
        match decision.ground:
            case Ground.NO_AGENT:
                return Round(Reason.NO_AGENT)
            case Ground.ONE_EACH if situation.agents_available == 0:
                return Round(Reason.NO_AGENT)
            case _ if situation.active >= situation.lines:
                return Round(Reason.LINES_BUSY)
            case Ground.RATE:
                rate = self._floor.campaign_rate(campaign, self._clock.monotonic())
                return Round(Reason.RATE, again_in=rate.seconds_to_next())
            case _:
                return Round(Reason.ENOUGH)

    # ----------------------------------------------------------------------------------------------- choosing

    async def _choose(
        self,
        campaign: Campaign,
        rules: MemberRules,
        plans: Plans,
        open: Mapping[str, OpenRange],
        now: datetime,
        wanted: int,
    ) -> tuple[bool, list[_Pick]]:
        """Whether anybody is due, and those who can be called now."""
        picks: list[_Pick] = []
        used: Counter[str] = Counter()
        digits: set[str] = set()
        page = wanted + LOOK_AHEAD
        for pages in range(_MOST_PAGES):
            due = await self._members.due(campaign, now, open, page, pages * page)
            for one in due:
                pick = self._pick(campaign, rules, plans, open, one, used, digits)
                if pick is None:
                    continue
                picks.append(pick)
                used[pick.ways[0][0].gateway.id] += 1
                used[f"trunk {pick.ways[0][1].trunk}"] += 1
                digits.add(pick.number.digits)
                if len(picks) == wanted:
                    return True, picks
            if len(due) < page:
                return bool(due or pages), picks
        return True, picks

    def _pick(
        self,
        campaign: Campaign,
        rules: MemberRules,
        plans: Plans,
        open: Mapping[str, OpenRange],
        due: DueMember,
        used: Counter[str],
        digits: set[str],
    ) -> _Pick | None:
        room = self._room(campaign, plans, used)
        draw = self._chance.random

        def can_leave(number: Number) -> bool:
            busy = number.digits in digits or self._floor.is_on_the_line(campaign.tenant, number.digits)
            return not busy and bool(exits(rules.resources, number, room, lambda: 0.0))

        if not qualifies(due.numbers, rules.types, open, can_leave):
            return None
        number = choose(due.numbers, rules.types, open, rules.number_strategy, can_leave)
        if number is None:
            return None
        own = due.variables.get(_CALLER_VARIABLE, "")
        ways = tuple(
            (exit, Way(exit.gateway.trunk, exit.dial_string, own or caller_of(exit.gateway, draw)))
            for exit in exits(rules.resources, number, room, draw)
        )
        return _Pick(due, number, ways[: 1 + _MOST_DETOURS])

    def _room(self, campaign: Campaign, plans: Plans, used: Counter[str]) -> Callable[[Gateway], bool]:
        trunks = plans.trunks.get(campaign.tenant, {})
        now = self._clock.monotonic()

        def has_room(gateway: Gateway) -> bool:
            trunk = trunks.get(gateway.trunk)
            if trunk is None:
                return False
            busy = self._floor.of_gateway(campaign.id, gateway.id) + used[gateway.id]
            free = self._floor.trunk_room(campaign.tenant, trunk, now) - used[f"trunk {trunk.name}"]
            return busy < gateway.limit and free > 0

        return has_room

    async def _allowed(self, campaign: Campaign, picks: Sequence[_Pick], now: datetime) -> list[_Pick]:
        """Those that may be called: the last look at the list of numbers that must not be."""
        digits = await self._members.barred(campaign.tenant, [pick.number.digits for pick in picks])
        shut = {
            pick.due.contact: barred(pick.due.standing, {pick.number.digits}, now)
            for pick in picks
            if pick.number.digits in digits
        }
        if shut:
            await self._members.settle(shut, BLOCKED, BY_ITSELF, awaited=False)
            _log.info("numbers.blocked", campaign=campaign.id, members=len(shut))
        return [pick for pick in picks if pick.number.digits not in digits]

    # ------------------------------------------------------------------------------------------------ placing

    async def _place(
        self,
        group: asyncio.TaskGroup,
        campaign: Campaign,
        rules: MemberRules,
        team: Team,
        script: tuple[int, Script],
        picks: Sequence[_Pick],
        open: Mapping[str, OpenRange],
        now: datetime,
    ) -> int:
        settings = campaign.settings
        assert settings.script is not None
        version, played = script
        wanted: dict[AttemptId, tuple[_Pick, Member]] = {}
        for pick in picks:
            before = pick.due.standing
            numbers = begun(before.numbers, pick.number.position, open, now, by_number=rules.rule.by_number)
            wanted[fresh_attempt(self._chance)] = pick, replace(before, attempts=before.attempts + 1, numbers=numbers)
        reservations = [
            MemberReservation(
                attempt=attempt,
                contact=pick.due.contact,
                position=pick.number.position,
                standing=standing,
                trunk=pick.ways[0][1].trunk,
                number=pick.ways[0][1].number,
                caller=pick.ways[0][1].caller,
                seen_at=pick.due.seen_at,
            )
            for attempt, (pick, standing) in wanted.items()
        ]
        won = await self._members.reserve(campaign, (settings.script, version), reservations)
        for attempt, (pick, standing) in wanted.items():
            if attempt not in won:
                continue
            (exit, way), *others = pick.ways
            plan = Plan(
                trunk=way.trunk,
                number=way.number,
                caller=way.caller,
                ring_seconds=settings.ring_seconds,
                script=played,
                variables=pick.due.variables,
                callee=pick.number.digits,
                detours=tuple(other for _, other in others),
                amd=None if rules.mode is Mode.PROGRESSIVE else rules.amd,
                record=rules.record,
                recordings=self._recordings,
            )
            self._floor.spend(campaign, way.trunk)
            seat = Seat(campaign.tenant, campaign.id, way.trunk, pick.number.digits, exit.gateway.id)
            call = Call(attempt, plan)
            self._switchboard.open(
                *(group, call, seat, settings.retry, standing.attempts, Placed(call.channel)),
                called=Called(team, standing, pick.number.position),
            )
        return len(won)

    # ------------------------------------------------------------------------------------------------- ending

    async def _nobody_due(self, campaign: Campaign, rules: MemberRules, situation: Situation, *, fresh: bool) -> Round:
        over = None if situation.active else await self._nobody_left(campaign, rules, fresh=fresh)
        return over or Round(Reason.NOBODY_DUE)

    async def _nobody_left(self, campaign: Campaign, rules: MemberRules, *, fresh: bool) -> Round | None:
        """Close a campaign whose members are finished; None when there are some, or it waits for new ones for ever."""
        left, busy, _ = await self._members.left(campaign.id)
        if left and left == busy:
            return Round(Reason.RESULTS)
        if left or rules.eternal:
            return None
        await self._close(campaign, NOBODY if fresh else COMPLETE)
        return Round(Reason.NOBODY_DUE)

    async def _close(self, campaign: Campaign, cause: str) -> None:
        if await self._members.close(campaign.id, cause):
            self._memories.pop(campaign.id, None)
            await self._bus.announce(CampaignChanged(campaign.id))
            _log.info("campaign.closed", campaign=campaign.id, cause=cause)
