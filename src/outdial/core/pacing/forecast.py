"""What the next half minute will bring: answers of the calls in flight and agents who become free, in slices of two seconds,
from the ages of calls, talks and wrap-ups and from what was learnt about them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outdial.core.pacing.experience import Experience
from outdial.core.pacing.lifetimes import Cumulative, Floats

SLICES, SLICE_SECONDS = 15, 2.0
HORIZON_SECONDS = SLICES * SLICE_SECONDS
_OLDEST_CALL = 120
_SECONDS = np.arange(_OLDEST_CALL + int(HORIZON_SECONDS))
_BOUNDS = np.arange(_OLDEST_CALL + 1)[:, None] + np.arange(0, int(HORIZON_SECONDS) + 1, int(SLICE_SECONDS))
"""For each age in whole seconds, the seconds between which the slices lie."""
_LATER = np.arange(SLICES)[None, :] - np.arange(SLICES)[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class Forecaster:
    """What follows from an experience, ready to be asked many times."""

    humans_by_age: Floats
    """Of shape (ages, SLICES): the humans that a call of that age, in whole seconds, is expected to bring in each slice."""
    verdicts: Floats
    """Of shape (SLICES,): the humans that a call which has just been picked up, and is listened to, is expected to bring."""
    talk_ends: Cumulative
    wrap_up_ends: Cumulative
    after_talk: Floats
    """Of shape (SLICES, SLICES): whose talk ends in the slice of the row is free in that of the column."""
    stays: float
    """The share of agents who come back after a wrap-up."""
    lead_seconds: float
    """How much sooner than in truth agents are counted as free, because a callee waits so long for one."""
    talk_seconds: float
    wrap_up_seconds: float
    """How long these last, on average."""
    answered_share: float
    """Of new calls, those that a human will answer."""
    answer_seconds: float
    """How long these take to be answered, on average."""

    @property
    def new_call(self) -> Floats:
        """The humans that a new call is expected to bring, by slice."""
        profile: Floats = self.humans_by_age[0]
        return profile

    def answers(self, ages: Floats, listened: Floats, waiting: int) -> Floats:
        """Humans expected by slice, of shape (SLICES,), from calls in flight of these ages, answered calls that are
        listened to, one for each element of `listened`, and humans who wait already."""
        expected = np.zeros(SLICES)
        if ages.size:
            rows = np.clip(np.rint(ages), 0, _OLDEST_CALL).astype(np.intp)
            expected += self.humans_by_age[rows].sum(axis=0)
        if listened.size:
            expected += listened.size * self.verdicts
        expected[0] += waiting
        return expected

    def freed(self, talking: Floats, wrapping_up: Floats) -> Floats:
        """Agents expected to become free by slice, of shape (SLICES,), from the ages of talks and wrap-ups."""
        expected = np.zeros(SLICES)
        if talking.size:
            expected += _ends(self.talk_ends, talking, 0.0) @ self.after_talk
        if wrapping_up.size:
            expected += _ends(self.wrap_up_ends, wrapping_up, self.lead_seconds)
        return self.stays * expected


def forecaster(experience: Experience, wait_seconds: float) -> Forecaster:
    """What follows from an experience when a callee waits so long for an agent."""
    # Within a slice agents become free before humans answer, which is half a slice of lead already.
    lead = min(max(wait_seconds, 0.0), 10.0) / 2.0
    picked_up, pick_up_seconds = _pick_ups(experience)
    human = experience.human.value
    # Of two errors, to expect too few answers leaves people without an agent.
    cautious = human * (1.0 + experience.doubt)
    listening = experience.human.no > 0.0
    delayed = picked_up @ _delay(experience.verdict_seconds) if listening else picked_up
    talk_hazards = experience.talk_hazards
    wrap_up_hazards = experience.wrap_up_hazards
    wrap_up_ends = experience.wrap_ups.cumulative(wrap_up_hazards)
    return Forecaster(
        humans_by_age=np.minimum(cautious * delayed, 1.0),
        verdicts=min(cautious, 1.0) * _delay(0.5 * experience.verdict_seconds)[0],
        talk_ends=experience.talks.cumulative(talk_hazards),
        wrap_up_ends=wrap_up_ends,
        after_talk=_after_talk(wrap_up_ends, lead),
        stays=1.0 - experience.leaves.value,
        lead_seconds=lead,
        talk_seconds=experience.talks.mean(talk_hazards),
        wrap_up_seconds=experience.wrap_ups.mean(wrap_up_hazards),
        answered_share=human * float(picked_up[0].sum()),
        answer_seconds=pick_up_seconds + (experience.verdict_seconds if listening else 0.0),
    )


def _pick_ups(experience: Experience) -> tuple[Floats, float]:
    """The chance that a call of each age is picked up in each slice, and the mean age at which a new one is.

    The causes compete: with hazards h of an answer and g of another end, a call alive at the beginning of a second is
    answered in it with chance h/(h+g) * (1 - exp(-(h+g))).
    """
    table = experience.calls
    bins = np.searchsorted(table.edges, _SECONDS, side="right") - 1
    answer = (experience.answer_hazards * experience.answered_lately)[bins]
    both = answer + experience.other_hazards[bins]
    alive = np.ones(len(both) + 1)
    np.exp(-both.cumsum(), out=alive[1:])
    answered = alive[:-1] * answer / both * -np.expm1(-both)
    total = np.zeros(len(both) + 1)
    np.cumsum(answered, out=total[1:])
    bounds = total[_BOUNDS]
    chances = (bounds[:, 1:] - bounds[:, :-1]) / np.maximum(alive[: _OLDEST_CALL + 1, None], 1e-280)
    mean = float(answered @ (_SECONDS + 0.5)) / max(float(total[-1]), 1e-12)
    return np.minimum(chances, 1.0), mean


def _delay(seconds: float) -> Floats:
    """Of shape (SLICES, SLICES): what is due in the slice of the row comes so much later."""
    whole, part = divmod(seconds / SLICE_SECONDS, 1.0)
    moved: Floats = (1.0 - part) * np.eye(SLICES, k=int(whole)) + part * np.eye(SLICES, k=int(whole) + 1)
    return moved


def _ends(ends: Cumulative, ages: Floats, lead: float) -> Floats:
    """Ends expected by slice, of lives of these ages."""
    bounds = SLICE_SECONDS * np.arange(SLICES + 1)
    bounds[1:] += lead
    sums = ends.at(ages[:, None] + bounds)
    alive = np.exp(sums[:, :1] - sums).sum(axis=0)
    return np.asarray(alive[:-1] - alive[1:])


def _after_talk(wrap_up_ends: Cumulative, lead: float) -> Floats:
    # A talk that ends in a slice ends in the middle of it.
    until = SLICE_SECONDS * (np.arange(SLICES, dtype=np.float64) + 0.5) + lead
    over = -np.expm1(-wrap_up_ends.at(until))
    steps = np.diff(over, prepend=0.0)
    return np.where(_LATER >= 0, steps[np.maximum(_LATER, 0)], 0.0)
