"""The telephone wav: 8 kHz, mono, 16 bit, a plain 44 byte header; every switch plays it. Speech is levelled here, and a
file is written beside its place and renamed, so that a reader meets a whole file or none.
"""

from __future__ import annotations

import io
import os
import secrets
import wave
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from outdial.drivers.speech.synthesiser import Pcm

RATE = 8000
"""Samples a second."""
SMALLEST_FILE = 300
"""A wav of this many bytes or fewer (16 ms) is no prompt but the rest of an accident."""
HEADER = 44
"""Bytes before the samples."""
PART = ".part"
"""The suffix of a file that is being written."""

PEAK = 10 ** (-3 / 20)
"""Speech peaks 3 dB below full scale: loud on a line, and no codec after us clips it."""
LARGEST_GAIN = 4.0
"""A breath must not become a shout."""
LONGEST_SILENCE_SECONDS = 0.2
"""What is kept of silence before and after speech."""
SILENT = 8
"""Samples up to this size (-72 dB) are silence."""


def speech_wav(pcm: Pcm) -> bytes:
    """Synthesised speech as a telephone wav file: resampled, levelled to `PEAK`, long silence at its ends shortened.

    It is never shorter than 0.2 seconds; no samples at all become that much silence. Blocking, about a millisecond
    for each second of sound.
    """
    frames = list(_resampled(_without_silence(pcm)))
    peak = max((_peak(frame) for frame in frames), default=0.0)
    gain = min(PEAK / peak, LARGEST_GAIN) if peak > 0 else 1.0
    sound = b"".join(_amplified(frames, gain))
    return wav_bytes(sound.ljust(round(LONGEST_SILENCE_SECONDS * RATE) * 2, b"\0"))


def wav_bytes(samples: bytes) -> bytes:
    """A telephone wav file around telephone samples."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setparams((1, 2, RATE, 0, "NONE", ""))
        wav.writeframes(samples)
    return file.getvalue()


def wav_seconds(path: Path) -> float | None:
    """The length of a telephone wav file in seconds; None when it is missing, damaged, cut short or something else."""
    try:
        size = path.stat().st_size
        with wave.open(str(path), "rb") as wav:
            shape = (wav.getnchannels(), wav.getsampwidth(), wav.getframerate())
            frames = wav.getnframes()
    except (OSError, EOFError, wave.Error):
        return None
    if shape != (1, 2, RATE) or size <= SMALLEST_FILE or size < HEADER + frames * 2 or frames == 0:
        return None
    return frames / RATE


def samples_of(frame: av.AudioFrame) -> bytes:
    """The samples of a packed frame."""
    # Beware: the plane is padded; its tail is not sound.
    return bytes(frame.planes[0])[: frame.samples * frame.format.bytes]


@contextmanager
def written_beside(target: Path) -> Iterator[Path]:
    """A fresh path in the folder of `target` to write to; it takes the place of `target` when the block ends well.

    When the block fails nothing is left behind, and an older `target` stays as it was.
    """
    part = target.with_name(f".{target.name}.{secrets.token_hex(6)}{PART}")
    try:
        yield part
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def remove_leftovers(folder: Path, before: float) -> int:
    """Delete what writers that were killed left below a folder, if older than a moment (seconds since 1970); how many.

    Blocking.
    """
    return sum(removed_if_older(part, before) for part in folder.rglob(f"*{PART}"))


def removed_if_older(path: Path, before: float) -> bool:
    """Delete a file last touched before a moment (seconds since 1970); whether it was."""
    try:
        if path.stat().st_mtime >= before:
            return False
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _without_silence(pcm: Pcm) -> Pcm:
    sound = array("h", pcm.samples[: len(pcm.samples) // 2 * 2])
    kept = round(LONGEST_SILENCE_SECONDS * pcm.rate)
    first = next((at for at, sample in enumerate(sound) if abs(sample) > SILENT), len(sound))
    last = next((at for at, sample in enumerate(reversed(sound)) if abs(sample) > SILENT), len(sound))
    return Pcm(sound[max(first - kept, 0) : len(sound) - max(last - kept, 0)].tobytes(), pcm.rate)


def _resampled(pcm: Pcm) -> Iterator[av.AudioFrame]:
    # Floats, so that the overshoot of the filter is measured and not cut.
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    second = pcm.rate * 2
    for start in range(0, len(pcm.samples), second):
        piece = pcm.samples[start : start + second]
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(piece) // 2)
        frame.sample_rate = pcm.rate
        frame.planes[0].update(piece.ljust(frame.planes[0].buffer_size, b"\0"))
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _amplified(frames: list[av.AudioFrame], gain: float) -> Iterator[bytes]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE, options={"rematrix_volume": f"{gain:.6f}"})
    for frame in frames:
        yield from map(samples_of, resampler.resample(frame))
    yield from map(samples_of, resampler.resample(None))


def _peak(frame: av.AudioFrame) -> float:
    sound = array("f", samples_of(frame))
    return max(max(sound), -min(sound)) if sound else 0.0
