"""The life of a call, from reservation to outcome: what a call is, the states it goes through, and its steps."""

from __future__ import annotations

from outdial.core.call.connecting import CONFIRM_SECONDS, SEEK_SECONDS
from outdial.core.call.endings import ENDING_SECONDS
from outdial.core.call.placing import SWITCH_RING_MARGIN_SECONDS
from outdial.core.call.states import IN_PROGRESS, TRANSITIONS, State
from outdial.core.call.step import AMD_GUARD_SECONDS, LONGEST_CALL_SECONDS, ImpossibleTransition, step
from outdial.core.call.values import TRANSFER_RING_SECONDS, Call, Party, Plan, Way, collected
from outdial.core.extension import Connection

__all__ = [
    "AMD_GUARD_SECONDS",
    "CONFIRM_SECONDS",
    "ENDING_SECONDS",
    "IN_PROGRESS",
    "LONGEST_CALL_SECONDS",
    "SEEK_SECONDS",
    "SWITCH_RING_MARGIN_SECONDS",
    "TRANSFER_RING_SECONDS",
    "TRANSITIONS",
    "Call",
    "Connection",
    "ImpossibleTransition",
    "Party",
    "Plan",
    "State",
    "Way",
    "collected",
    "step",
]
