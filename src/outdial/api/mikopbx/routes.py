"""The paths of this dialect: who may come in, which operation is asked, which reply is given. No rule stands here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Annotated
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from outdial.api import wire
from outdial.api.mikopbx import employees, polls, replies, requests
from outdial.api.mikopbx.bodies import AUDIO_BODY, POLL_BODY, TASK_BODY
from outdial.api.mikopbx.replies import envelope, reply
from outdial.api.multipart import first_file
from outdial.core.campaign import Campaign, CampaignSettings
from outdial.core.errors import Malformed, NotAuthenticated, NotStored
from outdial.operations import Operations
from outdial.operations.scripts import ScriptDraft
from outdial.ports import Identity, ScriptRecord

DIALECT = "mikopbx"
SESSION_COOKIE = "PHPSESSID"
_log = structlog.get_logger(__name__)
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Door:
    """What the paths of this dialect need. `zone` is the server's time zone, in which clients write their times."""

    operations: Operations
    zone: ZoneInfo
    language: str
    largest_body: int
    calls_per_second: float
    loopback_exempt: bool


def door_of(request: Request) -> Door:
    """The door that the application was built with."""
    door: Door = request.app.state.door
    return door


At = Annotated[Door, Depends(door_of)]


async def who_asks(request: Request, door: At) -> Identity:
    """Whoever calls, by access token, API key, session or loopback address. Raises `NotAuthenticated`.

    A key that is sent has to be right, also from this machine. Only the socket's address counts as an address.
    """
    identity = await _known(request, door)
    if identity is None:
        await wire.drain(request.stream())
        raise NotAuthenticated("nobody known is asking")
    return identity


async def _known(request: Request, door: Door) -> Identity | None:
    access = door.operations.access
    key = wire.bearer(request)
    if key is not None:
        return await access.by_bearer(key)
    token = wire.cookie(request, SESSION_COOKIE)
    identity = None if token is None else await access.by_session(token)
    if identity is None and door.loopback_exempt and wire.peer(request) in _LOOPBACK:
        return await access.by_loopback()
    return identity


Who = Annotated[Identity, Depends(who_asks)]
router = APIRouter()


@router.post("/polling", summary="Make or edit a poll", openapi_extra=POLL_BODY)
async def save_poll(request: Request, door: At, who: Who) -> Response:
    """Replaces all its questions. A known `crmId` edits that poll."""
    body = await wire.body(request, door.largest_body)
    sent = await asyncio.to_thread(requests.poll, body, door.language)
    recordings = await door.operations.recordings.resolve(who.tenant, polls.references(sent.questions))
    numbers = await door.operations.scripts.part_numbers(who.tenant, DIALECT, len(sent.questions))
    questions = [{"id": str(id), **document} for id, document in zip(numbers, sent.documents, strict=True)]
    script = polls.compile_poll(sent.questions, recordings)

    def draft(existing: ScriptRecord | None) -> ScriptDraft:
        name = existing.name if existing is not None and sent.name is None else sent.name
        return ScriptDraft(name, script, {"questions": questions})

    record, created = await door.operations.scripts.save(who.tenant, DIALECT, sent.key, sent.number, draft)
    return reply(envelope(True, replies.saved_poll(record, sent.posted, created=created)))


@router.get("/polling", summary="List polls")
async def list_polls(door: At, who: Who, draw: str | None = None) -> Response:
    """With `draw`, in the form of a DataTables page."""
    records = await door.operations.scripts.all(who.tenant, DIALECT)
    if draw is not None:
        return reply(replies.polls_as_table(records, draw))
    return reply(envelope(True, {"results": [replies.poll(record) for record in records]}))


@router.get("/polling/{id}", summary="A poll with its questions")
async def get_poll(id: str, door: At, who: Who) -> Response:
    """By internal id."""
    number = requests.id_of(id)
    record = None if number is None else await door.operations.scripts.by_number(who.tenant, DIALECT, number)
    if record is None:
        return reply(envelope(False))
    return reply(envelope(True, replies.poll_with_questions(record)))


@router.post("/task", summary="Make or edit a task and replace its numbers", openapi_extra=TASK_BODY)
async def save_task(request: Request, door: At, who: Who) -> Response:
    """A known `crmId` edits that task. Without `numbers` the list stays as it is; `[]` wipes it."""
    body = await wire.body(request, door.largest_body)
    sent = await asyncio.to_thread(requests.task, body, door.zone)
    record = await script_of(door, who, sent)

    def settings(existing: Campaign | None) -> CampaignSettings:
        return sent.settings(existing, None if record is None else record.id, door.calls_per_second)

    campaign, _ = await door.operations.campaigns.save(
        who.tenant, DIALECT, sent.key, sent.number, settings, sent.contacts
    )
    return reply(envelope(True, replies.saved_task(campaign, sent.posted)))


async def script_of(door: Door, who: Identity, sent: requests.TaskRequest) -> ScriptRecord | None:
    """What a task plays: the poll that it names, or the connection to its extension or queue; None: no such poll."""
    kind, callback = sent.inner_type, sent.callback
    if kind is None or callback is None:
        before = await door.operations.campaigns.find(who.tenant, DIALECT, sent.key, sent.number)
        wire = {} if before is None else before.settings.wire
        kind = wire.get("innerNumType", "exten") if kind is None else kind
        callback = wire.get("isCallback") == "1" if callback is None else callback
    scripts = door.operations.scripts
    if kind == employees.POLLING:
        number = requests.id_of(sent.inner)
        return None if number is None else await scripts.by_number(who.tenant, DIALECT, number)
    key = employees.key_of(sent.inner, callback=callback)
    found = await scripts.find(who.tenant, employees.SCRIPTS, key, None)
    if found is None:
        draft = employees.draft(sent.inner, callback=callback)
        found, _ = await scripts.save(who.tenant, employees.SCRIPTS, key, None, lambda _: draft)
    return found


@router.get("/task/{id}", summary="A task with its calls and answers")
async def get_task(id: str, door: At, who: Who) -> Response:
    """By internal id."""
    number = requests.id_of(id)
    campaign = None if number is None else await door.operations.campaigns.by_number(who.tenant, DIALECT, number)
    if campaign is None:
        return reply(envelope(False))
    tries = await door.operations.reports.tries_of(campaign.id)
    answers = await door.operations.reports.answers_of(campaign.id)
    return await asyncio.to_thread(lambda: reply(envelope(True, replies.task_with_results(campaign, tries, answers))))


@router.get("/results/{change_time}", summary="Calls changed since a unix time")
async def results(change_time: str, door: At, who: Who) -> Response:
    """Inclusive, ascending, 10,000 rows and the rest of their last second."""
    since = requests.since(change_time, 0)
    tries = [] if since is None else await door.operations.reports.tries_since(who.tenant, DIALECT, since)
    return await asyncio.to_thread(lambda: _listed([replies.call_row(one) for one in tries]))


@router.get("/polling-results/{change_time}", summary="Answers given since a unix time")
async def poll_results(change_time: str, door: At, who: Who) -> Response:
    """Inclusive, ascending, 10,000 rows and the rest of their last second."""
    since = requests.since(change_time, 4)
    answers = [] if since is None else await door.operations.reports.answers_since(who.tenant, DIALECT, since)
    return await asyncio.to_thread(lambda: _listed([replies.answer_row(one) for one in answers]))


@router.post("/audio", summary="Upload a sound", openapi_extra=AUDIO_BODY)
async def upload_audio(request: Request, door: At, who: Who) -> Response:
    """The first file of a multipart body; its base name is its id."""
    upload = await first_file(request, door.largest_body)
    name = "" if upload is None else PureWindowsPath(upload.name).name
    if upload is None or not name:
        if upload is not None:
            await wire.drain(upload.content)
        raise Malformed("error upload file: file is empty", field="file")
    try:
        file = await door.operations.recordings.upload(who.tenant, name, upload.content)
    except Malformed as error:
        await wire.drain(upload.content)
        raise Malformed(f"error upload file: {error.message}", field=error.field) from error
    except NotStored as error:
        _log.error("mikopbx.not_stored", reason=error.message)
        await wire.drain(upload.content)
        raise Malformed("error upload file: fail mv fail to /tmp", field="file") from error
    return reply(envelope(True, {"filename": replies.audio_path(file)}))


@router.get("/audio", summary="List sounds")
async def list_audio(door: At, who: Who) -> Response:
    """Every sound, oldest first."""
    return reply(envelope(True, [replies.audio(file) for file in await door.operations.recordings.all(who.tenant)]))


@router.delete("/audio/{name}", summary="Delete a sound")
async def delete_audio(name: str, door: At, who: Who) -> Response:
    """By the name it was uploaded under; an unknown one is no error."""
    await door.operations.recordings.remove(who.tenant, name)
    return reply(envelope(True))


def _listed(rows: list[replies.Row]) -> Response:
    return reply(envelope(True, {"results": rows}))
