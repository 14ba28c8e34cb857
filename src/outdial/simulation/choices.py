"""The pacings that a study may compare, by name: here, and nowhere else, a name becomes rules of the campaign.

A further one is a function that reads its own parameters and a line in `CHOICES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from outdial.core.members import MemberRules, Mode
from outdial.core.pacing import PredictiveParameters
from outdial.core.pacing.choices import PacerName
from outdial.core.section import Section

_HIGHEST_PERCENT = 100.0
_HIGHEST_ADJUST = 10_000
_HIGHEST_COUNT = 1_000_000
_HIGHEST_RATIO = 100


@dataclass(frozen=True, slots=True)
class Pacing:
    """A pacing under the name that the results call it by: the rules of a campaign that it settles."""

    name: str
    settled: Mapping[str, Any]
    """Fields of `MemberRules`."""

    def over(self, rules: MemberRules) -> MemberRules:
        """The rules of a campaign that is paced so."""
        return replace(rules, **self.settled)


def _progressive(section: Section) -> Mapping[str, Any]:
    """An agent is rung first, and one callee for each."""
    return {"mode": Mode.PROGRESSIVE}


def _predictive(pacer: PacerName, section: Section) -> Mapping[str, Any]:
    """A pacer that goes by targets; the parameters are Webitel's, in our names."""
    usual = PredictiveParameters()
    parameters = PredictiveParameters(
        adjust=section.number("adjust", 0, _HIGHEST_ADJUST, usual.adjust),
        target_percent=section.number("target_percent", 0, _HIGHEST_PERCENT, usual.target_percent, whole=False),
        max_percent=section.number("max_percent", 0, _HIGHEST_PERCENT, usual.max_percent, whole=False),
        start_bridged=section.number("start_talks", 0, _HIGHEST_COUNT, usual.start_bridged),
        start_calls=section.number("start_calls", 0, _HIGHEST_COUNT, usual.start_calls),
        cap=section.number("cap", 0, _HIGHEST_ADJUST, usual.cap),
    )
    return {"mode": Mode.PREDICTIVE, "pacer": pacer, "predictive": parameters}


def _ratio(section: Section) -> Mapping[str, Any]:
    """So many calls for each free agent."""
    ratio = section.number("ratio", 1, _HIGHEST_RATIO, 1.5, whole=False)
    return {"mode": Mode.PREDICTIVE, "pacer": PacerName.RATIO, "ratio": ratio}


CHOICES: Mapping[str, Callable[[Section], Mapping[str, Any]]] = {
    "progressive": _progressive,
    "ratio": _ratio,
    **{each.value: partial(_predictive, each) for each in (PacerName.MARGINAL, PacerName.WEBITEL, PacerName.VICIDIAL)},
}


def read_pacing(section: Section) -> Pacing:
    """A pacing with its parameters: `choice`, a `name` for the results, and what the choice itself knows."""
    choice: str = section.text("choice")
    read = CHOICES.get(choice)
    if read is None and choice:
        section.fault("choice", f"there is no pacing {choice!r}; known: {', '.join(CHOICES)}")
    pacing = Pacing(section.text("name", choice), {} if read is None else read(section))
    if read is not None:
        section.finish()
    return pacing
