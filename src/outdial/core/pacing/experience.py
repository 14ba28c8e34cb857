"""What a campaign's calls and agents have taught: how soon and how often calls are answered, how long talks and wrap-ups
last, what share of answers are humans, how often an agent goes to a break. Everything can be exported as plain values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from outdial.core.pacing.lifetimes import Floats, LifeTable

ANSWERED, OTHERWISE = 0, 1
"""How a call in flight ends: somebody or something picks up, or anything else."""

_CALL_EDGES = (*map(float, range(61)), 75.0, 90.0, 120.0)
_TALK_EDGES = (
    *(0.0, 3.0, 6.0, 10.0, 15.0, 20.0, 26.0, 33.0, 41.0, 50.0, 60.0, 72.0, 86.0, 103.0, 123.0, 148.0, 177.0),
    *(213.0, 255.0, 306.0, 367.0, 441.0, 529.0, 635.0, 762.0, 914.0, 1097.0, 1316.0, 1580.0, 1896.0, 2275.0),
)
_WRAP_UP_EDGES = (
    *(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 14.0, 17.0, 20.0, 24.0, 28.0, 33.0, 39.0, 46.0, 55.0),
    *(65.0, 80.0, 100.0, 130.0, 180.0, 300.0, 600.0),
)

_CALLS_BEFOREHAND, _SHARE_BEFOREHAND = 6.0, 0.4
_PICK_UP_SECONDS, _PICK_UP_SPREAD = 12.0, 5.0
_GIVE_UP_SECONDS, _GIVE_UP_SPREAD = 24.0, 8.0
_TALK_SECONDS, _WRAP_UP_SECONDS, _TALKS_BEFOREHAND = 90.0, 10.0, 4.0
"""What is believed before anything was seen: 40 % of calls answered at about 12 s, talks of 90 s, wrap-ups of 10 s; and how
many calls and talks that belief is worth."""
_RARE_ANSWERS, _RARE_ENDS = 0.01, 0.05
"""Per second, at ages of which nothing is known."""

_CALLS_HALF_LIFE, _TALKS_HALF_LIFE, _SHARES_HALF_LIFE = 1500.0, 1000.0, 300.0
_LEVEL_SECONDS, _LEVEL_ANSWERS, _LEVEL_BEFOREHAND = 240.0, 60.0, 6.0
_LOWEST_LEVEL, _HIGHEST_LEVEL = 0.2, 5.0
_LEVEL_BELIEVED_AFTER = 150.0


@dataclass(frozen=True, slots=True)
class Share:
    """How often something is so, with exponential forgetting by cases."""

    yes: float
    no: float

    @property
    def value(self) -> float:
        """From 0 to 1."""
        return self.yes / (self.yes + self.no)

    def seen(self, yes: bool) -> Self:
        """With one more case."""
        kept = math.pow(0.5, 1.0 / _SHARES_HALF_LIFE)
        return replace(self, yes=self.yes * kept + yes, no=self.no * kept + (not yes))


@dataclass(frozen=True, slots=True)
class Level:
    """How often calls are answered these minutes, compared with what the slow life table expects: answers seen in parts of
    those expected, over about four minutes or sixty answers, whichever is longer. Sixty answers vary by chance by eight,
    which is more than the level itself does in most hours: so the first standard deviation is left out, as what chance
    alone brings on average (soft thresholding; of answers counted, the variance is as large as their mean)."""

    seen: float = 0.0
    expected: float = 0.0

    @property
    def value(self) -> float:
        """1: as the table expects."""
        missed = self.seen - self.expected
        chance = math.sqrt(self.expected + _LEVEL_BEFOREHAND)
        sure = math.copysign(max(0.0, abs(missed) - chance), missed)
        found = 1.0 + sure / (self.expected + _LEVEL_BEFOREHAND)
        return min(_HIGHEST_LEVEL, max(_LOWEST_LEVEL, found))

    def after(self, seconds: float, seen: float, expected: float) -> Self:
        """After so many seconds with so many answers seen and expected."""
        kept = math.exp(-min(seconds / _LEVEL_SECONDS, max(expected, 0.0) / _LEVEL_ANSWERS))
        return replace(self, seen=self.seen * kept + seen, expected=max(0.0, self.expected * kept + expected))


@dataclass(frozen=True, slots=True, eq=False)
class Lived:
    """Lives of one kind since they were looked at last: age then and age now of each, and the ages of those that ended, by
    cause."""

    young: Floats
    old: Floats
    ended: tuple[Floats, ...]

    @property
    def ends(self) -> int:
        """How many ended."""
        return sum(ages.size for ages in self.ended)


@dataclass(frozen=True, slots=True, eq=False)
class Experience:
    """All that was learnt. The counts say how much that is."""

    calls: LifeTable
    talks: LifeTable
    wrap_ups: LifeTable
    level: Level = Level()
    human: Share = Share(4.0, 0.0)
    """Answers that turn out to be humans."""
    verdict_seconds: float = 1.5
    """How long it takes to find that out, where it is listened for."""
    leaves: Share = Share(0.0, 8.0)
    """Wrap-ups after which the agent goes to a break or home."""
    calls_ended: int = 0
    answers: int = 0
    talks_begun: int = 0

    @classmethod
    def none(cls) -> Self:
        """Before anything was seen."""
        return cls(_CALLS.empty(), _TALKS.empty(), _WRAP_UPS.empty())

    @property
    def answered_lately(self) -> float:
        """How often calls are answered these minutes, in parts of what the slow table says. A young table learns as fast as
        the level does; to correct it by the level as well would count the same calls twice."""
        return math.pow(self.level.value, self.calls_ended / (self.calls_ended + _LEVEL_BELIEVED_AFTER))

    @property
    def doubt(self) -> float:
        """The relative standard error of the answered share, as far as answers are countable events: 1 / sqrt(n)."""
        return 1.0 / math.sqrt(1.0 + self.answers)

    @property
    def answer_hazards(self) -> Floats:
        """By age of a call in flight: pick-ups per second, as the slow table expects them."""
        return self.calls.hazards(ANSWERED, _CALLS, smooth=True)

    @property
    def other_hazards(self) -> Floats:
        """By age of a call in flight: other ends per second."""
        return self.calls.hazards(OTHERWISE, _CALLS)

    @property
    def talk_hazards(self) -> Floats:
        """By age of a talk: ends per second."""
        return self.talks.hazards(0, _TALKS, shrink=1.0)

    @property
    def wrap_up_hazards(self) -> Floats:
        """By age of a wrap-up: ends per second."""
        return self.wrap_ups.hazards(0, _WRAP_UPS, shrink=1.0)

    def with_calls(self, lived: Lived, seconds: float) -> Self:
        """With what calls in flight went through during these seconds."""
        table = self.calls.faded(math.pow(0.5, lived.ends / _CALLS_HALF_LIFE)) if lived.ends else self.calls
        answering = self.calls.cumulative(self.answer_hazards)
        survived = answering.at(lived.old) - answering.at(lived.young)
        answers = lived.ended[ANSWERED].size
        table = table.experience(lived.young, lived.old)
        for cause, ages in enumerate(lived.ended):
            table = table.ended(cause, ages)
        return replace(
            self,
            calls=table,
            level=self.level.after(seconds, float(answers), float(survived.sum())),
            calls_ended=self.calls_ended + lived.ends,
            answers=self.answers + answers,
        )

    def with_talk(self) -> Self:
        """With a talk that begins."""
        return replace(self, talks_begun=self.talks_begun + 1)

    def with_talks(self, lived: Lived) -> Self:
        """With what talks went through."""
        return replace(self, talks=_lived_on(self.talks, lived))

    def with_wrap_ups(self, lived: Lived) -> Self:
        """With what wrap-ups went through."""
        return replace(self, wrap_ups=_lived_on(self.wrap_ups, lived))

    def with_verdict(self, human: bool, waited: float | None) -> Self:
        """With an answer that was a human or not, found out after so many seconds; None: it was not listened for."""
        seconds = self.verdict_seconds
        if waited is not None:
            seconds += 0.05 * (min(max(waited, 0.0), 20.0) - seconds)
        return replace(self, human=self.human.seen(human), verdict_seconds=seconds)

    def with_wrapped_up(self, left: bool) -> Self:
        """With an agent who came back after a wrap-up, or left."""
        return replace(self, leaves=self.leaves.seen(left))

    def learnt(self) -> dict[str, object]:
        """Plain values for `remembered`: dictionaries, lists, numbers."""
        return {
            "calls": self.calls.learnt(),
            "talks": self.talks.learnt(),
            "wrapUps": self.wrap_ups.learnt(),
            "human": [self.human.yes, self.human.no],
            "verdictSeconds": self.verdict_seconds,
            "leaves": [self.leaves.yes, self.leaves.no],
            "callsEnded": self.calls_ended,
            "answers": self.answers,
            "talksBegun": self.talks_begun,
        }

    @classmethod
    def remembered(cls, learnt: object) -> Self:
        """What was stored; what cannot be read is learnt anew. The level is forgotten: it is of other minutes."""
        new = cls.none()
        if not isinstance(learnt, Mapping):
            return new
        return replace(
            new,
            calls=new.calls.remembered(learnt.get("calls")),
            talks=new.talks.remembered(learnt.get("talks")),
            wrap_ups=new.wrap_ups.remembered(learnt.get("wrapUps")),
            human=_share(learnt.get("human"), new.human),
            verdict_seconds=number(learnt.get("verdictSeconds"), new.verdict_seconds, 0.0, 20.0),
            leaves=_share(learnt.get("leaves"), new.leaves),
            calls_ended=int(number(learnt.get("callsEnded"), 0.0, 0.0, 1e15)),
            answers=int(number(learnt.get("answers"), 0.0, 0.0, 1e15)),
            talks_begun=int(number(learnt.get("talksBegun"), 0.0, 0.0, 1e15)),
        )


def number(stored: object, otherwise: float, lowest: float, highest: float) -> float:
    """A stored number within its limits; `otherwise` when it is none."""
    if isinstance(stored, bool) or not isinstance(stored, int | float) or not math.isfinite(stored):
        return otherwise
    return min(highest, max(lowest, float(stored)))


def _share(stored: object, otherwise: Share) -> Share:
    if not isinstance(stored, list | tuple) or len(stored) != 2:
        return otherwise
    yes, no = (number(one, 0.0, 0.0, 1e9) for one in stored)
    return Share(yes, no) if yes + no > 0.0 else otherwise


def _lived_on(table: LifeTable, lived: Lived) -> LifeTable:
    if lived.ends:
        table = table.faded(math.pow(0.5, lived.ends / _TALKS_HALF_LIFE))
    return table.experience(lived.young, lived.old).ended(0, lived.ended[0])


def _calls_beforehand() -> LifeTable:
    edges = np.asarray(_CALL_EDGES)
    widths = np.append(np.diff(edges), 30.0)
    answered = _bell(edges + 0.5 * widths, _PICK_UP_SECONDS, _PICK_UP_SPREAD) * widths
    otherwise = _bell(edges + 0.5 * widths, _GIVE_UP_SECONDS, _GIVE_UP_SPREAD) * widths
    ends = np.stack((_SHARE_BEFOREHAND * answered, (1.0 - _SHARE_BEFOREHAND) * otherwise))
    left = 1.0 - np.concatenate(([0.0], np.cumsum(ends.sum(axis=0))))
    lived = np.maximum(0.5 * (left[:-1] + left[1:]), 0.0) * widths
    # At ages that hardly any call reaches, some are imagined all the same, so that their chances are not 0 / 0.
    few = 0.05 * widths
    return LifeTable.of(
        _CALL_EDGES,
        _CALLS_BEFOREHAND * (lived + few),
        _CALLS_BEFOREHAND * (ends + few * np.array([[_RARE_ANSWERS], [_RARE_ENDS]])),
    )


def _bell(ages: Floats, mean: float, spread: float) -> Floats:
    density = np.exp(-0.5 * ((ages - mean) / spread) ** 2)
    return np.asarray(density / (spread * math.sqrt(2.0 * math.pi)))


_CALLS = _calls_beforehand()
_TALKS = LifeTable.exponential(_TALK_EDGES, _TALK_SECONDS, _TALKS_BEFOREHAND)
_WRAP_UPS = LifeTable.exponential(_WRAP_UP_EDGES, _WRAP_UP_SECONDS, _TALKS_BEFOREHAND)
