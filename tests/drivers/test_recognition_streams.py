"""Utterances that are understood while they are spoken: what a child keeps of them, what is picked out of its guesses, and
what becomes of them when the child falls, is behind, or has no model of the language."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.recognition import quiet
from drivers import transducer
from models.fetch import ensure
from outdial.drivers.recognition import sherpa
from outdial.drivers.recognition import vosk as driver
from outdial.drivers.recognition.children import MOST_WAITING
from outdial.drivers.recognition.engine import EngineFailed
from outdial.drivers.recognition.grammar import Rule, meant, model_of, phrases
from outdial.drivers.recognition.hearing import MOST_EARS, Asked, Guess, Hearing, joined, picked
from outdial.drivers.recognition.sherpa_worker import sureness
from outdial.drivers.recognition.streams import ChildStreams
from outdial.drivers.recognition.turns import TurnTaker
from outdial.drivers.recognition.vosk_worker import guesses_of, takes_a_grammar
from outdial.ports import Question, Understood

QUESTION = Question(language="ko-KR", expected=("네", "아니요"))


class StandIn:
    """An ear that says how much it heard, in a language that it was asked for."""

    rule = Rule.AMONG

    def __init__(self, language: str, asked: Asked) -> None:
        self._language = language
        self._asked = asked
        self._heard = 0

    def hear(self, sound: bytes) -> None:
        self._heard += len(sound)

    def guesses(self) -> Sequence[Guess]:
        return [Guess(f"{self._language} {len(self._asked)} {self._heard}", 0.5)]


def listen(language: str, asked: Asked) -> StandIn | None:
    return StandIn(language, asked) if language == "xx" else None


def begin(number: int, language: str = "xx", **more: object) -> dict[str, object]:
    return {"utterance": number, "language": language, "expected": [], **more}


def test_utterances_are_kept_apart_until_they_are_over() -> None:
    hearing = Hearing(listen)
    assert hearing.answer(begin(1), b"12") == {}
    assert hearing.answer(begin(2), b"1234") == {}
    assert hearing.answer({"utterance": 1}, b"12") == {}
    told = hearing.answer({"utterance": 1, "over": True}, b"")
    assert told == {"text": "xx 0 4", "confidence": 0.5, "alternatives": []}
    assert hearing.answer({"utterance": 2, "over": True}, b"12")["text"] == "xx 0 6"
    assert hearing.answer(begin(3, over=True), b"12")["text"] == "xx 0 2"


def test_an_utterance_that_the_child_does_not_know_was_of_a_child_that_fell() -> None:
    hearing = Hearing(listen)
    hearing.answer(begin(1), b"12")
    assert hearing.answer({"utterance": 1, "dropped": True}, b"") == {}
    assert hearing.answer({"utterance": 1, "over": True}, b"") == {"failed": "fallen"}


def test_an_utterance_without_a_model_fails_for_as_long_as_it_lasts() -> None:
    hearing = Hearing(listen)
    for head in (begin(1, "yy"), {"utterance": 1}, {"utterance": 1, "over": True}):
        assert hearing.answer(head, b"12") == {"failed": "language"}
    assert hearing.answer({"utterance": 1, "over": True}, b"12") == {"failed": "fallen"}


def test_what_a_child_keeps_is_bounded() -> None:
    hearing = Hearing(listen)
    for number in range(MOST_EARS + 1):
        hearing.answer(begin(number), b"12")
    assert hearing.answer({"utterance": 0}, b"12") == {"failed": "fallen"}
    assert hearing.answer({"utterance": 1}, b"12") == {}


@pytest.mark.parametrize(
    ("text", "one", "several", "among"),
    [
        ("да", "Да!", "Да!", "Да!"),
        ("Да, да.", "Да!", "Да!", "Да!"),
        ("нет да", "", "нет да", "нет да"),
        ("да не надо нет", "", "да не надо нет", "да не надо нет"),
        ("да мне  удобно", "", "", "да мне удобно"),
        ("надо", "", "", ""),
        ("", "", "", ""),
        ("...", "", "", ""),
    ],
)
def test_a_text_is_compared_with_the_phrases(text: str, one: str, several: str, among: str) -> None:
    asked = phrases(["Да!", "нет", "не надо"])
    assert [meant(text, asked, rule) for rule in (Rule.ONE, Rule.SEVERAL, Rule.AMONG)] == [one, several, among]


@given(st.lists(st.sampled_from("abcd")), st.lists(st.text("abcd ", min_size=1), max_size=4))
def test_a_looser_rule_lets_more_pass(letters: list[str], expected: list[str]) -> None:
    text, asked = " ".join(letters), phrases(expected)
    one, several, among = (bool(meant(text, asked, rule)) for rule in (Rule.ONE, Rule.SEVERAL, Rule.AMONG))
    assert one <= several <= among


def test_the_likeliest_guess_counts_and_the_others_are_alternatives() -> None:
    asked = phrases(["да", "нет", "два"])
    guesses = [Guess("да", 0.5), Guess("да да", 0.2), Guess("два", 0.2), Guess("дай", 0.1)]
    assert picked(guesses, asked, Rule.ONE) == {"text": "да", "confidence": 0.7, "alternatives": ["два"]}
    assert picked(guesses[::-1], asked, Rule.ONE) == {"text": "", "confidence": 0.0, "alternatives": ["два", "да"]}
    assert picked(guesses, {}, Rule.ONE)["alternatives"] == ["да да", "два", "дай"]
    assert picked([], asked, Rule.ONE) == {"text": "", "confidence": 0.0, "alternatives": []}


def test_a_model_is_of_a_language_or_of_it_in_a_country() -> None:
    models = {"ru": "a", "en_US": "b"}
    assert [model_of(models, code) for code in ("ru-RU", "RU", "en-us", "en", "kk-KZ")] == ["a", "a", "b", "", ""]


def test_likelihoods_become_shares() -> None:
    alternatives = [{"text": "아니요", "confidence": 134.027}, {"text": "좋아요", "confidence": 132.728}]
    first, second = guesses_of(alternatives)
    assert (first.text, round(first.confidence, 3), round(second.confidence, 3)) == ("아니요", 0.786, 0.214)
    assert guesses_of([]) == []
    assert guesses_of([{"text": "", "confidence": 29.8}]) == [Guess("", 1.0)]


@given(st.lists(st.tuples(st.text(), st.floats(-1e6, 1e6)), max_size=6))
def test_shares_are_ranked_and_are_all_there_is(alternatives: list[tuple[str, float]]) -> None:
    shares = [each.confidence for each in guesses_of([{"text": text, "confidence": of} for text, of in alternatives])]
    assert shares == sorted(shares, reverse=True)
    assert not shares or sum(shares) == pytest.approx(1.0)


def test_parts_of_an_utterance_are_put_together() -> None:
    parts = [[Guess("a", 0.5), Guess("b", 0.5)], [Guess("", 1.0)], [], [Guess("c", 0.8), Guess("d", 0.2)]]
    assert joined(parts) == [Guess("a c", 0.4), Guess("b c", 0.4), Guess("a d", 0.1)]
    assert joined([[Guess("", 1.0)]]) == []


def tell(story: Callable[[ChildStreams], Awaitable[None]]) -> None:
    """Run a story on vosk itself."""

    async def run() -> None:
        engine = driver.vosk({"ko": str(ensure())})
        try:
            await story(engine)
        finally:
            await engine.close()

    asyncio.run(run())


async def said(engine: ChildStreams, question: Question = QUESTION) -> Understood:
    utterance = engine.begin(question)
    for _ in range(3):
        utterance.feed(quiet(0.3))
    utterance.may_be_over()
    utterance.resumed()
    return await utterance.finish()


@pytest.mark.slow
def test_a_language_without_a_model_is_not_understood() -> None:
    async def story(engine: ChildStreams) -> None:
        with pytest.raises(EngineFailed, match="language"):
            await said(engine, Question(language="ru-RU"))
        assert await said(engine) == Understood("")

    tell(story)


@pytest.mark.slow
def test_what_the_library_prints_does_not_mix_with_the_replies() -> None:
    async def story(engine: ChildStreams) -> None:
        # The library complains, on its standard output, of words that it does not know.
        assert await said(engine, Question(language="ko", expected=("네", "qwerty"))) == Understood("")

    tell(story)


@pytest.mark.slow
def test_a_child_that_falls_loses_the_utterances_under_way_and_is_started_anew() -> None:
    async def story(engine: ChildStreams) -> None:
        assert (await said(engine)).text == ""
        utterance = engine.begin(QUESTION)
        utterance.feed(quiet(0.3))
        pid = await asyncio.to_thread(_child)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(EngineFailed, match="fallen"):
            await utterance.finish()
        assert (await said(engine)).text == ""
        assert await asyncio.to_thread(_child) != pid

    tell(story)


@pytest.mark.slow
def test_speakers_at_a_child_are_bounded_and_leave_when_they_are_done() -> None:
    async def story(engine: ChildStreams) -> None:
        spoken = [engine.begin(QUESTION) for _ in range(MOST_WAITING)]
        refused = engine.begin(QUESTION)
        refused.feed(quiet(0.3))
        with pytest.raises(EngineFailed, match="busy"):
            await refused.finish()
        refused.drop()
        spoken[0].feed(quiet(0.3))
        spoken[0].drop()
        spoken[0].drop()
        spoken[1].feed(quiet(0.3))
        assert (await spoken[1].finish()).text == ""
        assert [(await said(engine)).text for _ in range(2)] == ["", ""]

    tell(story)


def test_a_child_with_a_model_that_cannot_be_loaded_understands_nothing(tmp_path: Path) -> None:
    (tmp_path / "am").mkdir()
    (tmp_path / "conf").mkdir()
    (tmp_path / "am" / "final.mdl").write_bytes(b"no model")
    (tmp_path / "conf" / "mfcc.conf").write_text("--allow-upsample=true\n")

    async def run() -> None:
        engine = driver.vosk({"ko": str(tmp_path)})
        try:
            for _ in range(2):
                with pytest.raises(EngineFailed, match="fallen"):
                    await said(engine)
        finally:
            await engine.close()

    asyncio.run(run())


@pytest.mark.slow
def test_a_graph_that_is_made_beforehand_takes_no_grammar(tmp_path: Path) -> None:
    assert takes_a_grammar(ensure())
    assert not takes_a_grammar(tmp_path)


def _children(worker: str) -> list[int]:
    command = ["ps", "-ww", "--ppid", str(os.getpid()), "-o", "pid=,args="]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [int(line.split()[0]) for line in lines if worker in line]


def _child() -> int:
    (pid,) = _children(driver.WORKER)
    return pid


@pytest.mark.slow
def test_a_trial_says_whether_a_language_would_be_heard() -> None:
    async def story(engine: ChildStreams) -> None:
        recogniser = TurnTaker(engine)
        assert await recogniser.tried("ko-KR") == ""
        assert await recogniser.tried("ru-RU") == "language"

    tell(story)


def test_a_transducer_writes_down_what_nobody_expected(tmp_path: Path) -> None:
    async def run() -> None:
        engine = sherpa.sherpa({"ru": str(transducer.write(tmp_path))})
        first, second, _ = (transducer.hum(hertz) for hertz in transducer.WORDS.values())
        try:
            dictated = engine.begin(Question(language="ru-RU"))
            dictated.feed(quiet(0.2) + first + second + quiet(0.3))
            understood = await dictated.finish()
            assert (understood.text, understood.alternatives) == ("да нет", ())
            assert 0.5 < understood.confidence <= 1
        finally:
            await engine.close()

    asyncio.run(run())


def test_children_share_the_speakers(tmp_path: Path) -> None:
    async def run() -> None:
        engine = sherpa.sherpa({"ru": str(transducer.write(tmp_path))}, workers=2)
        try:
            spoken = [engine.begin(Question(language="ru-RU")) for _ in range(4)]
            for each, hertz in zip(spoken, [*transducer.WORDS.values(), 500.0], strict=True):
                each.feed(quiet(0.2) + transducer.hum(hertz) + quiet(0.3))
            answers = [await each.finish() for each in spoken]
            assert [each.text for each in answers] == ["да", "нет", "алло", "да"]
            assert len(await asyncio.to_thread(_children, sherpa.WORKER)) == 2
        finally:
            await engine.close()

    asyncio.run(run())


def test_a_transducer_that_is_none_understands_nothing(tmp_path: Path) -> None:
    transducer.write(tmp_path)
    (tmp_path / "encoder-epoch-1.onnx").write_bytes(b"no model")

    async def run() -> None:
        engine = sherpa.sherpa({"ru": str(tmp_path)})
        try:
            assert await TurnTaker(engine).tried("ru-RU") == "fallen"
        finally:
            await engine.close()

    asyncio.run(run())


def test_of_several_precisions_the_smaller_is_taken(tmp_path: Path) -> None:
    for part in ("encoder", "decoder", "joiner"):
        for name in (f"{part}-epoch-99.onnx", f"{part}-epoch-99.int8.onnx"):
            (tmp_path / name).touch()
    (tmp_path / "tokens.txt").touch()
    assert sherpa.files_of("ru", str(tmp_path))["encoder"] == str(tmp_path / "encoder-epoch-99.int8.onnx")


@given(st.lists(st.floats(-50, 0)))
def test_a_text_is_as_sure_as_its_tokens(logarithms: list[float]) -> None:
    sure = sureness(logarithms)
    assert 0 <= sure <= 1
    if logarithms:
        assert math.exp(min(logarithms)) <= sure * 1.000001
        assert sure <= math.exp(max(logarithms)) * 1.000001
