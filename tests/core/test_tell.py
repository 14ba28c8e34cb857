"""`tell` itself: a story that comes out differently says where, and shows what was wanted beside what was asked."""

from __future__ import annotations

import pytest

from core.stories import CALLEE, dials, hangs_up, reserved, say, script, tell
from outdial.core.call import State
from outdial.core.events import Placed, Ringing

STORY = reserved(script("a", a=say("hello")))


def test_a_story_that_comes_out_as_told_gives_the_call_back():
    assert tell(STORY, (Placed(CALLEE), dials()), (Ringing(CALLEE), [])).state is State.RINGING


def test_an_event_alone_may_ask_for_anything():
    assert tell(STORY, Placed(CALLEE)).state is State.DIALLING


def test_a_difference_is_shown_with_the_story_before_it():
    with pytest.raises(AssertionError) as caught:
        tell(STORY, Placed(CALLEE), (Ringing(CALLEE), hangs_up(0)))
    lines = str(caught.value).splitlines()
    assert lines[0] == "the story went"
    assert lines[1].startswith("  [reserved] Placed(")
    assert any(line.startswith("  [dialling] Ringing(") for line in lines)
    assert any(line.startswith("    - HangUp(") for line in lines)
