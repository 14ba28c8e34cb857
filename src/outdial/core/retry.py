"""Outcome and history in, the next try or none out."""

from __future__ import annotations

from dataclasses import dataclass

from outdial.core.outcome import Outcome

INTERRUPTED_REST_SECONDS = 600.0
"""An attempt whose fate is unknown is not repeated sooner: the callee may still be on the line."""


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How often a contact is tried in all, and how many seconds lie between two tries."""

    attempts: int = 1
    interval_seconds: float = 60.0
    until_signal: bool = False
    """Go on after a success as well: only a signal from outside, or the last attempt, ends the trying."""


_POINTLESS = frozenset(
    {Outcome.NO_ROUTE, Outcome.NO_SCRIPT, Outcome.ANOTHER_NUMBER, Outcome.WITHDRAWN, Outcome.BLOCKED}
)


def seconds_to_next_try(rule: RetryRule, outcome: Outcome, attempts_made: int, succeeded: bool) -> float | None:
    """Seconds from the end of an attempt to the next one; None when there is none.

    `succeeded`: the call reached what the campaign is for. A number without a route or a campaign without a script is
    not tried again, because nothing about it would differ; nor is a client who was reached at another number.
    """
    pointless = outcome in _POINTLESS
    satisfied = succeeded and not rule.until_signal
    if satisfied or pointless or attempts_made >= rule.attempts:
        return None
    if outcome is Outcome.INTERRUPTED:
        return max(rule.interval_seconds, INTERRUPTED_REST_SECONDS)
    return rule.interval_seconds
