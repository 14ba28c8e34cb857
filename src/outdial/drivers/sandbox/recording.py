"""What the sandbox records: telephony wav files of the right length in which nothing is heard.

The silence is a hole in the file, so that an hour of talks costs neither time nor disk.
"""

from __future__ import annotations

import struct
from pathlib import Path

LONGEST_SECONDS = 600.0
"""No file is longer, however long was talked."""

_RATE = 8000
_FRAME_BYTES = 2
_HEADER_BYTES = 44


def write_silence(path: Path, seconds: float) -> float:
    """Put a file of so much silence in its place, making its folder; the seconds in it, at most `LONGEST_SECONDS`.

    Where there is nothing to write there is no file, and 0 is returned. Raises `OSError`.
    """
    frames = round(min(seconds, LONGEST_SECONDS) * _RATE)
    if not frames:
        return 0.0
    size = frames * _FRAME_BYTES
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", _HEADER_BYTES - 8 + size, b"WAVE"),
        *(b"fmt ", 16, 1, 1, _RATE, _RATE * _FRAME_BYTES, _FRAME_BYTES, 8 * _FRAME_BYTES),
        *(b"data", size),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(header)
        file.truncate(_HEADER_BYTES + size)
    part.replace(path)
    return frames / _RATE
