"""The child process in which libespeak-ng lives: words come in on standard input, samples go out on standard output.
It stands alone (standard library only) and is run by its path; when its parent is gone it ends.

A request is a length and as much JSON (`voice`, `rate`, `pitch`, `text`); a reply is a status, a sample rate, a length
and as many bytes: samples, or the reason why there are none.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
from typing import BinaryIO

REQUEST = struct.Struct("<I")
REPLY = struct.Struct("<BII")
SPOKEN, REFUSED = 0, 1

LONGEST_SECONDS = 900
"""Sound that one text may become; a text of emoji spoken by their names would fill the memory otherwise."""

SYNCHRONOUS = 2
DO_NOT_EXIT = 0x8000
RATE, VOLUME, PITCH = 1, 2, 3
UTF8_PLAIN_TEXT = 1
"""Neither SSML nor phonemes: brackets of all kinds are characters."""
QUIET = 60
"""Volume at which the library never reaches its own automatic gain, which is audible; the level is set later."""

# Beware: the library keeps paths in 160 bytes, with what it appends to them.
LONGEST_PATH = 120

SamplesCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class Refused(Exception):
    """The library would not speak; the message is a stable word."""


class Library:
    """libespeak-ng, loaded and set up. Only one may exist in a process, used by one thread."""

    def __init__(self, library: str, data: str) -> None:
        self._library = ctypes.CDLL(library)
        self._rate = self._library.espeak_Initialize(SYNCHRONOUS, 0, _short(data), DO_NOT_EXIT)
        if self._rate <= 0:
            raise Refused("no_voice_data")
        self._pieces: list[bytes] = []
        self._left = 0
        # The callback must live as long as the library may call it.
        self._callback = SamplesCallback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, voice: str, rate: int, pitch: int, text: str) -> tuple[int, bytes]:
        """The sample rate and the samples of a text. Raises `Refused`."""
        self._pieces.clear()
        self._left = LONGEST_SECONDS * self._rate
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise Refused("no_such_voice")
        for setting, value in ((RATE, rate), (VOLUME, QUIET), (PITCH, pitch)):
            self._library.espeak_SetParameter(setting, value, 0)
        words = text.encode(errors="ignore")
        size = ctypes.c_size_t(len(words) + 1)
        if self._library.espeak_Synth(words, size, 0, 1, 0, UTF8_PLAIN_TEXT, None, None) != 0:
            raise Refused("not_spoken")
        if self._left < 0:
            raise Refused("too_long")
        return self._rate, b"".join(self._pieces)

    def _take(self, samples: int | None, count: int, events: int | None) -> int:
        if samples and count > 0:
            self._left -= count
            self._pieces.append(ctypes.string_at(samples, count * 2))
        return 1 if self._left < 0 else 0


def serve(library: Library, requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until there are no more."""
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        (length,) = REQUEST.unpack(head)
        asked = json.loads(requests.read(length))
        try:
            rate, samples = library.speak(asked["voice"], asked["rate"], asked["pitch"], asked["text"])
            reply = REPLY.pack(SPOKEN, rate, len(samples)) + samples
        except Refused as refusal:
            reply = refused(refusal)
        replies.write(reply)
        replies.flush()


def refused(why: Refused) -> bytes:
    """The reply that tells why."""
    reason = str(why).encode()
    return REPLY.pack(REFUSED, 0, len(reason)) + reason


def _short(path: str) -> bytes:
    encoded = os.fsencode(path)
    if len(encoded) <= LONGEST_PATH or not os.path.isdir("/proc/self/fd"):
        return encoded
    # The open folder has a short second name; it stays open for as long as we run.
    return b"/proc/self/fd/%d" % os.open(path, os.O_RDONLY)


def _harden() -> None:
    # Ctrl-C is for the parent; our end is that of standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        import resource

        # A crash must not leave a callee's words in a core file, nor a strange text eat the machine.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))


def main(library: str, data: str) -> None:
    """Run until standard input ends."""
    _harden()
    # The library may print; its words must not mix with the replies.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        ready = Library(library, data)
    except (OSError, Refused) as why:
        replies.write(refused(why if isinstance(why, Refused) else Refused("no_library")))
        return
    replies.write(REPLY.pack(SPOKEN, 0, 0))
    replies.flush()
    serve(ready, sys.stdin.buffer, replies)


if __name__ == "__main__":
    main(*sys.argv[1:3])
