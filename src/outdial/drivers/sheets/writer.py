"""Writes spreadsheets in a child process each: the server's own processor time is for calls, and a report may have a million
rows.

Rows go to the child batch by batch, no faster than it takes them, so that neither side ever holds a whole report.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from outdial.core.errors import NotStored
from outdial.core.report import Row
from outdial.drivers.sheets import write_worker

AT_ONCE = 2
_encode = msgspec.json.Encoder().encode


class WorkbookWriter:
    """Implements `outdial.ports.Workbooks`."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def write(self, path: Path, header: Sequence[str], rows: int, batches: AsyncIterator[Sequence[Row]]) -> None:
        async with self._turn:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", write_worker.__file__, str(path)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                assert process.stdin is not None
                with suppress(BrokenPipeError, ConnectionResetError):
                    await _feed(process.stdin, header, rows, batches)
                process.stdin.close()
                await process.wait()
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode:
            raise NotStored(
                "the spreadsheet could not be written: the disk is full, or the report does not fit into one"
            )


async def _feed(
    pipe: asyncio.StreamWriter, header: Sequence[str], rows: int, batches: AsyncIterator[Sequence[Row]]
) -> None:
    pipe.write(_encode({"header": header, "rows": rows}) + b"\n")
    async for batch in batches:
        pipe.write(b"".join(_encode(row) + b"\n" for row in batch))
        await pipe.drain()
