"""Spreadsheets."""

from __future__ import annotations

from typing import Protocol


class Sheets(Protocol):
    """Reads spreadsheets."""

    async def rows(self, content: bytes) -> list[list[str]]:
        """Cells as text, columns A to Z, from the first row to the last before a blank one; an empty cell is "".

        Raises `outdial.core.errors.NotSpreadsheet`, also for a file that is too large inside.
        """
