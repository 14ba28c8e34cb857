"""How an answer is found on a line, what a grammar is made of, and what becomes of an engine that fails."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from array import array
from asyncio import Future
from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.recognition import Listener, quiet
from outdial.drivers.recognition.activity import FRAME_BYTES, Activity, Change
from outdial.drivers.recognition.children import MOST_WAITING
from outdial.drivers.recognition.engine import EngineFailed
from outdial.drivers.recognition.grammar import jsgf, phrases, unasked, words_of
from outdial.drivers.recognition.phones import from_ipa
from outdial.drivers.recognition.sphinx import WORKER, Sphinx
from outdial.drivers.recognition.turns import TurnTaker
from outdial.ports import Question, Understood

QUESTION = Question(language="en-US", expected=("yes", "no"), pause_seconds=0.5, longest_seconds=3.0)


def voice(seconds: float) -> bytes:
    """What a detector takes for a voice: a pulse train of 120 Hz, through formants, swelling and fading."""
    samples, first, second = [], [0.0, 0.0], [0.0, 0.0]
    for at in range(round(seconds * 8000)):
        pulse = 6000.0 if at % 67 == 0 else 0.0
        first = [pulse + 1.71 * first[0] - 0.94 * first[1], first[0]]
        second = [first[0] + 0.9 * second[0] - 0.9 * second[1], second[0]]
        samples.append(max(-20000, min(20000, round(second[0] / 4))))
    return array("h", samples).tobytes()


class StandIn:
    """An engine that understands what it is told to, when it is told to."""

    name = "stand-in"

    def __init__(self) -> None:
        self.events: list[str] = []
        self.answer: Future[Understood] | None = None
        self.sound = b""

    def prepare(self, question: Question) -> None:
        self.events.append("prepare")

    def begin(self, question: Question) -> StandIn:
        self.events.append("begin")
        return self

    def feed(self, sound: bytes) -> None:
        self.sound += sound

    def may_be_over(self) -> None:
        self.events.append("may be over")

    def resumed(self) -> None:
        self.events.append("resumed")

    def finish(self) -> Future[Understood]:
        self.events.append("finish")
        self.answer = asyncio.get_running_loop().create_future()
        return self.answer

    def drop(self) -> None:
        self.events.append("drop")

    async def close(self) -> None:
        self.events.append("close")


def frames(sound: bytes) -> Iterator[bytes]:
    return (sound[at : at + FRAME_BYTES] for at in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES))


@pytest.mark.parametrize("loudness", [0, 20, 60])
def test_a_quiet_line_is_no_voice(loudness: int) -> None:
    chance, activity = Random(1), Activity()
    noise = array("h", [chance.randint(-loudness, loudness) for _ in range(8000 * 10)]).tobytes()
    assert {activity.hear(frame) for frame in frames(noise)} == {Change.NONE}
    assert not activity.speaking


def test_a_click_is_no_voice() -> None:
    activity = Activity()
    click = array("h", [20000] * 160).tobytes()
    for frame in frames(quiet(1.0) + click + quiet(1.0)):
        activity.hear(frame)
    assert not activity.speaking


def test_a_voice_begins_and_falls_silent() -> None:
    activity = Activity()
    told = [activity.hear(frame) for frame in frames(quiet(1.0) + voice(0.5) + quiet(0.6))]
    began = told.index(Change.BEGAN)
    assert 50 <= began <= 58
    assert told.count(Change.BEGAN) == 1
    assert 0.45 < activity.silent_seconds < 0.65


def test_the_engine_may_begin_at_the_pause_and_is_told_when_the_speaker_goes_on() -> None:
    async def story() -> None:
        engine = StandIn()
        listener = Listener(TurnTaker(engine), QUESTION)
        listener.feed(quiet(1.0), voice(0.4), quiet(0.4), voice(0.4), quiet(0.8))
        assert engine.events == ["prepare", "begin", "may be over", "resumed", "may be over", "finish"]
        assert engine.answer is not None
        engine.answer.set_result(Understood("yes", 0.9, ("no",)))
        heard = await listener.answer()
        assert (heard.text, heard.confidence, heard.alternatives) == ("yes", 0.9, ("no",))
        assert 0.45 < heard.silence_seconds < 1.0
        # 0.3 s before the voice, both words and their pauses; what came after the end is no part of it.
        assert 1.8 < len(engine.sound) / 16_000 < 2.2

    asyncio.run(story())


@pytest.mark.parametrize(
    "fail", [lambda answer: answer.set_exception(EngineFailed("busy")), lambda answer: answer.cancel()]
)
def test_an_engine_that_fails_has_not_understood(fail: Callable[[Future[Understood]], object]) -> None:
    async def story() -> None:
        engine = StandIn()
        listener = Listener(TurnTaker(engine), QUESTION)
        listener.feed(quiet(1.0), voice(0.4), quiet(0.8))
        assert engine.answer is not None
        fail(engine.answer)
        assert (await listener.answer()).text == ""

    asyncio.run(story())


def test_an_engine_that_stalls_is_not_waited_for() -> None:
    async def story() -> None:
        engine = StandIn()
        listener = Listener(TurnTaker(engine, late_seconds=0.01), QUESTION)
        listener.feed(quiet(1.0), voice(0.4), quiet(0.8))
        assert (await listener.answer()).text == ""
        assert "drop" in engine.events
        assert engine.answer is not None
        engine.answer.set_result(Understood("yes", 1.0))
        await asyncio.sleep(0)
        assert len(listener.told) == 2

    asyncio.run(story())


def _children() -> list[int]:
    """The recogniser's child processes of this one."""
    command = ["ps", "-ww", "--ppid", str(os.getpid()), "-o", "pid=,args="]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [int(line.split()[0]) for line in lines if WORKER in line]


def test_a_child_that_falls_is_started_anew() -> None:
    async def story() -> None:
        engine = Sphinx()
        try:
            utterance = engine.begin(QUESTION)
            utterance.feed(quiet(1.0))
            assert (await utterance.finish()).text == ""
            (pid,) = await asyncio.to_thread(_children)
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(EngineFailed, match="fallen"):
                await engine.begin(QUESTION).finish()
            assert (await engine.begin(QUESTION).finish()).text == ""
        finally:
            await engine.close()

    asyncio.run(story())


def test_what_waits_for_the_engine_is_bounded() -> None:
    async def story() -> None:
        engine = Sphinx()
        try:
            # The child is still starting when the last of them is asked.
            answers = [engine.begin(QUESTION).finish() for _ in range(MOST_WAITING + 8)]
            await asyncio.wait(answers)
            failures = [str(failure) for each in answers if (failure := each.exception())]
            assert 7 <= len(failures) <= 8
            assert set(failures) == {"busy"}
        finally:
            await engine.close()

    asyncio.run(story())


def test_a_question_without_expectations_is_not_understood() -> None:
    async def story() -> None:
        engine = Sphinx()
        try:
            assert (await engine.begin(Question(language="ru-RU")).finish()).text == ""
        finally:
            await engine.close()

    asyncio.run(story())


def test_phrases_are_words_without_punctuation() -> None:
    assert words_of("Да, конечно!") == ("да", "конечно")
    assert words_of("ещё раз") == ("еще", "раз")
    assert phrases(["да", "Да!", "", "...", "нет"]) == {("да",): "да", ("нет",): "нет"}


@given(st.lists(st.text()))
def test_whatever_is_expected_becomes_words_only(expected: list[str]) -> None:
    for words, phrase in phrases(expected).items():
        assert phrase in expected
        assert all(word and not set(word) & set(';|()/<>[]{}*+"=#') for word in words)


def test_what_is_asked_for_is_not_among_the_unasked() -> None:
    asked = phrases(["да", "два"])
    everyday = unasked("ru-ru", asked)
    assert ("нет",) in everyday
    assert not set(asked) & set(everyday)
    assert unasked("xx", asked) == []


def test_a_grammar_has_a_weight_for_each_phrase() -> None:
    assert jsgf([(1e6, ["w1", "w2"]), (1.0, ["w3"])]) == (
        "#JSGF V1.0; grammar g; public <g> = /1000000.0/ w1 w2 | /1.0/ w3;"
    )


@pytest.mark.parametrize(
    ("ipa", "phones"),
    [
        ("d_ˈɑ", ["D AA"]),
        ("nʲ_ˈe_t", ["N EH T", "N Y EH T"]),
        ("ʃ_ˈɛ_s_tʲ", ["SH EH S T", "SH EH S CH"]),
        ("n_ˈəʊ", ["N OW"]),
        ("", []),
    ],
)
def test_sounds_become_english_phones(ipa: str, phones: list[str]) -> None:
    assert from_ipa(ipa) == phones
