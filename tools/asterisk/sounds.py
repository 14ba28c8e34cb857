"""What the carrier's callees say and send: speech, a beep, a fax tone, the noise of a room, as 8 kHz wav files.

Run it as a program, with a folder, or with a file, a language and a text: libespeak-ng keeps its state in the process, so
it gets a process of its own.
"""

from __future__ import annotations

import ctypes
import math
import random
import sys
import wave
from array import array
from collections.abc import Iterable, Sequence
from operator import mul
from pathlib import Path

import espeakng_loader

RATE = 8000

WORDS = {
    1: ("ru", "да"),
    2: ("ru", "нет"),
    3: ("en", "yes"),
    4: ("en", "no"),
    5: ("ru", "да, мне удобно завтра после обеда"),
    6: ("ru", "два"),
    7: ("en", "two"),
    8: ("ru", "перезвоните мне, пожалуйста, завтра после обеда"),
}
_HELLO = "алло"
_GREETING = (
    "здравствуйте, вас приветствует автоответчик, сейчас мы не можем подойти к телефону, "
    "пожалуйста, оставьте сообщение после звукового сигнала, и мы вам обязательно перезвоним"
)
_TALK = "слушаю вас внимательно, рассказывайте, я как раз сегодня свободен, а что вы предлагаете"

_SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: samples come to the callback, Synth returns when all have come
_RATE_PARAMETER, _WORDS_A_MINUTE = 1, 130  # slower than espeak's own pace, which swallows one-word answers
_UTF_8 = 1
_TAPS = 32


class Espeak:
    """libespeak-ng, once in a process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0))
        if self._rate <= 0:
            raise RuntimeError("espeak-ng could not be initialised")
        self._samples = array("h")
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._callback = kind(self._take)  # held here: the library does not
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_SetParameter(_RATE_PARAMETER, _WORDS_A_MINUTE, 0)

    def _take(self, samples: ctypes._Pointer[ctypes.c_short], count: int, events: int | None) -> int:
        if samples and count > 0:
            self._samples.extend(samples[:count])
        return 0

    def say(self, language: str, text: str) -> list[int]:
        """The text as samples at 8 kHz."""
        self._samples = array("h")
        encoded = text.encode()
        self._library.espeak_SetVoiceByName(language.encode())
        self._library.espeak_Synth(encoded, ctypes.c_size_t(len(encoded) + 1), 0, 0, 0, _UTF_8, None, None)
        return _resampled(self._samples, self._rate)


def _resampled(samples: Sequence[int], rate: int) -> list[int]:
    """At 8 kHz, through a Hann-windowed sinc that cuts at 3.6 kHz; one filter for each fraction of a sample."""
    cut = 2 * 3600 / rate
    fractions = RATE // math.gcd(RATE, rate)
    filters = []
    for step in range(fractions):
        offset = (step * rate / RATE) % 1
        taps = []
        for tap in range(_TAPS):
            distance = tap - _TAPS / 2 + 1 - offset
            angle = math.pi * cut * distance
            taps.append(
                cut
                * (math.sin(angle) / angle if angle else 1.0)
                * (0.5 + 0.5 * math.cos(2 * math.pi * distance / (_TAPS + 2)))
            )
        filters.append(taps)
    half = _TAPS // 2
    padded = [0] * half + list(samples) + [0] * (_TAPS + half)
    result = []
    for index in range(len(samples) * RATE // rate):
        first = index * rate // RATE + 1
        total = sum(map(mul, filters[index % fractions], padded[first : first + _TAPS]))
        result.append(max(-32768, min(32767, round(total))))
    return result


def tone(hertz: float, seconds: float) -> list[int]:
    """A sine at a quarter of full scale."""
    return [round(8000 * math.sin(2 * math.pi * hertz * index / RATE)) for index in range(round(seconds * RATE))]


def room(seconds: float) -> list[int]:
    """A quiet line: noise far below every silence threshold, so that RTP flows and nobody hears anything."""
    chance = random.Random(1)
    return [chance.randrange(-16, 17) for _ in range(round(seconds * RATE))]


def exactly(samples: Sequence[int], seconds: float) -> list[int]:
    """The samples repeated or cut to the given length."""
    wanted = round(seconds * RATE)
    return [samples[index % len(samples)] for index in range(wanted)]


def write(path: Path, samples: Iterable[int]) -> None:
    """One channel, 16 bits, 8 kHz: the only wav Asterisk plays without a resampler."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", samples).tobytes())


def write_all(folder: Path) -> None:
    """Every file the carrier's dialplan plays."""
    espeak = Espeak()
    write(folder / "hello.wav", [*room(0.2), *espeak.say("ru", _HELLO)])
    write(folder / "greeting.wav", [*room(0.3), *exactly(espeak.say("ru", _GREETING), 5.0)])
    write(folder / "talk.wav", [*espeak.say("ru", _TALK), *room(0.5)])
    for key, (language, text) in WORDS.items():
        write(folder / f"word-{key}.wav", [*room(0.2), *espeak.say(language, text), *room(0.3)])
    write(folder / "beep.wav", tone(1000, 0.5))
    write(folder / "fax-answer.wav", tone(2100, 3.0))
    write(folder / "fax.wav", [*tone(1100, 0.5), *room(3.0)])
    write(folder / "room.wav", room(30.0))
    write(folder / "hum.wav", tone(440, 30.0))


def main() -> None:
    """A folder gets every file; a file gets a text in a language."""
    match sys.argv[1:]:
        case [folder]:
            write_all(Path(folder))
        case [file, language, text]:
            write(Path(file), [*room(0.2), *Espeak().say(language, text), *room(0.3)])
        case _:
            sys.exit("sounds.py FOLDER, or sounds.py FILE LANGUAGE TEXT")


if __name__ == "__main__":
    main()
