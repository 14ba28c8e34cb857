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
from outdial.core.intents import Intent, Meaning, expected
from outdial.drivers.recognition.sphinx import Sphinx
from outdial.drivers.recognition.turns import TurnTaker
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


@asynccontextmanager
async def _sphinx() -> AsyncIterator[Recogniser]:
    recogniser = TurnTaker(Sphinx(), late_seconds=PATIENCE_SECONDS)
    try:
        yield recogniser
    finally:
        await recogniser.close()


class TestSphinxInRussian(RecogniserContract):
    @pytest.fixture
    def bench(self, spoken: dict[int, bytes]) -> Bench:
        words = {"да": spoken[1], "нет": spoken[2]}
        return Bench(recogniser=_sphinx, language="ru-RU", words=words, other=spoken[8])

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
        return Bench(recogniser=_sphinx, language="en-US", words=words, other=spoken[8])
