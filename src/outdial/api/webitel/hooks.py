"""Hooks: documents of this dialect into the house's hooks. A document is given back as it was sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from outdial.api.webitel import shapes
from outdial.api.webitel.access import Caller, caller
from outdial.api.webitel.documents import key_of, window
from outdial.api.webitel.door import At, Sent
from outdial.api.webitel.errors import Refused, reply
from outdial.core.hook import DEFAULT_DELAY_SECONDS, Comparison, Condition, Hook
from outdial.ports import HookRecord

MOST_RETRIES = 100
LONGEST_DELAY_SECONDS = 86_400.0
LONGEST_PATTERN = 1000
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_OURS = ("_id", "domain")
_CLASS = "CUSTOM->"
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
router = APIRouter(prefix="/api/v2/hooks")


def id_of(id: str) -> str:
    """The id in a path. Raises `Refused` 400."""
    return key_of(id)


Id = Annotated[str, Depends(id_of)]
Reads = Annotated[Caller, Depends(caller("hook", "r"))]


@router.get("", summary="List hooks")
async def list_hooks(request: Request, door: At, who: Reads) -> Response:
    """Forty of them, or `limit` of `page`."""
    limit, offset = window(request)
    records = await door.operations.hooks.all(who.tenant, offset, limit)
    return reply(shapes.ok([_document(record, who.domain) for record in records]))


@router.get("/{id}", summary="A hook")
async def get_hook(id: Id, door: At, who: Reads) -> Response:
    """Null when there is none."""
    record = await door.operations.hooks.by_key(who.tenant, id)
    return reply(shapes.ok(None if record is None else _document(record, who.domain)))


@router.post("", summary="Make a hook")
async def create_hook(door: At, sent: Sent, who: Annotated[Caller, Depends(caller("hook", "c"))]) -> Response:
    """With at least `event` and `action.url`."""
    record = _record(shapes.new_id(datetime.now(UTC)), _members(sent))
    await door.operations.hooks.add(who.tenant, record)
    return reply(shapes.inserted([{"domain": who.domain, **record.wire, "_id": record.key}]))


@router.put("/{id}", summary="Change a hook")
async def change_hook(id: Id, door: At, sent: Sent, who: Annotated[Caller, Depends(caller("hook", "u"))]) -> Response:
    """Each member that is sent replaces the stored one."""
    record = await door.operations.hooks.by_key(who.tenant, id)
    if record is None:
        return reply(shapes.updated(False))
    changed = _record(id, {**record.wire, **_members(sent)})
    found = await door.operations.hooks.replace(who.tenant, changed)
    return reply(shapes.updated(found, changed != record))


@router.delete("/{id}", summary="Delete a hook")
async def remove_hook(id: Id, door: At, who: Annotated[Caller, Depends(caller("hook", "d"))]) -> Response:
    """What it was still to be told is not told any more."""
    return reply(shapes.deleted(int(await door.operations.hooks.remove(who.tenant, id))))


def hook_of(document: Mapping[str, Any]) -> Hook:
    """The hook that a document means. Raises `Refused` 400."""
    action = _mapping(document, "action")
    event, url = document.get("event"), action.get("url")
    if not isinstance(event, str) or not event.strip():
        raise Refused(400, "Event is required.")
    if action.get("type", "web") != "web":
        raise _bad("action.type")
    if not isinstance(url, str) or not url.strip():
        raise Refused(400, "Action url is required.")
    if _mapping(document, "auth").get("enabled"):
        raise Refused(400, "Bad request: a login before the hook (auth) is not served.")
    return Hook(
        event=event.strip().removeprefix(_CLASS),
        url=_url(url.strip()),
        method=_method(action.get("method")),
        enabled=document.get("enable") is not False,
        conditions=tuple(_conditions(document)),
        names=_texts(document, "map"),
        fields=_fields(document.get("fields")),
        headers=_headers(document),
        template=_template(document),
        retries=int(_number(document.get("retries"), 0, MOST_RETRIES, "retries")),
        delay_seconds=_number(document.get("delay"), DEFAULT_DELAY_SECONDS, LONGEST_DELAY_SECONDS, "delay"),
    )


def _record(key: str, document: Mapping[str, Any]) -> HookRecord:
    wire = {name: value for name, value in document.items() if name not in _OURS}
    return HookRecord(key=key, hook=hook_of(document), wire=wire)


def _document(record: HookRecord, domain: str) -> dict[str, Any]:
    return {"_id": record.key, "domain": domain, **record.wire}


def _members(sent: Any) -> Mapping[str, Any]:
    return sent if isinstance(sent, dict) else {}


def _bad(path: str) -> Refused:
    return Refused(400, f"Bad request: {path} is not valid.")


def _url(url: str) -> str:
    try:
        parts = urlsplit(url)
        known = parts.scheme.lower() in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError as error:
        raise _bad("action.url") from error
    if not known or not url.isprintable() or " " in url:
        raise _bad("action.url")
    return url


def _method(sent: Any) -> str:
    method = sent.upper() if isinstance(sent, str) else sent or "POST"
    if method not in _METHODS:
        raise _bad("action.method")
    return str(method)


def _conditions(document: Mapping[str, Any]) -> list[Condition]:
    """By the name of the field, or as a list of rows with their names."""
    sent = document.get("filter") or {}
    rows = sent.items() if isinstance(sent, dict) else [(row.get("name"), row) for row in _rows(sent, "filter")]
    return [_condition(name, row) for name, row in rows]


def _condition(name: Any, row: Any) -> Condition:
    path = f"filter.{name}"
    if not isinstance(name, str) or not isinstance(row, dict):
        raise _bad(path)
    try:
        comparison = Comparison(row.get("operation", Comparison.EQUAL))
    except ValueError as error:
        raise _bad(f"{path}.operation") from error
    value = shapes.text_of(row.get("value"))
    if comparison is Comparison.MATCHES:
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError) as error:
            raise _bad(f"{path}.value") from error
        if len(value) > LONGEST_PATTERN:
            raise _bad(f"{path}.value")
    return Condition(name, comparison, value)


def _rows(sent: Any, path: str) -> list[dict[str, Any]]:
    if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
        raise _bad(path)
    return sent


def _mapping(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    sent = document.get(name) or {}
    if not isinstance(sent, dict):
        raise _bad(name)
    return sent


def _texts(document: Mapping[str, Any], name: str) -> dict[str, str]:
    return {member: shapes.text_of(value) for member, value in _mapping(document, name).items()}


def _fields(sent: Any) -> tuple[str, ...]:
    listed = sent or []
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise _bad("fields")
    return tuple(listed)


def _headers(document: Mapping[str, Any]) -> dict[str, str]:
    headers = _texts(document, "headers")
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or not (value.isprintable() and value.isascii()):
            raise _bad(f"headers.{name}")
    return headers


def _template(document: Mapping[str, Any]) -> str | None:
    """The body's text where the document wants one of its own."""
    custom, raw = document.get("customBody"), document.get("rawBody")
    if not custom:
        return None
    text = raw if raw is not None else custom
    return text if isinstance(text, str) else shapes.text_of(text) if text is not True else ""


def _number(sent: Any, otherwise: float, most: float, path: str) -> float:
    if sent is None or sent == "":
        return otherwise
    try:
        number = float(sent) if isinstance(sent, str | int | float) and not isinstance(sent, bool) else -1.0
    except (ValueError, OverflowError):
        number = -1.0
    if not 0 <= number <= most:
        raise _bad(path)
    return number
