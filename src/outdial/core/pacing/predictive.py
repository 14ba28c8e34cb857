"""Dialling ahead of agents by Webitel's formula: from the share of calls that reach an agent it follows how many to place,
and from the share that is abandoned how far that is believed. It learns from counters only, not from time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from outdial.core.pacing.situation import Decision, Ground, Situation, within_limits

_ADJUST_ON_TARGET, _ADJUST_BASE = 35, 40
_FURTHEST_FROM_TARGET = 100.0
"""Percentage points beyond which the adjustment is at its cap anyway; more would overflow."""


@dataclass(frozen=True, slots=True)
class PredictiveParameters:
    """What a campaign settles about dialling ahead. The defaults are those of Webitel engine 3.10."""

    adjust: int = 150
    """Percent of the calculated overdialling that are believed at first."""
    target_percent: float = 2.5
    """Abandoned calls wished for, in percent of all attempts."""
    max_percent: float = 3.0
    """Abandoned calls, in percent of those answered by humans, at which dialling ahead stops; infinite: never."""
    start_bridged: int = 10
    """Talks with agents before anything is predicted."""
    start_calls: int = 200
    """Attempts after which the adjustment follows the abandoned calls."""
    cap: int = 1000
    """The highest adjustment; 1500 in Webitel engine 3.11.7."""


def webitel_predictive(
    situation: Situation, parameters: PredictiveParameters, stored_adjust: int, braked: bool = False
) -> Decision:
    """How many calls to place, by the formula of Webitel engine 3.10.

    With A agents available, L logged in, N attempts, B talks and S abandoned calls: until there were `start_bridged`
    talks the target is L. Then r = N/B and target = ceil(A + |A/r - A| * adjust/100) + L - A. Beyond `start_calls`
    attempts, adjust = round(35 * 40^(target_percent - 100*S/N)), from 0 to the cap; 0 means a target of L. With one agent
    available only L is dialled for.

    Webitel places one call and looks again at once, while nothing but the number of calls in progress has changed; so all
    calls up to the target are placed in one decision.

    There is a brake besides, for the documented limit that Webitel reads and ignores: from `max_percent` of answered calls
    abandoned until below `target_percent`, the target is L. `stored_adjust` (0: none) and `braked` are those of the last
    decision.
    """
    available, logged_in = situation.agents_available, situation.agents_logged_in
    percent = situation.abandoned_percent
    limit = parameters.target_percent if braked else parameters.max_percent
    braked = situation.abandoned > 0 and percent >= min(limit, parameters.max_percent)

    if available <= 0:
        return Decision(0, logged_in, stored_adjust, Ground.NO_AGENT, "no agent is available", braked)
    if situation.bridged < max(1, parameters.start_bridged):
        learning = f"one call for each agent until there were {parameters.start_bridged} talks"
        return replace(
            within_limits(situation, logged_in, logged_in, stored_adjust, learning, Ground.ONE_EACH), braked=braked
        )

    adjust = _adjust(situation, parameters, stored_adjust)
    if braked:
        reason = f"one call for each agent: {percent:.1f} % of answered calls were abandoned"
        return replace(within_limits(situation, logged_in, logged_in, adjust, reason, Ground.ONE_EACH), braked=True)
    target = logged_in if adjust == 0 else _target(situation, adjust)
    if available == 1:
        alone = "one call for each agent while only one is available"
        return within_limits(situation, logged_in, target, adjust, alone, Ground.ONE_EACH)
    reason = f"{target} calls for {logged_in} agents, adjusted {adjust} %"
    return within_limits(situation, target, target, adjust, reason)


def _adjust(situation: Situation, parameters: PredictiveParameters, stored: int) -> int:
    if situation.calls <= parameters.start_calls or situation.calls <= 0:
        return stored or parameters.adjust
    missed_by = parameters.target_percent - 100.0 * situation.abandoned / situation.calls
    believed = _ADJUST_ON_TARGET * math.pow(_ADJUST_BASE, min(missed_by, _FURTHEST_FROM_TARGET))
    return math.floor(min(believed, parameters.cap) + 0.5)


def _target(situation: Situation, adjust: int) -> int:
    """In the order of operations of the original, whose rounding its callers see."""
    available = situation.agents_available
    # A talk may be counted before its call has ended, which must not look like talks without calls.
    rate = max(situation.calls, situation.bridged) / situation.bridged
    over = abs(available / rate - available)
    ahead = math.ceil(available + over * adjust / 100)
    return ahead + max(0, situation.agents_logged_in - available)


@dataclass(frozen=True, slots=True)
class WebitelPredictive:
    """Webitel's formula with what the last decision left."""

    parameters: PredictiveParameters
    stored_adjust: int = 0
    braked: bool = False

    def decide(self, situation: Situation, now: float) -> Decision:
        """See `webitel_predictive`; the moment does not matter."""
        return webitel_predictive(situation, self.parameters, self.stored_adjust, self.braked)
