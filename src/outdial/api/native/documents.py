"""The documents of apply files as bodies of requests. What they mean is not known here."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from outdial.api import wire
from outdial.core.errors import Malformed

LARGEST_DOCUMENT = 4 * 1024 * 1024


async def sent(request: Request) -> dict[str, Any]:
    """The document of a request. Raises `Malformed`, and `TooLarge` beyond `LARGEST_DOCUMENT` bytes."""
    found = wire.from_json(await wire.body(request, LARGEST_DOCUMENT))
    if not isinstance(found, dict):
        raise Malformed("an object is wanted", field="body")
    return found


async def sent_to(number: int, request: Request) -> dict[str, Any]:
    """The same for a path with a number, which the document need not repeat. Raises `Malformed` when it names another."""
    found = await sent(request)
    if found.get("id", number) != number:
        raise Malformed(f"the path says {number}", field="id")
    return found
