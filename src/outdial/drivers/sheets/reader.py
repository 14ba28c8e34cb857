"""Reads spreadsheets in a child process each, so that a hostile file can neither fill the memory nor take the time of
the server."""

from __future__ import annotations

import asyncio
import sys

import msgspec

from outdial.core.errors import NotSpreadsheet
from outdial.drivers.sheets import worker

AT_ONCE = 2
_REAL_SECONDS = worker.SECONDS + 10.0


class SheetReader:
    """Implements `outdial.ports.Sheets`."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def rows(self, content: bytes) -> list[list[str]]:
        async with self._turn:
            answer = await _read(content)
        if "error" in answer:
            raise NotSpreadsheet(str(answer["error"]), field="file")
        rows: list[list[str]] = answer["rows"]
        return rows


async def _read(content: bytes) -> dict[str, list[list[str]]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", worker.__file__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_REAL_SECONDS):
            written, _ = await process.communicate(content)
    except TimeoutError:
        written = b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not written:
        raise NotSpreadsheet("the spreadsheet is broken or too large to be read", field="file")
    answer: dict[str, list[list[str]]] = msgspec.json.decode(written)
    return answer
