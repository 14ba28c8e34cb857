"""Campaigns of members and their agents as the dialling engine sees them.

Numbers are written as a whole, as the core made them; a member that somebody changed since it was read is left alone. The
charge and its fencing number are those of `PostgresDialling`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec

from outdial.core.agent import Agent, Tally
from outdial.core.calendar import Calendar
from outdial.core.campaign import Campaign
from outdial.core.ids import AttemptId, CampaignId, ContactId, ScriptId, TenantId, TrunkId
from outdial.core.members import MemberOrder
from outdial.core.number import Number, OpenRange
from outdial.core.settlement import Member, Report, Settlement
from outdial.core.trunk import Trunk
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.dialling import PostgresDialling
from outdial.drivers.postgres.member_ends import number_rows, settle, tell_of_ends
from outdial.drivers.postgres.pool import asking, decode, to_json
from outdial.drivers.postgres.rows import agent_from, members_from, number_from
from outdial.ports import AgentTally, Counters, DueMember, MemberReservation, ResultDue

_SQL = statements.load("member_dialling.sql")


class PostgresMemberDialling:
    """Implements `outdial.ports.MemberDialling`."""

    def __init__(self, dialling: PostgresDialling, pool: asyncpg.Pool) -> None:
        self._dialling = dialling
        self._pool = pool

    async def trunks(self, tenant: TenantId) -> Mapping[str, Trunk]:
        rows = await self._fetch(_SQL["trunks"], tenant)
        return {
            row["name"]: Trunk(TrunkId(row["id"]), row["name"], row["lines"], row["calls_per_second"], row["caller"])
            for row in rows
        }

    async def calendars(self, campaigns: Sequence[Campaign]) -> Mapping[CampaignId, Calendar]:
        rows = await self._fetch(_SQL["calendars"], [campaign.id for campaign in campaigns])
        return {CampaignId(row["campaign_id"]): msgspec.json.decode(row["document"], type=Calendar) for row in rows}

    async def counters(self, campaigns: Sequence[Campaign]) -> Mapping[CampaignId, Counters]:
        rows = await self._fetch(_SQL["counters"], [campaign.id for campaign in campaigns])
        return {
            CampaignId(row["campaign_id"]): Counters(**{name: row[name] for name in Counters.__dataclass_fields__})
            for row in rows
        }

    async def due(
        self,
        campaign: Campaign,
        now: datetime,
        open: Mapping[str, OpenRange],
        limit: int,
        offset: int = 0,
    ) -> list[DueMember]:
        assert campaign.settings.members is not None
        strict = campaign.settings.members.order is MemberOrder.STRICT
        ranges = list(open.values())
        rows = await self._fetch(
            _SQL["due_strict" if strict else "due_next_tries"],
            campaign.id,
            now,
            [one.code for one in ranges],
            [one.id for one in ranges],
            [one.attempts for one in ranges],
            limit,
            offset,
        )
        numbers = await self._numbers(rows)
        return [
            DueMember(
                contact=ContactId(row["id"]),
                numbers=numbers.get(row["id"], ()),
                variables=decode(row["variables"]),
                standing=Member(row["attempts_made"], row["successes"], numbers.get(row["id"], ())),
                seen_at=row["changed_at"],
            )
            for row in rows
        ]

    async def _numbers(self, rows: Sequence[asyncpg.Record]) -> dict[int, tuple[Number, ...]]:
        found: dict[int, list[Number]] = {}
        if rows:
            for row in await self._fetch(_SQL["numbers_of"], [row["id"] for row in rows]):
                found.setdefault(row["contact_id"], []).append(number_from(row))
        return {contact: tuple(numbers) for contact, numbers in found.items()}

    async def _standings(self, rows: Sequence[asyncpg.Record]) -> dict[ContactId, Member]:
        numbers = await self._numbers(rows)
        return {
            ContactId(row["id"]): Member(row["attempts_made"], row["successes"], numbers.get(row["id"], ()))
            for row in rows
        }

    async def left(self, campaign: CampaignId) -> tuple[int, int, datetime | None]:
        (row,) = await self._fetch(_SQL["unfinished"], campaign)
        return row["in_call"] + row["waiting"], row["in_call"] + row["results"], row["next_at"]

    async def reserve(
        self, campaign: Campaign, script: tuple[ScriptId, int], reservations: Sequence[MemberReservation]
    ) -> set[AttemptId]:
        wanted = []
        for one in reservations:
            chosen = next(number for number in one.standing.numbers if number.position == one.position)
            wanted.append(
                {
                    "attempt": one.attempt,
                    "contact": one.contact,
                    "seen_at": one.seen_at.isoformat(),
                    "digits": chosen.digits,
                    "trunk": one.trunk,
                    "number": one.number,
                    "caller": one.caller,
                    "position": one.position,
                    "type": chosen.type,
                }
            )
        numbers = [row for one in reservations for row in number_rows(one.contact, one.standing)]
        row = await self._fetchrow(
            _SQL["reserve"], self._dialling.fence, campaign.id, *script, to_json(wanted), to_json(numbers)
        )
        self._dialling.check_charge(row)
        return {AttemptId(id) for id in row["made"]}

    async def barred(self, tenant: TenantId, digits: Collection[str]) -> set[str]:
        return await self._dialling.barred(tenant, digits)

    async def settle(
        self, settlements: Mapping[ContactId, Settlement], reason: str, by: str, *, awaited: bool
    ) -> set[ContactId]:
        if not settlements:
            return set()
        with asking():
            async with self._pool.acquire() as connection, connection.transaction():
                row = await settle(
                    connection, self._dialling.fence, settlements.items(), "waiting", None, awaited=awaited
                )
                self._dialling.check_charge(row)
                finished = [id for id in row["moved"] if settlements[ContactId(id)].end_cause]
                if finished:
                    await tell_of_ends(connection, finished, reason, by)
        return {ContactId(id) for id in row["moved"]}

    async def results_due(self, now: datetime, limit: int) -> list[ResultDue]:
        rows = await self._fetch(_SQL["results_due"], now, limit)
        standings = await self._standings(rows)
        return [
            ResultDue(
                contact=ContactId(row["id"]),
                tenant=TenantId(row["tenant_id"]),
                rules=members_from(row["members"]),
                standing=standings[ContactId(row["id"])],
                position=row["position"],
                agent=row["agent"] or "",
                due_at=row["next_try_at"],
                report=None if row["report"] is None else report_from(decode(row["report"])),
            )
            for row in rows
        ]

    async def expired(self, now: datetime, limit: int) -> Mapping[ContactId, Member]:
        return await self._standings(await self._fetch(_SQL["expiring"], now, limit))

    async def waiting(self, campaign: CampaignId, after: ContactId, limit: int) -> Mapping[ContactId, Member]:
        return await self._standings(await self._fetch(_SQL["waiting_after"], campaign, after, limit))

    async def close(self, campaign: CampaignId, cause: str) -> bool:
        row = await self._fetchrow(_SQL["close"], self._dialling.fence, campaign, cause)
        return bool(row[0])

    async def note(self, campaign: CampaignId, action: str, value: str) -> None:
        await self._execute(_SQL["note"], campaign, action, value)
        if action == "QUEUE_HUNTING":
            await self._execute(_SQL["started"], campaign)

    async def aim(self, campaign: CampaignId, adjust: int, target: int) -> None:
        await self._execute(_SQL["aim"], campaign, adjust, target)

    async def learnt(self, campaign: CampaignId) -> Mapping[str, Any]:
        rows = await self._fetch(_SQL["learnt"], campaign)
        return decode(rows[0]["learnt"]) if rows and rows[0]["learnt"] else {}

    async def learn(self, campaign: CampaignId, learnt: Mapping[str, Any]) -> None:
        await self._execute(_SQL["learn"], campaign, to_json(learnt))

    async def new_day(self, campaign: CampaignId, day: date, *, reset: bool) -> bool:
        with asking():
            async with self._pool.acquire() as connection, connection.transaction():
                before = await connection.fetchval(_SQL["hold_day"], campaign)
                if before == day:
                    return False
                await connection.execute(_SQL["note_day"], campaign, day)
                if before is None:
                    return False
                await connection.execute(_SQL["forget_tallies"], campaign)
                if reset:
                    await connection.execute(_SQL["forget_counters"], campaign)
        return True

    async def agents(self) -> list[tuple[TenantId, Agent]]:
        return [(TenantId(row["tenant_id"]), agent_from(row)) for row in await self._fetch(_SQL["agents"])]

    async def tallies(self, campaigns: Sequence[CampaignId]) -> list[AgentTally]:
        return [
            AgentTally(
                campaign=CampaignId(row["campaign_id"]),
                tenant=TenantId(row["tenant_id"]),
                key=row["key"],
                tally=Tally(**{name: row[name] for name in Tally.__dataclass_fields__}),
            )
            for row in await self._fetch(_SQL["tallies"], list(campaigns))
        ]

    async def save_agents(
        self,
        agents: Sequence[tuple[TenantId, Agent]],
        on_break: Collection[tuple[TenantId, str]],
        tallies: Sequence[AgentTally],
    ) -> None:
        rows = [
            {
                "tenant_id": tenant,
                "key": agent.key,
                "state": agent.state,
                "ready_at": _text(agent.ready_at),
                "no_answers": agent.no_answers,
                "last_offered_at": _text(agent.last_offered_at),
                "last_bridge_start": _text(agent.last_bridge_start),
                "last_bridge_end": _text(agent.last_bridge_end),
                "calls_answered": agent.calls_answered,
                "talk_seconds": agent.talk_seconds,
                "on_break": (tenant, agent.key) in on_break,
            }
            for tenant, agent in agents
        ]
        if rows:
            await self._execute(_SQL["save_agents"], to_json(rows))
        if tallies:
            worked = [
                {
                    "campaign_id": one.campaign,
                    "tenant_id": one.tenant,
                    "key": one.key,
                    **asdict(one.tally),
                    "last_offered_at": _text(one.tally.last_offered_at),
                }
                for one in tallies
            ]
            await self._execute(_SQL["save_tallies"], to_json(worked))

    async def free_agents(self, kept: Collection[tuple[TenantId, str]]) -> None:
        held = sorted(kept)
        await self._execute(_SQL["free_agents"], [tenant for tenant, _ in held], [extension for _, extension in held])

    async def _fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        with asking():
            rows: list[asyncpg.Record] = await self._pool.fetch(sql, *arguments)
            return rows

    async def _fetchrow(self, sql: str, *arguments: object) -> asyncpg.Record:
        with asking():
            return await self._pool.fetchrow(sql, *arguments)

    async def _execute(self, sql: str, *arguments: object) -> None:
        with asking():
            await self._pool.execute(sql, *arguments)


def report_from(document: Mapping[str, Any]) -> Report:
    """The column `report` of `contacts`."""
    return msgspec.convert(document, Report)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
