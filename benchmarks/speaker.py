"""A callee who answers aloud: after each prompt it says a word over RTP, and notes how long it waits for the next prompt."""

from __future__ import annotations

import asyncio
import struct
import time
import wave
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

FRAME_SECONDS = 0.02
_FRAME_SAMPLES = 160
_RTP_HEADER_BYTES = 12
_QUIET_SECONDS = 0.3
"""So long a silence ends a prompt."""
_LOUD = 0x60
"""A byte of G.711 that is farther than this from silence is a prompt's."""
_VOICED = 500
_BIAS = 0x84


def ulaw(sample: int) -> int:
    """One sample of 16 bit as ITU-T G.711 has it."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + _BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0F)) & 0xFF


@dataclass(frozen=True, slots=True)
class Word:
    """A word as frames of G.711, the last voiced one of which is numbered `ends_at`."""

    frames: tuple[bytes, ...]
    ends_at: int


def word(path: Path) -> Word:
    """A telephony wav file as a word."""
    with wave.open(str(path), "rb") as file:
        samples = array("h", file.readframes(file.getnframes()))
    whole = [samples[at : at + _FRAME_SAMPLES] for at in range(0, len(samples) - _FRAME_SAMPLES + 1, _FRAME_SAMPLES)]
    ends_at = max(number for number, frame in enumerate(whole) if max(map(abs, frame)) > _VOICED)
    return Word(tuple(bytes(map(ulaw, frame)) for frame in whole), ends_at)


@dataclass
class Speaker(asyncio.DatagramProtocol):
    """The media of one call. `gaps` are the seconds from the end of each word to the first sound of the next prompt."""

    said: Word
    gaps: list[float] = field(default_factory=list)
    _transport: asyncio.DatagramTransport | None = None
    _to: tuple[str, int] | None = None
    _number: int = 0
    _at: int | None = None
    _loud_at: float = 0.0
    _fell_silent: float | None = None
    _next: float = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        now = time.perf_counter()
        if self._to is None:
            self._to, self._next = addr, now
            self._tick()
        if any(byte & 0x7F < _LOUD for byte in data[_RTP_HEADER_BYTES:]):
            self._loud_at = now
            if self._fell_silent is not None:
                self.gaps.append(now - self._fell_silent)
                self._fell_silent = None

    def _tick(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing() or self._to is None:
            return
        now = time.perf_counter()
        payload = b"\xff" * _FRAME_SAMPLES
        if self._at is None and self._loud_at and self._fell_silent is None and now - self._loud_at > _QUIET_SECONDS:
            self._at, self._loud_at = 0, 0.0
        if self._at is not None:
            payload = self.said.frames[self._at]
            if self._at == self.said.ends_at:
                self._fell_silent = now + FRAME_SECONDS
            self._at = self._at + 1 if self._at + 1 < len(self.said.frames) else None
        head = struct.pack("!BBHII", 0x80, 0, self._number & 0xFFFF, self._number * _FRAME_SAMPLES & 0xFFFFFFFF, 7)
        transport.sendto(head + payload, self._to)
        self._number += 1
        self._next += FRAME_SECONDS
        asyncio.get_running_loop().call_later(max(0.0, self._next - time.perf_counter()), self._tick)
