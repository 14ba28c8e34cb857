"""The rules of a campaign whose contacts are members: several numbers each, agents who take the calls, gateways of the
campaign's own. They are settled by its caller and do not know what is going on at the moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from outdial.core.agent import AgentStrategy
from outdial.core.amd import Amd
from outdial.core.number import NumberStrategy, NumberType
from outdial.core.pacing import PredictiveParameters
from outdial.core.pacing.choices import DEFAULT_PACER, ChoiceParameters, PacerName
from outdial.core.settlement import MemberRule

LEGAL_WAIT_SECONDS = 2.0
"""How long somebody who answered may wait for an agent (FTC 16 CFR 310.4(b)(4), Ofcom's statement on persistent misuse)."""


class Mode(StrEnum):
    """What happens on answer, and how far ahead of the agents calls are placed."""

    BROADCAST = "broadcast"
    """Nobody is needed: the script speaks."""
    PROGRESSIVE = "progressive"
    """An agent is rung first, and the callee when the agent has answered."""
    PREDICTIVE = "predictive"
    """More callees are rung than agents are free; whoever answers is given the next one."""


class MemberOrder(StrEnum):
    """Which member is called first."""

    NEXT_TRIES = "next-tries-circuit"
    """Due retries, the one due last first, then those never tried, by priority and age."""
    STRICT = "strict-circuit"
    """One attempt over the whole list, then the second round: whoever was not called for longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The agents of a campaign: named ones, and whoever has one of the skills."""

    agents: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    strategy: AgentStrategy = AgentStrategy.FEWEST_CALLS
    overrides: Mapping[str, float] = field(default_factory=dict)
    """Fields of `AgentRules` that the campaign settles itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A way out of a campaign's own. `template` is what is dialled: `$1` to `$9` and `$&` are groups of the resource's
    pattern, found in the number's digits."""

    id: str
    trunk: str
    template: str
    limit: int
    """Calls at once through it; 0: none."""
    enabled: bool = True
    callers: tuple[str, ...] = ()
    """Numbers to show, one of them at random; empty: the trunk's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Gateways for numbers that match a regular expression somewhere."""

    pattern: str
    gateways: tuple[Gateway, ...]
    enabled: bool = True
    random: bool = False
    """Whether the gateways are tried in a random order instead of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRules:
    """All that a campaign of members has besides its settings."""

    mode: Mode
    rule: MemberRule
    types: tuple[NumberType, ...] = ()
    number_strategy: NumberStrategy = NumberStrategy.BY_PRIORITY
    order: MemberOrder = MemberOrder.NEXT_TRIES
    resources: tuple[Resource, ...] = ()
    crew: Crew = Crew()
    amd: Amd | None = None
    record: bool = True
    locate_seconds: float = 10.0
    """How long an answered callee waits for an agent before being dropped as abandoned."""
    predictive: PredictiveParameters = PredictiveParameters()
    pacer: PacerName = DEFAULT_PACER
    """Who decides how far ahead of its agents a predictive campaign dials."""
    ratio: float = 1.5
    """Calls for each available agent, of the pacer of that name."""
    eternal: bool = False
    """Whether the campaign goes on without members, waiting for new ones."""
    one_day: bool = False
    """Whether a member expires when none of its numbers can be called any more on this day."""
    reset_daily: bool = False
    """Whether the counters begin anew at each midnight of the calendar."""
    priority: int = 0
    """Among campaigns that want the same agents or lines, the higher goes first."""
    strict_crash: bool = False
    """Whether a member whose call was cut off by a crash is finished instead of tried again."""

    @property
    def pacing(self) -> ChoiceParameters:
        """What the pacer goes by. Who waited for longer than the law allows counts as abandoned, whatever comes of it."""
        return ChoiceParameters(
            predictive=self.predictive, wait_seconds=min(LEGAL_WAIT_SECONDS, self.locate_seconds), ratio=self.ratio
        )
