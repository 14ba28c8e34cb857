"""The recognisers under the suite of their port."""

from __future__ import annotations

import subprocess
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from asterisk import sounds
from contract.recognition import PATIENCE_SECONDS, Bench, Listener, RecogniserContract, quiet, tell
from drivers import transducer
from drivers.recognition_stand_in import KEY, RecognitionStandIn
from models.fetch import ensure
from outdial.core.intents import Intent, Meaning, expected
from outdial.drivers.recognition.engine import Engine
from outdial.drivers.recognition.sherpa import sherpa
from outdial.drivers.recognition.speechkit import SpeechKit, SpeechKitSettings
from outdial.drivers.recognition.sphinx import Sphinx
from outdial.drivers.recognition.turns import TurnTaker
from outdial.drivers.recognition.vosk import vosk
from outdial.ports import Recogniser


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> dict[int, bytes]:
    """What the callees of the plan say, by its digit, as samples."""
    folder = tmp_path_factory.mktemp("spoken")
    subprocess.run([sys.executable, sounds.__file__, str(folder)], check=True)
    return {digit: _samples(folder / f"word-{digit}.wav") for digit in sounds.WORDS}


def _samples(path: Path) -> bytes:
    with wave.open(str(path), "rb") as file:
        return file.readframes(file.getnframes())


@pytest.fixture(scope="module")
def spoken_in_korean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Two answers and a sentence as samples, by their text."""
    folder, texts = tmp_path_factory.mktemp("korean"), ("네", "아니요", "내일 오후에 다시 전화해 주세요")
    for number, text in enumerate(texts):
        path = folder / f"{number}.wav"
        subprocess.run([sys.executable, sounds.__file__, str(path), "ko", text], check=True)
    return {text: _samples(folder / f"{number}.wav") for number, text in enumerate(texts)}


@asynccontextmanager
async def _heard_by(engine: Engine) -> AsyncIterator[Recogniser]:
    recogniser = TurnTaker(engine, late_seconds=PATIENCE_SECONDS)
    try:
        yield recogniser
    finally:
        await recogniser.close()


class TestSphinxInRussian(RecogniserContract):
    @pytest.fixture
    def bench(self, spoken: dict[int, bytes]) -> Bench:
        words = {"да": spoken[1], "нет": spoken[2]}
        return Bench(recogniser=lambda: _heard_by(Sphinx()), language="ru-RU", words=words, other=spoken[8])

    def test_a_usual_yes_and_no_are_told_from_other_words(self, bench: Bench, spoken: dict[int, bytes]) -> None:
        forms = expected((Intent(Meaning.CONSENT), Intent(Meaning.REFUSAL)), "ru-RU")

        async def story(recogniser: Recogniser) -> None:
            for digit, understood in ((1, "да"), (2, "нет"), (4, ""), (5, ""), (7, ""), (8, "")):
                listener = Listener(recogniser, bench.question(forms))
                listener.feed(quiet(0.4), spoken[digit], quiet(0.7))
                assert (await listener.answer()).text == understood

        tell(bench, story)


class TestSphinxInEnglish(RecogniserContract):
    @pytest.fixture
    def bench(self, spoken: dict[int, bytes]) -> Bench:
        words = {"yes": spoken[3], "no": spoken[4], "two": spoken[7]}
        return Bench(recogniser=lambda: _heard_by(Sphinx()), language="en-US", words=words, other=spoken[8])


@pytest.mark.slow
class TestVoskInKorean(RecogniserContract):
    """The library itself, with the only model of its that can be had as a package."""

    @pytest.fixture
    def bench(self, spoken_in_korean: dict[str, bytes]) -> Bench:
        *words, other = spoken_in_korean
        return Bench(
            recogniser=lambda: _heard_by(vosk({"ko": str(ensure())})),
            language="ko-KR",
            dictates=True,
            words={word: spoken_in_korean[word] for word in words},
            other=spoken_in_korean[other],
        )


class TestSherpaWithHums(RecogniserContract):
    """The library itself, with a model written by hand: its words are hums."""

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Bench:
        *words, other = ((word, transducer.hum(hertz)) for word, hertz in transducer.WORDS.items())
        folder = str(transducer.write(tmp_path))
        return Bench(
            recogniser=lambda: _heard_by(sherpa({"ru": folder})),
            language="ru-RU",
            words=dict(words),
            other=other[1] * 2,
        )


class TestSpeechKitOnAStandIn(RecogniserContract):
    """The driver over gRPC, with a service on the loopback address that knows the sounds it was given."""

    @pytest.fixture
    def bench(self, spoken: dict[int, bytes]) -> Bench:
        words = {"да": spoken[1], "нет": spoken[2]}
        return Bench(recogniser=lambda: _heard_by_a_service(words), language="ru-RU", words=words, other=spoken[8])


@asynccontextmanager
async def _heard_by_a_service(words: dict[str, bytes]) -> AsyncIterator[Recogniser]:
    async with (
        RecognitionStandIn(words) as server,
        _heard_by(SpeechKit(SpeechKitSettings(KEY, url=server.url, seconds=PATIENCE_SECONDS))) as recogniser,
    ):
        yield recogniser
