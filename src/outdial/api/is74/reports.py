"""`/api/analytics/…`: a report over the calls of a campaign, as JSON, CSV or a spreadsheet, and the recordings it points to.

An answer is sent in pieces as its rows are read. A caller who does not take any for a while is given up, because a report
holds a connection to the database for as long as it is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from outdial.api.is74 import replies
from outdial.api.is74.asked import Column, Columns, Filters, Names, columns_of, filters_of
from outdial.api.is74.bodies import REPORT_BODY
from outdial.api.is74.door import DIALECT, At, Door, Sent, Who
from outdial.api.is74.errors import MEDIA_TYPE, Faults
from outdial.core.campaign import Campaign
from outdial.core.errors import NotFound
from outdial.core.ids import TenantId
from outdial.core.project import Project
from outdial.core.report import Question
from outdial.ports import StoredStart

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STALL_SECONDS = 60.0
_PIECE = 256 * 1024
router = APIRouter()


@router.post("/api/analytics/{project_id}/report", summary="Report on calls", openapi_extra=REPORT_BODY)
async def report(request: Request, project_id: str, door: At, sent: Sent, who: Who) -> Response:
    """What `Accept` names first of JSON, CSV and the type of .xlsx decides the form."""
    project = await _project(door, who.tenant, project_id)
    faults = Faults()
    filters = filters_of(sent, ZoneInfo(project.time_zone), faults)
    start, campaign = await _found(door, who.tenant, project, filters, faults)
    names = Names(
        parameters=[
            *([] if start is None else [one.name for one in start.start.parameters]),
            *([] if campaign is None else campaign.settings.wire.get("parameters", ())),
        ],
        variables=() if start is None else start.start.variables,
        goals=() if start is None else start.start.goals,
    )
    wanted = columns_of(sent, names, faults)
    faults.refuse()
    assert start is not None
    assert campaign is not None
    prefix = f"{request.base_url}api/analytics/{project.number}/recordings/"
    question = _question(who.tenant, project, start, campaign, filters, wanted, prefix)
    match _form(request.headers.get("accept", "")):
        case "csv":
            return await _streamed(door, question, wanted.columns, replies.as_csv, f"{CSV}; charset=utf-8", "csv")
        case "xlsx":
            return await _workbook(door, question, wanted.columns)
        case _:
            return await _streamed(door, question, wanted.columns, replies.as_json, MEDIA_TYPE, "")


@router.get("/api/analytics/{project_id}/recordings/{call}.wav", summary="What was recorded of a call")
async def recording(project_id: str, call: str, door: At, who: Who) -> Response:
    """A sound, as a report's column `recording` names it."""
    project = await _project(door, who.tenant, project_id)
    path = await door.operations.analytics.recording(who.tenant, project.number, call)
    return FileResponse(path, media_type="audio/wav", filename=f"{call}.wav")


async def _project(door: Door, tenant: TenantId, written: str) -> Project:
    if not written.isascii() or not written.isdecimal() or len(written) > 15:
        raise NotFound("There is no such project.")
    return await door.operations.projects.named(tenant, int(written))


async def _found(
    door: Door, tenant: TenantId, project: Project, filters: Filters, faults: Faults
) -> tuple[StoredStart | None, Campaign | None]:
    """The start block and the campaign that the numbers stand for; faults are noted where one stands for nothing."""
    start = None if filters.start is None else await door.operations.projects.start(tenant, filters.start)
    campaign = None
    if filters.campaign is not None:
        campaign = await door.operations.campaigns.by_number(tenant, DIALECT, filters.campaign)
    if campaign is not None and campaign.settings.wire.get("project") != project.number:
        campaign = None
    if start is not None and start.project != project.number:
        start = None
    nothing = "field names nothing that exists in this project."
    if filters.scenario is not None and not await door.operations.projects.has(
        tenant, project.number, filters.scenario
    ):
        faults.add("analytics_filter.scenario_id", nothing)
    elif filters.scenario is not None and start is not None and start.scenario != filters.scenario:
        faults.add("analytics_filter.start_block_id", "field names nothing that exists in this scenario.")
    if filters.start is not None and start is None:
        faults.add("analytics_filter.start_block_id", nothing)
    if filters.campaign is not None and campaign is None:
        faults.add("analytics_filter.outgoing_campaign_id", nothing)
    return start, campaign


def _question(
    tenant: TenantId,
    project: Project,
    start: StoredStart,
    campaign: Campaign,
    filters: Filters,
    wanted: Columns,
    recordings: str,
) -> Question:
    assert filters.since is not None
    assert filters.until is not None
    return Question(
        tenant=tenant,
        campaign=campaign.id,
        campaign_name=campaign.settings.name or "",
        script=start.script,
        since=filters.since,
        until=filters.until,
        time_zone=project.time_zone,
        fields=[one.field for one in wanted.columns],
        filters=wanted.filters,
        order=wanted.order,
        limit=wanted.limit,
        offset=wanted.offset,
        statuses=replies.STATUSES,
        parties=replies.PARTIES,
        recordings=recordings,
    )


def _form(accept: str) -> str:
    """The first of the forms that a header names; JSON where it names none."""
    forms = {CSV: "csv", XLSX: "xlsx", MEDIA_TYPE: "json"}
    named = (forms.get(one.partition(";")[0].strip().lower()) for one in accept.split(","))
    return next((form for form in named if form), "json")


async def _streamed(
    door: Door, question: Question, columns: Sequence[Column], render: Any, media_type: str, suffix: str
) -> Response:
    """The first piece is made before the answer begins, so that what goes wrong until then has its status."""

    async def pieces() -> AsyncIterator[bytes]:
        async with door.operations.analytics.open(question) as opened:
            async for piece in render(columns, opened):
                yield piece

    content = pieces()
    first = await anext(content)
    return _Patient(first, content, media_type, suffix)


async def _workbook(door: Door, question: Question, columns: Sequence[Column]) -> Response:
    path = await door.operations.analytics.workbook(
        question, replies.header(columns), lambda batches: replies.as_cells(columns, batches)
    )
    content = _of_file(path)
    return _Patient(await anext(content), content, XLSX, "xlsx")


async def _of_file(path: Path) -> AsyncIterator[bytes]:
    """The content of a file that is deleted afterwards."""
    try:
        file = await asyncio.to_thread(path.open, "rb")
        try:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
        finally:
            await asyncio.to_thread(file.close)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


class _Patient(StreamingResponse):
    """Pieces that are sent for as long as the other side takes them; what they are made from is closed in every case."""

    def __init__(self, first: bytes, rest: AsyncIterator[bytes], media_type: str, suffix: str) -> None:
        self._rest = rest

        async def content() -> AsyncIterator[bytes]:
            yield first
            async for piece in rest:
                yield piece

        headers = {"content-disposition": f'attachment; filename="report.{suffix}"'} if suffix else {}
        super().__init__(content(), media_type=media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            async with asyncio.timeout(STALL_SECONDS):
                await send(message)

        async with aclosing(self._rest):  # type: ignore[type-var]
            await super().__call__(scope, receive, sent)
