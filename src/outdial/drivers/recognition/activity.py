"""Voice activity on a telephone line: where somebody begins to speak, and how long they have been silent since.

Pure but for the library's own state: frames in, what is to be made of them out. It knows no engine and no clock.
"""

from __future__ import annotations

from array import array
from collections import deque
from enum import Enum, auto
from math import sqrt

import webrtcvad

RATE = 8000
FRAME_SECONDS = 0.02
FRAME_BYTES = round(RATE * FRAME_SECONDS) * 2

_MODE = 3
"""The strictest: what it takes for speech most often is."""
_LEAST_LOUDNESS = 120.0
"""Root mean square, of 32767; about -49 dB. A telephone line without anybody is quieter."""
_ABOVE_NOISE = 3.0
"""How many times louder than the line's own noise a voice is."""
_NOISE_RISE = 1.01
"""How fast the noise is taken for louder than the quietest that was heard, a frame: twice as loud in 1.4 seconds."""
_WINDOW = 6
_ENOUGH = 4
"""Voiced frames in a window that make somebody speak: 80 ms of 120, more than a click and less than a short "no"."""
_STILL = 2
"""Voiced frames in a window without which somebody is silent."""


class Change(Enum):
    """What a frame tells."""

    NONE = auto()
    BEGAN = auto()
    VOICED = auto()
    """They go on, or go on after a pause."""


class Activity:
    """One line. `silent_seconds` is the time since the last frame of speech; it counts once somebody has spoken."""

    def __init__(self) -> None:
        self.speaking = False
        self.silent_seconds = 0.0
        self._vad = webrtcvad.Vad(_MODE)
        self._recent: deque[bool] = deque(maxlen=_WINDOW)
        self._noise = _LEAST_LOUDNESS

    def hear(self, frame: bytes) -> Change:
        """Take the next 20 ms."""
        voiced = self._is_voice(frame)
        self._recent.append(voiced)
        if not self.speaking:
            if sum(self._recent) < _ENOUGH:
                return Change.NONE
            self.speaking, self.silent_seconds = True, 0.0
            return Change.BEGAN
        if voiced and sum(self._recent) >= _STILL:
            self.silent_seconds = 0.0
            return Change.VOICED
        self.silent_seconds += FRAME_SECONDS
        return Change.NONE

    def _is_voice(self, frame: bytes) -> bool:
        loudness = _loudness(frame)
        # The library is asked in any case: it learns from every frame.
        speech = self._vad.is_speech(frame, RATE)
        self._noise = min(max(loudness, 1.0), self._noise * _NOISE_RISE)
        return speech and loudness > max(_LEAST_LOUDNESS, _ABOVE_NOISE * self._noise)


def _loudness(frame: bytes) -> float:
    samples = array("h", frame)
    # Every second sample is enough to tell a voice from a quiet line, and takes half the time.
    return sqrt(sum(sample * sample for sample in samples[::2]) / (len(samples) // 2))
