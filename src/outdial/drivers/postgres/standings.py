"""How campaigns stand: their counters, calls under way, history and agents; and their being started, stopped and reset."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from outdial.core.calendar import Calendar
from outdial.core.documents import Drop, Keep, Search
from outdial.core.ids import CampaignId, TenantId
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.documents import Question, Relation, Source, answer
from outdial.ports import AgentWork, Counters, Standing

_SQL = statements.load("standings.sql")
_COUNTED = tuple(name for name in Counters.__dataclass_fields__)
_TALLIED = tuple(name for name in AgentWork.__dataclass_fields__)
_ID = "to_jsonb(lpad(to_hex(h.id), 24, '0'))"
_CREATED = "to_jsonb((extract(epoch from h.at) * 1000)::bigint)"
_HISTORY = Relation(
    rows="campaign_history h join campaigns p on p.id = h.campaign_id",
    where="h.campaign_id = $1",
    natural="h.id",
    id="h.id",
    source=Source(
        others="'{}'::jsonb",
        scalars={
            "_id": _ID,
            "dialer": "to_jsonb(p.key)",
            "createdOn": _CREATED,
            "action": "to_jsonb(h.action)",
            "value": "to_jsonb(h.value)",
        },
    ),
    whole=f"jsonb_build_object('_id', {_ID}, 'dialer', p.key, 'createdOn', {_CREATED},"
    " 'action', h.action, 'value', h.value)",
)


class PostgresStandings:
    """Implements `outdial.ports.Standings`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of(self, campaigns: Sequence[CampaignId]) -> Mapping[CampaignId, Standing]:
        rows = await self._pool.fetch(_SQL["of"], list(campaigns))
        calls: dict[int, dict[str, int]] = {}
        for row in await self._pool.fetch(_SQL["under_way"], list(campaigns)):
            calls.setdefault(row["campaign_id"], {})[row["trunk"]] = row["calls"]
        return {CampaignId(row["id"]): _standing(row, calls.get(row["id"], {})) for row in rows}

    async def start(self, campaign: CampaignId) -> bool:
        return bool(await self._pool.fetchval(_SQL["start"], campaign))

    async def stop(self, campaign: CampaignId) -> bool:
        return bool(await self._pool.fetchval(_SQL["stop"], campaign))

    async def forget_counters(self, campaign: CampaignId) -> None:
        await self._pool.execute(_SQL["forget_counters"], campaign)

    async def forget_tallies(self, campaign: CampaignId, by: str) -> None:
        await self._pool.execute(_SQL["forget_tallies"], campaign, by)

    async def history(self, campaign: CampaignId, search: Search, shape: Keep | Drop | None) -> list[dict[str, Any]]:
        question = Question(campaign)
        return await answer(self._pool, question.page(_HISTORY, search, shape), question.parameters)

    async def tallies(
        self, tenant: TenantId, campaign: CampaignId, agents: Collection[str], skills: Collection[str]
    ) -> list[AgentWork]:
        rows = await self._pool.fetch(_SQL["tallies"], tenant, campaign, list(agents), list(skills))
        return [AgentWork(**_present(row, _TALLIED)) for row in rows]


def _standing(row: asyncpg.Record, under_way: Mapping[str, int]) -> Standing:
    calendar = row["calendar"]
    return Standing(
        domain=row["domain"],
        cause=row["cause"],
        changed_at=row["changed_at"],
        calendar=None if calendar is None else msgspec.json.decode(calendar, type=Calendar),
        counters=Counters(**_present(row, _COUNTED)),
        under_way=under_way,
    )


def _present(row: asyncpg.Record, names: Sequence[str]) -> dict[str, Any]:
    """Columns that are not null: of a row that is not there, all of them are."""
    return {name: row[name] for name in names if row[name] is not None}
