"""A dialogue that is kept as a sound: from its first word to the end of the call, in one file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.stories import ATTEMPT, CALLEE, dialling, gone, heard, say, script, tell
from outdial.core.call import Call, step
from outdial.core.commands import Join, RecordCall, RecordTalk, Speak
from outdial.core.events import Answered, ExtensionFound
from outdial.core.ids import Channel
from outdial.core.script.nodes import Connect

DIALOGUE = script("hello", hello=say("hello", "person"), person=Connect("2000"))


def called(*, recorded: bool, record: bool) -> Call:
    """A call that rings."""
    made = dialling(replace(DIALOGUE, recorded=recorded))
    return replace(made, plan=replace(made.plan, record=record, recordings="/kept"))


def test_what_is_recorded_begins_before_the_first_word() -> None:
    call, commands = step(called(recorded=True, record=False), Answered(CALLEE))
    kept = RecordCall(CALLEE, call.plan.recording(ATTEMPT))
    assert [one for one in commands if isinstance(one, RecordCall | Speak)][0] == kept
    assert call.kept_sound == str(kept.path)
    assert tell(call, gone()).kept_sound == str(kept.path)
    assert called(recorded=True, record=False).kept_sound is None


@pytest.mark.parametrize(
    ("recorded", "record", "talk"), [(True, True, False), (True, False, False), (False, True, True)]
)
def test_the_talk_with_a_person_is_kept_once(recorded: bool, record: bool, talk: bool) -> None:
    call = tell(called(recorded=recorded, record=record), Answered(CALLEE), heard(1))
    call = tell(call, ExtensionFound(CALLEE, call.turn, "100"))
    call, commands = step(call, Answered(Channel(call.second_channel)))
    assert any(isinstance(one, Join) for one in commands)
    assert any(isinstance(one, RecordTalk) for one in commands) is talk
    assert call.kept_sound == str(call.plan.recording(ATTEMPT))


def test_what_nobody_wants_is_not_kept() -> None:
    call, commands = step(called(recorded=False, record=True), Answered(CALLEE))
    assert not [one for one in commands if isinstance(one, RecordCall)]
    assert tell(call, gone()).kept_sound is None
