"""What a call of a mailing goes through, what of it is measured, and a script that offers to be heard again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.stories import CALLEE, EXTENSION, gone, picked_up, pressed, tell
from outdial.core.call import Call, Connection, Plan, State, Way, step
from outdial.core.commands import CallCommand, Dial, Join, Speak
from outdial.core.events import Answered, HungUp, Placed, PromptEnded, Timer, TimerElapsed
from outdial.core.ids import AttemptId
from outdial.core.mailing import MESSAGE, compiled, heard, message_script, whole_seconds, worded_slots
from outdial.core.prompt import Kind, Recording, Slot, Text, Words, fill
from outdial.core.script.check import faults
from outdial.core.script.document import from_document, to_document
from outdial.core.script.nodes import Ask, Choice, HangUp, Say, Script, Transfer
from outdial.core.script.repeats import with_repeats

OPERATOR = "74950000012"


def text(words: str) -> tuple[Text, ...]:
    return (Text((words,), "ru-RU"),)


def spoken(commands: list[CallCommand]) -> list[str]:
    pieces = [piece for command in commands if isinstance(command, Speak) for piece in command.prompt]
    return [piece.text for piece in pieces if isinstance(piece, Words)]


@pytest.mark.parametrize("repeats", [0, 1, 2, 3])
def test_the_message_is_offered_so_many_times_and_then_the_call_ends(repeats: int) -> None:
    script = compiled(message_script("Привет", "ru-RU", "", individual=False), repeats, "ru-RU")
    assert not faults(script)
    call = picked_up(script)
    hearings = 0
    while call.position is not None:
        hearings += 1
        call, commands = step(call, PromptEnded(CALLEE, call.turn))
        if call.position is not None:
            assert "нажмите один" in spoken(commands)[0]
            call, commands = step(call, pressed("1"))
            assert "Привет" in spoken(commands)
    assert (hearings, call.state, call.goals) == (repeats + 1, State.ENDING, ("completed",))


def test_silence_after_the_offer_ends_the_call() -> None:
    call = picked_up(compiled(message_script("Hi", "en-US", "", individual=False), 3, "en-US"))
    call, commands = step(call, PromptEnded(CALLEE, 1))
    assert spoken(commands) == ["To hear this message again, press one."]
    call = tell(call, PromptEnded(CALLEE, 2), TimerElapsed(CALLEE, Timer.TURN, 3))
    assert call.state is State.ENDING


@pytest.mark.parametrize(
    ("script", "offer"),
    [
        (
            message_script("Hi", "en-US", "anna", individual=False),
            ("To hear this message again, press one.", "en-US", "anna"),
        ),
        (
            message_script("Hallo", "de_DE", "", individual=False),
            ("Um die Nachricht noch einmal zu hören, drücken Sie die Eins.", "de_DE", ""),
        ),
        (
            message_script("Hej", "sv-SE", "astrid", individual=False),
            ("To hear this message again, press one.", "en", ""),
        ),
        (
            message_script("Привет", "", "", individual=False),
            ("Чтобы прослушать сообщение ещё раз, нажмите один.", "", ""),
        ),
        (
            Script("a", {"a": Say((Recording("jingle"),), "b"), "b": Say((Text(("Hi",), "en-GB"),), None)}),
            ("To hear this message again, press one.", "en-GB", ""),
        ),
        (
            Script("a", {"a": Say((Recording("jingle"),), None)}),
            ("Чтобы прослушать сообщение ещё раз, нажмите один.", "ru-RU", "maria"),
        ),
    ],
    ids=["english", "german", "no words of ours", "no language", "a script's own", "a sound"],
)
def test_the_offer_is_in_the_language_and_by_the_voice_of_what_was_said(
    script: Script, offer: tuple[str, str, str]
) -> None:
    words, language, voice = offer
    made = compiled(script, 1, "ru-RU", "maria")
    (asked,) = [node for node in made.nodes.values() if isinstance(node, Ask)]
    assert asked.prompt == (Text((words,), language, voice),)


def test_a_menu_of_an_offered_script_leads_to_nodes_of_the_same_hearing() -> None:
    menu = Ask("menu", text("?"), (Choice("1", None, "yes"), Choice("2", None, "bye")), exhausted=None)
    script = Script("menu", {"menu": menu, "yes": Transfer(OPERATOR, outside=True), "bye": HangUp()})
    offered = with_repeats(script, 2, text("again?"))
    assert not faults(offered)
    assert from_document(to_document(offered)) == offered
    assert len(offered.nodes) == 3 * 3 + 2
    assert offered.outside_numbers == {OPERATOR}


def test_a_callee_who_presses_nothing_is_measured() -> None:
    menu = Ask("menu", text("b"), (Choice("1", None, "other"),), exhausted="end")
    nodes = {"start": Say(text("a"), "menu"), "menu": menu, "other": Say(text("x"), None)}
    script = Script("start", {**nodes, "end": Say((Recording("c"),), "start")})
    assert heard(script) == (*text("a"), *text("b"), Recording("c"))


def test_a_subscriber_s_own_text_takes_the_place_of_the_common_one() -> None:
    prompt = heard(message_script("Общий", "ru-RU", "", individual=True))
    (common,) = fill(prompt, {})
    (own,) = fill(prompt, {MESSAGE: "я" * 5000})
    assert common == Words("Общий", "ru-RU", "", personal=False)
    assert own == Words("я" * 5000, "ru-RU", "", personal=True)


def test_a_value_is_spoken_by_its_words_where_there_are_some() -> None:
    slot = Text((Slot("summa", Kind.MONEY),), "ru-RU")
    assert worded_slots(Script("a", {"a": Say((slot,), None)})) == {("summa", Kind.MONEY): "ru-RU"}
    (plain,) = fill((slot,), {"summa": "2"})
    (words,) = fill((slot,), {"summa": "2", "summa as money": "два рубля"})
    assert isinstance(plain, Words)
    assert isinstance(words, Words)
    assert (plain.text, words.text) == ("2", "два рубля")


@given(st.floats(0, 10_000))
def test_seconds_are_rounded_up(seconds: float) -> None:
    assert whole_seconds(seconds) - 1 <= seconds <= whole_seconds(seconds) + 0.001
    assert whole_seconds(seconds) >= 1


def outside(ways: dict[str, Way]) -> Call:
    """A call that is put through to the outside world as soon as it is answered."""
    script = Script("t", {"t": Transfer(OPERATOR, outside=True)})
    plan = Plan("carrier", "79160000001", "74951234567", 45.0, script, {}, outside=ways)
    call = Call(AttemptId(CALLEE), plan)
    call, _ = step(call, Placed(CALLEE))
    return call


def test_an_outside_number_is_rung_by_the_plan_s_way() -> None:
    call, commands = step(outside({OPERATOR: Way("other", "8" + OPERATOR[1:], "74951234567")}), Answered(CALLEE))
    (dial,) = [command for command in commands if isinstance(command, Dial)]
    assert (dial.channel, dial.trunk, dial.number, dial.caller) == (
        *(EXTENSION, "other", "84950000012", "74951234567"),
    )
    assert (call.state, call.outside_number) == (State.TRANSFERRING, OPERATOR)
    joined, commands = step(call, Answered(EXTENSION))
    assert any(isinstance(command, Join) for command in commands)
    assert joined.connection is Connection.JOINED
    refused, _ = step(call, HungUp(EXTENSION, sip_code=486, q850_cause=17))
    assert (refused.state, refused.connection) == (State.ENDING, Connection.BUSY)


def test_an_outside_number_without_a_way_is_not_rung() -> None:
    call, commands = step(outside({}), Answered(CALLEE))
    assert not any(isinstance(command, Dial) for command in commands)
    assert (call.connection, call.outside_number) == (Connection.UNREACHABLE, "")
    assert tell(call, gone()).state is State.ENDED
