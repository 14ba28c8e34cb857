"""The store as the dialling engine sees it: the charge, what is due, reservations, the journal.

Every write carries the fencing number of the charge in the same statement, so a process that has lost the charge cannot
change anything, however late its write arrives.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg

from outdial.core.calendar import EVERYWHERE, Openings
from outdial.core.campaign import Campaign
from outdial.core.contact import Due
from outdial.core.ids import AttemptId, CampaignId, ContactId, ScriptId, TenantId
from outdial.core.number import Number
from outdial.core.outcome import Outcome
from outdial.core.retry import RetryRule
from outdial.core.script.document import from_document
from outdial.core.script.nodes import COMPLETED, Script
from outdial.core.settlement import Member
from outdial.core.sms import sms_parts
from outdial.core.transcript import Turn
from outdial.core.trunk import Route
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.do_not_call import PostgresDoNotCall
from outdial.drivers.postgres.life import call_from, life_to
from outdial.drivers.postgres.member_ends import save_ends
from outdial.drivers.postgres.pool import APPLICATION_NAME, asking, decode, to_json
from outdial.drivers.postgres.rows import campaign_from, members_from, number_from, retry_from, route_from
from outdial.ports import DEFAULT_DIAL_PREFIX, SPOKEN_SETTINGS, Entry, NotInCharge, OpenAttempt, Reservation

_SQL = statements.load("dialling.sql")
_NO_FENCE = -1
_PING_SECONDS = 5.0


class PostgresDialling:
    """Implements `outdial.ports.Dialling`. The charge is an advisory lock on a connection of its own: it is free again
    as soon as its holder's connection is gone, however the holder died."""

    def __init__(self, dsn: str, pool: asyncpg.Pool) -> None:
        self._dsn = dsn
        self._pool = pool
        self._charge: asyncpg.Connection | None = None
        self._fence = _NO_FENCE
        self._scripts: dict[tuple[ScriptId, int], Script] = {}

    async def take_charge(self) -> bool:
        with asking():
            connection = await asyncpg.connect(self._dsn, server_settings={"application_name": APPLICATION_NAME})
            try:
                if not await connection.fetchval(_SQL["take_lock"]):
                    return False
                self._fence = await connection.fetchval(_SQL["new_fence"])
                self._charge, connection = connection, None
            finally:
                if connection is not None:
                    await connection.close()
        return True

    @property
    def fence(self) -> int:
        """The fencing number of the charge, by which every write is guarded."""
        return self._fence

    async def charge_lost(self) -> None:
        gone = asyncio.Event()
        connection = self._charge
        if connection is None or connection.is_closed():
            return
        connection.add_termination_listener(lambda _: gone.set())
        while not gone.is_set():
            try:
                async with asyncio.timeout(_PING_SECONDS):
                    await gone.wait()
            except TimeoutError:
                with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await connection.execute("select", timeout=_PING_SECONDS)
                    continue
                return

    async def yield_charge(self) -> None:
        connection, self._charge, self._fence = self._charge, None, _NO_FENCE
        if connection is not None and not connection.is_closed():
            await connection.close()

    async def running(self) -> list[Campaign]:
        return [_running_from(row) for row in await self._fetch(_SQL["running"])]

    async def scripts_of(self, campaigns: Sequence[Campaign]) -> Mapping[ScriptId, tuple[int, Script]]:
        wanted = {campaign.settings.script for campaign in campaigns} - {None}
        found: dict[ScriptId, tuple[int, Script]] = {}
        kept: dict[tuple[ScriptId, int], Script] = {}
        for row in await self._fetch(_SQL["scripts_of"], list(wanted)):
            id, version = ScriptId(row["id"]), row["version"]
            script = self._scripts.get((id, version)) or from_document(decode(row["document"]))
            kept[id, version] = script
            found[id] = (version, script)
        self._scripts = kept
        return found

    async def members(self, tenant: TenantId, target: str) -> Sequence[str]:
        rows = await self._fetch(_SQL["members"], tenant, target)
        return rows[0]["members"] if rows else [target]

    async def routes(self, tenant: TenantId) -> list[Route]:
        return [route_from(row) for row in await self._fetch(_SQL["routes"], tenant)]

    async def barred(self, tenant: TenantId, digits: Collection[str]) -> set[str]:
        return await PostgresDoNotCall(self._pool).among(tenant, digits)

    async def due(self, campaign: CampaignId, now: datetime, limit: int, openings: Openings = EVERYWHERE) -> list[Due]:
        rows = await self._fetch(_SQL["due"], campaign, now, limit, openings.home, openings.offsets)
        return [
            Due(
                contact=ContactId(row["id"]),
                digits=row["digits"],
                variables=decode(row["variables"]),
                attempts_made=row["attempts_made"],
                offset_minutes=row["offset_minutes"],
                client=row["client"],
            )
            for row in rows
        ]

    async def somebody_due(self, campaign: CampaignId, now: datetime, openings: Openings = EVERYWHERE) -> bool:
        (row,) = await self._fetch(_SQL["somebody_due"], campaign, now, openings.home, openings.offsets)
        return bool(row[0])

    async def reserve(
        self, campaign: Campaign, script: tuple[ScriptId, int] | None, reservations: Sequence[Reservation]
    ) -> set[AttemptId]:
        wanted = [
            {"attempt": r.attempt, "contact": r.contact, "trunk": r.trunk, "number": r.number, "caller": r.caller}
            for r in reservations
        ]
        script_id, version = script or (None, None)
        settings = campaign.settings
        hours = (settings.window.start, settings.window.end, settings.time_zone)
        row = await self._fetchrow(
            _SQL["reserve"], self._fence, campaign.id, script_id, version, to_json(wanted), *hours
        )
        self.check_charge(row)
        return {AttemptId(id) for id in row["made"]}

    async def settle_undialled(self, campaign: CampaignId, contacts: Sequence[ContactId], outcome: Outcome) -> None:
        row = await self._fetchrow(_SQL["settle_undialled"], self._fence, campaign, list(contacts), outcome)
        self.check_charge(row)

    async def save(self, entries: Sequence[Entry]) -> None:
        calls = [_call_row(entry) for entry in entries]
        given = [(entry.call.attempt, answer) for entry in entries for answer in entry.answers]
        answers = [
            {"position": position, "attempt": attempt}
            | {"question": a.question, "value": a.value, "keys": a.keys, "label": a.label}
            for position, (attempt, a) in enumerate(given)
        ]
        messages = [
            {"attempt": entry.call.attempt, "name": asked.name, "body": asked.text, "parts": sms_parts(asked.text)}
            for entry in entries
            for asked in entry.messages
        ]
        turns = [_turn_row(entry.call.attempt, turn) for entry in entries for turn in entry.turns]
        arguments = (
            self._fence,
            to_json(calls),
            to_json(answers),
            Outcome.ANOTHER_NUMBER,
            to_json(messages),
            to_json(turns),
        )
        if all(entry.member is None for entry in entries):
            self.check_charge(await self._fetchrow(_SQL["save"], *arguments))
            return
        with asking():
            async with self._pool.acquire() as connection, connection.transaction():
                self.check_charge(await connection.fetchrow(_SQL["save"], *arguments))
                await save_ends(connection, self._fence, entries)

    async def close_finished(self, campaigns: Sequence[CampaignId]) -> list[CampaignId]:
        rows = await self._fetch(_SQL["close_finished"], self._fence, list(campaigns))
        return [CampaignId(row["id"]) for row in rows]

    async def open_attempts(self) -> list[OpenAttempt]:
        rows = await self._fetch(_SQL["open_attempts"])
        called = [row["contact_id"] for row in rows if row["members"] is not None]
        numbers: dict[int, list[Number]] = {}
        for row in await self._fetch(_SQL["numbers_of"], called) if called else ():
            numbers.setdefault(row["contact_id"], []).append(number_from(row))
        return [
            OpenAttempt(
                call=call_from(row),
                campaign=None if row["campaign_id"] is None else CampaignId(row["campaign_id"]),
                tenant=TenantId(row["tenant_id"]),
                digits=row["digits"],
                attempts_made=row["ordinal"],
                reserved_at=row["reserved_at"],
                answered_at=row["answered_at"],
                retry=RetryRule() if row["campaign_id"] is None else retry_from(row),
                rules=None if row["members"] is None else members_from(row["members"]),
                standing=Member(
                    row["attempts_made"] or 0, row["successes"] or 0, tuple(numbers.get(row["contact_id"], ()))
                ),
                position=row["position"] or 0,
            )
            for row in rows
        ]

    async def _fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        with asking():
            rows: list[asyncpg.Record] = await self._pool.fetch(sql, *arguments)
            return rows

    async def _fetchrow(self, sql: str, *arguments: object) -> asyncpg.Record:
        with asking():
            return await self._pool.fetchrow(sql, *arguments)

    def check_charge(self, row: asyncpg.Record) -> None:
        """Raise `NotInCharge` when a guarded statement found the charge gone."""
        if not row["in_charge"]:
            raise NotInCharge("another process dials for this database now")


def _running_from(row: asyncpg.Record) -> Campaign:
    told = decode(row["dialect_settings"]) if row["dialect_settings"] else {}
    campaign = replace(campaign_from(row), variables={name: told[name] for name in SPOKEN_SETTINGS if name in told})
    prefix = campaign.settings.dial_prefix or told.get(DEFAULT_DIAL_PREFIX, "")
    return replace(campaign, settings=replace(campaign.settings, dial_prefix=prefix))


def _turn_row(attempt: AttemptId, turn: Turn) -> dict[str, Any]:
    return {
        "attempt": attempt,
        "position": turn.position,
        "said_at": turn.said_at,
        "who": turn.who,
        "text": turn.text,
        "block": turn.block,
        "keys": turn.keys,
        "confidence": turn.confidence,
        "alternatives": turn.alternatives,
        "interrupted": turn.interrupted,
        "gap_seconds": turn.gap_seconds,
    }


def _call_row(entry: Entry) -> dict[str, Any]:
    call = entry.call
    succeeded = COMPLETED in call.goals
    return {
        "attempt": call.attempt,
        "state": call.state,
        "outcome": call.outcome if call.outcome is None else call.outcome.value,
        "ended_by": call.ended_by,
        "connection": call.connection,
        "life": life_to(call),
        "goals": call.goals,
        "collected": call.collected or None,
        "sip_code": call.sip_code,
        "q850_cause": call.q850_cause,
        "answered_at": entry.answered_at,
        "ended_at": entry.ended_at,
        "talk_seconds": entry.talk_seconds,
        "transferred_to": call.outside_number,
        "joined_seconds": entry.joined_seconds,
        "recording": call.kept_sound,
        "retry_at": entry.retry_at,
        "succeeded": succeeded,
        "settled": succeeded and call.plan.script.completes_itself,
        "member": entry.member is not None,
        "agent": entry.agent,
    }
