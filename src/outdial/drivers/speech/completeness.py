"""Whether an audio file is all there, by what its own headers say. Decoders play a file that was cut short up to the
cut and say nothing; most know a length only as a guess from the bit rate, which proves nothing either.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

import av

UNKNOWN_WAV_LENGTHS = (0, 0xFFFFFFFF)
"""What a program writes into a wav header when it streams and cannot know the length."""
OGG_PAGE_HEADER = 27
LARGEST_OGG_PAGE = 65_307
ID3_HEADER = 10
LENGTH_TAGS = (b"Xing", b"Info", b"VBRI")


def promised_seconds(container: str, source: Path, track: av.AudioStream) -> float | None:
    """The exact length that a file's own header gives; None where there is none, or only an estimate.

    `container` is the library's name of the format. Blocking.
    """
    if track.duration is None or track.time_base is None:
        return None
    seconds = float(track.duration) * float(track.time_base)
    match container:
        case "wav":
            return seconds * _wav_promise(source)
        case "mp3":
            return seconds if _has_length_tag(source) else None
        case "flac" | "mov,mp4,m4a,3gp,3g2,mj2":
            return seconds
        case _:
            return None


def ends_inside_a_page(source: Path) -> bool:
    """Whether the last page of an ogg file is shorter than its header says. Blocking."""
    with source.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(file.tell() - LARGEST_OGG_PAGE, 0))
        tail = file.read()
    start = tail.rfind(b"OggS")
    page = tail[start:] if start >= 0 else b""
    if len(page) < OGG_PAGE_HEADER:
        return True
    segments = page[OGG_PAGE_HEADER - 1]
    sizes = page[OGG_PAGE_HEADER : OGG_PAGE_HEADER + segments]
    return len(page) < OGG_PAGE_HEADER + segments + sum(sizes)


def _wav_promise(source: Path) -> float:
    """How many times longer a wav file says to be than it is; the library believes the file's size instead."""
    size = source.stat().st_size
    with source.open("rb") as file:
        if file.read(12)[:4] != b"RIFF":
            return 1.0
        while len(head := file.read(8)) == 8:
            kind, length = struct.unpack("<4sI", head)
            if kind == b"data":
                held = size - file.tell()
                return 1.0 if length in UNKNOWN_WAV_LENGTHS or held <= 0 else max(length / held, 1.0)
            file.seek(length + length % 2, os.SEEK_CUR)
    return 1.0


def _has_length_tag(source: Path) -> bool:
    """Whether an mp3 file says how long it is; without such a tag the library guesses from the first bit rate."""
    with source.open("rb") as file:
        head = file.read(ID3_HEADER)
        tagged = head[:3] == b"ID3" and len(head) == ID3_HEADER
        size = (
            sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)) if tagged else 0
        )
        file.seek(size + ID3_HEADER if tagged else 0)
        start = file.read(2048)
    return any(tag in start for tag in LENGTH_TAGS)
