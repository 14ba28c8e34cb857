"""Callees of the sandbox who answer aloud: what they mean to do, and what ordinary people say."""

from __future__ import annotations

from outdial.drivers.sandbox.callee import Heard, Press, Say, intention
from outdial.drivers.sandbox.plan import Answers, behaviour_of

SPEAKER = Answers(ring_seconds=1.0, words=("да", "нет"), thinking_seconds=0.7)
EITHER = Answers(ring_seconds=1.0, words=("да",), keys="12", thinking_seconds=0.7, barge_in_seconds=2.0)


def test_a_speaker_says_one_word_after_another_and_then_the_last() -> None:
    said = [intention(SPEAKER, 0, Heard.END_OF_PROMPT, said=said) for said in range(4)]
    assert said == [Say(0.7, "да"), Say(0.7, "нет"), Say(0.7, "нет"), Say(0.7, "нет")]


def test_who_could_press_says_it_where_somebody_listens() -> None:
    assert intention(EITHER, 0, Heard.END_OF_PROMPT) == Say(0.7, "да", "1")
    assert intention(EITHER, 1, Heard.END_OF_PROMPT) == Say(0.7, "да", "2")
    assert intention(EITHER, 2, Heard.END_OF_PROMPT) == Say(0.7, "да", "")


def test_only_the_first_answer_breaks_into_a_prompt() -> None:
    assert intention(EITHER, 0, Heard.PROMPT, 5.0) == Say(2.0, "да", "1")
    assert intention(EITHER, 0, Heard.PROMPT, 1.0) is None
    assert intention(EITHER, 0, Heard.PROMPT, 5.0, said=1) is None


def test_who_does_not_speak_presses() -> None:
    assert intention(Answers(ring_seconds=1.0, keys="1"), 0, Heard.END_OF_PROMPT) == Press(0.7, "1")
    assert intention(Answers(ring_seconds=1.0, words=("",)), 0, Heard.END_OF_PROMPT) is None


def test_ordinary_people_press_or_speak() -> None:
    people = [behaviour_of(1, f"7916{number:07d}") for number in range(400)]
    pressers = [one for one in people if isinstance(one, Answers) and one.keys]
    talkative = sum(bool(one.words) for one in pressers)
    assert 0.45 < talkative / len(pressers) < 0.75
