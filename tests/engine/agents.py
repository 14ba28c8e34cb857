"""A floor of agents for tests: the store and the switch as the desk sees them, and a clock that stands until it is told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from outdial.core.agent import Agent, AgentRules, AgentState, AgentStatus, AgentStrategy
from outdial.core.extension import ExtensionState
from outdial.core.ids import CampaignId, TenantId
from outdial.core.members import Crew, MemberRules, Mode
from outdial.core.settlement import MemberRule
from outdial.engine.desk import Team
from outdial.ports import AgentTally, SwitchDown

TENANT = TenantId(7)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class StandingClock:
    """Time passes only by `pass_by`."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self) -> datetime:
        return self.after(0.0)

    def monotonic(self) -> float:
        return self.seconds

    def after(self, seconds: float) -> datetime:
        return START + timedelta(seconds=self.seconds + seconds)

    def hold(self) -> None:
        """It stands anyway."""

    def release(self) -> None:
        """It stands anyway."""

    def call_after(self, seconds: float, act: Callable[[], None]) -> StandingClock:
        return self

    def cancel(self) -> None:
        """Nothing was to happen."""

    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds)


class Agents:
    """The store's agents, and their telephones at the switch."""

    def __init__(self, *keys: str, rules: AgentRules | None = None) -> None:
        self.stored = {
            key: Agent(key, key, AgentStatus.AVAILABLE, AgentState.WAITING, rules=rules or AgentRules()) for key in keys
        }
        self.telephones: dict[str, ExtensionState] = dict.fromkeys(keys, ExtensionState.IDLE)
        self.away = False
        self.tallies_written: dict[tuple[CampaignId, str], AgentTally] = {}

    def says(self, key: str, status: AgentStatus) -> None:
        """An agent changes its mind at the door."""
        self.stored[key] = replace(self.stored[key], status=status)

    # -------------------------------------------------------------------------------------------- as the store

    async def agents(self) -> list[tuple[TenantId, Agent]]:
        return [(TENANT, agent) for agent in self.stored.values()]

    async def tallies(self, campaigns: Sequence[CampaignId]) -> list[AgentTally]:
        return [one for at, one in self.tallies_written.items() if at[0] in campaigns]

    async def save_agents(
        self,
        agents: Sequence[tuple[TenantId, Agent]],
        on_break: Collection[tuple[TenantId, str]],
        tallies: Sequence[AgentTally],
    ) -> None:
        for tenant, agent in agents:
            earned = (tenant, agent.key) in on_break
            status = AgentStatus.ON_BREAK if earned else self.stored[agent.key].status
            self.stored[agent.key] = replace(agent, status=status)
        self.tallies_written |= {(one.campaign, one.key): one for one in tallies}

    async def free_agents(self, kept: Collection[tuple[TenantId, str]]) -> None:
        for key, agent in self.stored.items():
            if (TENANT, agent.extension) not in kept:
                self.stored[key] = replace(agent, state=AgentState.WAITING)

    # ------------------------------------------------------------------------------------------- as the switch

    async def extension_states(self, extensions: Collection[str]) -> Mapping[str, ExtensionState]:
        if self.away:
            raise SwitchDown("away")
        return {each: self.telephones.get(each, ExtensionState.UNKNOWN) for each in extensions}

    async def members(self, tenant: TenantId, target: str) -> Sequence[str]:
        return [target]


def team(
    campaign: int,
    *keys: str,
    skills: Collection[str] = (),
    priority: int = 0,
    result_seconds: float | None = None,
    **overrides: float,
) -> Team:
    """A campaign whose agents these are."""
    crew = Crew(
        agents=frozenset(keys), skills=frozenset(skills), strategy=AgentStrategy.FEWEST_CALLS, overrides=overrides
    )
    rule = MemberRule(5, 60.0, needs_agent=True, result_seconds=result_seconds)
    return Team(
        TENANT, CampaignId(campaign), MemberRules(mode=Mode.PREDICTIVE, rule=rule, crew=crew, priority=priority)
    )
