"""The form of what passes between a recogniser and its child process, and the child's side of it: a child answers requests
in their order until its standard input ends, and knows nothing of calls.

A request is the lengths of a JSON head and of the sound, then both; a reply is the length of a JSON text and the text. The
first reply comes unasked, when the child is ready: empty, or with `failed`, why it never will be.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

REQUEST = struct.Struct("<II")
REPLY = struct.Struct("<I")

RATE = 8000
"""Samples a second: mono, 16 bit."""
LONGEST_SECONDS = 60
"""What is longer is cut off."""
MOST_BYTES = LONGEST_SECONDS * RATE * 2

Answer = Callable[[Mapping[str, Any], bytes], Mapping[str, Any]]
"""What a child makes of a head and of sound."""


class CannotStart(Exception):
    """The child will never be of use; the message says why."""


def run(prepare: Callable[[], Answer]) -> None:
    """Be a child: `prepare` loads what is needed, then requests are answered. Returns when standard input ends."""
    # Ctrl-C is for the parent; our end is that of standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The libraries may print; their words must not mix with the replies.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        answer = prepare()
    except CannotStart as why:
        _reply(replies, {"failed": str(why)})
        return
    _reply(replies, {})
    requests = sys.stdin.buffer
    while len(sizes := requests.read(REQUEST.size)) == REQUEST.size:
        head_size, sound_size = REQUEST.unpack(sizes)
        head = json.loads(requests.read(head_size))
        _reply(replies, answer(head, requests.read(sound_size)))


def _reply(replies: BinaryIO, what: Mapping[str, Any]) -> None:
    body = json.dumps(what).encode()
    replies.write(REPLY.pack(len(body)) + body)
    replies.flush()
