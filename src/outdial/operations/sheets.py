"""Spreadsheets: rows of text out of a file that somebody sends."""

from __future__ import annotations

from outdial import ports


class Sheets:
    """Reads spreadsheets; keeps nothing."""

    def __init__(self, reader: ports.Sheets) -> None:
        self._reader = reader

    async def rows(self, content: bytes) -> list[list[str]]:
        """The rows of a file, up to the first blank one. Raises `NotSpreadsheet`."""
        return await self._reader.rows(content)
