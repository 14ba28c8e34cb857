"""The sandbox's witness: one JSON line a dialled call or a part of an SMS, in a file that is not outdial's store.

A line is in the operating system's hands before `write` returns, so a killed process has lost none.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import msgspec

from outdial.core.commands import Dial
from outdial.ports import SmsPart


class Witness:
    """Appends to a file, which is made when it is not there; several processes may share it.

    Raises `OSError` when the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._json = msgspec.json.Encoder()

    def write(self, time: datetime, dial: Dial) -> None:
        """Note a call that is about to be placed. Raises `OSError` when it cannot be written."""
        entry: dict[str, str | int] = {
            "time": time.isoformat(timespec="milliseconds"),
            "channel": dial.channel,
            "number": dial.number,
            "caller": dial.caller,
            "trunk": dial.trunk,
        }
        self._append(entry)

    def write_sms(self, time: datetime, part: SmsPart) -> None:
        """Note a part of an SMS that came in. Raises `OSError` when it cannot be written."""
        self._append(
            {
                "time": time.isoformat(timespec="milliseconds"),
                "sms": part.text,
                "number": part.digits,
                "part": part.place,
                "of": part.of,
            }
        )

    def _append(self, entry: dict[str, str | int]) -> None:
        # One unbuffered write a line: with O_APPEND it is never torn apart by another writer.
        line = self._json.encode(entry) + b"\n"
        if os.write(self._file, line) != len(line):
            raise OSError("the line was written in part only")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
