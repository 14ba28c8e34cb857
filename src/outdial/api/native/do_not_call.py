"""The numbers that the tenant must not call: listed, added and taken off."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from outdial.api import wire
from outdial.api.native.access import Asked, WhichKey, Who
from outdial.api.native.errors import answer
from outdial.core.do_not_call import Blocked, blocked
from outdial.core.errors import Malformed, NotDiallable, NotFound
from outdial.operations.do_not_call import MOST_ROWS

LARGEST_BODY = 4 * 1024 * 1024
LONGEST_NOTE = 500
_NUMBER = {
    "oneOf": [
        {"type": "string", "example": "79160000001"},
        {"type": "object", "properties": {"number": {"type": "string"}, "note": {"type": "string"}}},
    ]
}
_BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["numbers"],
                    "properties": {"numbers": {"type": "array", "maxItems": MOST_ROWS, "items": _NUMBER}},
                }
            }
        }
    }
}
router = APIRouter()


@router.get("/do-not-call", summary="Numbers that must not be called, in the order of their digits")
async def read_list(
    asked: Asked,
    who: Who,
    after: str = Query("", max_length=32, description="Numbers above this one: `next` of the page before."),
    limit: int = Query(1000, ge=1, le=MOST_ROWS),
) -> Response:
    """`next` is null when there are no more."""
    rows = await asked.do_not_call.page(who.tenant, after, limit)
    shown = [{"number": row.digits, "note": row.note} for row in rows]
    return answer({"numbers": shown, "next": rows[-1].digits if len(rows) == limit else None})


@router.post("/do-not-call", summary="Put numbers on the list", openapi_extra=_BODY)
async def add_numbers(request: Request, asked: Asked, who: WhichKey) -> Response:
    """All of them or, when one is none, none of them. `added` is how many were not there. Calls under way go on."""
    body = wire.from_json(await wire.body(request, LARGEST_BODY))
    numbers = body.get("numbers") if isinstance(body, dict) and set(body) == {"numbers"} else None
    if not isinstance(numbers, list) or not 0 < len(numbers) <= MOST_ROWS:
        raise Malformed(f"an object with a list of 1 to {MOST_ROWS} numbers is wanted", field="numbers")
    wanted = [_number(f"numbers.{place}", one) for place, one in enumerate(numbers)]
    return answer({"added": await asked.do_not_call.add(who.tenant, wanted)})


@router.delete("/do-not-call/{number}", summary="Take a number off the list")
async def remove_number(number: str, asked: Asked, who: WhichKey) -> Response:
    """404 when it is not there. Contacts that were ended meanwhile stay ended."""
    if not await asked.do_not_call.remove(who.tenant, number):
        raise NotFound("the number is not on the list", field="number")
    return answer({"removed": True})


def _number(path: str, value: Any) -> Blocked:
    members = value if isinstance(value, dict) else {"number": value}
    number, note = members.get("number"), members.get("note", "")
    if not isinstance(number, str) or not set(members) <= {"number", "note"}:
        raise Malformed("a number in quotes, or number and note, is wanted", field=path)
    if not isinstance(note, str) or not note.isprintable() or len(note) > LONGEST_NOTE:
        raise Malformed(f"a text of at most {LONGEST_NOTE} printable characters is wanted", field=f"{path}.note")
    try:
        return blocked(number, note)
    except NotDiallable as error:
        raise Malformed(error.message, field=path) from error
