"""Numbers and how they behave: the plan, the extensions, the population, and what a callee means to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from outdial.core.amd import Amd, Verdict
from outdial.core.outcome import Outcome, outcome_of_refusal
from outdial.drivers.sandbox.callee import (
    Fails,
    Heard,
    Leave,
    PicksUp,
    Press,
    end_of_ringing,
    intention,
    listen,
    meet,
    rings,
)
from outdial.drivers.sandbox.plan import (
    TAKEN_FOR_A_MACHINE,
    TAKEN_FOR_A_PERSON,
    Answers,
    Behaviour,
    BusyFirst,
    Greeting,
    Refuses,
    RingsOut,
    Voice,
    behaviour_of,
)

SEED = 1

digits = st.text("0123456789", max_size=20)
seeds = st.integers()


def human(number: str) -> Answers:
    behaviour = behaviour_of(SEED, number)
    assert isinstance(behaviour, Answers)
    return behaviour


def refusal(behaviour: Behaviour) -> Outcome:
    assert isinstance(behaviour, Refuses)
    return outcome_of_refusal(behaviour.sip_code, behaviour.q850_cause)


# ------------------------------------------------------------------------------------------------------ laws


@given(seed=seeds, number=st.one_of(digits, st.text("0123456789*#+", max_size=33)))
def test_every_number_behaves_and_always_alike(seed: int, number: str) -> None:
    behaviour = behaviour_of(seed, number)
    assert isinstance(behaviour, Refuses | RingsOut | Answers | BusyFirst)
    assert behaviour_of(seed, number) == behaviour


@given(
    seed=seeds, kind=st.integers(1, 17), parameter=st.integers(0, 99999), prefix=st.text("0123456789*#+", max_size=8)
)
def test_a_dial_prefix_changes_nothing(seed: int, kind: int, parameter: int, prefix: str) -> None:
    number = f"7000{kind:02}{parameter:05}"
    assert behaviour_of(seed, prefix + number) == behaviour_of(seed, number)


@given(seed=seeds, number=digits)
def test_a_plus_changes_nothing(seed: int, number: str) -> None:
    assume(not 2 <= len(number) <= 5)
    assert behaviour_of(seed, "+" + number) == behaviour_of(seed, number)


@given(number=digits, limit=st.floats(1, 100), calls_before=st.integers(0, 3))
def test_ringing_ends_within_the_limit(number: str, limit: float, calls_before: int) -> None:
    met = meet(behaviour_of(SEED, number), calls_before)
    assert 0 <= end_of_ringing(met, limit).after_seconds <= limit


@given(number=digits, pressed=st.integers(0, 9), heard=st.sampled_from(Heard), seconds=st.floats(0, 100))
def test_an_intention_lies_ahead_and_keys_are_keys(number: str, pressed: int, heard: Heard, seconds: float) -> None:
    met = meet(behaviour_of(SEED, number), 99999)
    assume(isinstance(met, Answers))
    assert isinstance(met, Answers)
    intended = intention(met, pressed, heard, seconds)
    assert intended is None or intended.after_seconds >= 0
    assert not isinstance(intended, Press) or (len(intended.key) == 1 and intended.key in "0123456789*#")


# ------------------------------------------------------------------------------------------------- the plan


@pytest.mark.parametrize(
    ("number", "keys"),
    [
        ("70000100001", "1"),
        ("70000100012", "12"),
        ("70000110203", "10203"),
        ("70000100000", ""),
        ("70000300002", "92"),
        ("70000300000", "9"),
        ("70001300004", "1"),
    ],
)
def test_humans_press_the_digits_of_the_parameter(number: str, keys: str) -> None:
    callee = human(number)
    assert callee.keys == keys
    assert callee.barge_in_seconds is callee.leaves_after_seconds is callee.patience_seconds is None


@pytest.mark.parametrize(
    ("number", "leaves_after"),
    [("70000200030", 30), ("70000200000", None), ("70001100500", 0.5), ("70001100000", 0), ("70001200007", 7)],
)
def test_humans_hang_up_by_the_parameter(number: str, leaves_after: float | None) -> None:
    assert human(number).leaves_after_seconds == leaves_after


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        ("70000400000", Outcome.BUSY),
        ("70000600000", Outcome.REJECTED),
        ("70000700000", Outcome.INVALID_NUMBER),
        ("70000800000", Outcome.UNAVAILABLE),
        ("70000900000", Outcome.TRUNK_FAILED),
    ],
)
def test_refusals_mean_what_the_plan_says(number: str, outcome: Outcome) -> None:
    assert refusal(behaviour_of(SEED, number)) is outcome


def test_ringing_without_an_answer() -> None:
    assert behaviour_of(SEED, "70000500000") == RingsOut()
    assert end_of_ringing(RingsOut(), 35.0) == Fails(35.0, 480, 19)
    assert rings(RingsOut())


def test_a_human_rings_as_long_as_the_parameter_says() -> None:
    callee = human("70001300012")
    assert end_of_ringing(callee, 30.0) == PicksUp(12.0, callee)
    assert end_of_ringing(callee, 10.0) == Fails(10.0, 480, 19)


@pytest.mark.parametrize(
    ("number", "voice", "seconds"),
    [
        ("70000100001", Voice.SILENCE, 0),
        ("70001000000", Voice.MACHINE, 5),
        ("70001200008", Voice.TALK, 8),
        ("70001500000", Voice.FAX, 0),
        ("70001700000", Voice.NO_MEDIA, 0),
    ],
)
def test_voices(number: str, voice: Voice, seconds: float) -> None:
    callee = human(number)
    assert (callee.voice, callee.voice_seconds) == (voice, seconds)


@pytest.mark.parametrize(
    ("parameter", "words"),
    [(1, ("да",)), (2, ("нет",)), (3, ("yes",)), (42, ("no", "нет")), (0, ()), (9, ()), (91, ("да",))],
)
def test_speakers_say_words_and_press_nothing(parameter: int, words: tuple[str, ...]) -> None:
    callee = human(f"700014{parameter:05}")
    assert (callee.words, callee.keys) == (words, "")


def test_a_speaker_may_interrupt() -> None:
    assert [human(number).barge_in_seconds for number in ("70001400001", "70001400019")] == [None, None]
    assert human("70001400912").barge_in_seconds == 2.0


def test_a_speaker_may_say_a_sentence() -> None:
    assert len(human("70001400005").words[0].split()) > 3


def test_busy_the_first_times() -> None:
    behaviour = behaviour_of(SEED, "870001600002")
    assert isinstance(behaviour, BusyFirst)
    assert behaviour.subscriber == "70001600002"
    assert [isinstance(meet(behaviour, before), Answers) for before in range(4)] == [False, False, True, True]
    assert behaviour.then.keys == "1"


@given(seed=seeds, parameter=st.integers(0, 99999))
def test_planned_humans_ring_shortly(seed: int, parameter: int) -> None:
    callee = behaviour_of(seed, f"700001{parameter:05}")
    assert isinstance(callee, Answers)
    assert 0.5 <= callee.ring_seconds <= 3.0


# ---------------------------------------------------------------------------------------------- extensions


@given(number=st.text("0123456789", min_size=2, max_size=5))
def test_extensions_behave_by_their_last_digit(number: str) -> None:
    behaviour = behaviour_of(SEED, number)
    match number[-1]:
        case "7":
            assert refusal(behaviour) is Outcome.REJECTED
        case "8":
            assert behaviour == RingsOut()
        case "9":
            assert refusal(behaviour) is Outcome.BUSY
        case "6":
            assert behaviour == Answers(ring_seconds=1.0, leaves_after_seconds=2.0)
        case "3":
            assert behaviour == Answers(ring_seconds=1.0, keys="0")
        case "1" | "2":
            assert behaviour == Answers(ring_seconds=1.0, keys="1")
        case _:
            assert behaviour == Answers(ring_seconds=1.0)


# ------------------------------------------------------------------------------------------ the population


def kind_of(behaviour: Behaviour) -> str:
    match behaviour:
        case Refuses():
            return refusal(behaviour)
        case RingsOut():
            return "no_answer"
        case Answers(voice=Voice.MACHINE):
            return "machine"
        case Answers(keys=""):
            return "leaves_early"
        case Answers():
            return "presses"
        case BusyFirst():
            return "busy_first"


def test_the_population_is_a_realistic_mixture() -> None:
    count = 20_000
    kinds = Counter(kind_of(behaviour_of(SEED, str(79160000000 + at))) for at in range(count))
    shares = {kind: 100 * number / count for kind, number in kinds.items()}
    expected = {
        "presses": 45,
        "leaves_early": 8,
        "no_answer": 25,
        "busy": 10,
        "machine": 5,
        "unavailable": 2,
        "invalid_number": 2,
        "rejected": 3,
    }
    assert shares == pytest.approx(expected, abs=1.5)


def test_another_seed_is_another_population() -> None:
    numbers = [str(79160000000 + at) for at in range(100)]
    assert [behaviour_of(1, number) for number in numbers] != [behaviour_of(2, number) for number in numbers]


def test_the_population_answers_at_its_ease_and_leaves_by_itself() -> None:
    for at in range(2000):
        behaviour = behaviour_of(SEED, str(79160000000 + at))
        if isinstance(behaviour, Answers):
            assert 4 <= behaviour.ring_seconds <= 22
            assert behaviour.leaves_after_seconds is not None or behaviour.patience_seconds is not None


def test_detection_is_wrong_about_a_few_of_those_who_answer() -> None:
    verdicts = Counter(
        (behaviour.voice is Voice.MACHINE, listen(behaviour, Amd(), 0.0).verdict)
        for behaviour in (behaviour_of(SEED, str(79160000000 + at)) for at in range(20_000))
        if isinstance(behaviour, Answers)
    )
    people = {verdict: verdicts[False, verdict] for verdict in Verdict}
    machines = {verdict: verdicts[True, verdict] for verdict in Verdict}
    assert people[Verdict.NOT_SURE] == machines[Verdict.NOT_SURE] == 0
    assert people[Verdict.MACHINE] / sum(people.values()) == pytest.approx(TAKEN_FOR_A_MACHINE, abs=0.01)
    assert machines[Verdict.HUMAN] / sum(machines.values()) == pytest.approx(TAKEN_FOR_A_PERSON, abs=0.03)


# ------------------------------------------------------------------------------------------- people and machines


@pytest.mark.parametrize("number", ["70000100001", "70000200000", "70001100500", "70001200009", "70001400005", "101"])
def test_planned_people_are_taken_for_people(number: str) -> None:
    impression = listen(human(number), Amd(), 0.05)
    assert (impression.verdict, impression.cause) == (Verdict.HUMAN, "HUMAN")
    assert 1.4 < impression.after_seconds < 2.5


@pytest.mark.parametrize(
    ("number", "cause", "between"),
    [("70001000000", "MAXWORDS", (2.5, 3.5)), ("70001500000", "LONGGREETING", (1.4, 1.6))],
)
def test_planned_machines_are_taken_for_machines(number: str, cause: str, between: tuple[float, float]) -> None:
    impression = listen(human(number), Amd(), 0.05)
    assert (impression.verdict, impression.cause) == (Verdict.MACHINE, cause)
    assert between[0] < impression.after_seconds < between[1]


def test_nobody_can_tell_who_sends_no_media() -> None:
    impression = listen(human("70001700000"), Amd(total_analysis=4200), 0.0)
    assert (impression.after_seconds, impression.verdict, impression.cause) == (4.2, Verdict.NOT_SURE, "TOOLONG")


PERSON = Answers(ring_seconds=1, greeting=Greeting(0.5, 1, 1.0))
RECITER = Answers(ring_seconds=1, greeting=Greeting(0.5, 4, 1.0))


@pytest.mark.parametrize(
    ("callee", "amd", "since_answer", "after", "verdict", "cause"),
    [
        (PERSON, Amd(), 0.0, 2.1, Verdict.HUMAN, "HUMAN"),
        (PERSON, Amd(), 1.0, 1.1, Verdict.HUMAN, "HUMAN"),
        (PERSON, Amd(), 5.0, 2.5, Verdict.MACHINE, "INITIALSILENCE"),
        (PERSON, Amd(initial_silence=400), 0.0, 0.4, Verdict.MACHINE, "INITIALSILENCE"),
        (PERSON, Amd(greeting=700), 0.0, 1.2, Verdict.MACHINE, "LONGGREETING"),
        (PERSON, Amd(max_word=600), 0.0, 1.1, Verdict.MACHINE, "MAXWORDLENGTH"),
        (PERSON, Amd(after_greeting_silence=2000), 0.0, 3.3, Verdict.HUMAN, "HUMAN"),
        (PERSON, Amd(after_greeting_silence=5000), 0.0, 5.0, Verdict.NOT_SURE, "TOOLONG"),
        (PERSON, Amd(min_word=900), 0.0, 5.0, Verdict.NOT_SURE, "TOOLONG"),
        (RECITER, Amd(), 0.0, 3.6, Verdict.MACHINE, "MAXWORDS"),
        (RECITER, Amd(max_words=4), 0.0, 5.0, Verdict.NOT_SURE, "TOOLONG"),
        (RECITER, Amd(max_words=4, total_analysis=6000), 0.0, 5.1, Verdict.HUMAN, "HUMAN"),
        (RECITER, Amd(), 1.4, 3.7, Verdict.HUMAN, "HUMAN"),
    ],
)
def test_the_settings_of_detection_decide(
    callee: Answers, amd: Amd, since_answer: float, after: float, verdict: Verdict, cause: str
) -> None:
    impression = listen(callee, amd, since_answer)
    assert (impression.verdict, impression.cause) == (verdict, cause)
    assert impression.after_seconds == pytest.approx(after)


@given(
    seed=seeds,
    number=digits,
    since_answer=st.floats(0, 30),
    amd=st.builds(
        Amd,
        initial_silence=st.integers(0, 10_000),
        greeting=st.integers(0, 10_000),
        after_greeting_silence=st.integers(0, 10_000),
        total_analysis=st.integers(1, 10_000),
        min_word=st.integers(0, 10_000),
        max_word=st.integers(0, 10_000),
        max_words=st.integers(0, 10),
    ),
)
def test_detection_takes_no_longer_than_it_may(seed: int, number: str, since_answer: float, amd: Amd) -> None:
    met = meet(behaviour_of(seed, number), 99999)
    assume(isinstance(met, Answers))
    assert isinstance(met, Answers)
    impression = listen(met, amd, since_answer)
    assert 0 <= impression.after_seconds <= amd.total_analysis / 1000
    assert impression == listen(met, amd, since_answer)


# ------------------------------------------------------------------------------------------------ intentions

CALLEE = Answers(ring_seconds=1, keys="12", barge_in_seconds=3.0, patience_seconds=20, talk_seconds=60)


@pytest.mark.parametrize(
    ("callee", "pressed", "heard", "prompt_seconds", "intended"),
    [
        (CALLEE, 0, Heard.SILENCE, 0, Leave(20)),
        (CALLEE, 0, Heard.PROMPT, 10, Press(3.0, "1")),
        (CALLEE, 0, Heard.PROMPT, 2, None),
        (CALLEE, 1, Heard.PROMPT, 10, None),
        (replace(CALLEE, barge_in_seconds=None), 0, Heard.PROMPT, 10, None),
        (CALLEE, 0, Heard.END_OF_PROMPT, 0, Press(0.7, "1")),
        (CALLEE, 1, Heard.END_OF_PROMPT, 0, Press(0.7, "2")),
        (CALLEE, 2, Heard.END_OF_PROMPT, 0, Leave(20)),
        (replace(CALLEE, patience_seconds=None), 2, Heard.END_OF_PROMPT, 0, None),
        (CALLEE, 0, Heard.RINGBACK, 0, None),
        (CALLEE, 0, Heard.SOMEBODY, 0, Leave(60)),
        (replace(CALLEE, talk_seconds=None), 0, Heard.SOMEBODY, 0, None),
    ],
)
def test_what_a_callee_means_to_do(
    callee: Answers, pressed: int, heard: Heard, prompt_seconds: float, intended: Press | Leave | None
) -> None:
    assert intention(callee, pressed, heard, prompt_seconds) == intended
