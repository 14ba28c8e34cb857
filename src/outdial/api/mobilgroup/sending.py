"""`/api/send/`: a mailing is ordered."""

from __future__ import annotations

import asyncio
import hashlib

from fastapi import APIRouter, Request
from starlette.responses import Response

from outdial.api.mobilgroup import replies, requests
from outdial.api.mobilgroup.account import Account
from outdial.api.mobilgroup.bodies import SEND_BODY
from outdial.api.mobilgroup.door import DIALECT, At, Door, Sent, Who
from outdial.api.mobilgroup.errors import NO_SOUND, Refused, reply
from outdial.api.mobilgroup.requests import SendRequest
from outdial.core.ids import TenantId
from outdial.core.mailing import Order, message_script
from outdial.core.mailing import Sent as Mailing
from outdial.core.script.nodes import Script
from outdial.core.voice_script import Prepared

router = APIRouter()


@router.post("/api/send", summary="Order a mailing", openapi_extra=SEND_BODY)
async def send(request: Request, door: At, sent: Sent, who: Who) -> Response:
    """An order with an `Idempotency-Key` that was taken on before is answered as it was then."""
    key = _order_key(request.headers.get("idempotency-key", "").strip())
    before = await door.operations.mailings.sent(who.tenant, DIALECT, key)
    if before is not None:
        return await _answer(before)
    account = await door.account(who.tenant)
    wanted = await asyncio.to_thread(requests.send_request, sent, account)
    order = Order(
        key=key,
        caller=wanted.number,
        script=await _script(door, who.tenant, wanted, account),
        language=account.language,
        voice=account.voice,
        subscribers=wanted.subscribers,
        due_at=wanted.due_at,
        attempts=wanted.attempts,
        interval_seconds=wanted.interval_minutes * 60.0,
        repeats=wanted.repeats,
        lines=account.lines,
    )
    return await _answer(await door.operations.mailings.send(who.tenant, DIALECT, order))


async def _answer(mailing: Mailing) -> Response:
    return await asyncio.to_thread(lambda: reply(replies.sent(mailing)))


async def _script(door: Door, tenant: TenantId, wanted: SendRequest, account: Account) -> Script:
    """What is played: a text, a phrase or a voice script. Raises `Refused` for one that nobody prepared."""
    if not wanted.phrase and not wanted.script:
        return message_script(wanted.message, account.language, account.voice, individual=wanted.individual)
    kind, name, written = _named(wanted)
    number = requests.id_of(written)
    record = None if number is None else await door.operations.scripts.by_number(tenant, kind, number)
    if record is None:
        raise Refused(NO_SOUND, f"settings.{name} names none of the account's")
    return record.script


def _named(wanted: SendRequest) -> tuple[Prepared, str, str]:
    """What kind of thing is named, by which member, and how."""
    if wanted.phrase:
        return Prepared.PHRASE, "phrase", wanted.phrase
    return Prepared.VOICE_SCRIPT, "script", wanted.script


def _order_key(header: str) -> str:
    return f"once {hashlib.sha256(header.encode('utf-8', 'surrogatepass')).hexdigest()}" if header else ""
