"""What an ended call, a result or its absence leaves on members, written in one go: the contact, its numbers, the attempt,
the campaign's counters, and word of it to whoever wants to be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import asyncpg

from outdial.core.amd import Verdict
from outdial.core.call import Connection
from outdial.core.causes import ABANDONED
from outdial.core.ids import AttemptId, CampaignId, ContactId
from outdial.core.outcome import Outcome
from outdial.core.settlement import Member, Settlement
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.pool import to_json
from outdial.ports import Entry

_SQL = statements.load("member_dialling.sql")
_NOTICE = statements.load("members.sql")["notice_of_end"]


async def save_ends(connection: asyncpg.Connection, fence: int, entries: Sequence[Entry]) -> None:
    """Write what ended calls to members mean for them, in the transaction that writes the calls."""
    ended = {entry.call.attempt: entry for entry in entries if entry.member is not None}
    if not ended:
        return
    await connection.execute(_SQL["tell_attempts"], to_json([_attempt_row(entry) for entry in ended.values()]))
    contacts = await connection.fetch(_SQL["contacts_of"], list(ended))
    settlements: dict[ContactId, Settlement] = {}
    for row in contacts:
        end = ended[AttemptId(row["attempt"])].member
        assert end is not None
        settlements[ContactId(row["contact_id"])] = end.settlement
    called_at = max((entry.ended_at for entry in ended.values() if entry.ended_at is not None), default=None)
    row = await settle(connection, fence, settlements.items(), "in_call", called_at)
    finished = [id for id in row["moved"] if settlements[ContactId(id)].end_cause]
    if finished:
        await tell_of_ends(connection, finished, "", "")
    await connection.execute(_SQL["count"], to_json(_counted(ended.values())))


async def tell_of_ends(connection: asyncpg.Connection, contacts: Sequence[int], reason: str, by: str) -> None:
    """Leave word that these contacts are over; reason and author are empty for the end of a call."""
    await connection.execute(_NOTICE, contacts, reason or None, by or None)


async def settle(
    connection: asyncpg.Connection,
    fence: int,
    settlements: Iterable[tuple[ContactId, Settlement]],
    expected: str,
    called_at: datetime | None,
    *,
    awaited: bool = False,
) -> asyncpg.Record:
    """Write settlements of contacts in the state `expected`, whose results are waited for or not; the row says whether the
    charge is held, and who moved."""
    settled, numbers = [], []
    for contact, one in settlements:
        settled.append(
            {
                "contact": contact,
                "expected": expected,
                "awaited": awaited,
                "attempts": one.member.attempts,
                "successes": one.member.successes,
                "end_cause": one.end_cause,
                "succeeded": one.succeeded,
                "due_at": _text(one.due_at),
                "result_until": _text(one.result_until),
                "called_at": _text(called_at),
                "given_back": one.given_back,
            }
        )
        numbers += number_rows(contact, one.member)
    return await connection.fetchrow(_SQL["settle"], fence, to_json(settled), to_json(numbers))


def _attempt_row(entry: Entry) -> dict[str, Any]:
    call, end = entry.call, entry.member
    assert end is not None
    return {
        "attempt": call.attempt,
        "cause": end.settlement.cause,
        "amd_verdict": call.verdict,
        "amd_cause": call.verdict_cause or None,
        "amd_seconds": call.verdict_seconds if call.verdict else None,
        "joined_at": _text(end.joined_at),
        "wait_seconds": end.wait_seconds,
        "recording": call.kept_sound,
        "succeeded": end.settlement.succeeded,
        "trunk": call.way.trunk,
    }


def _counted(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """What the ended calls add to the counters of their campaigns."""
    sums: dict[CampaignId, dict[str, Any]] = {}
    for entry in entries:
        call, end = entry.call, entry.member
        assert end is not None
        if end.campaign is None or call.outcome is Outcome.AGENT_UNREACHED:
            continue
        of = sums.setdefault(end.campaign, dict.fromkeys(_COUNTED, 0))
        joined, abandoned = call.connection is Connection.JOINED, end.settlement.cause == ABANDONED
        answered = entry.answered_at is not None
        listened = call.plan.amd is not None and answered
        of["calls"] += 1
        of["succeeded"] += end.settlement.succeeded
        of["failed"] += not answered
        of["connected"] += answered
        of["bridged"] += joined
        of["abandoned"] += abandoned
        of["wait_seconds"] += end.wait_seconds
        verdict = call.verdict if call.plan.amd is not None else None
        of["human"] += verdict is Verdict.HUMAN
        of["machine"] += verdict is Verdict.MACHINE
        of["not_sure"] += verdict is Verdict.NOT_SURE
        of["amd_cut"] += listened and verdict is None
    return [{"campaign_id": campaign, **of} for campaign, of in sums.items()]


_COUNTED = (
    *("calls", "succeeded", "failed", "connected", "bridged", "abandoned", "wait_seconds"),
    *("human", "machine", "not_sure", "amd_cut"),
)


def number_rows(contact: ContactId, member: Member) -> list[dict[str, Any]]:
    """A member's numbers as rows of `numbers`."""
    return [
        {"contact": contact, **asdict(number), "last_call_at": _text(number.last_call_at)} for number in member.numbers
    ]


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
