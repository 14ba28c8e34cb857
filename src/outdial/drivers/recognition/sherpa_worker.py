"""The child process in which sherpa-onnx understands utterances with the user's streaming transducers. Requests and replies
follow one another on standard input and output, as `pipe` and `hearing` say; the files of the models, by language, come as
JSON on the command line.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sherpa_onnx

from outdial.drivers.recognition import grammar
from outdial.drivers.recognition.grammar import Rule
from outdial.drivers.recognition.hearing import Asked, Guess, Hearing
from outdial.drivers.recognition.pipe import RATE, Answer, CannotStart, run

_LAST_PIECE = np.zeros(round(0.6 * RATE), dtype=np.float32)
"""Silence after the last sound: a transducer says what it heard some frames later, and only when a chunk is full."""


class SherpaEar:
    """One utterance."""

    rule = Rule.AMONG

    def __init__(self, recogniser: sherpa_onnx.OnlineRecognizer) -> None:
        self._recogniser = recogniser
        self._stream = recogniser.create_stream()

    def hear(self, sound: bytes) -> None:
        """Decode it."""
        samples = np.frombuffer(sound[: len(sound) // 2 * 2], dtype="<i2")
        self._take(samples.astype(np.float32) / 32768)

    def guesses(self) -> Sequence[Guess]:
        """The text of it, as sure as its tokens are on the average. The library tells no other."""
        self._take(_LAST_PIECE)
        self._stream.input_finished()
        self._decode()
        text = self._recogniser.get_result(self._stream)
        return [Guess(text, sureness(self._recogniser.ys_probs(self._stream)))] if text else []

    def _take(self, samples: np.ndarray[Any, Any]) -> None:
        # The library brings any rate to its model's.
        self._stream.accept_waveform(RATE, samples)
        self._decode()

    def _decode(self) -> None:
        while self._recogniser.is_ready(self._stream):
            self._recogniser.decode_stream(self._stream)


class Models:
    """The user's models, loaded."""

    def __init__(self, models: Mapping[str, Mapping[str, str]]) -> None:
        self._folders = {code: files["folder"] for code, files in models.items()}
        loaded: dict[str, sherpa_onnx.OnlineRecognizer] = {}
        for files in models.values():
            if files["folder"] not in loaded:
                loaded[files["folder"]] = _loaded(files)
        self._models = loaded

    def listen(self, language: str, asked: Asked) -> SherpaEar | None:
        """An ear of the language's model; what is asked is picked from its dictation."""
        folder = grammar.model_of(self._folders, language)
        return SherpaEar(self._models[folder]) if folder else None


def _loaded(files: Mapping[str, str]) -> sherpa_onnx.OnlineRecognizer:
    try:
        # Where an answer ends is found before the engine.
        return sherpa_onnx.OnlineRecognizer.from_transducer(
            tokens=files["tokens"],
            encoder=files["encoder"],
            decoder=files["decoder"],
            joiner=files["joiner"],
            num_threads=1,
            enable_endpoint_detection=False,
            decoding_method="greedy_search",
            provider="cpu",
        )
    except Exception as why:  # noqa: BLE001 - the library raises what it pleases
        raise CannotStart(f"sherpa-onnx cannot load the model {files['folder']}: {why}") from why


def sureness(logarithms: Sequence[float]) -> float:
    """The geometric mean of tokens' probabilities, from their logarithms; 0 where there are none."""
    if not logarithms:
        return 0.0
    return min(1.0, math.exp(math.fsum(logarithms) / len(logarithms)))


def prepare() -> Answer:
    """The models of the command line, loaded."""
    return Hearing(Models(json.loads(sys.argv[1])).listen).answer


if __name__ == "__main__":
    run(prepare)
