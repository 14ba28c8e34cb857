"""Ringing the callee: by the plan's way, or by the next one when a trunk could not take the call."""

from __future__ import annotations

from dataclasses import replace

from outdial.core.call.states import State
from outdial.core.call.values import Call, Stepped
from outdial.core.commands import Dial, SetTimer
from outdial.core.events import HungUp, Timer
from outdial.core.outcome import Outcome, outcome_of_refusal

SWITCH_RING_MARGIN_SECONDS = 5.0
"""The switch's own ring limit lies this far behind the call's, so that the call is the one who decides."""


def dial(call: Call) -> Stepped:
    """Ring the callee."""
    way, seconds = call.way, call.plan.ring_seconds
    return replace(call, state=State.DIALLING), [
        Dial(call.channel, way.trunk, way.number, way.caller, seconds + SWITCH_RING_MARGIN_SECONDS),
        SetTimer(call.channel, Timer.RING, call.turn, seconds),
    ]


def detour_is_left(call: Call, event: HungUp) -> bool:
    """Whether the trunk failed, which says nothing about the callee, and there is another way."""
    failed = outcome_of_refusal(event.sip_code, event.q850_cause) is Outcome.TRUNK_FAILED
    return failed and not event.lost and call.detour < len(call.plan.detours)


def take_detour(call: Call) -> Stepped:
    """Ring the callee by the next way."""
    return dial(replace(call, detour=call.detour + 1))
