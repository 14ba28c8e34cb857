"""Dialogues that hear speech and keys: what stops a prompt, what counts as an answer, and what happens without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from core.stories import CALLEE, hangs_up, heard, picked_up, pressed, reserved, script, silence, tell, text
from outdial.core.assistant import Speaker
from outdial.core.call import LONGEST_CALL_SECONDS, State, step
from outdial.core.commands import CallCommand, Listen, NoteTurn, SetTimer, Speak, StopListening, StopPlaying
from outdial.core.events import Answered, Heard, HungUp, Placed, PromptFailed, Resumed, SpeechBegan, Timer, TimerElapsed
from outdial.core.intents import Intent, Meaning, expected
from outdial.core.prompt import Kind, Slot, Text, Words
from outdial.core.script import listening_nodes
from outdial.core.script.listening_nodes import Hears
from outdial.core.script.nodes import Say, Script
from outdial.core.script.position import BETWEEN_KEYS_SECONDS, PROMPT_GUARD_SECONDS, SPEECH_GUARD_SECONDS

CONSENT = Hears(Intent(Meaning.CONSENT), "yes", into="agreed", keys="1")
REFUSAL = Hears(Intent(Meaning.REFUSAL), "no", keys="2")
PERSON = Hears(Intent(Meaning.PHRASES, ("оператор", "человек")), "person", "wanted")
PARTS = {
    "yes": Say(text("отлично"), None),
    "no": Say(text("жаль"), None),
    "person": Say(text("зову"), None),
    "lost": Say(text("до свидания"), None),
}


def question(*answers: Hears, **members: object) -> Script:
    """A script that asks one thing."""
    asked = listening_nodes.Listen(
        "q", text("удобно?"), answers or (CONSENT, REFUSAL, PERSON), "ru-RU", otherwise="lost"
    )
    asked = replace(asked, unmatched=text("не понял"), silence=text("не слышу"), **members)
    return replace(script("q", q=asked, **PARTS), transcript=True)


QUESTION = question()
LIMIT = SetTimer(CALLEE, Timer.CALL_LIMIT, 2, LONGEST_CALL_SECONDS)


def spoke(turn: int, words: str, confidence: float = 0.9, *alternatives: str) -> Heard:
    """The callee said something while a turn listened."""
    return Heard(CALLEE, turn, words, confidence, alternatives)


def began(turn: int) -> SpeechBegan:
    """The callee began to speak while a turn listened."""
    return SpeechBegan(CALLEE, turn)


def ours(position: int, words: str, turn: int, *, block: str = "q", interrupted: bool = False) -> NoteTurn:
    """A turn of ours is written down."""
    return NoteTurn(CALLEE, position, Speaker.OUTDIAL, words, block, turn=turn, interrupted=interrupted)


def theirs(position: int, words: str, confidence: float = 0.9) -> NoteTurn:
    """What was heard is written down."""
    return NoteTurn(CALLEE, position, Speaker.CALLEE, words, "q", confidence=confidence)


def typed(position: int, keys: str) -> NoteTurn:
    """What was pressed is written down."""
    return NoteTurn(CALLEE, position, Speaker.CALLEE, "", "q", keys=keys)


def says(turn: int, *texts: str, personal: bool = False) -> list[CallCommand]:
    """The commands that play texts in a turn."""
    filled = tuple(Words(words, "ru-RU", "", personal=personal) for words in texts)
    return [Speak(CALLEE, turn, filled), timer(turn, PROMPT_GUARD_SECONDS)]


def listens(turn: int) -> Listen:
    """The listening of the usual question in a turn."""
    return Listen(CALLEE, turn, "ru-RU", expected((CONSENT.intent, REFUSAL.intent, PERSON.intent), "ru-RU"))


def timer(turn: int, seconds: float) -> SetTimer:
    """A timer of a turn."""
    return SetTimer(CALLEE, Timer.TURN, turn, seconds)


def test_a_question_is_played_and_listened_to_at_once():
    call, commands = step(tell(reserved(QUESTION), Placed(CALLEE)), Answered(CALLEE))
    assert commands[1:] == [*says(1, "удобно?"), listens(1)]


def test_where_anything_may_be_said_the_other_answers_are_listened_for_as_well():
    wish = Hears(Intent(Meaning.ANYTHING), "person", into="wish")
    _, commands = step(tell(reserved(question(CONSENT, wish)), Placed(CALLEE)), Answered(CALLEE))
    assert commands[-1] == Listen(CALLEE, 1, "ru-RU", expected((CONSENT.intent,), "ru-RU"), besides=True)
    tell(
        picked_up(question(CONSENT, wish)),
        (
            spoke(1, "да"),
            [StopPlaying(CALLEE, 1), ours(1, "удобно?", 1, interrupted=True), theirs(2, "да"), *says(2, "отлично")],
        ),
    )
    call = tell(picked_up(question(CONSENT, wish)), spoke(1, "мой кот болеет"))
    assert call.collected == {"wish": "мой кот болеет"}


def test_an_answer_after_the_prompt_is_taken_and_both_turns_are_written_down():
    call = tell(
        picked_up(QUESTION),
        (heard(1), [ours(1, "удобно?", 1), timer(2, 6.0)]),
        (began(1), [timer(3, 15.0 + SPEECH_GUARD_SECONDS)]),
        (spoke(1, "да, конечно", 0.8), [theirs(2, "да, конечно", 0.8), *says(4, "отлично")]),
        (heard(4), [ours(3, "отлично", 4, block="yes"), *hangs_up(4)]),
    )
    assert call.collected == {"agreed": "yes"}


def test_a_voice_stops_the_prompt_and_what_it_says_is_the_answer():
    tell(
        picked_up(QUESTION),
        (
            began(1),
            [StopPlaying(CALLEE, 1), ours(1, "удобно?", 1, interrupted=True), timer(2, 15.0 + SPEECH_GUARD_SECONDS)],
        ),
        (spoke(1, "нет"), [theirs(2, "нет"), *says(3, "жаль")]),
    )


def test_words_that_come_without_their_beginning_stop_the_prompt_as_well():
    tell(
        picked_up(QUESTION),
        (
            spoke(1, "да"),
            [StopPlaying(CALLEE, 1), ours(1, "удобно?", 1, interrupted=True), theirs(2, "да"), *says(2, "отлично")],
        ),
    )


def test_a_noise_that_stopped_the_prompt_has_it_said_again_and_not_stopped_twice():
    tell(
        picked_up(QUESTION),
        began(1),
        (spoke(1, ""), says(3, "удобно?")),
        (began(1), []),
        (began(3), []),
        (heard(3), [ours(2, "удобно?", 3), timer(4, 6.0), listens(4)]),
        (spoke(4, "да"), [theirs(3, "да"), *says(5, "отлично")]),
    )


def test_a_noise_that_stopped_nothing_lets_the_prompt_go_on_and_is_listened_to_again_after_it():
    tell(
        picked_up(QUESTION),
        (spoke(1, " "), []),
        (heard(1), [ours(1, "удобно?", 1), timer(2, 6.0), listens(2)]),
    )


def test_without_barge_in_only_the_time_after_the_prompt_is_listened_to():
    call = picked_up(question(barge_in=False))
    assert call.position is not None
    assert not call.position.talk.listening
    tell(call, (began(1), []), (spoke(1, "да"), []), (heard(1), [ours(1, "удобно?", 1), timer(2, 6.0), listens(2)]))


def test_what_means_nothing_is_asked_again_so_many_times_and_then_the_dialogue_goes_on_elsewhere():
    again = [theirs(2, "мяу"), *says(3, "не понял", "удобно?"), listens(3)]
    tell(
        picked_up(question(tries=2)),
        heard(1),
        (spoke(1, "мяу"), again),
        (heard(3), [ours(3, "не понял удобно?", 3), timer(4, 6.0)]),
        (spoke(3, "гав"), [theirs(4, "гав"), *says(5, "до свидания")]),
    )


def test_silence_is_answered_by_its_own_prompt():
    tell(
        picked_up(question(tries=2)),
        heard(1),
        (silence(2), [*says(3, "не слышу", "удобно?"), listens(3)]),
        heard(3),
        (silence(4), [StopListening(CALLEE, 3), *says(5, "до свидания")]),
    )


def test_somebody_who_is_speaking_is_not_silent_and_one_whose_words_never_come_was_not_understood():
    tell(
        picked_up(QUESTION),
        heard(1),
        began(1),
        (silence(2), []),
        (silence(3), [StopListening(CALLEE, 1), theirs(2, "", 0.0), *says(4, "не понял", "удобно?"), listens(4)]),
        (spoke(1, "да"), []),
    )


def test_the_first_alternative_that_means_something_counts():
    call = tell(picked_up(QUESTION), heard(1), spoke(1, "опера", 0.5, "операция", "оператор"))
    assert call.collected == {"wanted": "оператор"}


def test_what_was_not_understood_means_nothing_whatever_it_may_have_been():
    unclear = replace(theirs(2, "", 0.0), alternatives=("идет", "нет"))
    call = tell(
        picked_up(QUESTION),
        heard(1),
        (spoke(1, "", 0.0, "идет", "нет"), [unclear, *says(3, "не понял", "удобно?"), listens(3)]),
    )
    assert call.collected == {}


def test_what_is_heard_with_too_little_confidence_means_nothing():
    call = picked_up(question(least_confidence=0.5))
    tell(call, heard(1), (spoke(1, "да", 0.4), [theirs(2, "да", 0.4), *says(3, "не понял", "удобно?"), listens(3)]))


def test_a_key_stops_prompt_and_listening_and_is_the_answer():
    call = tell(
        picked_up(QUESTION),
        (
            pressed("1"),
            [
                StopPlaying(CALLEE, 1),
                ours(1, "удобно?", 1, interrupted=True),
                StopListening(CALLEE, 1),
                typed(2, "1"),
                *says(2, "отлично"),
            ],
        ),
        (spoke(1, "нет"), []),
        (began(1), []),
    )
    assert call.collected == {"agreed": "yes"}


def test_a_key_counts_while_the_callee_speaks():
    tell(
        picked_up(QUESTION),
        heard(1),
        began(1),
        (pressed("2"), [StopListening(CALLEE, 1), typed(2, "2"), *says(4, "жаль")]),
        (spoke(1, "да"), []),
    )


def test_a_wrong_key_is_answered_like_words_that_mean_nothing():
    story = [StopListening(CALLEE, 1), typed(2, "7"), *says(3, "не понял", "удобно?"), listens(3)]
    tell(picked_up(QUESTION), heard(1), (pressed("7"), story))


def test_where_no_keys_are_meant_they_change_nothing():
    tell(picked_up(question(PERSON)), (pressed("1"), []))


def test_a_number_is_typed_until_its_end_key_or_a_pause_or_its_last_digit():
    age = question(Hears(Intent(Meaning.NUMBER, least=1, most=120), "yes", "age"))
    for last in (pressed("#"), silence(4)):
        call = tell(
            picked_up(age),
            heard(1),
            (pressed("4"), [StopListening(CALLEE, 1), timer(3, BETWEEN_KEYS_SECONDS)]),
            (pressed("2"), [timer(4, BETWEEN_KEYS_SECONDS)]),
            (last, [typed(2, "42"), *says(5, "отлично")]),
        )
        assert call.collected == {"age": "42"}
    whole = tell(picked_up(age), heard(1), pressed("1"), pressed("1"), pressed("9"))
    assert whole.collected == {"age": "119"}
    assert not tell(picked_up(age), heard(1), pressed("0"), pressed("#")).collected


def test_a_day_is_collected_as_a_date_and_said_back_in_words():
    day = replace(
        question(Hears(Intent(Meaning.DATE), "back", "day")),
        nodes={
            **question(Hears(Intent(Meaning.DATE), "back", "day")).nodes,
            "back": Say((Text(("жду ", Slot("day", Kind.DATE)), "ru-RU"),), None),
        },
    )
    call = picked_up(day)
    call = replace(call, plan=replace(call.plan, today=date(2026, 11, 21)))
    call = tell(
        call,
        heard(1),
        (spoke(1, "завтра"), [theirs(2, "завтра"), *says(3, "жду двадцать второго ноября", personal=True)]),
    )
    assert call.collected == {"day": "2026-11-22"}


def test_an_answer_may_have_a_value_of_its_own():
    call = tell(picked_up(question(replace(PERSON, value="human"))), heard(1), spoke(1, "человек"))
    assert call.collected == {"wanted": "human"}


def test_a_question_without_a_prompt_listens_at_once():
    call = picked_up(question(prompt=()))
    assert call.position is not None
    assert call.position.talk.listening == 1
    tell(call, (spoke(1, "да"), [theirs(1, "да"), *says(2, "отлично")]))


def test_a_prompt_that_cannot_be_made_ends_the_dialogue_and_is_not_written_down():
    call = tell(picked_up(QUESTION), (PromptFailed(CALLEE, 1, "no voice"), hangs_up(1)))
    assert call.state is State.ENDING


def test_a_callee_who_hangs_up_in_the_middle_of_a_prompt_has_heard_a_part_of_it():
    tell(picked_up(QUESTION), (HungUp(CALLEE), [ours(1, "удобно?", 1, interrupted=True)]))
    tell(picked_up(QUESTION), heard(1), (HungUp(CALLEE), []))


def test_a_call_that_runs_into_its_limit_writes_down_what_was_being_said():
    call, commands = step(picked_up(QUESTION), TimerElapsed(CALLEE, Timer.CALL_LIMIT, 0))
    assert ours(1, "удобно?", 1, interrupted=True) in commands
    assert call.state is State.ENDING


def test_late_news_of_another_turn_changes_nothing():
    call = tell(picked_up(QUESTION), heard(1), spoke(1, "да"))
    tell(call, (heard(1), []), (spoke(1, "нет"), []), (began(1), []), (silence(2), []), (spoke(0, "нет"), []))


def test_after_a_restart_the_question_is_asked_again_and_the_former_listening_ends():
    call = tell(picked_up(QUESTION), heard(1))
    tell(call, (Resumed(CALLEE, up=True), [LIMIT, StopListening(CALLEE, 1), *says(3, "удобно?"), listens(3)]))
    cut = tell(picked_up(QUESTION), began(1))
    tell(cut, (Resumed(CALLEE, up=True), [LIMIT, StopListening(CALLEE, 1), *says(3, "удобно?"), listens(3)]))


def test_a_script_without_a_transcript_writes_nothing():
    call = picked_up(replace(QUESTION, transcript=False))
    tell(call, (heard(1), [timer(2, 6.0)]), (spoke(1, "да"), says(3, "отлично")))
