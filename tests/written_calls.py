"""Calls put into the store as whoever dialled would have left them, for stories and laws about reports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

CALL_DAY = datetime(2024, 8, 22, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A call; `at` is when it was begun, in seconds from `CALL_DAY`."""

    at: float = 0
    digits: str = "79000000000"
    ordinal: int = 1
    state: str = "ended"
    outcome: str | None = "answered"
    ended_by: str | None = None
    seconds: float | None = 0
    """From its beginning to its end; None: it has not ended."""
    talk_seconds: float = 0
    variables: Mapping[str, str] = field(default_factory=dict)
    collected: Mapping[str, str] = field(default_factory=dict)
    goals: Sequence[str] = ()
    turns: Sequence[tuple[str, str, str]] = ()
    """Who, text and block, a second apart."""
    recording: str | None = None

    @property
    def begun(self) -> datetime:
        return CALL_DAY + timedelta(seconds=self.at)


async def write_calls(pool: asyncpg.Pool, number: int, calls: Sequence[Spoken]) -> list[UUID]:
    """Write calls of the campaign of that number; their ids."""
    row = await pool.fetchrow("select id, tenant_id, script_id from campaigns where number = $1", number)
    made = []
    for call in calls:
        id = uuid4()
        contact = await pool.fetchval(
            "insert into contacts (tenant_id, campaign_id, key, digits, state, due_at, variables, wire)"
            " values ($1, $2, $3, $4, 'done', $5, $6, '{}') returning id",
            *(row["tenant_id"], row["id"], str(id), call.digits, call.begun, json.dumps(dict(call.variables))),
        )
        ended = None if call.seconds is None else call.begun + timedelta(seconds=call.seconds)
        await pool.execute(
            "insert into attempts (id, tenant_id, campaign_id, contact_id, try_number, ordinal, state, outcome,"
            " ended_by, digits, number, trunk, caller, reserved_at, ended_at, talk_seconds, goals, collected, recording)"
            " values ($1, $2, $3, $4, nextval('try_numbers'), $5, $6, $7, $8, $9, $9, 'carrier', '', $10, $11, $12,"
            " $13, $14, $15)",
            *(id, row["tenant_id"], row["id"], contact, call.ordinal, call.state, call.outcome, call.ended_by),
            *(call.digits, call.begun, ended, call.talk_seconds, list(call.goals), json.dumps(dict(call.collected))),
            call.recording,
        )
        for place, (who, text, block) in enumerate(call.turns, start=1):
            await pool.execute(
                "insert into turns (attempt_id, position, said_at, who, text, block) values ($1, $2, $3, $4, $5, $6)",
                *(id, place, call.begun + timedelta(seconds=place), who, text, block),
            )
        made.append(id)
    return made
