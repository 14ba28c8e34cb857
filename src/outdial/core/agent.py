"""People who take calls: when one is free, what an offered call leaves on them, and who is offered the next one.

An agent is one person in all campaigns; what it did in one of them is that campaign's tally. Who rings the extension, and
that two campaigns never reserve one agent together, is for others to see to. The rules are those of Webitel engine 3.10.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import assert_never

AFTER_RESULT_SECONDS = 2.0
"""An agent whose call was judged is ready after this long (Webitel engine 3.11)."""


class AgentStatus(StrEnum):
    """What an agent wants."""

    AVAILABLE = "Available"
    ON_DEMAND = "Available (On Demand)"
    """Available for one call; the agent says itself when it is ready for another."""
    ON_BREAK = "On Break"
    LOGGED_OUT = "Logged Out"


class AgentState(StrEnum):
    """What an agent does."""

    WAITING = "Waiting"
    RESERVED = "Reserved"
    IN_CALL = "In a queue call"
    IDLE = "Idle"
    """Not to be offered anything until it says so."""


_READY_TO_WORK = (AgentStatus.AVAILABLE, AgentStatus.ON_DEMAND)


@dataclass(frozen=True, slots=True)
class AgentRules:
    """How long an agent is rung, and how long it rests after what."""

    ring_seconds: float = 60
    wrap_up_seconds: float = 0
    """After a talk."""
    most_no_answers: int = 0
    """Missed offers in a row that send it on a break; 0: never."""
    busy_delay_seconds: float = 0
    reject_delay_seconds: float = 0
    """After an offer that failed otherwise than by a busy line or by no answer."""
    no_answer_delay_seconds: float = 0

    @staticmethod
    def over(own: AgentRules, params: Mapping[str, float | None]) -> AgentRules:
        """An agent's rules under a campaign's: `params` holds names of fields here. What is None, infinite or no number
        leaves the agent's own; less than 0 is 0."""

        def settled(name: str, value: float) -> float:
            given = params.get(name)
            return value if given is None or not math.isfinite(given) else max(0, given)

        return AgentRules(
            ring_seconds=settled("ring_seconds", own.ring_seconds),
            wrap_up_seconds=settled("wrap_up_seconds", own.wrap_up_seconds),
            most_no_answers=int(settled("most_no_answers", own.most_no_answers)),
            busy_delay_seconds=settled("busy_delay_seconds", own.busy_delay_seconds),
            reject_delay_seconds=settled("reject_delay_seconds", own.reject_delay_seconds),
            no_answer_delay_seconds=settled("no_answer_delay_seconds", own.no_answer_delay_seconds),
        )


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent. Times are aware; None: never."""

    key: str
    extension: str
    status: AgentStatus
    state: AgentState
    ready_at: datetime | None = None
    """It rests until then."""
    no_answers: int = 0
    """Offers missed in a row."""
    skills: frozenset[str] = frozenset()
    rules: AgentRules = AgentRules()
    last_status_change: datetime | None = None
    last_offered_at: datetime | None = None
    last_bridge_start: datetime | None = None
    last_bridge_end: datetime | None = None
    calls_answered: int = 0
    talk_seconds: float = 0


class Offer(StrEnum):
    """How an offered call ended for the agent."""

    TALKED = "talked"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    """Its extension could not be rung."""
    CANCELLED = "cancelled"
    """The callee left before the agent answered, or the two could not be joined."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one agent did in one campaign, since its counters were last reset."""

    calls: int = 0
    missed: int = 0
    bridged: int = 0
    talk_seconds: float = 0.0
    ringing_seconds: float = 0.0
    wrap_seconds: float = 0.0
    idle_seconds: float = 0.0
    break_seconds: float = 0.0
    last_offered_at: datetime | None = None


class AgentStrategy(StrEnum):
    """Who is offered the next call, by the campaign's tallies; whoever has none goes first."""

    RANDOM = "random"
    FEWEST_CALLS = "with_fewest_calls"
    LEAST_TALK_TIME = "with_least_talk_time"
    LONGEST_IDLE = "longest_idle_agent"
    LEAST_UTILISATION = "with_least_utilization"
    """The smallest share of its time spent on calls."""
    HIGHEST_WAITING_TIME = "with_highest_waiting_time"
    """The longest since it was offered a call."""


def is_logged_in(agent: Agent) -> bool:
    """Whether an agent is at work, be it busy."""
    return agent.status in _READY_TO_WORK


def is_available(agent: Agent, now: datetime) -> bool:
    """Whether an agent may be offered a call.

    The rest that was settled with its last call counts; its own wrap-up time does after a talk that settled none.
    """
    if agent.status not in _READY_TO_WORK or agent.state is not AgentState.WAITING:
        return False
    ended, ready = agent.last_bridge_end, agent.ready_at
    if ended is not None and (ready is None or ready < ended):
        ready = ended + timedelta(seconds=agent.rules.wrap_up_seconds)
    return ready is None or ready <= now


def reserved(agent: Agent, now: datetime) -> Agent:
    """An available agent that is offered a call."""
    return replace(agent, state=AgentState.RESERVED, last_offered_at=now)


def after(
    agent: Agent,
    offer: Offer,
    rules: AgentRules,
    now: datetime,
    talk_seconds: float = 0.0,
    hold_until: datetime | None = None,
) -> Agent:
    """An agent once an offered call is over, under the campaign's rules (see `AgentRules.over`).

    `hold_until`: after a talk whose result is waited for, it rests until then instead of its wrap-up time. An agent on
    demand stays idle after every offer but a cancelled one. Every kind of missed offer counts towards the break.
    """
    waiting = AgentState.IDLE if agent.status is AgentStatus.ON_DEMAND else AgentState.WAITING
    match offer:
        case Offer.TALKED:
            return replace(
                agent,
                state=waiting,
                ready_at=hold_until or now + timedelta(seconds=rules.wrap_up_seconds),
                no_answers=0,
                last_bridge_start=now - timedelta(seconds=talk_seconds),
                last_bridge_end=now,
                calls_answered=agent.calls_answered + 1,
                talk_seconds=agent.talk_seconds + talk_seconds,
            )
        case Offer.CANCELLED:
            return replace(agent, state=AgentState.WAITING)
        case Offer.NO_ANSWER:
            delay = rules.no_answer_delay_seconds
        case Offer.BUSY:
            delay = rules.busy_delay_seconds
        case Offer.REJECTED | Offer.UNREACHABLE:
            delay = rules.reject_delay_seconds
        case _:
            assert_never(offer)
    missed = replace(agent, state=waiting, ready_at=now + timedelta(seconds=delay), no_answers=agent.no_answers + 1)
    if 0 < rules.most_no_answers <= missed.no_answers and is_logged_in(agent):
        return replace(missed, status=AgentStatus.ON_BREAK, state=AgentState.WAITING, last_status_change=now)
    return missed


def result_given(agent: Agent, now: datetime) -> Agent:
    """An agent whose last call was judged: it is ready soon, unless it rests no longer or has another call."""
    soon = now + timedelta(seconds=AFTER_RESULT_SECONDS)
    busy = agent.state in (AgentState.RESERVED, AgentState.IN_CALL)
    return agent if busy or agent.ready_at is None else replace(agent, ready_at=min(agent.ready_at, soon))


def with_status(agent: Agent, status: AgentStatus, now: datetime) -> Agent:
    """An agent that says what it wants. To want calls forgets missed ones, and ends being idle; a call in progress goes
    on whatever is wanted."""
    changed = replace(agent, status=status, last_status_change=now)
    if status not in _READY_TO_WORK:
        return changed
    idle = agent.state is AgentState.IDLE
    return replace(changed, no_answers=0, state=AgentState.WAITING if idle else agent.state)


def with_state(agent: Agent, state: AgentState) -> Agent:
    """An agent that says what it does, such as being ready again on demand."""
    return replace(agent, state=state)


def tallied(
    tally: Tally,
    offer: Offer,
    offered_at: datetime,
    *,
    ringing_seconds: float = 0.0,
    talk_seconds: float = 0.0,
    wrap_seconds: float = 0.0,
) -> Tally:
    """A tally with one more offer. Only a talk has wrap-up and talk time; a cancelled offer is not missed."""
    talked = offer is Offer.TALKED
    return replace(
        tally,
        calls=tally.calls + 1,
        missed=tally.missed + (not talked and offer is not Offer.CANCELLED),
        bridged=tally.bridged + talked,
        talk_seconds=tally.talk_seconds + (talk_seconds if talked else 0.0),
        ringing_seconds=tally.ringing_seconds + ringing_seconds,
        wrap_seconds=tally.wrap_seconds + (wrap_seconds if talked else 0.0),
        last_offered_at=offered_at,
    )


def strategy_of(text: str | None) -> AgentStrategy:
    """The strategy of a name in any accepted spelling: dashes or underlines, `agent-` in front or not.

    An unknown name, none, and `top-down` mean the fewest calls.
    """
    name = (text or "").strip().lower().replace("-", "_").removeprefix("agent_")
    try:
        return AgentStrategy(name)
    except ValueError:
        return AgentStrategy.FEWEST_CALLS


def ordered(agents: Sequence[tuple[Agent, Tally]], strategy: AgentStrategy, draw: Callable[[], float]) -> list[Agent]:
    """Agents in the order in which they are offered calls. Equals go by their keys.

    `draw` gives a number in [0, 1), anew each time; only the random strategy asks for it.
    """
    by_key = sorted(agents, key=lambda pair: pair[0].key)
    if strategy is AgentStrategy.RANDOM:
        for last in range(len(by_key) - 1, 0, -1):
            other = int(draw() * (last + 1))
            by_key[last], by_key[other] = by_key[other], by_key[last]
        return [agent for agent, _ in by_key]
    return [agent for agent, tally in sorted(by_key, key=lambda pair: _rank(pair[1], strategy))]


def serves(agent: Agent, keys: Collection[str], skills: Collection[str]) -> bool:
    """Whether an agent takes a campaign's calls: it is named there, or has one of the skills that are."""
    return agent.key in keys or not agent.skills.isdisjoint(skills)


_NEVER = datetime.min.replace(tzinfo=UTC)


def _rank(tally: Tally, strategy: AgentStrategy) -> tuple[bool, float | datetime]:
    worked = tally != Tally()
    match strategy:
        case AgentStrategy.FEWEST_CALLS | AgentStrategy.RANDOM:
            return worked, tally.calls
        case AgentStrategy.LEAST_TALK_TIME:
            return worked, tally.talk_seconds
        case AgentStrategy.LONGEST_IDLE:
            return worked, -tally.idle_seconds
        case AgentStrategy.LEAST_UTILISATION:
            return worked, _utilisation(tally)
        case AgentStrategy.HIGHEST_WAITING_TIME:
            return tally.last_offered_at is not None, tally.last_offered_at or _NEVER
        case _:
            assert_never(strategy)


def _utilisation(tally: Tally) -> float:
    """The share of an agent's time that calls took, 0 to 1."""
    at_work = tally.talk_seconds + tally.ringing_seconds + tally.wrap_seconds
    everything = at_work + tally.idle_seconds
    return at_work / everything if everything > 0 else 0.0
