"""The account of the tenant whose key is sent: what it has, its rows, and a credit. Amounts are texts with two places."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from outdial.api import wire
from outdial.api.native.access import Asked, WhichKey, Who
from outdial.api.native.errors import answer
from outdial.core.errors import Malformed, NotAllowed
from outdial.operations.accounts import MOST_ROWS
from outdial.ports import Row

LARGEST_BODY = 64 * 1024
LONGEST_KEY = 200
LARGEST_ID = (1 << 63) - 1
_MEMBERS = {"amount", "note", "key"}
_CREDIT_BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["amount"],
                    "properties": {
                        "amount": {"type": "string", "example": "100.50"},
                        "note": {"type": "string"},
                        "key": {"type": "string", "description": "A credit of the same key is not made again."},
                    },
                }
            }
        }
    }
}
router = APIRouter()


@router.get("/account", summary="What the account has")
async def read_account(asked: Asked, who: Who) -> Response:
    """`available` is `balance` less what is held for contacts that are going to be called."""
    balance = await asked.accounts.balance(who.tenant)
    return answer(
        {
            "balance": f"{balance.amount:.2f}",
            "available": f"{balance.available:.2f}",
            "currency": balance.currency,
            "enabled": balance.enabled,
        }
    )


@router.get("/account/statement", summary="Rows of the ledger, the latest first")
async def read_statement(
    asked: Asked,
    who: Who,
    before: int | None = Query(None, ge=1, le=LARGEST_ID, description="Ids below this one: `next` of the page before."),
    limit: int = Query(100, ge=1, le=MOST_ROWS),
) -> Response:
    """`next` is null when there are no more."""
    rows = await asked.accounts.statement(who.tenant, before, limit)
    return answer({"rows": [_shown(row) for row in rows], "next": rows[-1].id if len(rows) == limit else None})


@router.post("/account/credit", summary="Credit the account", openapi_extra=_CREDIT_BODY)
async def credit(request: Request, asked: Asked, who: WhichKey) -> Response:
    """Only with an API key that the account names as one that may credit it."""
    body = wire.from_json(await wire.body(request, LARGEST_BODY))
    if not await asked.accounts.may_credit(who.tenant, who.login):
        raise NotAllowed("this API key may not credit the account: it is none of the account's credited_by")
    if not isinstance(body, dict) or not set(body) <= _MEMBERS:
        raise Malformed(f"an object is wanted, with no other members than {', '.join(sorted(_MEMBERS))}", field="body")
    key = _text(body, "key", LONGEST_KEY) or str(uuid4())
    row = await asked.accounts.credit(who.tenant, _amount(body), _text(body, "note", LONGEST_KEY), key)
    return answer(_shown(row))


def _amount(body: dict[str, Any]) -> Decimal:
    value = body.get("amount")
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return Decimal(str(value))
        except InvalidOperation:
            pass
    raise Malformed('an amount such as "100.50" is wanted', field="amount")


def _text(body: dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise Malformed(f"a text of at most {longest} characters is wanted", field=name)
    return value


def _shown(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "time": row.made_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "entry": row.entry.value,
        "amount": f"{row.amount:.2f}",
        "balance": f"{row.balance:.2f}",
        "available": f"{row.available:.2f}",
        "key": row.key,
        "dialect": row.dialect,
        "campaign": row.campaign,
        "contact": row.contact,
        "attempt": row.attempt,
        "service": None if row.service is None else row.service.value,
        "note": row.note,
    }
