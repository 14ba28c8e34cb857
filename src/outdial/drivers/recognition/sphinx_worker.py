"""The child process in which pocketsphinx understands utterances: a C library that may fall, and takes the processor for
itself while it works, has no place among calls.

Requests and replies follow one another on standard input and output, as `pipe` says.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pocketsphinx import Decoder

from outdial.drivers.recognition import grammar
from outdial.drivers.recognition.phones import Phonemiser
from outdial.drivers.recognition.pipe import RATE, Answer, run

_MODEL_RATE = 16_000
_FRAMES_A_SECOND = 100
_GRAMMARS_KEPT = 64
_LOUD = 0.12
"""Of the loudest frame's amplitude: what is quieter is no speech."""
LEAST_COVERED = 0.75
"""Of what is loud in an utterance, so much must be the phrase; else it was a sentence that the phrase is but a piece of."""
_ASKED_WEIGHT = 1e5
"""How much likelier what was asked for is than an everyday phrase that nobody asked for."""
_SURE_NATS = 0.01
"""How much likelier than the next the best phrase must be to be called nearly certain, in the decoder's scaled units."""

_QUIET_LINE = np.random.default_rng(1).normal(0, 20, round(0.3 * RATE)).astype("<i2")
"""What is put around every utterance: the decoder learns a line's noise from the first sound, and a short word is pruned
away when the silence after it is cut short."""

Words = tuple[str, ...]
_Key = tuple[str, tuple[Words, ...], tuple[Words, ...]]


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    words: Words
    score: float
    spans: tuple[tuple[int, int], ...]
    """First and last frame of each word."""


class Ear:
    """One decoder, its dictionary and the grammars that it has learnt."""

    def __init__(self) -> None:
        self._decoder = Decoder(lm=None, loglevel="FATAL", samprate=_MODEL_RATE)
        self._phonemiser = Phonemiser()
        self._entries: dict[tuple[str, Words], str] = {}
        self._words: dict[str, Words] = {}
        self._grammars: OrderedDict[_Key, str | None] = OrderedDict()
        self._made = 0

    def understand(self, language: str, expected: Sequence[str], sound: bytes) -> dict[str, Any]:
        """`text` is the phrase of `expected` that was said, empty when it was none of them; `confidence` from 0 to 1;
        `alternatives` what else of it may have been said. `sound` is 8 kHz, mono, 16 bit; without any the grammar is learnt
        for later."""
        language = language.lower()
        asked = grammar.phrases(expected)
        unasked = tuple(grammar.unasked(language, asked))
        if not asked or self._grammar(language, tuple(asked), unasked) is None or len(sound) < 2:
            return _not_understood()
        said = np.frombuffer(sound[: len(sound) // 2 * 2], dtype="<i2")
        samples = np.concatenate((_QUIET_LINE, said, _QUIET_LINE))
        wide = _at_model_rate(samples)
        best = self._decode(language, tuple(asked), unasked, wide)
        if best is None:
            return _not_understood()
        second = self._decode(language, _without(asked, best.words), _without(unasked, best.words), wide)
        likely = [each for each in (best, second) if each is not None and each.words in asked]
        covered = _covered(best, samples)
        sure = _sureness(best, second) * min(1.0, covered / LEAST_COVERED) ** 2
        if best.words not in asked or covered < LEAST_COVERED:
            return _not_understood([asked[each.words] for each in likely])
        return {
            "text": asked[best.words],
            "confidence": round(sure, 3),
            "alternatives": [asked[each.words] for each in likely if each is not best],
        }

    def _decode(
        self, language: str, asked: tuple[Words, ...], unasked: tuple[Words, ...], sound: bytes
    ) -> _Hypothesis | None:
        name = self._grammar(language, asked, unasked)
        if name is None:
            return None
        decoder = self._decoder
        decoder.activate_search(name)
        # Forget the noise of the last line: the same sound is to be understood the same way, whatever was before it.
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(sound, no_search=False, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        if found is None or not found.hypstr:
            return None
        spoken = [piece for piece in decoder.seg() if piece.word.partition("(")[0] in self._words]
        words = tuple(word for entry in found.hypstr.split() for word in self._words[entry.partition("(")[0]])
        if words not in asked and words not in unasked:
            return None  # it broke off in the middle of a phrase
        score = float(np.log(found.best_score)) if found.best_score > 0 else -np.inf
        return _Hypothesis(words, score, tuple((piece.start_frame, piece.end_frame) for piece in spoken))

    def _grammar(self, language: str, asked: tuple[Words, ...], unasked: tuple[Words, ...]) -> str | None:
        """The name of the search for these phrases; None when nothing of what is asked for can be spoken."""
        key = (language, asked, unasked)
        if key in self._grammars:
            self._grammars.move_to_end(key)
            return self._grammars[key]
        # What nobody asked for is one word each: a path that breaks off in the middle of one would win over a whole phrase.
        entries = [(_ASKED_WEIGHT, [self._entry((word,), language) for word in words]) for words in asked]
        entries += [(1.0, [self._entry(words, language)]) for words in unasked]
        speakable = [(weight, each) for weight, each in entries if all(each)]
        name = None
        if speakable:
            self._made += 1
            name = f"g{self._made}"
            self._decoder.add_jsgf_string(name, grammar.jsgf(speakable))
        self._grammars[key] = name
        if len(self._grammars) > _GRAMMARS_KEPT:
            _, forgotten = self._grammars.popitem(last=False)
            if forgotten is not None:
                self._decoder.activate_search(name) if name else None
                self._decoder.remove_search(forgotten)
        return name

    def _entry(self, words: Words, language: str) -> str:
        """The dictionary's entry for words said in one breath, made where it is missing; empty when nobody can say how they
        sound."""
        key = (language.partition("-")[0], words)
        if key not in self._entries:
            each = [self._pronunciations(word, language) for word in words]
            spoken = each[0] if len(words) == 1 else [" ".join(one[0] for one in each)] if all(each) else []
            # Names of our own: what a script says must not reach the grammar's syntax.
            name = f"w{len(self._entries)}" if spoken else ""
            for number, phones in enumerate(spoken, 1):
                self._decoder.add_word(name if number == 1 else f"{name}({number})", phones, False)
            self._entries[key] = name
            if name:
                self._words[name] = words
        return self._entries[key]

    def _pronunciations(self, word: str, language: str) -> list[str]:
        if language.startswith("en"):
            known = [self._decoder.lookup_word(word if number == 1 else f"{word}({number})") for number in range(1, 4)]
            if known[0]:
                return [phones for phones in known if phones]
        return self._phonemiser.pronunciations(word, language)


def _without(sequences: Iterable[Words], one: Words) -> tuple[Words, ...]:
    return tuple(each for each in sequences if each != one)


def _not_understood(alternatives: Sequence[str] = ()) -> dict[str, Any]:
    return {"text": "", "confidence": 0.0, "alternatives": list(alternatives)}


def _at_model_rate(samples: np.ndarray[Any, Any]) -> bytes:
    """Telephone samples at twice their rate, by a spectrum with nothing above the telephone's band."""
    # A length with small factors: a prime one takes the transform a hundred times as long.
    padded = np.zeros(-(-samples.size // 800) * 800)
    padded[: samples.size] = samples
    spectrum = np.fft.rfft(padded)
    spectrum[-1] = 0.0
    wide = np.zeros(padded.size + 1, dtype=complex)
    wide[: spectrum.size] = spectrum
    return bytes(np.clip(np.fft.irfft(wide, 2 * padded.size) * 2, -32768, 32767).astype("<i2").tobytes())


def _covered(best: _Hypothesis, samples: np.ndarray[Any, Any]) -> float:
    """What part of the loud frames of an utterance the phrase spans."""
    step = RATE // _FRAMES_A_SECOND
    frames = samples[: samples.size // step * step].reshape(-1, step).astype(float)
    loudness = np.sqrt((frames**2).mean(axis=1))
    if not loudness.size:
        return 0.0
    loud = loudness > _LOUD * loudness.max()
    inside = np.zeros(loud.size, dtype=bool)
    for first, last in best.spans:
        inside[first : last + 1] = True
    return float((loud & inside).sum() / max(1, loud.sum()))


def _sureness(best: _Hypothesis, second: _Hypothesis | None) -> float:
    if second is None:
        return 1.0
    return float(1.0 - 0.5 * np.exp(-max(0.0, best.score - second.score) / _SURE_NATS))


def prepare() -> Answer:
    """A decoder that answers requests of a `language`, what is `expected`, and sound."""
    ear = Ear()
    return lambda head, sound: ear.understand(head["language"], head["expected"], sound)


if __name__ == "__main__":
    run(prepare)
