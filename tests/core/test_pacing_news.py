"""What a pacer hears of a call's life."""

from __future__ import annotations

import pytest

from core.stories import ATTEMPT, CALLEE, EXTENSION, RING_SECONDS, gone
from outdial.core.amd import Amd, Verdict
from outdial.core.call import Call, Plan, step
from outdial.core.events import (
    Answered,
    CallEvent,
    Classified,
    ExtensionFound,
    HungUp,
    Placed,
    Ringing,
    Timer,
    TimerElapsed,
)
from outdial.core.pacing import events as pacing
from outdial.core.pacing.events import Ending
from outdial.core.pacing_news import news
from outdial.core.script.nodes import Connect, Script

SCRIPT = Script("connect", {"connect": Connect("", wait_seconds=10.0, keep_seeking=True)})
NAME = str(ATTEMPT)


def heard(*events: CallEvent, amd: Amd | None = None) -> list[object]:
    """What a pacer is told while a call lives through these events, each a second after the other."""
    call = Call(ATTEMPT, Plan("carrier", "7999", "7495", RING_SECONDS, SCRIPT, {}, amd=amd))
    told: list[object] = []
    for at, event in enumerate(events):
        after, _ = step(call, event)
        told += news(call, after, "101", float(at))
        call = after
    return told


def test_a_talk_is_told_from_launch_to_end() -> None:
    story = (
        Placed(CALLEE),
        Ringing(CALLEE),
        Answered(CALLEE),
        ExtensionFound(CALLEE, 1, "101"),
        Answered(EXTENSION),
        gone(),
    )
    assert heard(*story) == [
        pacing.Launched(NAME, 0.0),
        pacing.Ringing(NAME, 1.0),
        pacing.Answered(NAME, 2.0, True),
        pacing.Joined(NAME, "101", 4.0),
        pacing.Ended(NAME, 5.0, Ending.OVER),
    ]


@pytest.mark.parametrize(
    ("verdict", "human"), [(Verdict.HUMAN, True), (Verdict.NOT_SURE, True), (Verdict.MACHINE, False)]
)
def test_who_picked_up_is_told_again_with_the_verdict(verdict: Verdict, human: bool) -> None:
    told = heard(Placed(CALLEE), Answered(CALLEE), Classified(CALLEE, 1, verdict, "", 2.0), amd=Amd())
    assert told[1:] == [pacing.Answered(NAME, 1.0, None), pacing.Answered(NAME, 2.0, human)]


def test_a_human_who_got_nobody_is_abandoned_whoever_hangs_up() -> None:
    dropped = heard(Placed(CALLEE), Answered(CALLEE), TimerElapsed(CALLEE, Timer.WAIT, 1), gone())
    left = heard(Placed(CALLEE), Answered(CALLEE), gone())
    assert dropped[2:] == [pacing.Abandoned(NAME, 2.0), pacing.Ended(NAME, 3.0, Ending.OVER)]
    assert left[2:] == [pacing.Abandoned(NAME, 2.0), pacing.Ended(NAME, 2.0, Ending.OVER)]


def test_a_callee_who_leaves_while_listened_to_is_not_abandoned() -> None:
    assert heard(Placed(CALLEE), Answered(CALLEE), gone(), amd=Amd())[2:] == [pacing.Ended(NAME, 2.0, Ending.OVER)]


@pytest.mark.parametrize(
    ("end", "how"),
    [
        (HungUp(CALLEE, 486, 17), Ending.BUSY),
        (HungUp(CALLEE, 404, 1), Ending.REFUSED),
        (HungUp(CALLEE, 503, 34), Ending.TRUNK_FAILURE),
        (HungUp(CALLEE, lost=True), Ending.CANCELLED),
    ],
)
def test_how_an_unanswered_call_ended_is_told_apart(end: HungUp, how: Ending) -> None:
    assert heard(Placed(CALLEE), end)[1:] == [pacing.Ended(NAME, 1.0, how)]
