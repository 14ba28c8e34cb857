"""Agents: who is at work, who is free, who is offered which call, and what that leaves on them.

What an agent wants is read from the store; whether the telephone is free is asked of the switch; what calls do to an
agent is kept here and written behind. Callees who wait are served by their campaigns' priority, then in their order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

import structlog

from outdial.core.agent import (
    Agent,
    AgentRules,
    AgentState,
    AgentStatus,
    Offer,
    Tally,
    after,
    is_available,
    is_logged_in,
    ordered,
    reserved,
    result_given,
    serves,
    tallied,
)
from outdial.core.extension import Connection, ExtensionState
from outdial.core.ids import AttemptId, CampaignId, TenantId
from outdial.core.member_calls import offer_of
from outdial.core.members import MemberRules
from outdial.core.pacing.events import AgentIs
from outdial.engine import metrics
from outdial.engine.roster import Roster
from outdial.ports import AgentTally, Clock, MemberDialling, StoreDown, SwitchDown, Telephony

LOOK_SECONDS = 0.25
"""How often somebody free is looked for while callees wait."""
REREAD_REAL_SECONDS = 0.5
SHORTEST_REST_SECONDS = 1.0
"""Whoever did not take a call is not offered the next one sooner, whatever the rules say (Webitel engine 3.10 looks for an
agent once a second)."""

_log = structlog.get_logger(__name__)

Found = Callable[[str | None], None]
_OFF_THE_HOOK = frozenset({ExtensionState.UNAVAILABLE, ExtensionState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Team:
    """A campaign as its agents see it."""

    tenant: TenantId
    campaign: CampaignId
    rules: MemberRules


@dataclass(frozen=True, slots=True)
class Strength:
    """How many agents a campaign has at this moment."""

    available: int
    logged_in: int
    doing: Mapping[str, AgentIs] = field(default_factory=dict, compare=False)
    """What each of those who are logged in does, by key."""


@dataclass(frozen=True, slots=True)
class _Wait:
    team: Team
    order: int
    found: Found


@dataclass(frozen=True, slots=True)
class _Offer:
    team: Team
    key: str
    extension: str
    offered_at: datetime
    offered_moment: float
    joined_moment: float | None = None


class Desk:
    """The agents of every tenant. Only the process in charge has one."""

    def __init__(self, members: MemberDialling, telephony: Telephony, roster: Roster, clock: Clock, chance: Random):
        self._members = members
        self._telephony = telephony
        self._roster = roster
        self._clock = clock
        self._chance = chance
        self._agents: dict[tuple[TenantId, str], Agent] = {}
        self._tallies: dict[tuple[CampaignId, str], Tally] = {}
        self._known_campaigns: set[CampaignId] = set()
        self._offers: dict[AttemptId, _Offer] = {}
        self._waits: dict[AttemptId, _Wait] = {}
        self._waited = 0
        self._changed: set[tuple[TenantId, str]] = set()
        self._sent_on_break: set[tuple[TenantId, str]] = set()
        self._changed_tallies: dict[tuple[CampaignId, str], TenantId] = {}
        self._news = asyncio.Event()
        self._read_at: float | None = None

    @property
    def waiting(self) -> int:
        """Callees who wait for an agent."""
        return len(self._waits)

    def waiting_for(self, campaign: CampaignId) -> int:
        """Callees of a campaign who wait for an agent."""
        return sum(wait.team.campaign == campaign for wait in self._waits.values())

    # ------------------------------------------------------------------------------------------------ asking

    async def strength(self, team: Team) -> Strength:
        """How many agents a campaign has now. With the switch away it has none."""
        await self._read()
        crew = self._crew(team)
        states = await self._states([agent.extension for agent in crew])
        now = self._clock.now()
        doing = {
            agent.key: self._doing(agent, states, now)
            for agent in crew
            if states.get(agent.extension, ExtensionState.UNKNOWN) not in _OFF_THE_HOOK
        }
        return Strength(sum(state is AgentIs.FREE for state in doing.values()), len(doing), doing)

    def _doing(self, agent: Agent, states: Mapping[str, ExtensionState], now: datetime) -> AgentIs:
        match agent.state:
            case AgentState.RESERVED:
                return AgentIs.RINGING
            case AgentState.IN_CALL:
                return AgentIs.TALKING
            case AgentState.WAITING if is_available(agent, now) and self._is_free(agent, states):
                return AgentIs.FREE
            case AgentState.WAITING if agent.ready_at is not None and agent.ready_at > now:
                return AgentIs.WRAP_UP
            case _:
                return AgentIs.AWAY

    async def resting(self, tenant: TenantId) -> frozenset[str]:
        """The extensions of agents who want no call now: on a break, or not ready again after their last one. Whoever is
        logged out is no agent at the moment, and only the telephone tells whether somebody is there."""
        await self._read()
        now = self._clock.now()
        return frozenset(
            agent.extension
            for (of, _), agent in self._agents.items()
            if of == tenant
            and (agent.status is AgentStatus.ON_BREAK or (is_logged_in(agent) and not is_available(agent, now)))
        )

    async def seek(self, attempt: AttemptId, team: Team, found: Found, *, wait: bool) -> None:
        """Find an agent for a call and keep it until `release`. `found` hears the extension; with `wait` as soon as
        somebody is free, otherwise at once, and None when nobody is."""
        await self._read()
        extension = None
        if not wait or not self._waits:
            extension = await self._find(attempt, team)
        if extension is not None or not wait:
            found(extension)
            return
        self._waited += 1
        self._waits[attempt] = _Wait(team, self._waited, found)
        self._news.set()

    def joined(self, attempt: AttemptId) -> None:
        """The callee and the agent who was found hear each other."""
        offer = self._offers.get(attempt)
        if offer is None:
            return
        self._offers[attempt] = replace(offer, joined_moment=self._clock.monotonic())
        self._put(offer, replace(self._agents[offer.team.tenant, offer.key], state=AgentState.IN_CALL))

    def release(self, attempt: AttemptId, came_to: Connection | None) -> None:
        """The call needs its agent no more, or nobody waits for one any more."""
        self._waits.pop(attempt, None)
        self._roster.release(attempt)
        offer = self._offers.pop(attempt, None)
        agent = None if offer is None else self._agents.get((offer.team.tenant, offer.key))
        if offer is None or agent is None:
            return
        moment = self._clock.monotonic()
        joined = offer.joined_moment
        talked = 0.0 if joined is None else moment - joined
        how = offer_of(came_to)
        rules = self._rules(agent, offer.team)
        rule = offer.team.rules.rule
        result = rule.result_seconds if rule.waits_for_results and joined is not None else None
        before = agent.status
        agent = after(
            *(agent, how, self._in_wall_time(rules), self._clock.now(), talked),
            hold_until=None if result is None else self._clock.after(result),
        )
        if how not in (Offer.TALKED, Offer.CANCELLED):
            soonest = self._clock.after(SHORTEST_REST_SECONDS)
            agent = replace(agent, ready_at=max(agent.ready_at or soonest, soonest))
        self._put(offer, agent)
        if agent.status is AgentStatus.ON_BREAK and before is not AgentStatus.ON_BREAK:
            self._sent_on_break.add((offer.team.tenant, offer.key))
            _log.warning("agent.sent_on_break", agent=offer.key, no_answers=agent.no_answers)
        tally = tallied(
            *(self._tallies.get((offer.team.campaign, offer.key), Tally()), how, offer.offered_at),
            ringing_seconds=(moment if joined is None else joined) - offer.offered_moment,
            talk_seconds=talked,
            wrap_seconds=rules.wrap_up_seconds,
        )
        self._tallies[offer.team.campaign, offer.key] = tally
        self._changed_tallies[offer.team.campaign, offer.key] = offer.team.tenant
        metrics.OFFERS.labels(how.value).inc()
        _log.info("agent.released", agent=offer.key, attempt=attempt, offer=how.value, talk_seconds=round(talked, 1))

    def keep(self, attempt: AttemptId, team: Team, extension: str, *, joined: bool) -> None:
        """An agent belongs to a call that was taken up after a restart."""
        for (tenant, key), agent in self._agents.items():
            if tenant == team.tenant and agent.extension == extension:
                moment = self._clock.monotonic()
                self._offers[attempt] = _Offer(
                    *(team, key, extension, self._clock.now(), moment, moment if joined else None)
                )
                return

    def result_given(self, tenant: TenantId, key: str) -> None:
        """What an agent's last call came to has been told: the agent need not be waited for much longer."""
        agent = self._agents.get((tenant, key))
        if agent is not None and (changed := result_given(agent, self._clock.now())) is not agent:
            self._agents[tenant, key] = changed
            self._changed.add((tenant, key))
            self._news.set()

    # ------------------------------------------------------------------------------------------------- working

    async def begin(self) -> None:
        """Read everybody, before calls that still stand are taken up."""
        self._read_at = None
        await self._read()

    async def freed(self) -> None:
        """Whoever is in none of the calls that were taken up is in no call."""
        held = {(offer.team.tenant, offer.extension) for offer in self._offers.values()}
        await self._members.free_agents(held)
        self._read_at = None

    async def run(self) -> None:
        """Give waiting callees to agents who become free, and write down what calls left on them, for ever."""
        while True:
            self._news.clear()
            self._clock.hold()
            try:
                await self._write()
                await self._match()
            except StoreDown as trouble:
                _log.warning("desk.store_down", reason=str(trouble))
                metrics.FAULTS.labels("store").inc()
            finally:
                self._clock.release()
            await self._pause()

    async def _pause(self) -> None:
        """Wait for news; while callees wait, or something could not be written, not for long."""
        if not self._waits and not self._changed and not self._changed_tallies:
            await self._news.wait()
            return
        appointment = self._clock.call_after(LOOK_SECONDS, self._news.set)
        try:
            await self._news.wait()
        finally:
            appointment.cancel()

    async def _match(self) -> None:
        if not self._waits:
            return
        await self._read()
        in_order = sorted(self._waits.items(), key=lambda each: (-each[1].team.rules.priority, each[1].order))
        for attempt, wait in in_order:
            if attempt not in self._waits:
                continue
            extension = await self._find(attempt, wait.team)
            if extension is None:
                continue
            if self._waits.pop(attempt, None) is None:  # it ended while the switch was asked
                self.release(attempt, None)
                continue
            wait.found(extension)

    async def _find(self, attempt: AttemptId, team: Team) -> str | None:
        now = self._clock.now()
        free = [agent for agent in self._crew(team) if is_available(agent, now)]
        states = await self._states([agent.extension for agent in free])
        # From here on nothing is waited for: nobody else can be given the same agent.
        free = [agent for agent in free if self._is_free(agent, states)]
        rated = [(agent, self._tallies.get((team.campaign, agent.key), Tally())) for agent in free]
        crew = team.rules.crew
        for agent in ordered(rated, crew.strategy, self._chance.random):
            current = self._agents[team.tenant, agent.key]
            if not is_available(current, now):
                continue
            self._roster.keep(agent.extension, attempt)
            offer = _Offer(team, agent.key, agent.extension, now, self._clock.monotonic())
            self._offers[attempt] = offer
            self._note_idle(team, current, now)
            self._put(offer, reserved(current, now))
            return agent.extension
        return None

    def _note_idle(self, team: Team, agent: Agent, now: datetime) -> None:
        """An agent was idle since it was last ready, whatever it was ready from."""
        moments = [agent.ready_at, agent.last_status_change, agent.last_bridge_end]
        since = max((moment for moment in moments if moment is not None and moment <= now), default=None)
        if since is None:
            return
        tally = self._tallies.get((team.campaign, agent.key), Tally())
        idle = (now - since).total_seconds() / self._wall_per_felt()
        self._tallies[team.campaign, agent.key] = replace(tally, idle_seconds=tally.idle_seconds + idle)

    def _crew(self, team: Team) -> list[Agent]:
        crew = team.rules.crew
        return [
            agent
            for (tenant, _), agent in self._agents.items()
            if tenant == team.tenant and is_logged_in(agent) and serves(agent, crew.agents, crew.skills)
        ]

    def _is_free(self, agent: Agent, states: Mapping[str, ExtensionState]) -> bool:
        return states.get(agent.extension) is ExtensionState.IDLE and not self._roster.is_kept(agent.extension)

    async def _states(self, extensions: list[str]) -> dict[str, ExtensionState]:
        try:
            return dict(await self._telephony.extension_states(extensions)) if extensions else {}
        except SwitchDown:
            return {}

    def _rules(self, agent: Agent, team: Team) -> AgentRules:
        return AgentRules.over(agent.rules, team.rules.crew.overrides)

    def agent_of(self, attempt: AttemptId) -> str:
        """The key of the agent who was found for a call; empty: nobody was."""
        offer = self._offers.get(attempt)
        return "" if offer is None else offer.key

    def ring_seconds(self, attempt: AttemptId) -> float | None:
        """How long the agent who was found for a call is rung; None: nobody was."""
        offer = self._offers.get(attempt)
        if offer is None:
            return None
        return self._rules(self._agents[offer.team.tenant, offer.key], offer.team).ring_seconds

    def _wall_per_felt(self) -> float:
        """Wall-clock seconds in one felt second."""
        return (self._clock.after(1000.0) - self._clock.now()).total_seconds() / 1000.0

    def _in_wall_time(self, rules: AgentRules) -> AgentRules:
        """The rules' delays as the wall clock shows them."""
        scale = self._wall_per_felt()
        return replace(
            rules,
            wrap_up_seconds=rules.wrap_up_seconds * scale,
            busy_delay_seconds=rules.busy_delay_seconds * scale,
            reject_delay_seconds=rules.reject_delay_seconds * scale,
            no_answer_delay_seconds=rules.no_answer_delay_seconds * scale,
        )

    # ----------------------------------------------------------------------------------------------- the store

    def _put(self, offer: _Offer, agent: Agent) -> None:
        at = (offer.team.tenant, offer.key)
        self._agents[at] = agent
        self._changed.add(at)
        self._news.set()

    async def _read(self) -> None:
        """Read everybody again from time to time. What calls do to an agent is known better here."""
        now = asyncio.get_running_loop().time()
        if self._read_at is not None and now - self._read_at < REREAD_REAL_SECONDS:
            return
        await self._write()
        stored = await self._members.agents()
        self._read_at = now
        held = {(offer.team.tenant, offer.key) for offer in self._offers.values()}
        fresh: dict[tuple[TenantId, str], Agent] = {}
        for tenant, agent in stored:
            at = (tenant, agent.key)
            ours = self._agents.get(at)
            if ours is None or (at not in held and at not in self._changed):
                fresh[at] = agent
            else:
                fresh[at] = _as_stored(ours, agent)
        self._agents = fresh

    async def know(self, campaigns: set[CampaignId]) -> None:
        """Read what agents did in campaigns that begin to run, and forget those that do not run any more."""
        new = campaigns - self._known_campaigns
        if new:
            for one in await self._members.tallies(sorted(new)):
                self._tallies.setdefault((one.campaign, one.key), one.tally)
        gone = self._known_campaigns - campaigns
        if gone:
            await self._write()
            self._tallies = {at: tally for at, tally in self._tallies.items() if at[0] not in gone}
        self._known_campaigns = set(campaigns)

    def forget_tallies(self, campaign: CampaignId) -> None:
        """What agents did in a campaign is counted anew."""
        self._tallies = {at: tally for at, tally in self._tallies.items() if at[0] != campaign}

    async def _write(self) -> None:
        if not self._changed and not self._changed_tallies:
            return
        changed, self._changed = self._changed, set()
        tallies, self._changed_tallies = self._changed_tallies, {}
        on_break, self._sent_on_break = self._sent_on_break, set()
        try:
            await self._members.save_agents(
                [(at[0], self._agents[at]) for at in changed if at in self._agents],
                on_break,
                [
                    AgentTally(campaign=at[0], tenant=tenant, key=at[1], tally=self._tallies[at])
                    for at, tenant in tallies.items()
                    if at in self._tallies
                ],
            )
        except StoreDown:
            self._changed |= changed
            self._changed_tallies = tallies | self._changed_tallies
            self._sent_on_break |= on_break
            raise


def _as_stored(ours: Agent, stored: Agent) -> Agent:
    """What calls left on an agent here, with what it wants and what it is there; most of the time that is the same."""
    here = (ours.status, ours.extension, ours.skills, ours.rules)
    if here == (stored.status, stored.extension, stored.skills, stored.rules):
        return ours
    return replace(ours, status=stored.status, extension=stored.extension, skills=stored.skills, rules=stored.rules)
