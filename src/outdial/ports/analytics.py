"""Reports over the calls of a campaign, however many they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from outdial.core.ids import AttemptId, TenantId
from outdial.core.report import Question, Row, Totals


class OpenReport(Protocol):
    """A report that is being read."""

    @property
    def totals(self) -> Totals:
        """Of all rows that keep the filters."""

    def batches(self) -> AsyncIterator[Sequence[Row]]:
        """The rows, some at a time; to be read once, and not held longer than one batch."""


class Analytics(Protocol):
    """Answers questions about calls. Totals and rows of one report are of the same moment."""

    def open(self, question: Question) -> AbstractAsyncContextManager[OpenReport]:
        """A report, for as long as this lasts. Raises `Malformed` when it takes too long."""

    async def recording(self, tenant: TenantId, project: int, attempt: AttemptId) -> Path | None:
        """The file that a call of a project's campaign was recorded into; None: there is none."""


class Workbooks(Protocol):
    """Writes spreadsheets."""

    async def write(self, path: Path, header: Sequence[str], rows: int, batches: AsyncIterator[Sequence[Row]]) -> None:
        """Write an .xlsx of a header and so many rows, with as many sheets as they need. Texts stay texts.

        Raises `outdial.core.errors.NotStored`.
        """
