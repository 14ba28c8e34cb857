"""Talks with the assistant: it is heard sentence by sentence, interrupted, answered, and replaced when it cannot go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.stories import CALLEE, gone, hangs_up, heard, picked_up, pressed, say, script, silence, tell
from outdial.core.assistant import Brief, Line, Path, Speaker
from outdial.core.call import step
from outdial.core.commands import (
    AskAssistant,
    CallCommand,
    DismissAssistant,
    Listen,
    NoteTurn,
    Prepare,
    SetTimer,
    Speak,
    StopListening,
    StopPlaying,
)
from outdial.core.events import AssistantDone, AssistantSaid, Heard, PromptFailed, Resumed, SpeechBegan, Timer
from outdial.core.prompt import Slot, Words
from outdial.core.script.listening_nodes import Assist, Way
from outdial.core.script.position import ASSISTANT_GUARD_SECONDS, PROMPT_GUARD_SECONDS, SPEECH_GUARD_SECONDS

WAYS = (Way("bye", "всё сказано"), Way("person", "просит человека", "0"))
NODE = Assist("a", ("ты ", Slot("who")), WAYS, "sorry", "ru-RU", wait_seconds=6.0, most_turns=5)
VARIABLES = {"who": "Анна"}


def talk(**members: object) -> object:
    """A script that is a talk with the assistant."""
    nodes = {"a": replace(NODE, **members), "bye": say("пока"), "person": say("зову"), "sorry": say("извините")}
    return replace(script("a", **nodes), transcript=True)


def begun(**members: object):
    """A call in which the assistant has been asked in turn 1."""
    return picked_up(talk(**members), VARIABLES)


def asks(turn: int, *lines: Line) -> list[CallCommand]:
    """The commands that hand a turn over."""
    known = {"phone_number": "79990000000", **VARIABLES}
    brief = Brief("ты {{who}}", "ru-RU", lines, known, tuple(Path(way.to, way.when) for way in WAYS))
    return [AskAssistant(CALLEE, turn, brief), timer(turn, 8.0 + ASSISTANT_GUARD_SECONDS)]


def timer(turn: int, seconds: float) -> SetTimer:
    """A timer of a turn."""
    return SetTimer(CALLEE, Timer.TURN, turn, seconds)


def says(turn: int, words: str, *, personal: bool = True) -> list[CallCommand]:
    """The commands that speak a sentence in a turn."""
    return [
        Speak(CALLEE, turn, (Words(words, "ru-RU", "", personal=personal),)),
        timer(turn, PROMPT_GUARD_SECONDS),
    ]


def prepares(words: str) -> list[CallCommand]:
    """The commands that make a sentence ready while another is heard."""
    return [Prepare(CALLEE, (Words(words, "ru-RU", "", personal=True),))]


def sentence(turn: int, words: str) -> AssistantSaid:
    """The assistant that was asked in a turn has a sentence."""
    return AssistantSaid(CALLEE, turn, words)


def done(turn: int, block: str = "", fault: str = "") -> AssistantDone:
    """The assistant that was asked in a turn has said all."""
    return AssistantDone(CALLEE, turn, block, fault)


def ours(position: int, words: str, turn: int, *, interrupted: bool = False) -> NoteTurn:
    """What the assistant said is written down."""
    return NoteTurn(CALLEE, position, Speaker.OUTDIAL, words, "a", turn=turn, interrupted=interrupted)


def theirs(position: int, words: str) -> NoteTurn:
    """What the callee said is written down."""
    return NoteTurn(CALLEE, position, Speaker.CALLEE, words, "a", confidence=0.9)


def spoke(turn: int, words: str) -> Heard:
    """The callee said something while a turn listened."""
    return Heard(CALLEE, turn, words, 0.9)


def listens(turn: int) -> Listen:
    """A turn listens for anything."""
    return Listen(CALLEE, turn, "ru-RU")


A, B = Line(Speaker.OUTDIAL, "Здравствуйте. Удобно?"), Line(Speaker.CALLEE, "да")


def greeted():
    """A call that the assistant has greeted; turn 2 listens, and the callee's time runs in turn 4."""
    return tell(begun(), sentence(1, "Здравствуйте."), sentence(1, "Удобно?"), heard(2), done(1), heard(3))


def test_sentences_are_spoken_in_their_order_as_they_come_and_are_one_turn_of_the_talk():
    tell(
        begun(),
        (sentence(1, "Здравствуйте."), [*says(2, "Здравствуйте."), listens(2)]),
        (sentence(1, "Удобно?"), prepares("Удобно?")),
        (heard(2), says(3, "Удобно?")),
        (done(1), []),
        (heard(3), [ours(1, "Здравствуйте. Удобно?", 2), timer(4, 6.0)]),
    )


def test_a_variable_that_it_names_is_spoken_and_is_never_a_part_of_what_it_was_told_to_do():
    said = "Анна, вы {{who}}? {{  }}"
    tell(
        picked_up(talk(), {"who": said}),
        (sentence(1, "Это {{ who }}?"), [*says(2, f"Это {said}?"), listens(2)]),
        (sentence(1, "Вам {{age}}, {{"), prepares("Вам , {{")),
    )


def test_it_is_waited_for_when_it_has_not_said_all():
    tell(
        begun(),
        sentence(1, "Так."),
        (heard(2), [timer(3, 8.0 + ASSISTANT_GUARD_SECONDS)]),
        (sentence(1, "Вот."), says(4, "Вот.")),
    )


def test_an_answer_hands_the_turn_over_with_what_was_said():
    tell(greeted(), SpeechBegan(CALLEE, 2), (spoke(2, "да"), [theirs(2, "да"), *asks(6, A, B), listens(6)]))


def test_the_way_it_takes_is_gone_when_all_was_heard():
    tell(
        begun(),
        sentence(1, "До свидания."),
        (done(1, "bye"), []),
        (heard(2), [ours(1, "До свидания.", 2), StopListening(CALLEE, 2), *says(3, "пока", personal=False)]),
    )
    tell(begun(), (done(1, "bye"), says(2, "пока", personal=False)))


def test_who_interrupts_has_not_heard_it_out_and_the_turn_is_handed_over_again():
    cut = [ours(1, "Итак. Я записала вас", 2, interrupted=True), theirs(2, "стойте")]
    lines = Line(Speaker.OUTDIAL, "Итак. Я записала вас…"), Line(Speaker.CALLEE, "стойте")
    tell(
        begun(),
        sentence(1, "Итак."),
        sentence(1, "Я записала вас"),
        sentence(1, "на завтра."),
        done(1, "bye"),
        heard(2),
        (SpeechBegan(CALLEE, 2), [StopPlaying(CALLEE, 3), timer(4, 15.0 + SPEECH_GUARD_SECONDS)]),
        (spoke(2, "стойте"), [*cut, *asks(5, *lines), listens(5)]),
        (sentence(1, "поздно"), []),
        (done(1, "bye"), []),
    )


def test_a_noise_that_cut_a_sentence_has_it_said_again_with_the_rest():
    tell(
        begun(),
        sentence(1, "Раз."),
        sentence(1, "Два."),
        done(1),
        SpeechBegan(CALLEE, 2),
        (spoke(2, ""), says(4, "Раз.")),
        (SpeechBegan(CALLEE, 2), []),
        (heard(4), [*says(5, "Два."), listens(5)]),
        (heard(5), [ours(1, "Раз. Два.", 4), timer(6, 6.0)]),
    )


def test_a_noise_while_it_thinks_changes_nothing():
    tell(
        begun(),
        sentence(1, "Раз."),
        heard(2),
        SpeechBegan(CALLEE, 2),
        sentence(1, "Два."),
        (spoke(2, ""), [*says(5, "Два."), listens(5)]),
    )


@pytest.mark.parametrize("fault", ["too slow", "HTTP 500"])
def test_a_fault_leads_to_the_stand_in_at_once(fault):
    tell(begun(), (done(1, fault=fault), says(2, "извините", personal=False)))


def test_what_is_being_said_at_a_fault_is_heard_out_and_the_rest_is_not():
    tell(
        begun(),
        sentence(1, "Раз."),
        sentence(1, "Два."),
        (done(1, fault="reset"), []),
        (heard(2), [ours(1, "Раз.", 2), StopListening(CALLEE, 2), *says(3, "извините", personal=False)]),
    )


def test_a_way_that_is_not_allowed_and_saying_nothing_at_all_are_faults():
    tell(begun(), (done(1, "nowhere"), says(2, "извините", personal=False)))
    tell(begun(), (done(1), says(2, "извините", personal=False)))


def test_an_assistant_that_never_ends_is_not_waited_for():
    dismissed = DismissAssistant(CALLEE)
    tell(begun(), (silence(1), [dismissed, *says(2, "извините", personal=False)]), (sentence(1, "поздно"), []))


def test_a_sentence_that_cannot_be_spoken_leads_to_the_stand_in():
    failed = PromptFailed(CALLEE, 2, "no voice")
    instead = [StopListening(CALLEE, 2), DismissAssistant(CALLEE), *says(3, "извините", personal=False)]
    tell(begun(), sentence(1, "Раз."), (failed, instead))
    instead.pop(1)
    tell(begun(), sentence(1, "Раз."), done(1), (failed, instead))


def test_silence_is_told_to_it_once_and_leads_to_the_stand_in_the_second_time():
    quiet = Line(Speaker.CALLEE, "…")
    tell(
        greeted(),
        (silence(4), [*asks(5, A, quiet), listens(5)]),
        sentence(5, "Алло?"),
        done(5),
        heard(6),
        (silence(7), [StopListening(CALLEE, 5), *says(8, "извините", personal=False)]),
    )


def test_a_talk_has_so_many_turns_and_no_more():
    call = begun(most_turns=1)
    story = [theirs(2, "да"), *says(4, "извините", personal=False)]
    tell(call, sentence(1, "Удобно?"), done(1), heard(2), (spoke(2, "да"), story))


def test_who_goes_on_while_it_thinks_is_heard_and_it_is_asked_anew():
    more = Line(Speaker.CALLEE, "но не завтра")
    tell(
        greeted(),
        spoke(2, "да"),
        SpeechBegan(CALLEE, 5),
        (sentence(5, "Записываю на завтра."), []),
        (spoke(5, "но не завтра"), [theirs(3, "но не завтра"), *asks(7, A, B, more), listens(7)]),
        (sentence(5, "поздно"), []),
    )


@pytest.mark.parametrize(("end", "leads_to"), [(done(5, "bye"), "пока"), (done(5, fault="away"), "извините")])
def test_a_noise_while_it_thinks_does_not_lose_what_it_decided(end, leads_to):
    call = tell(greeted(), spoke(2, "да"), SpeechBegan(CALLEE, 5))
    tell(call, (end, []), (spoke(5, ""), says(7, leads_to, personal=False)))


def test_a_key_takes_its_way_whatever_is_being_said_and_other_keys_do_not_count():
    tell(
        begun(),
        sentence(1, "Я расскажу"),
        (pressed("5"), []),
        (
            pressed("0"),
            [
                StopPlaying(CALLEE, 2),
                ours(1, "Я расскажу", 2, interrupted=True),
                NoteTurn(CALLEE, 2, Speaker.CALLEE, "", "a", keys="0"),
                StopListening(CALLEE, 2),
                DismissAssistant(CALLEE),
                *says(3, "зову", personal=False),
            ],
        ),
    )
    answered = [NoteTurn(CALLEE, 2, Speaker.CALLEE, "", "a", keys="0"), StopListening(CALLEE, 2)]
    tell(greeted(), (pressed("0"), [*answered, *says(5, "зову", personal=False)]))


def test_without_barge_in_it_is_listened_to_when_all_was_said():
    tell(
        begun(barge_in=False),
        (sentence(1, "Удобно?"), says(2, "Удобно?")),
        done(1),
        (heard(2), [ours(1, "Удобно?", 2), timer(3, 6.0), listens(3)]),
    )


def test_a_callee_who_hangs_up_in_the_middle_has_heard_what_was_said():
    cut = [ours(1, "Раз. Два.", 2, interrupted=True)]
    tell(begun(), sentence(1, "Раз."), sentence(1, "Два."), heard(2), (gone(), cut))


def test_after_a_restart_the_turn_is_handed_over_again_with_what_was_said_before():
    call = tell(greeted(), spoke(2, "да"), sentence(5, "Отлично."), sentence(5, "Ждём."), heard(6))
    call, commands = step(call, Resumed(CALLEE, up=True))
    assert [StopListening(CALLEE, 5), ours(3, "Отлично. Ждём.", 6, interrupted=True)] == commands[1:3]
    assert commands[3:] == [*asks(8, A, B, Line(Speaker.OUTDIAL, "Отлично. Ждём.…")), listens(8)]


def test_a_dialogue_that_ends_at_the_assistant_hangs_up():
    tell(begun(otherwise=None), (done(1, fault="away"), hangs_up(1)))
