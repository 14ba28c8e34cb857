"""The pacers that a predictive campaign may choose from, by name. The default prices calls; the others are what people know
from elsewhere, or what needs no trust.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Protocol, TypeGuard, assert_never, runtime_checkable

from outdial.core.pacing.adaptive import Adapt, Adaptive, AdaptiveParameters
from outdial.core.pacing.events import PacingEvent
from outdial.core.pacing.marginal import MarginalParameters, MarginalPricing
from outdial.core.pacing.predictive import PredictiveParameters, WebitelPredictive
from outdial.core.pacing.ratio import FixedRatio, Progressive
from outdial.core.pacing.situation import Pacer


class PacerName(StrEnum):
    """What a campaign calls its pacer."""

    MARGINAL = "marginal"
    WEBITEL = "webitel"
    VICIDIAL = "vicidial"
    RATIO = "ratio"
    PROGRESSIVE = "progressive"


DEFAULT_PACER = PacerName.MARGINAL


@runtime_checkable
class Learner(Protocol):
    """A pacer that has something to keep over a restart."""

    def learnt(self) -> dict[str, object]:
        """Dictionaries, lists and numbers, for `pacer`."""
        ...


@runtime_checkable
class Listener(Protocol):
    """A pacer that wants to hear events."""

    def observe(self, event: PacingEvent) -> None:
        """Hear an event."""
        ...


@runtime_checkable
class Resting(Protocol):
    """A pacer that has said all it can for a moment when it has decided."""

    def rests(self, now: float) -> bool:
        """Whether it would launch nothing now because it decided a moment ago."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceParameters:
    """What a campaign settles about dialling ahead, whatever pacer it chose."""

    predictive: PredictiveParameters = PredictiveParameters()
    wait_seconds: float = 2.0
    """A human who has waited longer for an agent is abandoned."""
    ratio: float = 1.5
    """Calls for each available agent (`ratio`)."""
    adapt: Adapt = Adapt.AVERAGE
    """`vicidial`."""
    most_level: float = 3.0
    """The highest dial level (`vicidial`)."""


def pacer(
    name: PacerName, parameters: ChoiceParameters, learnt: object = None, *, adjust: int = 0, braked: bool = False
) -> Pacer:
    """The pacer of that name.

    `learnt` is what a `Learner` exported, `adjust` and `braked` are of the last decision; each is used by those who need it.
    """
    settled = parameters.predictive
    match name:
        case PacerName.MARGINAL:
            return MarginalPricing.from_learnt(marginal_parameters(parameters), learnt)
        case PacerName.WEBITEL:
            return WebitelPredictive(settled, adjust, braked)
        case PacerName.VICIDIAL:
            adaptive = AdaptiveParameters(
                method=parameters.adapt, drop_percent=settled.max_percent, most_level=parameters.most_level
            )
            return Adaptive.from_learnt(adaptive, learnt)
        case PacerName.RATIO:
            return FixedRatio(parameters.ratio)
        case PacerName.PROGRESSIVE:
            return Progressive()
        case _:
            assert_never(name)


def marginal_parameters(parameters: ChoiceParameters) -> MarginalParameters:
    """A campaign's settings as marginal pricing takes them."""
    settled = parameters.predictive
    return MarginalParameters(
        target_percent=settled.target_percent,
        max_percent=settled.max_percent,
        adjust=settled.adjust,
        start_talks=settled.start_bridged,
        wait_seconds=parameters.wait_seconds,
        limit_seconds=parameters.wait_seconds,
    )


def tell(pacer: Pacer, events: Iterable[PacingEvent]) -> None:
    """Let a pacer hear events, if it listens."""
    if _listens(pacer):
        for event in events:
            pacer.observe(event)


def rests(pacer: Pacer, now: float) -> bool:
    """Whether a pacer would launch nothing now because it decided a moment ago."""
    return _rests(pacer) and pacer.rests(now)


def learns(pacer: Pacer) -> TypeGuard[Learner]:
    """Whether a pacer has something to keep over a restart."""
    return _is(type(pacer), Learner)


def _listens(pacer: Pacer) -> TypeGuard[Listener]:
    return _is(type(pacer), Listener)


def _rests(pacer: Pacer) -> TypeGuard[Resting]:
    return _is(type(pacer), Resting)


@cache
def _is(kind: type[Pacer], protocol: type) -> bool:
    # A protocol is compared member by member, which is too dear for every event of every call.
    return issubclass(kind, protocol)
