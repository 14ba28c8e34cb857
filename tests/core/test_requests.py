"""Stories of dialogues that ask somebody outside, and of what they make of the answer."""

from __future__ import annotations

from core.stories import CALLEE, ask, gone, hangs_up, key, picked_up, pressed, records, say, script, silence, tell
from outdial.core.call import step
from outdial.core.commands import CallCommand, Consult, SetTimer, Speak
from outdial.core.events import Consulted, Resumed, Timer
from outdial.core.outcome import Outcome
from outdial.core.prompt import LONGEST_VALUE, Slot, Text, Words
from outdial.core.script.interpreter import CONSULT_SECONDS, PROMPT_GUARD_SECONDS
from outdial.core.script.nodes import Request, Say

TOLD = Say((Text(("your number is ", Slot("result"), ", ", Slot("name")), "ru-RU"),), "done")
ORDER = script(
    "q",
    q=ask("order?", key("1", "1", "crm")),
    crm=Request("crm", "result", "told", "done"),
    told=TOLD,
    done=say("bye"),
)


def asks_outside(turn: int) -> list[CallCommand]:
    """The commands that consult the service in a turn."""
    return [Consult(CALLEE, turn, "crm"), SetTimer(CALLEE, Timer.TURN, turn, CONSULT_SECONDS)]


def says(turn: int, words: str, *, personal: bool = False) -> list[CallCommand]:
    """The commands that say something."""
    filled = (Words(words, "ru-RU", "", personal),)
    return [Speak(CALLEE, turn, filled), SetTimer(CALLEE, Timer.TURN, turn, PROMPT_GUARD_SECONDS)]


def test_the_answer_of_a_service_is_said_in_the_words_of_the_script() -> None:
    call = tell(picked_up(ORDER, {"name": "Anna", "result": "hidden"}), pressed("1"))
    tell(
        call,
        (Consulted(CALLEE, 2, "42"), says(3, "your number is 42, Anna", personal=True)),
    )


def test_the_service_is_asked_after_the_press_was_recorded() -> None:
    call = picked_up(ORDER)
    _, asked = step(call, pressed("1"))
    assert asked[1:] == [*records("1", "1"), *asks_outside(2)]


def test_a_service_that_gives_no_answer_is_done_without() -> None:
    call = tell(picked_up(ORDER), pressed("1"))
    tell(call, (Consulted(CALLEE, 2, None), says(3, "bye")))
    tell(call, (silence(2), says(3, "bye")), (Consulted(CALLEE, 2, "late"), []))


def test_an_answer_to_another_question_changes_nothing() -> None:
    tell(picked_up(ORDER), pressed("1"), (Consulted(CALLEE, 1, "42"), []), (pressed("5"), []))


def test_of_a_long_answer_as_much_is_kept_as_can_be_said() -> None:
    call = tell(picked_up(ORDER), pressed("1"), Consulted(CALLEE, 2, "x" * (LONGEST_VALUE + 1)))
    assert call.position is not None
    assert call.position.learned == {"result": "x" * LONGEST_VALUE}


def test_an_empty_answer_is_an_answer() -> None:
    tell(picked_up(ORDER), pressed("1"), (Consulted(CALLEE, 2, ""), says(3, "your number is , ", personal=True)))


def test_what_was_learned_is_there_until_the_dialogue_ends() -> None:
    again = script(
        "crm", crm=Request("crm", "result", "q", None), q=ask("", key("1", None, "told")), told=TOLD, done=say("x")
    )
    call = tell(picked_up(again), Consulted(CALLEE, 1, "7"), pressed("5"), pressed("1"))
    assert call.position is not None
    assert (call.position.node, call.position.learned) == ("told", {"result": "7"})


def test_after_a_restart_the_service_is_asked_once_more() -> None:
    call = tell(picked_up(ORDER), pressed("1"))
    resumed, asked = step(call, Resumed(CALLEE, up=True))
    assert asked[1:] == asks_outside(3)
    tell(
        resumed,
        (Consulted(CALLEE, 2, "1"), []),
        (Consulted(CALLEE, 3, "2"), says(4, "your number is 2, ", personal=True)),
    )


def test_whoever_hangs_up_meanwhile_hears_nothing_and_has_answered() -> None:
    call = tell(picked_up(ORDER), pressed("1"), (gone(), []), (Consulted(CALLEE, 2, "42"), []))
    assert (call.outcome, call.answers_given) == (Outcome.ANSWERED, 1)


def test_a_service_may_be_the_last_that_a_dialogue_does() -> None:
    call = tell(
        picked_up(script("crm", crm=Request("crm", "result", None, None))), (Consulted(CALLEE, 1, "1"), hangs_up(1))
    )
    assert call.position is None
