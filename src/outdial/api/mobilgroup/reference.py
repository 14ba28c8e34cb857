"""`/api/get/` and `/api/set/`: how a mailing stands, what the account has, and its templates."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from outdial.api.mobilgroup import replies
from outdial.api.mobilgroup.bodies import GET_BODY, SET_BODY
from outdial.api.mobilgroup.door import DIALECT, At, Door, Sent, Who
from outdial.api.mobilgroup.errors import ID_NOT_FOUND, UNKNOWN_REQUEST, Refused, reply
from outdial.api.mobilgroup.requests import id_of, text_of
from outdial.core.ids import TenantId
from outdial.core.voice_script import Prepared

router = APIRouter()
LONGEST_ACCOUNT, LONGEST_NAME, LONGEST_MESSAGE = 200, 500, 5000


@router.post("/api/get", summary="How a mailing stands, and what the account has", openapi_extra=GET_BODY)
async def get(door: At, sent: Sent, who: Who) -> Response:
    """`request` says what is wanted."""
    tenant = who.tenant
    match sent.get("request"):
        case "state":
            return await _state(door, tenant, sent)
        case "balance":
            balance = await door.operations.accounts.balance(tenant)
            return reply(
                {
                    "result": "ok",
                    "balance": replies.with_comma(balance.available),
                    "currency": balance.currency or "Rub",
                }
            )
        case "scripts":
            return reply(replies.listed(await _prepared(door, tenant, Prepared.VOICE_SCRIPT)))
        case "phrases":
            return reply(replies.listed(await _prepared(door, tenant, Prepared.PHRASE)))
        case "numbers":
            numbers = await door.operations.caller_numbers.all(tenant)
            return reply(replies.listed([{"number": one.digits, "description": one.description} for one in numbers]))
        case "templates":
            return await _templates(door, tenant, sent)
        case _:
            raise Refused(UNKNOWN_REQUEST, "request is none of state, balance, scripts, phrases, numbers, templates")


@router.post("/api/set", summary="Keep templates", openapi_extra=SET_BODY)
async def set_templates(door: At, sent: Sent, who: Who) -> Response:
    """A row that is refused keeps no other from being saved. The codes of this path have no prefix."""
    if sent.get("request") != "templates":
        raise Refused("Unknown_Request", "request is not templates")
    account = text_of(sent.get("account")).strip()
    if not account or len(account) > LONGEST_ACCOUNT:
        raise Refused("Account_field_is_empty", f"account is no text of 1 to {LONGEST_ACCOUNT} characters")
    rows = sent.get("templates")
    if not isinstance(rows, list):
        raise Refused("Unknown_Request", "templates is no list")
    saved = [await _save(door, who.tenant, account, row) for row in rows]
    return reply({"result": "ok", "account_id": account, "templates": saved})


async def _state(door: Door, tenant: TenantId, sent: Mapping[str, Any]) -> Response:
    number = id_of(sent.get("id"))
    found = None if number is None else await door.operations.mailings.state(tenant, DIALECT, number)
    if found is None:
        raise Refused(ID_NOT_FOUND, "id names no mailing of this account")
    zone = ZoneInfo((await door.account(tenant)).time_zone)
    return await asyncio.to_thread(lambda: reply(replies.state(found, zone)))


async def _prepared(door: Door, tenant: TenantId, kind: Prepared) -> list[dict[str, str]]:
    """Scripts or phrases; the length of one that cannot be heard is 0."""
    found = await door.operations.voice_scripts.all(tenant, kind)
    return [{"id": str(one.number), "name": one.name, "duration": str(one.seconds or 0)} for one in found]


async def _templates(door: Door, tenant: TenantId, sent: Mapping[str, Any]) -> Response:
    account, written = text_of(sent.get("account")).strip(), text_of(sent.get("id")).strip()
    if not account:
        raise Refused(UNKNOWN_REQUEST, "account is missing")
    number = id_of(written)
    if written and number is None:
        return reply(replies.listed([]))
    found = await door.operations.templates.of(tenant, account, number)
    return reply(replies.listed([replies.template(one) for one in found]))


async def _save(door: Door, tenant: TenantId, account: str, row: object) -> dict[str, str]:
    members = row if isinstance(row, dict) else {}
    written = text_of(members.get("id")).strip()
    name, message = text_of(members.get("name")), text_of(members.get("message"))
    result, id = "ok", written
    if not name.strip() or len(name) > LONGEST_NAME:
        result = "Name_field_is_empty"
    elif not message.strip() or len(message) > LONGEST_MESSAGE:
        result = "Message_field_is_empty"
    else:
        number = id_of(written)
        unknown = bool(written) and number is None
        saved = None if unknown else await door.operations.templates.save(tenant, account, number, name, message)
        result, id = ("Template_not_found", written) if saved is None else ("ok", str(saved.number))
    return {"result": result, "id": id, "name": name, "message": message}
