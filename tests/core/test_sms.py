"""How a text becomes parts, when an SMS is due, and what its parts make of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.stories import ATTEMPT, CALLEE, tell
from outdial.core.call import Call, Plan, step
from outdial.core.commands import SendSms
from outdial.core.events import Answered, KeyPressed, Placed, PromptEnded
from outdial.core.mailing import texted
from outdial.core.outcome import Outcome
from outdial.core.prompt import Slot, Text
from outdial.core.script.check import faults
from outdial.core.script.document import from_document, to_document
from outdial.core.script.nodes import Ask, Choice, Say, Script, Sms
from outdial.core.script.repeats import with_repeats
from outdial.core.sms import (
    MOST_PARTS,
    Asked,
    PartState,
    SmsState,
    after_the_last,
    is_gsm,
    paid_parts,
    split,
    state_of,
    written,
)
from outdial.operations.means import NO_MEANS

PROMPT = (Text(("Нажмите один.",), "ru-RU"),)
BILL = ("К оплате ", Slot("summa"), " руб.")
SCRIPT = Script(
    "ask",
    {
        "ask": Ask("ask", PROMPT, (Choice("1", None, "sms"),)),
        "sms": Sms("sms", BILL, "bye"),
        "bye": Say(PROMPT, None),
    },
    unanswered=("Мы звонили.",),
)
PARTS = st.lists(st.sampled_from(list(PartState)), min_size=1, max_size=10)


@given(st.text(max_size=800))
def test_parts_are_the_text_and_each_fits_into_a_message(text: str) -> None:
    parts = split(text)
    assert "".join(parts) == text
    for part in parts:
        if is_gsm(text):
            septets = sum(2 if character in "\f^{}\\[~]|€" else 1 for character in part)
            assert septets <= (160 if len(parts) == 1 else 153)
        else:
            assert len(part.encode("utf-16-be", "surrogatepass")) <= (140 if len(parts) == 1 else 134)


@given(st.text(max_size=2000))
def test_a_message_is_cut_off_where_nobody_would_read_on(text: str) -> None:
    assert len(split(written((text,), {}))) <= MOST_PARTS
    assert text.startswith(written((text,), {}))


def test_values_stand_as_they_were_given() -> None:
    assert written(BILL, {"summa": "17.25", "summa as money": "семнадцать рублей"}) == "К оплате 17.25 руб."


def call_of(script: Script) -> Call:
    return Call(ATTEMPT, Plan("carrier", "79160000001", "7495", 45.0, script, {"summa": "17.25"}))


def test_a_step_has_an_sms_sent_and_goes_on_at_once() -> None:
    call = tell(call_of(SCRIPT), Placed(CALLEE), Answered(CALLEE))
    position = call.position
    assert position is not None
    after = tell(call, PromptEnded(CALLEE, position.turn))
    goes_on, asked = step(after, KeyPressed(CALLEE, "1"))
    assert asked[0] == SendSms(CALLEE, Asked("sms", "К оплате 17.25 руб."))
    assert goes_on.position is not None
    assert goes_on.position.node == "bye"


def test_hearing_it_again_sends_no_second_one() -> None:
    """Copies of a step have its name, of which a call sends one."""
    again = with_repeats(SCRIPT, 2, PROMPT)
    assert [node.name for node in again.nodes.values() if isinstance(node, Sms)] == ["sms"] * 3
    assert not faults(again)


def test_a_script_with_sms_is_stored_and_read_back() -> None:
    assert from_document(to_document(SCRIPT)) == SCRIPT
    assert NO_MEANS.lacking([SCRIPT])
    assert not NO_MEANS.lacking([Script("bye", {"bye": Say(PROMPT, None)})])


def test_what_is_sent_to_a_callee_who_presses_nothing() -> None:
    assert texted(SCRIPT) == ()
    unasked = replace(SCRIPT, start="sms", nodes={key: SCRIPT.nodes[key] for key in ("sms", "bye")})
    assert texted(unasked) == (BILL,)


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REJECTED, Outcome.UNAVAILABLE])
def test_whoever_did_not_answer_the_last_time_is_sent_one(outcome: Outcome) -> None:
    assert after_the_last(BILL, {"summa": "3"}, outcome, again=False) == (Asked("", "К оплате 3 руб."),)
    assert after_the_last(BILL, {"summa": "3"}, outcome, again=True) == ()


@pytest.mark.parametrize(
    "outcome",
    [Outcome.ANSWERED, Outcome.INVALID_NUMBER, Outcome.TRUNK_FAILED, Outcome.INTERRUPTED, Outcome.FAILED, None],
)
def test_others_are_sent_none(outcome: Outcome | None) -> None:
    assert after_the_last(BILL, {}, outcome, again=False) == ()
    assert after_the_last(None, {}, Outcome.BUSY, again=False) == ()


@given(PARTS)
def test_an_sms_is_never_better_than_its_worst_part(parts: list[PartState]) -> None:
    state = state_of(parts)
    assert (state is SmsState.DELIVERED) == (set(parts) == {PartState.DELIVERED})
    assert (state is SmsState.FAILED) == (PartState.REFUSED in parts)
    if PartState.LOST in parts:
        assert state in (SmsState.LOST, SmsState.FAILED)
    assert 0 <= paid_parts(parts) <= len(parts)
    if state in (SmsState.SENT, SmsState.DELIVERED, SmsState.UNDELIVERED):
        assert paid_parts(parts) == len(parts)
