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

    It takes one of s free agents, and whoever will miss that agent later is left without one; where s = 0 it is left without
    one itself. Free agents are followed through the slices: forward as a distribution P(s), backward as the risk r(s) that
    one of them, once taken, will be missed, with r(0) = 1. The price in a slice is the sum of P(s) * r(s) at its end, which
    is the derivative of the expected loss by `answers[k]`.
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
    """The walk of the free agents through the slices, for any answers.

    The states are 0 … `top` free agents, and between the two steps of a slice one more: `top`, reached by agents who come
    when everybody is free already. There nobody is ever missed.
    """

    def __init__(self, outlook: Outlook) -> None:
        freed = np.maximum(outlook.freed, 0.0)
        free = max(0, min(outlook.free, outlook.most))
        total = float(freed.sum())
        # Six standard deviations above what is expected nobody is, so the states end there.
        self._top = max(1, min(outlook.most, free + math.ceil(total + 6.0 * math.sqrt(total + 1.0))))
        self._begin = np.zeros(self._top + 1)
        self._begin[free] = 1.0
        self._ups = _steps(freed, self._top, _upward(self._top))

    def prices(self, answers: Floats) -> Floats:
        slices = list(zip(self._ups, _steps(np.maximum(answers, 0.0), self._top, _downward(self._top)), strict=True))
        states, ends = self._begin, []
        for up, down in slices:
            states = states.dot(up).dot(down)
            ends.append(states)
        risk = np.zeros(self._top + 1)
        risk[0] = 1.0
        found = np.empty(len(slices))
        for k in range(len(slices) - 1, -1, -1):
            found[k] = ends[k].dot(risk)
            up, down = slices[k]
            missed = down.dot(risk)
            missed[-1] = 0.0
            risk = up.dot(missed)
            risk[0] = 1.0
        return np.minimum(found, 1.0)


def _steps(means: Floats, top: int, index: NDArray[np.intp]) -> Floats:
    """A matrix for each mean, from the state of the row to that of the column, laid out as `index` says."""
    counts, logs = _counts(top)
    chances = np.zeros((len(means), 2 * top + 4))
    exactly, more = chances[:, : top + 1], chances[:, top + 2 : -1]
    safe = np.maximum(means, 1e-12)[:, None]
    np.exp(counts * np.log(safe) - safe - logs, out=exactly)
    chances[:, top + 1] = 1.0
    np.subtract(1.0, exactly.cumsum(axis=1), out=more)
    np.maximum(more, 0.0, out=more)
    # `take` lays each matrix out in one piece; after `[:, index]` every product would copy its matrix first.
    return chances.take(index, axis=1)


# Where `_steps` finds what a matrix is made of: the chance of exactly n at n, that of n or more at `top` + 1 + n, and a zero
# at the end.


@lru_cache(maxsize=512)
def _counts(top: int) -> tuple[Floats, Floats]:
    """0 … top, and the logarithms of their factorials."""
    counts = np.arange(top + 1, dtype=np.float64)
    return counts, np.concatenate(([0.0], np.cumsum(np.log(counts[1:]))))


@lru_cache(maxsize=512)
def _upward(top: int) -> NDArray[np.intp]:
    """Up from 0 … `top`; the last column takes those that go beyond."""
    states = np.arange(top + 1)
    index = np.empty((top + 1, top + 2), dtype=np.intp)
    by = states[None, :] - states[:, None]
    index[:, :-1] = np.where(by >= 0, by, 2 * top + 3)
    index[:, -1] = top + 1 + (top + 1 - states)
    return index


@lru_cache(maxsize=512)
def _downward(top: int) -> NDArray[np.intp]:
    """Down to 0 … `top`, where 0 takes those that go beyond; the last row begins at `top` once more."""
    states = np.arange(top + 1)
    index = np.empty((top + 2, top + 1), dtype=np.intp)
    by = states[:, None] - states[None, :]
    index[:-1] = np.where(by >= 0, by, 2 * top + 3)
    index[:-1, 0] = top + 1 + states
    index[-1] = index[-2]
    return index
