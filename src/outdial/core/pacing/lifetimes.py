"""How long things last, learnt while they last: life tables by age, with exponential forgetting. What has not ended yet
counts as having lived to its age (censoring); counting only what ended would make survivors look bad.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HIGHEST_HAZARD = 3.0
"""Per second. A bin in which everything ends at once would give an infinite one."""
_FOR_EVER = 1e7
"""Seconds that nothing lives."""


@dataclass(frozen=True, slots=True, eq=False)
class Cumulative:
    """Hazards summed up to each age: straight lines between the edges of a life table, and beyond the last one."""

    edges: Floats
    sums: Floats

    def at(self, ages: Floats) -> Floats:
        """The sum at each age; what is alive then is exp of minus this. The shape is that of `ages`."""
        return np.asarray(np.interp(ages, self.edges, self.sums))


@dataclass(frozen=True, slots=True, eq=False)
class LifeTable:
    """Seconds lived and ends by cause, in bins of age. `edges` are the bins' lower ends, of shape (B,), the first 0; the
    last bin is open. `lived` has the shape (B,), `ends` (C, B) for C causes that compete.
    """

    edges: Floats
    widths: Floats
    """Of the bins, in seconds; the last one is infinite."""
    lived: Floats
    ends: Floats

    @classmethod
    def of(cls, edges: Sequence[float], lived: Floats, ends: Floats) -> Self:
        """A table of this experience."""
        lower = np.asarray(edges, dtype=np.float64)
        return cls(lower, np.append(np.diff(lower), math.inf), lived, np.atleast_2d(ends))

    @classmethod
    def exponential(cls, edges: Sequence[float], mean: float, weight: float) -> Self:
        """One cause; the experience of `weight` lives whose length is exponential with `mean` seconds."""
        lower = np.asarray(edges, dtype=np.float64)
        alive = np.append(np.exp(-lower / mean), 0.0)
        ends = weight * (alive[:-1] - alive[1:])
        return cls.of(edges, ends * mean, ends)

    def experience(self, young: Floats, old: Floats) -> Self:
        """With lives, each of which went from its age in `young` to that in `old`; both have the shape (n,)."""
        if young.size == 0:
            return self
        spent = self._within(old) - self._within(young)
        return type(self)(self.edges, self.widths, np.maximum(self.lived + spent, 0.0), self.ends)

    def ended(self, cause: int, ages: Floats) -> Self:
        """With lives that ended at these ages."""
        if ages.size == 0:
            return self
        bins = np.searchsorted(self.edges, ages, side="right") - 1
        ends = self.ends.copy()
        np.add.at(ends[cause], np.maximum(bins, 0), 1.0)
        return type(self)(self.edges, self.widths, self.lived, ends)

    def faded(self, factor: float) -> Self:
        """With everything known so far believed only as much."""
        return type(self)(self.edges, self.widths, self.lived * factor, self.ends * factor)

    def hazards(self, cause: int, beforehand: LifeTable, smooth: bool = False, shrink: float = 0.0) -> Floats:
        """Ends per second of age, of shape (B,), from this experience and the one believed beforehand.

        `shrink` is how many ends the mean over all ages is worth in each bin. Smoothed, a bin shares with its neighbours.
        """
        ends, lived = self.ends[cause], self.lived
        if smooth:
            ends, lived = _shared(ends), _shared(lived)
        ends, lived = ends + beforehand.ends[cause], lived + beforehand.lived
        if shrink > 0.0:
            ends, lived = ends + shrink, lived + shrink * float(lived.sum()) / float(ends.sum())
        return np.asarray(np.minimum(ends / lived, _HIGHEST_HAZARD))

    def empty(self) -> Self:
        """A table of the same bins that has seen nothing."""
        return type(self)(self.edges, self.widths, np.zeros_like(self.lived), np.zeros_like(self.ends))

    def cumulative(self, hazards: Floats) -> Cumulative:
        """The hazards, of shape (B,), summed up."""
        edges, sums = np.append(self.edges, self.edges[-1] + _FOR_EVER), np.zeros(len(hazards) + 1)
        np.cumsum(hazards * (edges[1:] - edges[:-1]), out=sums[1:])
        return Cumulative(edges, sums)

    def mean(self, hazards: Floats) -> float:
        """The mean length of life under these hazards, in seconds."""
        alive = np.exp(-self.cumulative(hazards).sums[:-1])
        ending = -np.expm1(-hazards * self.widths)
        return float((alive * ending / hazards).sum())

    def learnt(self) -> dict[str, object]:
        """Plain values for `remembered`."""
        return {"lived": self.lived.tolist(), "ends": self.ends.tolist()}

    def remembered(self, learnt: object) -> Self:
        """This table with the experience of one that was stored, or as it is when that has another form."""
        if not isinstance(learnt, Mapping):
            return self
        lived, ends = _array(learnt.get("lived")), _array(learnt.get("ends"))
        if lived is None or ends is None or lived.shape != self.lived.shape or ends.shape != self.ends.shape:
            return self
        return type(self)(self.edges, self.widths, lived, ends)

    def _within(self, ages: Floats) -> Floats:
        """Seconds that lives of these ages have spent in each bin, summed over the lives."""
        spent = ages[:, None] - self.edges
        np.maximum(spent, 0.0, out=spent)
        np.minimum(spent, self.widths, out=spent)
        return np.asarray(spent.sum(axis=0))


def _shared(values: Floats) -> Floats:
    padded = np.concatenate((values[:1], values, values[-1:]))
    return np.asarray(0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:])


def _array(stored: object) -> Floats | None:
    """None unless it is made of finite numbers that are not negative."""
    try:
        found = np.asarray(stored, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return found if found.size and bool(np.all(np.isfinite(found)) and np.all(found >= 0.0)) else None
