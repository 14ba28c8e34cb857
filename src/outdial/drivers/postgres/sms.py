"""The queue of SMS. What the carrier said to a part, what that makes of the SMS, and what it will cost are one write.

A receipt that comes before the answer to its part is kept until that answer gives its message id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import assert_never

import asyncpg

from outdial.core.sms import PENDING, PartState, SmsState, is_gsm, paid_parts, split, state_of
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.deadlocks import unlocked
from outdial.drivers.postgres.pool import asking
from outdial.ports import Accepted, Postponed, Receipt, Refused, SmsAnswer, SmsJob, Unheard

LONGEST_QUEUED = timedelta(days=1)
"""An SMS that nobody took for so long says nothing of use any more."""
RECEIPTS_KEPT = timedelta(days=3)
BLOCKED = "the number must not be called"
STALE = "no carrier took it for a day"
ABANDONED = "whoever sent it stopped in the middle of it"
_SQL = statements.load("sms.sql")
_UNSENT = (PartState.WAITING.value, PartState.SENDING.value)


class PostgresSmsQueue:
    """Implements `outdial.ports.SmsQueue`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def take(self, now: datetime, until: datetime, limit: int) -> list[SmsJob]:
        with asking():
            await self._end("blocked", (now,), SmsState.FAILED, PartState.REFUSED, BLOCKED)
            await self._end("stale", (now, now - LONGEST_QUEUED), SmsState.FAILED, PartState.REFUSED, STALE)
            return [_job(row) for row in await self._pool.fetch(_SQL["take"], now, until, limit)]

    async def answered(self, id: int, answers: Mapping[int, SmsAnswer], again_at: datetime) -> None:
        known = sorted(answer.message_id for answer in answers.values() if isinstance(answer, Accepted))

        async def kept() -> None:
            async with self._pool.acquire() as connection, connection.transaction():
                for message_id in known:
                    await connection.execute(_SQL["lock_message"], message_id)
                await _keep_answers(connection, id, answers, known, again_at)

        with asking():
            await unlocked(kept)

    async def abandoned(self, now: datetime) -> int:
        with asking():
            await self._pool.execute(_SQL["forget_receipts"], now - RECEIPTS_KEPT)
            return await self._end("untended", (now,), SmsState.LOST, PartState.LOST, ABANDONED)

    async def receive(self, receipt: Receipt) -> None:
        async def kept() -> None:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_SQL["lock_message"], receipt.message_id)
                await _keep_receipt(connection, receipt)

        with asking():
            await unlocked(kept)

    async def _end(self, search: str, arguments: Sequence[object], state: SmsState, part: PartState, why: str) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            ids = [row["id"] for row in await connection.fetch(_SQL[search], *arguments)]
            if ids:
                await connection.execute(_SQL["end"], ids, state.value, _UNSENT, part.value, why)
        return len(ids)


async def _keep_answers(
    connection: asyncpg.Connection,
    id: int,
    answers: Mapping[int, SmsAnswer],
    known: Sequence[str],
    again_at: datetime,
) -> None:
    sms = await connection.fetchrow(_SQL["one"], id)
    if sms is None:  # its tenant is gone
        return
    early = {row["message_id"]: row for row in await connection.fetch(_SQL["early"], known)}
    parts: dict[int, tuple[PartState, str]] = {}
    error = sms["error"]
    for row in await connection.fetch(_SQL["parts"], id):
        place, state, message_id = row["part"], PartState(row["state"]), row["message_id"]
        if state in (PartState.SENDING, PartState.LOST):
            state, message_id, why = _answered(answers.get(place), state)
            error = why or error
            if message_id in early:
                state = _received(early[message_id]["delivered"])
                error = early[message_id]["error"] or error
        parts[place] = state, message_id
    await _put(connection, sms, parts, error, again_at)


def _answered(answer: SmsAnswer | None, before: PartState) -> tuple[PartState, str, str]:
    """The state, message id and error of a part; one that was given up for lost stays so without a better answer."""
    match answer:
        case Accepted():
            return PartState.ACCEPTED, answer.message_id, ""
        case Refused():
            return PartState.REFUSED, "", answer.reason
        case Unheard():
            return PartState.LOST, "", answer.reason
        case Postponed() | None:
            return (PartState.LOST if before is PartState.LOST else PartState.WAITING), "", ""
        case _:
            assert_never(answer)


async def _keep_receipt(connection: asyncpg.Connection, receipt: Receipt) -> None:
    found = await connection.fetchrow(_SQL["of_message"], receipt.message_id)
    if found is None:
        await connection.execute(_SQL["keep_receipt"], receipt.message_id, receipt.delivered, receipt.error)
        return
    sms = await connection.fetchrow(_SQL["one"], found["sms_id"])
    rows = await connection.fetch(_SQL["parts"], found["sms_id"])
    parts = {row["part"]: (PartState(row["state"]), row["message_id"]) for row in rows}
    if parts[found["part"]][0] is PartState.ACCEPTED:
        parts[found["part"]] = _received(receipt.delivered), receipt.message_id
        await _put(connection, sms, parts, receipt.error or sms["error"], None)


def _received(delivered: bool) -> PartState:
    return PartState.DELIVERED if delivered else PartState.UNDELIVERED


async def _put(
    connection: asyncpg.Connection,
    sms: asyncpg.Record,
    parts: Mapping[int, tuple[PartState, str]],
    error: str,
    again_at: datetime | None,
) -> None:
    """Write the parts, what they make of the SMS, and what is to be charged once that is known. Parts after one that was
    refused are not sent."""
    states = [state for state, _ in parts.values()]
    state = state_of(states)
    columns = (list(parts), [state.value for state in states], [message_id for _, message_id in parts.values()])
    await connection.execute(_SQL["put_parts"], sms["id"], *columns)
    due_at = again_at if state is SmsState.QUEUED else None
    paid = paid_parts(states)
    await connection.execute(_SQL["put"], sms["id"], state.value, error, due_at, paid > 0)
    if paid and state not in PENDING and sms["hold_id"] is not None:
        values = (sms["tenant_id"], sms["hold_id"], sms["attempt_id"], sms["id"], sms["digits"], paid)
        await connection.execute(_SQL["use"], *values)


def _job(row: asyncpg.Record) -> SmsJob:
    texts = split(row["body"])
    return SmsJob(
        id=row["id"],
        digits=row["digits"],
        parts={place: texts[place - 1] for place in row["places"]},
        of=len(texts),
        gsm=is_gsm(row["body"]),
    )
