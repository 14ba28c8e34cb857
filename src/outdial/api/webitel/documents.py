"""What lists of this dialect have in common: pages, and the JSON that stands in a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import Request

from outdial.api import wire
from outdial.api.webitel import mongo, shapes
from outdial.api.webitel.errors import Refused
from outdial.core.documents import EVERYTHING, Condition, Drop, Keep, Search

DEFAULT_LIMIT = 40
_LARGEST = (1 << 31) - 1


def key_of(text: str) -> str:
    """An id of a path. Raises `Refused` 400 for what cannot be one."""
    if not shapes.is_id(text):
        raise Refused(400, "Bad objectId.")
    return text.lower()


def window(request: Request) -> tuple[int, int]:
    """How many documents are asked for, and after how many. What is no number counts as not sent."""
    limit = _whole(request.query_params.get("limit", "")) or DEFAULT_LIMIT
    page = _whole(request.query_params.get("page", "")) or 1
    return limit, limit * (page - 1)


def search(request: Request) -> tuple[Search, Keep | Drop | None]:
    """The page that a query asks for. Raises `NotUnderstood`."""
    limit, skip = window(request)
    sort, columns = _sent(request, "sort"), _sent(request, "columns")
    order = mongo.order(sort) if sort else ()
    shape = mongo.shape(columns) if isinstance(columns, dict) else None
    return Search(condition=condition(request), order=order, skip=skip, limit=limit), shape


def condition(request: Request) -> Condition:
    """The filter of a query; without one, everything. Raises `NotUnderstood`."""
    filter = _sent(request, "filter")
    return EVERYTHING if filter is None else mongo.condition(filter)


def with_columns(document: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """A document with these members only, of which a name with dots is a part; without names, all of it."""
    if not columns:
        return dict(document)
    shown: dict[str, Any] = {"_id": document["_id"]}
    for column in columns:
        _copy(document, shown, column.split("."))
    return shown


def columns_of(request: Request) -> list[str]:
    """Names with commas between them."""
    return [name for part in request.query_params.get("columns", "").split(",") if (name := part.strip())]


def milliseconds(moment: datetime | None) -> int | None:
    """A moment as this dialect writes it."""
    return None if moment is None else round(moment.timestamp() * 1000)


def _copy(source: Any, target: dict[str, Any], path: Sequence[str]) -> None:
    name, rest = path[0], path[1:]
    if not isinstance(source, Mapping) or name not in source:
        return
    if not rest:
        target[name] = source[name]
    elif isinstance(source[name], Mapping):
        inner = target.setdefault(name, {})
        if inner is not source[name]:
            _copy(source[name], inner, rest)


def _sent(request: Request, name: str) -> Any:
    """The JSON of one part of a query; None when there is none, or when it cannot be read."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return wire.from_json(text.encode())
    except (wire.NotJson, UnicodeEncodeError):
        return None


def _whole(text: str) -> int:
    """A number from 1; 0 for anything else."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
    return min(number, _LARGEST)
