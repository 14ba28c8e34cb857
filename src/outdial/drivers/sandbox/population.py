"""People for planning: who answers an ordinary number, by figures that somebody has measured or fears.

Each call is drawn anew from seed, number and how often the number was called before, so that a second try may find somebody
in. Numbers of the plan and extensions behave as ever.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from outdial.drivers.sandbox.plan import (
    TAKEN_FOR_A_PERSON,
    Answers,
    Behaviour,
    Greeting,
    RingsOut,
    Voice,
    behaviour_of,
    busy,
    chance_of,
    hello,
    is_extension,
    is_planned,
    out_of_reach,
    recited,
    rejecter,
)

_MACHINE_RECITES_SECONDS = (4.0, 12.0)
_MACHINE_RECORDS_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds that differ from call to call: a gamma distribution, which has no spread at 0 and is exponential where the
    spread is as large as the mean."""

    mean: float
    deviation: float = 0.0
    """The standard deviation."""

    def draw(self, chance: Random) -> float:
        """One of them."""
        if self.mean <= 0 or self.deviation <= 0:
            return max(0.0, self.mean)
        shape = (self.mean / self.deviation) ** 2
        return chance.gammavariate(shape, self.mean / shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What share of calls comes to what, from 0 to 1, and how long it takes. What is left of the shares rings out."""

    answered: float = 0.3
    """Somebody picks up."""
    machines: float = 0.0
    """An answering machine picks up."""
    busy: float = 0.1
    rejected: float = 0.03
    unreachable: float = 0.04
    ring: Spread = Spread(10.0, 4.0)
    """Until somebody picks up; a machine takes twice as long."""
    talk: Spread = Spread(120.0, 120.0)
    """From being joined with an agent until the callee leaves."""
    machine_talk: Spread = Spread(10.0, 5.0)
    """Until an agent who was given a machine is rid of it."""
    patience: Spread | None = None
    """How long somebody who picked up waits for an agent; None: for as long as it takes."""
    agent_answer_seconds: float = 1.0
    """How long an agent's telephone rings; 0 where it answers by itself."""

    def __post_init__(self) -> None:
        if not 0 <= self.answered + self.machines + self.busy + self.rejected + self.unreachable <= 1 + 1e-9:
            raise ValueError("the shares of a population add up to more than 1")

    def behaviour_of(self, seed: int, number: str, calls_before: int) -> Behaviour:
        """What happens when this number is dialled, having been called so often before."""
        if is_extension(number):
            behaviour = behaviour_of(seed, number)
            if isinstance(behaviour, Answers):
                return replace(behaviour, ring_seconds=self.agent_answer_seconds)
            return behaviour
        if is_planned(number):
            return behaviour_of(seed, number)
        return self._drawn(chance_of(seed, f"{number.removeprefix('+')} {calls_before}"))

    def _drawn(self, chance: Random) -> Behaviour:
        drawn = chance.random()
        for share, draw in (
            (self.answered, self._person),
            (self.machines, self._machine),
            (self.busy, busy),
            (self.rejected, rejecter),
            (self.unreachable, out_of_reach),
        ):
            if drawn < share:
                return draw(chance)
            drawn -= share
        return RingsOut()

    def _person(self, chance: Random) -> Answers:
        patience = None if self.patience is None else self.patience.draw(chance)
        return Answers(
            ring_seconds=self.ring.draw(chance),
            greeting=hello(chance),
            patience_seconds=patience,
            hold_patience_seconds=patience,
            talk_seconds=self.talk.draw(chance),
        )

    def _machine(self, chance: Random) -> Answers:
        recites = chance.uniform(*_MACHINE_RECITES_SECONDS)
        return Answers(
            ring_seconds=2 * self.ring.draw(chance),
            voice=Voice.MACHINE,
            voice_seconds=recites,
            greeting=Greeting() if chance.random() < TAKEN_FOR_A_PERSON else recited(recites),
            leaves_after_seconds=recites + _MACHINE_RECORDS_SECONDS,
            talk_seconds=self.machine_talk.draw(chance),
        )
