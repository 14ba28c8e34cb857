"""The child process in which vosk understands utterances with the user's models. Requests and replies follow one another on
standard input and output, as `pipe` and `hearing` say; the models' folders, by language, come as JSON on the command line.

vosk can fetch a model that it is asked for by name; it is only ever given folders.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import vosk

from outdial.drivers.recognition import grammar
from outdial.drivers.recognition.grammar import Rule
from outdial.drivers.recognition.hearing import Asked, Guess, Hearing, joined
from outdial.drivers.recognition.pipe import RATE, Answer, CannotStart, run

_GUESSES = 5
_UNKNOWN = "[unk]"
"""vosk's word for what is none of a grammar's; not every model has it."""


class VoskEar:
    """One utterance."""

    def __init__(self, recogniser: vosk.KaldiRecognizer, rule: Rule) -> None:
        self.rule = rule
        self._recogniser = recogniser
        self._recogniser.SetMaxAlternatives(_GUESSES)
        self._parts: list[list[Guess]] = []

    def hear(self, sound: bytes) -> None:
        """Decode it."""
        # vosk ends a part at a pause of its own choosing. Where the answer ends is not its matter: parts are put together.
        if self._recogniser.AcceptWaveform(sound):
            self._keep(self._recogniser.Result())

    def guesses(self) -> Sequence[Guess]:
        """What was said in all the parts."""
        self._keep(self._recogniser.FinalResult())
        return joined(self._parts)

    def _keep(self, result: str) -> None:
        self._parts.append(guesses_of(json.loads(result).get("alternatives", [])))


class Models:
    """The user's models, loaded."""

    def __init__(self, folders: Mapping[str, str]) -> None:
        loaded = {folder: _loaded(Path(folder)) for folder in sorted(set(folders.values()))}
        self._folders = folders
        self._models = {folder: (model, takes_a_grammar(Path(folder))) for folder, model in loaded.items()}

    def listen(self, language: str, asked: Asked) -> VoskEar | None:
        """An ear with a grammar of what is asked and of everyday words, where the model takes one and knows the words."""
        folder = grammar.model_of(self._folders, language)
        if not folder:
            return None
        model, takes = self._models[folder]
        known = [words for each in asked if (words := _known(model, each))] if takes else []
        if not known:
            return VoskEar(vosk.KaldiRecognizer(model, RATE), Rule.AMONG)
        beside = [words for each in grammar.unasked(language, asked) if (words := _known(model, each))]
        unknown = [_UNKNOWN] if model.vosk_model_find_word(_UNKNOWN) >= 0 else []
        phrases = json.dumps([*known, *beside, *unknown], ensure_ascii=False)
        return VoskEar(vosk.KaldiRecognizer(model, RATE, phrases), Rule.SEVERAL if unknown else Rule.ONE)


def _loaded(folder: Path) -> vosk.Model:
    try:
        return vosk.Model(str(folder))
    except Exception as why:  # noqa: BLE001 - the library raises nothing narrower
        raise CannotStart(f"vosk cannot load the model {folder}: {why}") from why


def takes_a_grammar(folder: Path) -> bool:
    """Whether a model's graph is made when it is needed; a graph that is made beforehand has one grammar for good."""
    return any((folder / inside / "HCLr.fst").is_file() for inside in ("graph", "."))


def _known(model: vosk.Model, words: Sequence[str]) -> str:
    """The words as the model writes them; empty when it lacks one."""
    written = []
    for word in words:
        spellings = [word, *(word[:at] + "ё" + word[at + 1 :] for at, letter in enumerate(word) if letter == "е")]
        found = [each for each in spellings if model.vosk_model_find_word(each) >= 0]
        if not found:
            return ""
        written.append(found[0])
    return " ".join(written)


def guesses_of(alternatives: Sequence[Mapping[str, Any]]) -> list[Guess]:
    """vosk's alternatives, the likeliest first. What it calls their confidence is the logarithm of a likelihood; each gets
    its share of what is certain."""
    if not alternatives:
        return []
    ranked = sorted(alternatives, key=lambda each: -float(each["confidence"]))
    best = float(ranked[0]["confidence"])
    shares = [math.exp(float(each["confidence"]) - best) for each in ranked]
    return [Guess(str(each["text"]), share / sum(shares)) for each, share in zip(ranked, shares, strict=True)]


def prepare() -> Answer:
    """The models of the command line, loaded."""
    vosk.SetLogLevel(-1)
    return Hearing(Models(json.loads(sys.argv[1])).listen).answer


if __name__ == "__main__":
    run(prepare)
