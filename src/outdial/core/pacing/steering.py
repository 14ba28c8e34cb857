"""The price that a call may cost, steered so that the share of abandoned calls comes to the target. It keeps an account:
every live answer brings what the target allows, every abandoned one costs 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

_LOWEST_PRICE, _HIGHEST_PRICE = 0.004, 0.5
_STEEPEST, _SETTLING_SECONDS = 0.12, 400.0
_RATE_SECONDS = 600.0
_DRIFT_PER_HOUR, _DRIFT_PER_ANSWER, _FARTHEST_DRIFT = 0.02, 0.0002, math.log(2.0)
_RESERVE, _RESERVE_PER_AGENT = 1.5, 0.02
"""Abandoned calls kept in hand from the beginning, so that a short campaign does not end above its cap by chance."""
FEWEST_ANSWERS = 100.0
"""The abandoned share is taken of at least so many answers: before, a single call would weigh several percent."""
_ABSORBING_SECONDS = 3600.0
_RECOVERING_PRICE = 0.03
_LEARNING_ANSWERS = 100.0
_BOLDNESS_ON_AVERAGE = 150.0


@dataclass(frozen=True, slots=True)
class Steering:
    """The account, and how fast answers come."""

    bank: float = 0.0
    """Abandoned calls that may still happen; below 0 there were too many."""
    answers: float = 0.0
    abandoned: float = 0.0
    recent: float = 0.0
    """Answers of about the last ten minutes, each fading by its age."""
    seconds: float = 0.0
    """How much of these ten minutes there has been, fading likewise."""
    drift: float = 0.0
    """How far the price has gone from the first one to stay, as a logarithm. Without it the account would have to keep what
    moves the price there, which is so many abandoned calls too few, or too many, for good."""

    @property
    def percent(self) -> float:
        """Abandoned calls in percent of answered ones; 0 when none was."""
        return 100.0 * self.abandoned / self.answers if self.answers > 0.0 else 0.0

    def anew(self) -> Self:
        """With the share counted anew; the price stays where it is."""
        return replace(self, answers=0.0, abandoned=0.0)

    def answered(self, target: float) -> Self:
        """After a live answer, of which the share `target` may be abandoned."""
        # Little by little: a small group's account goes up and down by chance, and a large one has many answers an hour.
        hours = self.seconds / max(self.recent, 1.0) / 3600.0
        drift = self.drift + min(_DRIFT_PER_HOUR * hours, _DRIFT_PER_ANSWER) * self.bank
        return replace(
            self,
            bank=self.bank + target,
            answers=self.answers + 1.0,
            recent=self.recent + 1.0,
            drift=min(_FARTHEST_DRIFT, max(-_FARTHEST_DRIFT, drift)),
        )

    def lost(self) -> Self:
        """After an abandoned call."""
        return replace(self, bank=self.bank - 1.0, abandoned=self.abandoned + 1.0)

    def after(self, seconds: float) -> Self:
        """When so much time has passed."""
        kept = math.exp(-seconds / _RATE_SECONDS)
        return replace(self, recent=self.recent * kept, seconds=self.seconds * kept + seconds)

    def steepness(self, target: float) -> float:
        """How much the logarithm of the price follows the account: quickly in a small group, slowly where answers abound."""
        rate = self.recent / max(self.seconds, 60.0)
        return min(_STEEPEST, 1.0 / max(_SETTLING_SECONDS * rate * target, 1e-9))

    def price(self, target: float, agents: int, adjust: int) -> float:
        """Abandoned calls for each answer that the last call may cost.

        `adjust` is how bold the first price is, in percent of Webitel's default of 150 times our own, believed from a third
        to twice; it is forgotten with the first hundred or so answers.
        """
        boldness = min(2.0, max(1.0 / 3.0, adjust / _BOLDNESS_ON_AVERAGE))
        first = first_price(agents) * math.pow(boldness, _LEARNING_ANSWERS / (_LEARNING_ANSWERS + self.answers))
        wanted = math.log(first) + self.drift + self.steepness(target) * (self.bank - _reserve(agents))
        return math.exp(min(math.log(_HIGHEST_PRICE), max(math.log(_LOWEST_PRICE), wanted)))

    def recovering_price(self, price: float) -> float:
        """The price while the abandoned share is over the cap, but no further than the next answers will make good."""
        return min(price, _RECOVERING_PRICE)

    @property
    def answers_ahead(self) -> float:
        """Answers of an hour, at the rate of the last ten minutes."""
        return _ABSORBING_SECONDS * self.recent / max(self.seconds, _RATE_SECONDS)

    def bounded(self, target: float, agents: int) -> Self:
        """With no more in the account, in either direction, than moves the price to its bounds."""
        slope, first = self.steepness(target), math.log(first_price(agents)) + self.drift
        reserve = _reserve(agents)
        most = reserve + (math.log(_HIGHEST_PRICE) - first) / slope
        least = reserve + (math.log(_LOWEST_PRICE) - first) / slope
        return self if least <= self.bank <= most else replace(self, bank=min(most, max(least, self.bank)))


def first_price(agents: int) -> float:
    """The price before anything was seen: 0.07 for one agent, 0.1 from ten on. The last call may cost some three times the
    target, because most calls cost less than the last; the nearer this is to where the price will stay, the less the account
    has to hold to keep it there."""
    return min(0.1, 0.07 + 0.03 * math.log10(max(1, agents)))


def _reserve(agents: int) -> float:
    return _RESERVE + _RESERVE_PER_AGENT * agents
