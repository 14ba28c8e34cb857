"""Uploads become telephone sound: whatever holds an audio track gives an 8 kHz wav and its mp3 companion. A stranger's
file is never trusted: its container must be one we know to read nothing but itself, what it claims about its length
decides nothing, and limits hold while decoding. A file that fails leaves no trace, and an older target as it was.
"""

from __future__ import annotations

import asyncio
import os
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import av
from av.container import InputContainer

from outdial.core.errors import NotAudio
from outdial.drivers.speech.completeness import ends_inside_a_page, promised_seconds
from outdial.drivers.speech.telephone import RATE, samples_of, wav_seconds, written_beside

MP3_BITS_A_SECOND = 16_000

# Beware: playlists (hls, dash, concat, sdp) are formats to the library as well, and would read other files of this
# machine or of its network. Only containers that hold their sound themselves are named here.
CONTAINERS = (
    "wav,w64,mp3,ogg,flac,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,aac,ac3,aiff,amr,asf,au,avi,caf,flv,mpeg,mpegts,ape,wv"
)
OPENING = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}

# Rates outside make the resampler's filter huge.
LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000
COMPLETE_SHARE = 0.9
"""A file whose header is exact and which gives less than this share of its length was cut short."""
COMPLETE_SLACK_SECONDS = 0.5


class Reason(StrEnum):
    """Why a file cannot be used."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_AUDIO = "not_audio"
    DAMAGED = "damaged"
    TRUNCATED = "truncated"
    TOO_LONG = "too_long"
    UNSUPPORTED = "unsupported"


class UnusableAudio(NotAudio):
    """An uploaded file that gives no telephone sound; `reason` is stable, the message tells what to do."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message, field="file")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """The longest sound and the biggest file that are accepted."""

    longest_seconds: float = 1800.0
    largest_bytes: int = 100 * 2**20


def convert(source: Path, target: Path, limits: AudioLimits | None = None) -> float:
    """Write the sound of any audio or video file as telephone wav to `target`, and beside it as mp3 of 16 kbit/s.

    Returns the seconds of sound. The level is left as it is; several channels are mixed into one. `target` ends in
    .wav; both files are replaced if they exist, only when all went well. Blocking: some three hundred seconds of
    sound a second. Raises `UnusableAudio`, and `OSError` when the disk fails.
    """
    limits = limits or AudioLimits()
    if target.suffix != ".wav":
        raise ValueError(f"the target must end in .wav: {target.name}")
    with written_beside(target.with_suffix(".mp3")) as mp3, written_beside(target) as wav:
        with _opened(source, limits) as container, wav.open("wb") as wav_file, mp3.open("wb") as mp3_file:
            seconds = _write(_Sound(container, source, limits.longest_seconds), wav_file, mp3_file)
            for file in (wav_file, mp3_file):
                file.flush()
                os.fsync(file.fileno())
        return seconds


def duration_seconds(path: Path, limits: AudioLimits | None = None) -> float:
    """The seconds of sound in an audio file: at once for a telephone wav, by decoding for any other.

    Blocking. Raises `UnusableAudio`, and `OSError` when the file cannot be read.
    """
    limits = limits or AudioLimits()
    seconds = wav_seconds(path)
    if seconds is not None:
        return seconds
    with _opened(path, limits) as container:
        return sum(frame.samples for frame in _Sound(container, path, limits.longest_seconds)) / RATE


class AudioWorkshop:
    """Converts files in a few threads of its own, so that uploads neither stop the event loop nor fill the machine."""

    def __init__(self, limits: AudioLimits | None = None, at_once: int = 2) -> None:
        self._limits = limits or AudioLimits()
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="audio")

    async def convert(self, source: Path, target: Path) -> float:
        """As the function `convert`. What is cancelled while it is being converted is still finished."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, convert, source, target, self._limits)

    async def duration_seconds(self, path: Path) -> float:
        """As the function `duration_seconds`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, duration_seconds, path, self._limits)

    def close(self) -> None:
        """Finish what is being converted and drop what waits."""
        self._threads.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _opened(source: Path, limits: AudioLimits) -> Iterator[InputContainer]:
    size = source.stat().st_size
    if size == 0:
        raise UnusableAudio(Reason.EMPTY, "the file is empty; send it again")
    if size > limits.largest_bytes:
        largest = limits.largest_bytes // 2**20
        raise UnusableAudio(Reason.TOO_LARGE, f"the file is over {largest} MiB; send a shorter or compressed one")
    # An open file and not its path: a path may read as an address, and has an encoding of its own.
    with source.open("rb") as file:
        try:
            container = av.open(file, "r", options=OPENING, metadata_errors="replace")
        except (av.FFmpegError, ValueError) as why:
            raise _not_audio() from why
        with container:
            yield container


def _not_audio() -> UnusableAudio:
    return UnusableAudio(
        Reason.NOT_AUDIO, "the file holds no sound that can be decoded; send wav, mp3, ogg, flac or m4a"
    )


class _Sound:
    """The audio track of an open file, resampled to telephone samples. Iterated once; complete or `UnusableAudio`."""

    def __init__(self, container: InputContainer, source: Path, longest_seconds: float) -> None:
        track = container.streams.best("audio")
        if not isinstance(track, av.AudioStream):
            raise _not_audio()
        self._container = container
        self._track = track
        self._source = source
        self._longest = longest_seconds

    def __iter__(self) -> Iterator[av.AudioFrame]:
        produced = 0
        for frame in self._resampled():
            produced += frame.samples
            if produced > self._longest * RATE:
                minutes = self._longest / 60
                raise UnusableAudio(Reason.TOO_LONG, f"the sound is over {minutes:g} minutes; send a shorter one")
            if frame.samples:
                yield frame
        if produced == 0:
            raise _not_audio()
        self._check_complete(produced / RATE)

    def _check_complete(self, seconds: float) -> None:
        container = self._container.format.name
        promised = promised_seconds(container, self._source, self._track)
        if promised is not None and seconds < promised * COMPLETE_SHARE - COMPLETE_SLACK_SECONDS:
            message = f"the file ends after {seconds:.1f} of {promised:.1f} seconds; send the whole file"
            raise UnusableAudio(Reason.TRUNCATED, message)
        if container == "ogg" and ends_inside_a_page(self._source):
            raise UnusableAudio(
                Reason.TRUNCATED, f"the file breaks off after {seconds:.1f} seconds; send the whole file"
            )

    def _resampled(self) -> Iterator[av.AudioFrame]:
        shape: tuple[str, str, int] | None = None
        resampler = _resampler()
        for frame in self._decoded():
            # A sound may change its form on the way (joined files, aac that turns out to have twice the rate).
            if (now := (frame.format.name, frame.layout.name, frame.sample_rate)) != shape:
                if shape is not None:
                    yield from resampler.resample(None)
                shape, resampler = now, _resampler()
            # Beware: a frame in telephone form passes through as it is, and so would None at the end.
            frame.pts = None
            yield from resampler.resample(frame)
        if shape is not None:
            yield from (frame for frame in resampler.resample(None) if frame is not None)

    def _decoded(self) -> Iterator[av.AudioFrame]:
        good = damaged = 0
        try:
            for packet in self._container.demux(self._track):
                try:
                    frames = packet.decode()
                except av.FFmpegError:
                    damaged += 1
                    continue
                for frame in frames:
                    assert isinstance(frame, av.AudioFrame)
                    if not LOWEST_RATE <= frame.sample_rate <= HIGHEST_RATE:
                        message = f"{frame.sample_rate} samples a second are not supported; send 8 to 48 kHz"
                        raise UnusableAudio(Reason.UNSUPPORTED, message)
                    good += 1
                    yield frame
        except av.FFmpegError as why:
            raise _damaged() from why
        # A few bad packets are everyday (junk around tags); a file of them is not sound.
        if damaged > good:
            raise _damaged() if good else _not_audio()


def _resampler() -> av.AudioResampler:
    return av.AudioResampler(format="s16", layout="mono", rate=RATE)


def _damaged() -> UnusableAudio:
    return UnusableAudio(Reason.DAMAGED, "most of the file is damaged; send it again or save it anew")


def _write(sound: _Sound, wav_file: IO[bytes], mp3_file: IO[bytes]) -> float:
    """Write the sound to both files; its seconds."""
    written = 0
    with av.open(mp3_file, "w", format="mp3") as mp3, wave.open(wav_file, "wb") as wav:
        wav.setparams((1, 2, RATE, 0, "NONE", ""))
        track = mp3.add_stream("libmp3lame", rate=RATE, layout="mono", bit_rate=MP3_BITS_A_SECOND)
        for frame in sound:
            wav.writeframesraw(samples_of(frame))
            frame.pts, frame.time_base = written, Fraction(1, RATE)
            mp3.mux(track.encode(frame))
            written += frame.samples
        mp3.mux(track.encode(None))
    return written / RATE
