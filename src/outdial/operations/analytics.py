"""Reports over the calls of campaigns, as rows and as spreadsheets, and the recordings that they point to.

Nothing here holds a whole report: rows go by in batches, and a spreadsheet is written to a file that its reader deletes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import UUID, uuid4

from outdial import ports
from outdial.core.errors import NotFound, NotStored
from outdial.core.ids import AttemptId, TenantId
from outdial.core.report import Question, Row
from outdial.ports import OpenReport, Workbooks

Cells = Callable[[AsyncIterator[Sequence[Row]]], AsyncIterator[Sequence[Row]]]
"""Makes rows of a report into rows of a spreadsheet."""


class Analytics:
    """Reports of a tenant. Spreadsheets are written below `folder`; recordings lie below `recordings`."""

    def __init__(self, store: ports.Analytics, workbooks: Workbooks, folder: Path, recordings: Path) -> None:
        self._store = store
        self._workbooks = workbooks
        self._folder = folder.absolute()
        self._recordings = recordings.absolute()

    def open(self, question: Question) -> AbstractAsyncContextManager[OpenReport]:
        """A report, for as long as this lasts. Raises `Malformed` when it takes too long."""
        return self._store.open(question)

    async def workbook(self, question: Question, header: Sequence[str], cells: Cells) -> Path:
        """A report as an .xlsx of the cells that are made of its rows; the file is the caller's to delete.

        Raises `Malformed`, `NotStored`.
        """
        path = self._folder / f"{uuid4().hex}.xlsx"
        try:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        except OSError as error:
            raise NotStored(f"the spreadsheet could not be kept: {error.strerror}") from error
        try:
            async with self._store.open(question) as report:
                left = max(0, report.totals.count - question.offset)
                rows = left if question.limit is None else min(left, question.limit)
                await self._workbooks.write(path, header, rows, cells(report.batches()))
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        return path

    async def recording(self, tenant: TenantId, project: int, call: str) -> Path:
        """The file of a call's recording. Raises `NotFound`, also for another tenant's and for one that is not there yet."""
        nothing = NotFound("there is no recording of this call", field="recording")
        try:
            attempt = AttemptId(str(UUID(call)))
        except ValueError:
            raise nothing from None
        path = await self._store.recording(tenant, project, attempt)
        if path is None or self._recordings not in path.absolute().parents:
            raise nothing
        if not await asyncio.to_thread(path.is_file):
            raise nothing
        return path
