"""The form of what passes between the recogniser and its child process, so that neither has to load the other.

A request is the lengths of a JSON head and of the sound, then both; a reply is the length of a JSON text and the text.
"""

from __future__ import annotations

import struct

REQUEST = struct.Struct("<II")
REPLY = struct.Struct("<I")

RATE = 8000
"""Samples a second: mono, 16 bit."""
LONGEST_SECONDS = 60
"""What is longer is cut off."""
WORKER = "outdial.drivers.recognition.sphinx_worker"
"""The module that the child process runs."""
