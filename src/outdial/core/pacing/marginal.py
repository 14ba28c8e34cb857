"""Dialling ahead by marginal pricing: a call is launched when the humans whom it will leave without an agent, for each
answer that it brings, cost less than a price; and the price is steered so that the abandoned share comes to its target. It
keeps count of what it hears, and falls back to one call for each available agent whenever that is not enough to rely on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, assert_never

import numpy as np

from outdial.core.pacing.events import (
    Abandoned,
    AgentGone,
    AgentIs,
    AgentState,
    Answered,
    Ended,
    Ending,
    Joined,
    Launched,
    PacingEvent,
    Ringing,
)
from outdial.core.pacing.experience import ANSWERED, OTHERWISE, Experience, Lived, number
from outdial.core.pacing.floor import broadcast
from outdial.core.pacing.forecast import Forecaster, forecaster
from outdial.core.pacing.lifetimes import Floats
from outdial.core.pacing.price import Outlook, launches
from outdial.core.pacing.situation import Decision, Figures, Ground, Situation, lacking
from outdial.core.pacing.steering import FEWEST_ANSWERS, Steering, first_price

_LEARN_SECONDS = 3.0
_LONGEST_CALL_SECONDS, _LONGEST_WAIT_SECONDS = 120.0, 60.0
"""A call that has neither been answered nor ended for so long, or a callee who waits so long: its end was not heard."""
_LONG_RINGING_SECONDS = 15.0
"""In the USA and the UK a call that rings may not be given up before."""
_LONGEST_LOOK_SECONDS = 3600.0
_LARGE_GROUP = 80
_REMEMBERED_CALLS = 4096
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginalParameters:
    """What a campaign settles about dialling ahead."""

    target_percent: float = 2.8
    """Abandoned calls aimed at, in percent of those that a human answered (`targetPredictiveSilentCalls`). A target that is
    not below the cap is taken as 14/15 of the cap."""
    max_percent: float = 3.0
    """The same, beyond which there is one call for each available agent (`maxPredictiveSilentCalls`); infinite: never."""
    adjust: int = 150
    """How bold the first price is: 150 as we see fit, less is careful, more is bold, from 50 to 300; it is forgotten within
    the first hundreds of answers (`predictAdjust`)."""
    start_talks: int = 10
    """Talks with agents before anything is predicted (`predictStartBridgedCount`)."""
    wait_seconds: float = 2.0
    """How long a human waits for an agent, by which the forecast takes agents who become free a little later for in time."""
    limit_seconds: float = 2.0
    """A human who has waited longer for an agent is abandoned, whatever happens then. The law in the USA and the UK: 2.
    Infinite: only who left, or was left, is."""
    silent_seconds: float = 45.0
    """With calls in flight and no event for so long, events are not coming."""
    decide_seconds: float = 0.25
    """A decision so soon after the last one launches nothing; groups of 80 agents and more: twice as long."""

    @property
    def target(self) -> float:
        """The share aimed at, from 0 to 1."""
        lowest, highest = 0.001, self.cap * 14.0 / 15.0
        return max(lowest, min(self.target_percent / 100.0, highest))

    @property
    def cap(self) -> float:
        """The share not to be crossed, from 0 to 1, or infinite."""
        return max(0.0, self.max_percent / 100.0)


@dataclass(frozen=True, slots=True)
class _Agent:
    """What an agent does, since when, and on which call."""

    state: AgentIs
    since: float
    call: str | None = None


class MarginalPricing:
    """The pacer of predictive campaigns. One campaign has one; it is told everything in `observe` and asked in `decide`.

    >>> pacer = MarginalPricing(MarginalParameters())
    >>> pacer.observe(AgentState("100", AgentIs.FREE, at=0.0))
    >>> pacer.decide(Situation(lines=9, active=0, members_due=9, agents_available=1, agents_logged_in=1), now=0.0).launch
    1
    >>> pacer.observe(Launched("c1", at=0.1))
    >>> pacer.observe(Answered("c1", at=11.0, human=True))
    >>> pacer.observe(Joined("c1", "100", at=11.5))
    >>> pacer.observe(Ended("c1", at=95.0, how=Ending.OVER))
    >>> pacer.observe(AgentState("100", AgentIs.WRAP_UP, at=95.0))
    >>> pacer.observe(AgentState("100", AgentIs.FREE, at=110.0))
    >>> stored = pacer.learnt()
    >>> again = MarginalPricing.from_learnt(MarginalParameters(), stored)
    """

    def __init__(
        self, parameters: MarginalParameters, experience: Experience | None = None, steering: Steering | None = None
    ) -> None:
        self._parameters = parameters
        self._experience = experience or Experience.none()
        self._steering = steering or Steering()
        self._forecaster: Forecaster | None = None
        self._flying: dict[str, float] = {}
        """Calls in flight and when they were launched."""
        self._rings: dict[str, float] = {}
        self._hears_ringing = False
        self._listening: dict[str, float] = {}
        """Answered calls whose verdict is awaited, and since when."""
        self._waiting: dict[str, float] = {}
        """Humans without an agent, and since when."""
        self._late: set[str] = set()
        """Those of them who were counted as abandoned already."""
        self._settled: dict[str, None] = {}
        """Calls of which nothing more is expected, the oldest first."""
        self._agents: dict[str, _Agent] = {}
        self._left_flight: list[tuple[float, float, int | None]] = []
        self._left_talk: list[tuple[float, float, bool]] = []
        self._left_wrap_up: list[tuple[float, float, bool]] = []
        """Lives that are over since the last look: from when, until when, and how they ended, if that was seen."""
        self._looked_at: float | None = None
        self._heard_at: float | None = None
        self._decided_at: float | None = None
        self._rest_seconds = 0.0
        self._counted = (0, 0)

    @classmethod
    def from_learnt(cls, parameters: MarginalParameters, learnt: object) -> Self:
        """A pacer that knows what another one exported. What cannot be read is learnt anew."""
        if not isinstance(learnt, Mapping) or learnt.get("format") != _FORMAT:
            return cls(parameters)
        account = learnt.get("account")
        stored = account if isinstance(account, Mapping) else {}
        new = Steering()
        steering = Steering(
            bank=number(stored.get("bank"), new.bank, -1e4, 1e4),
            answers=number(stored.get("answers"), 0.0, 0.0, 1e15),
            abandoned=number(stored.get("abandoned"), 0.0, 0.0, 1e15),
            recent=number(stored.get("recent"), 0.0, 0.0, 1e9),
            seconds=number(stored.get("seconds"), 0.0, 0.0, 1e9),
            drift=number(stored.get("drift"), 0.0, -1.0, 1.0),
        )
        return cls(parameters, Experience.remembered(learnt.get("experience")), steering)

    def learnt(self) -> dict[str, object]:
        """What is worth keeping over a restart, as dictionaries, lists and numbers. Calls and agents are not: they are told
        anew, each agent with the moment since when it is in its state."""
        account = self._steering
        return {
            "format": _FORMAT,
            "experience": self._experience.learnt(),
            "account": {
                "bank": account.bank,
                "answers": account.answers,
                "abandoned": account.abandoned,
                "recent": account.recent,
                "seconds": account.seconds,
                "drift": account.drift,
            },
        }

    # ------------------------------------------------------------------------------------------------ hearing

    def observe(self, event: PacingEvent) -> None:
        """Hear an event. Events may be lost, come twice, or in another order; one without a finite moment is ignored."""
        if not math.isfinite(event.at):
            return
        self._heard_at = event.at if self._heard_at is None else max(self._heard_at, event.at)
        if self._looked_at is None:
            self._looked_at = event.at
        match event:
            case Launched(call, at):
                if not self._is_known(call):
                    self._flying[call] = at
            case Ringing(call, at):
                self._hears_ringing = True
                if call in self._flying:
                    self._rings.setdefault(call, at)
            case Answered(call, at, human):
                self._answered(call, at, human)
            case Joined(call, agent, at):
                self._joined(call, agent, at)
            case Abandoned(call, at):
                self._abandoned(call, at)
            case Ended(call, at, how):
                self._ended(call, at, how)
            case AgentState(agent, state, at):
                self._turns(agent, state, at)
            case AgentGone(agent, at):
                self._turns(agent, None, at)
            case _:
                assert_never(event)

    def _is_known(self, call: str) -> bool:
        return call in self._flying or call in self._listening or call in self._waiting or call in self._settled

    def _settle(self, call: str) -> None:
        self._flying.pop(call, None)
        self._rings.pop(call, None)
        self._listening.pop(call, None)
        self._waiting.pop(call, None)
        self._late.discard(call)
        self._settled[call] = None
        if len(self._settled) > _REMEMBERED_CALLS:
            del self._settled[next(iter(self._settled))]

    def _lands(self, call: str, at: float, cause: int | None) -> None:
        launched = self._flying.pop(call, None)
        self._rings.pop(call, None)
        if launched is not None:
            self._left_flight.append((launched, at, cause))

    def _answered(self, call: str, at: float, human: bool | None) -> None:
        if call in self._settled or call in self._waiting:
            return
        self._lands(call, at, ANSWERED)
        if human is None:
            self._listening.setdefault(call, at)
            return
        since = self._listening.pop(call, None)
        self._experience = self._experience.with_verdict(human, None if since is None else at - since)
        if human:
            self._waiting[call] = at
            self._steering = self._steering.answered(self._parameters.target)
        else:
            self._settle(call)

    def _joined(self, call: str, agent: str, at: float) -> None:
        if call not in self._settled:
            # Whoever was joined had answered, whether that was heard or not.
            self._answered(call, at, True)
            self._count_if_late(call, at)
            self._settle(call)
            self._experience = self._experience.with_talk()
        known = self._agents.get(agent)
        if known is not None and known.state is AgentIs.TALKING and known.call in (None, call):
            self._agents[agent] = _Agent(AgentIs.TALKING, known.since, call)
            return
        if known is not None and known.state is AgentIs.TALKING:
            self._left_talk.append((known.since, at, False))
            self._agents[agent] = _Agent(AgentIs.TALKING, at, call)
            return
        self._turns(agent, AgentIs.TALKING, at)
        self._agents[agent] = _Agent(AgentIs.TALKING, at, call)

    def _abandoned(self, call: str, at: float) -> None:
        if call in self._settled:
            return
        self._answered(call, at, True)
        if call not in self._late:
            self._steering = self._steering.lost()
        self._settle(call)

    def _ended(self, call: str, at: float, how: Ending) -> None:
        if call in self._settled:
            return
        self._count_if_late(call, at)
        match how:
            case Ending.BUSY | Ending.NO_ANSWER | Ending.REFUSED:
                self._lands(call, at, OTHERWISE)
            case Ending.TRUNK_FAILURE | Ending.CANCELLED | Ending.OVER:
                self._lands(call, at, None)
            case _:
                assert_never(how)
        self._settle(call)

    def _count_if_late(self, call: str, at: float) -> None:
        """Count a human who has waited beyond the limit as abandoned, once."""
        since = self._waiting.get(call)
        if since is not None and call not in self._late and at - since > self._parameters.limit_seconds:
            self._late.add(call)
            self._steering = self._steering.lost()

    def _turns(self, agent: str, state: AgentIs | None, at: float) -> None:
        """An agent does something else from now on; None: is gone."""
        known = self._agents.get(agent)
        before = None if known is None else known.state
        if known is not None and before is state:
            return
        if known is not None and before is AgentIs.TALKING:
            self._left_talk.append((known.since, at, True))
            if state in (AgentIs.FREE, AgentIs.AWAY, None):
                self._left_wrap_up.append((at, at, True))
        elif known is not None and before is AgentIs.WRAP_UP:
            self._left_wrap_up.append((known.since, at, True))
        if before in (AgentIs.TALKING, AgentIs.WRAP_UP) and state is not AgentIs.WRAP_UP:
            self._experience = self._experience.with_wrapped_up(left=state in (AgentIs.AWAY, None))
        if state is None:
            self._agents.pop(agent, None)
        else:
            self._agents[agent] = _Agent(state, at)

    # ----------------------------------------------------------------------------------------------- learning

    def _look(self, now: float) -> Forecaster:
        """Take in what happened since the last look, at most once in three seconds, and say what follows from it."""
        for call, since in list(self._waiting.items()):
            self._count_if_late(call, now)
            if now - since > _LONGEST_WAIT_SECONDS:
                self._settle(call)
        last = self._looked_at
        if last is None:
            self._looked_at = last = now
        if now - last >= _LEARN_SECONDS or now < last - _LONGEST_CALL_SECONDS:
            # When the clock was set back, nothing has aged meanwhile; and what nobody looked at for an hour, not more.
            self._learn(max(min(last, now), now - _LONGEST_LOOK_SECONDS), now)
            self._looked_at = now
        elif self._forecaster is not None:
            return self._forecaster
        self._forecaster = forecaster(self._experience, self._parameters.wait_seconds)
        return self._forecaster

    def _learn(self, last: float, now: float) -> None:
        for call, launched in list(self._flying.items()):
            if now - launched > _LONGEST_CALL_SECONDS:
                self._lands(call, launched + _LONGEST_CALL_SECONDS, None)
                self._settle(call)
        for call, since in list(self._listening.items()):
            if now - since > _LONGEST_WAIT_SECONDS:
                self._settle(call)
        seconds = max(0.0, now - last)
        flown = _lived(list(self._flying.values()), self._left_flight, 2, last, now)
        talks = [(since, until, 0 if seen else None) for since, until, seen in self._left_talk]
        wrap_ups = [(since, until, 0 if seen else None) for since, until, seen in self._left_wrap_up]
        learnt = self._experience.with_calls(flown, seconds)
        learnt = learnt.with_talks(_lived(self._since(AgentIs.TALKING), talks, 1, last, now))
        self._experience = learnt.with_wrap_ups(_lived(self._since(AgentIs.WRAP_UP), wrap_ups, 1, last, now))
        self._steering = self._steering.after(seconds)
        self._left_flight, self._left_talk, self._left_wrap_up = [], [], []

    def _since(self, *states: AgentIs) -> list[float]:
        return [agent.since for agent in self._agents.values() if agent.state in states]

    # ----------------------------------------------------------------------------------------------- deciding

    def rests(self, now: float) -> bool:
        """Whether the last decision was a moment ago, so that nothing would be launched now."""
        return self._decided_at is not None and 0.0 < now - self._decided_at < self._rest_seconds

    def decide(self, situation: Situation, now: float) -> Decision:
        """How many calls to launch now. Never more than lines, rate and members due allow, and none without an agent.

        `now` is on the clock of the events. Decided too soon after the last time, nothing is launched.
        """
        agents = max(0, situation.agents_logged_in)
        if not math.isfinite(now):
            return Decision(0, situation.active, 0, Ground.TOO_SOON, "the clock gives no moment")
        if self.rests(now):
            return Decision(0, situation.active, 0, Ground.TOO_SOON, "it was decided a moment ago")
        self._decided_at = now
        self._rest_seconds = self._parameters.decide_seconds * (2.0 if agents >= _LARGE_GROUP else 1.0)
        seen = self._look(now)
        self._notice_new_counters(situation)
        free = max(0, min(situation.agents_available, agents))
        waiting = max(len(self._waiting), situation.waiting_callees)
        talking = len(self._since(AgentIs.TALKING, AgentIs.RINGING))
        known = len(self._flying) + len(self._listening) + len(self._waiting)
        unheard = max(0, situation.active - known - talking)
        unjoined = known + unheard + waiting - len(self._waiting)
        for_each = max(0, free - unjoined)
        allowed = max(0, min(broadcast(situation.floor), situation.members_due))
        answers = seen.answers(_ages(self._flying.values(), now), _ages(self._listening.values(), now), waiting)
        answers = answers + unheard * seen.new_call
        freed = self._freed(seen, agents - free, now)
        target = self._parameters.target
        self._steering = self._steering.bounded(target, agents)
        limit = self._steering.price(target, agents, self._parameters.adjust)
        braked = self._is_over_cap(situation, self._steering.answers_ahead)
        if self._is_over_cap(situation, 0.0):
            limit = self._steering.recovering_price(limit)
        careful = self._caution(situation, unjoined, braked, now)
        launch, price = 0, 0.0
        if agents > 0 and allowed > 0:
            if careful:
                launch = min(for_each, allowed)
            else:
                most = min(allowed, 4 * agents + 10)
                launch, price = launches(Outlook(free, agents, freed, answers), seen.new_call, limit, most)
                launch = max(launch, min(for_each, allowed))
        return Decision(
            launch,
            max(0, situation.active) + launch,
            self._boldness(limit, agents),
            *_why(situation, agents, allowed, careful, launch, price, limit),
            braked=braked,
            cancel=self._hopeless(now) if agents == 0 else (),
            figures=self._figures(situation, seen, answers, freed, limit, price),
        )

    def _hopeless(self, now: float) -> tuple[str, ...]:
        """Calls in flight that may be given up: not ringing yet, or ringing for so long that the law allows it. Where
        nothing is said about ringing at all, none."""
        if not self._hears_ringing:
            return ()
        rings = self._rings
        return tuple(call for call in self._flying if call not in rings or now - rings[call] >= _LONG_RINGING_SECONDS)

    def _notice_new_counters(self, situation: Situation) -> None:
        """When the campaign's counters begin anew, so does the account's share."""
        counted = (situation.answered, situation.abandoned)
        if counted[0] < self._counted[0] or counted[1] < self._counted[1]:
            self._steering = self._steering.anew()
        self._counted = counted

    def _freed(self, seen: Forecaster, busy: int, now: float) -> Floats:
        talking = self._since(AgentIs.TALKING, AgentIs.RINGING)
        wrapping_up = self._since(AgentIs.WRAP_UP)
        told = len(talking) + len(wrapping_up)
        freed = seen.freed(_ages(talking, now), _ages(wrapping_up, now))
        # More agents than are busy were told of: ends were not heard, and nobody knows whose.
        return freed * (busy / told) if told > busy else freed

    def _is_over_cap(self, situation: Situation, ahead: float) -> bool:
        """Whether the campaign's counters, or what was heard, is over the cap by more than so many answers make good."""
        cap, account = self._parameters.cap, self._steering
        answered = max(situation.answered, situation.bridged + situation.abandoned)
        return any(
            lost > cap * max(all + ahead, FEWEST_ANSWERS)
            for lost, all in ((situation.abandoned, answered), (account.abandoned, account.answers))
        )

    def _caution(self, situation: Situation, unjoined: int, braked: bool, now: float) -> str:
        """Why there is only one call for each available agent; empty: there is no reason."""
        parameters, learnt = self._parameters, self._experience
        if braked:
            share = max(situation.abandoned_percent, self._steering.percent)
            return f"{share:.1f} % of answered calls were abandoned"
        if unjoined > 0 and (self._heard_at is None or now - self._heard_at > parameters.silent_seconds):
            return "nothing is heard of the calls in flight"
        if learnt.talks_begun < parameters.start_talks:
            return f"until there were {parameters.start_talks} talks"
        return ""

    def _boldness(self, limit: float, agents: int) -> int:
        """The price in the terms of `predictAdjust`, in steps of ten so that it seldom changes."""
        return max(10, 10 * round(15.0 * limit / first_price(agents)))

    def _figures(
        self, situation: Situation, seen: Forecaster, answers: Floats, freed: Floats, limit: float, price: float
    ) -> Figures:
        return Figures(
            answers_expected=float(answers.sum()),
            free_expected=float(freed.sum()),
            price_limit_percent=100.0 * limit,
            price_percent=100.0 * price,
            abandoned_percent=max(situation.abandoned_percent, self._steering.percent),
            target_percent=100.0 * self._parameters.target,
            cap_percent=100.0 * self._parameters.cap,
            answered_percent=100.0 * seen.answered_share,
            level_percent=100.0 * self._experience.answered_lately,
            answer_seconds=seen.answer_seconds,
            talk_seconds=seen.talk_seconds,
            wrap_up_seconds=seen.wrap_up_seconds,
            break_percent=100.0 * self._experience.leaves.value,
            calls_learnt=self._experience.calls_ended,
            talks_learnt=self._experience.talks_begun,
        )


def _ages(moments: object, now: float) -> Floats:
    ages = np.array(list(moments), dtype=np.float64)  # type: ignore[call-overload]
    return np.maximum(now - ages, 0.0)


def _lived(
    begun: list[float], left: list[tuple[float, float, int | None]], causes: int, last: float, now: float
) -> Lived:
    """Lives that go on and lives that are over, as far as they lie between two looks."""
    starts = np.array(begun + [one[0] for one in left], dtype=np.float64)
    ends = np.array([now] * len(begun) + [one[1] for one in left], dtype=np.float64)
    over = tuple(
        np.array([max(0.0, until - since) for since, until, how in left if how == cause], dtype=np.float64)
        for cause in range(causes)
    )
    return Lived(np.maximum(last - starts, 0.0), np.maximum(ends - starts, 0.0), over)


def _why(
    situation: Situation, agents: int, allowed: int, careful: str, launch: int, price: float, limit: float
) -> tuple[Ground, str]:
    if agents == 0:
        return Ground.NO_AGENT, "no agent is logged in"
    if allowed == 0:
        return lacking(situation)
    if careful:
        return Ground.ONE_EACH, f"one call for each available agent: {careful}"
    if launch == 0:
        cost = f"one more call would cost {100.0 * price:.1f} of a hundred answers; {100.0 * limit:.1f} are allowed"
        return Ground.PRICE, cost
    if launch == allowed:
        return Ground.LIMITED, "as many as lines, rate and members allow"
    return Ground.WANTED, f"{launch} more, of which the last costs {100.0 * price:.1f} of a hundred answers"
