"""What one more call costs: the answered humans it will leave without an agent, for each answer that it brings. It knows
neither calls nor agents, only how many answers and how many free agents are expected in the slices of the near future.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from outdial.core.pacing.lifetimes import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The near future in K slices. In each, Poisson(`freed[k]`) agents become free, then Poisson(`answers[k]`) humans
    answer. Both arrays have the shape (K,)."""

    free: int
    """Agents free now."""
    most: int
    """Agents logged in: there are never more free ones."""
    freed: Floats
    answers: Floats


def prices(outlook: Outlook) -> Floats:
    """What one more answer in each slice costs, of shape (K,), from 0 to 1.

    Free agents s are followed through the slices: forward as a distribution P, backward as V(s), the loss still to come. A
    human who answers at s = 0 is lost. One more answer in slice k costs P(0) + sum of P(s) * (V(s-1) - V(s)) over s > 0:
    itself, or the agent that it takes from others. This is the derivative of the expected loss by `answers[k]`.
    """
    return _Walk(outlook).prices(outlook.answers)


def launches(outlook: Outlook, profile: Floats, limit: float, most: int) -> tuple[int, float]:
    """How many calls to launch, at most `most`, and the price of the last one (of the first, when there is none).

    `profile` is the expected answers of a new call by slice, of shape (K,). The price of a call is the mean of the slices'
    prices, weighed by its profile; it grows with every call. The largest number is sought whose last call costs no more
    than `limit`.
    """
    share = float(profile.sum())
    if most <= 0 or share <= 0.0:
        return 0, 0.0
    walk = _Walk(outlook)

    def price(others: int) -> float:
        return float(walk.prices(outlook.answers + others * profile) @ profile) / share

    last = price(0)
    if last > limit:
        return 0, last
    good, step, bad = 1, 1, most + 1
    while good < most:
        tried = min(most, good + step)
        cost = price(tried - 1)
        if cost > limit:
            bad = tried
            break
        good, last, step = tried, cost, step * 2
    while bad - good > 1:
        middle = (good + bad) // 2
        cost = price(middle - 1)
        if cost > limit:
            bad = middle
        else:
            good, last = middle, cost
    return good, last


class _Walk:
    """The walk of the free agents through the slices, for any answers."""

    def __init__(self, outlook: Outlook) -> None:
        freed = np.maximum(outlook.freed, 0.0)
        free = max(0, min(outlook.free, outlook.most))
        total = float(freed.sum())
        # Six standard deviations above what is expected nobody is, so the states end there.
        self._top = max(1, min(outlook.most, free + math.ceil(total + 6.0 * math.sqrt(total + 1.0))))
        self._begin = np.zeros(self._top + 1)
        self._begin[free] = 1.0
        chances, beyond = _poisson(freed, self._top)
        self._ups = _steps(chances, beyond, _upward(self._top))

    def prices(self, answers: Floats) -> Floats:
        answers = np.maximum(answers, 0.0)
        chances, beyond = _poisson(answers, self._top)
        downs = _steps(chances, beyond, _downward(self._top))
        # E(A - s)+ falls from the mean at s = 0 by P(A > s) with each more agent.
        lost = answers[:, None] - (beyond.cumsum(axis=1) - beyond[:, :1])
        np.maximum(lost, 0.0, out=lost)
        reached = np.empty_like(chances)
        states = self._begin
        for k, (up, down) in enumerate(zip(self._ups, downs, strict=True)):
            states = states.dot(up).dot(down)
            reached[k] = states
        worth = np.zeros((len(answers) + 1, self._top + 1))
        for k in range(len(answers) - 1, -1, -1):
            worth[k] = self._ups[k].dot(downs[k].dot(worth[k + 1]) + lost[k])
        later = worth[1:]
        found = reached[:, 0] + ((later[:, :-1] - later[:, 1:]) * reached[:, 1:]).sum(axis=1)
        return np.asarray(np.clip(found, 0.0, 1.0))


def _poisson(means: Floats, top: int) -> tuple[Floats, Floats]:
    """For each mean, in rows: the chance of exactly 0 … `top`, and that of as many or more. Both of shape (K, top + 1)."""
    counts, logs = _counts(top)
    safe = np.maximum(means, 1e-12)[:, None]
    chances = np.exp(counts * np.log(safe) - safe - logs)
    beyond = np.ones_like(chances)
    np.subtract(1.0, chances[:, :-1].cumsum(axis=1), out=beyond[:, 1:])
    np.maximum(beyond, 0.0, out=beyond)
    return chances, beyond


def _steps(chances: Floats, beyond: Floats, index: NDArray[np.intp]) -> Floats:
    """The matrices of a step, of shape (K, top + 1, top + 1): from the state of the row to that of the column."""
    nothing = np.zeros((len(chances), 1))
    return np.concatenate((chances, beyond, nothing), axis=1)[:, index]


@lru_cache(maxsize=512)
def _counts(top: int) -> tuple[Floats, Floats]:
    """0 … top, and the logarithms of their factorials."""
    counts = np.arange(top + 1, dtype=np.float64)
    return counts, np.concatenate(([0.0], np.cumsum(np.log(counts[1:]))))


@lru_cache(maxsize=512)
def _upward(top: int) -> NDArray[np.intp]:
    """Where `_steps` finds the chance of going up from one state to another. The highest state takes all that go beyond."""
    states = np.arange(top + 1)
    by = states[None, :] - states[:, None]
    index = np.where(by >= 0, by, 2 * (top + 1))
    index[:, top] = top + 1 + by[:, top]
    return index


@lru_cache(maxsize=512)
def _downward(top: int) -> NDArray[np.intp]:
    """The same for going down, where state 0 takes all that go beyond."""
    return np.ascontiguousarray(_upward(top)[::-1, ::-1])
