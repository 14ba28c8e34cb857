"""PostgreSQL under the suite of the ports of dialling."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from contract.dialling import SCRIPT, DiallingContract, Shop, Store
from outdial.core.assistant import Speaker
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import NewContact
from outdial.core.ids import AttemptId, TenantId
from outdial.core.member import NewMember
from outdial.core.members import MemberRules
from outdial.core.transcript import Turn
from outdial.drivers.postgres.campaigns import PostgresCampaigns
from outdial.drivers.postgres.dialling import PostgresDialling
from outdial.drivers.postgres.member_dialling import PostgresMemberDialling
from outdial.drivers.postgres.members import PostgresMembers
from outdial.drivers.postgres.pool import decode, open_pool
from outdial.drivers.postgres.scripts import PostgresScripts


@dataclass(frozen=True)
class PostgresShop:
    """A store, as the suite fills it."""

    pool: asyncpg.Pool
    dialling: PostgresDialling
    members: PostgresMemberDialling
    tenant: TenantId
    campaign: Campaign

    async def add_members(self, members: Sequence[NewMember]) -> None:
        await PostgresMembers(self.pool).add(self.campaign.id, self.tenant, members)

    async def add_agent(self, key: str) -> None:
        await self.pool.execute(
            "insert into agents (tenant_id, key, extension, name, skills, rules, status)"
            " values ($1, $2, $2, '', '{}', '{}', 'Available')",
            *(self.tenant, key),
        )

    async def lose_charge(self) -> None:
        await self.pool.execute("update dialling_charge set fence = fence + 1")

    async def talk_of(self, attempt: AttemptId) -> tuple[list[Turn], Mapping[str, str]]:
        rows = await self.pool.fetch("select * from turns where attempt_id = $1 order by position", attempt)
        collected = await self.pool.fetchval("select collected from attempts where id = $1", attempt)
        return [_turn(dict(row)) for row in rows], decode(collected)


def _turn(row: dict[str, Any]) -> Turn:
    del row["attempt_id"]
    return Turn(**{**row, "who": Speaker(row["who"]), "alternatives": tuple(row["alternatives"])})


class TestPostgresDialling(DiallingContract):
    @pytest.fixture
    def shop(self, database_url: str) -> Shop:
        @asynccontextmanager
        async def opened(rules: MemberRules | None, contacts: Sequence[NewContact]) -> AsyncIterator[Store]:
            pool = await open_pool(database_url)
            dialling = PostgresDialling(database_url, pool)
            try:
                assert await dialling.take_charge()
                made = "insert into tenants (name, time_zone) values ('t', 'UTC') returning id"
                tenant = TenantId(await pool.fetchval(made))
                script = await PostgresScripts(pool).create(tenant, "webitel", 1, "s", None, SCRIPT, {})
                settings = CampaignSettings(
                    name="c", state=CampaignState.RUNNING, script=script.id, lines=10, calls_per_second=0, members=rules
                )
                campaign = await PostgresCampaigns(pool, {}).save(
                    tenant, "webitel", None, "k", settings, contacts if rules is None else None
                )
                members = PostgresMemberDialling(dialling, pool)
                yield PostgresShop(pool, dialling, members, tenant, campaign)
            finally:
                await dialling.yield_charge()
                await pool.close()

        return opened
