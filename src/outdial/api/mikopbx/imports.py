"""Spreadsheets of phones made into the `numbers` of a task, and the answer to a CRM that asks whether anybody is there."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from outdial.api import wire
from outdial.api.mikopbx.bodies import AUDIO_BODY
from outdial.api.mikopbx.replies import MEDIA_TYPE, reply
from outdial.api.mikopbx.routes import At, Who
from outdial.api.multipart import first_file
from outdial.core.errors import Malformed, TooLarge

LARGEST_SHEET = 16 * 1024 * 1024
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
router = APIRouter()


@router.post("/crm-test", summary="Whether anybody is there")
async def crm_test(who: Who) -> Response:
    """The server's unix time."""
    return reply({"result": True, "data": str(int(time.time()))})


@router.post("/upload-xls", summary="Read phones out of a spreadsheet", openapi_extra=AUDIO_BODY)
async def upload_sheet(request: Request, door: At, who: Who) -> Response:
    """The first file of a multipart body: xls, xlsx or csv, as it is or in base64. The answer is a bare array."""
    content = await _file(request, min(LARGEST_SHEET, door.largest_body))
    rows = await door.operations.sheets.rows(await asyncio.to_thread(from_base64, content))
    return await asyncio.to_thread(lambda: Response(wire.to_json(_numbers(rows), pretty=True), media_type=MEDIA_TYPE))


async def _file(request: Request, limit: int) -> bytes:
    upload = await first_file(request, limit)
    if upload is None:
        raise Malformed("error upload file: file is empty", field="file")
    try:
        content = b"".join([chunk async for chunk in upload.content])
    except TooLarge:
        raise
    except Malformed as error:
        raise Malformed(f"error upload file: {error.message}", field=error.field) from error
    if not content.strip():
        raise Malformed("error upload file: file is empty", field="file")
    return content


def from_base64(content: bytes) -> bytes:
    """The file inside base64; what is no base64, or holds neither a workbook nor plain text, is the file itself.

    A list of digits has the form of base64 too, so a text without any letter is taken as it stands.
    """
    packed = b"".join(content.removeprefix(b"\xef\xbb\xbf").split())
    try:
        held = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return content
    if held.startswith(_WORKBOOKS):
        return held
    return held if packed.strip(b"0123456789+/=") and _is_text(held) else content


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text) and all(character.isprintable() or character in "\t\r\n" for character in text)


def _numbers(rows: list[list[str]]) -> list[dict[str, Any]]:
    """A number for each cell; the numbers of one row belong to one client."""
    return [
        {"number": cell, "clientId": str(position)}
        for position, row in enumerate(rows, start=1)
        for cell in row
        if cell
    ]
