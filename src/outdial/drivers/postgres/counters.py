"""Numbers that a dialect shows for its things: counted up per tenant, never given twice, also after a deletion."""

from __future__ import annotations

import asyncpg

from outdial.core.ids import TenantId

_NEXT = """
insert into counters as c (tenant_id, dialect, kind, value) values ($1, $2, $3, $4::bigint + $5::bigint)
on conflict (tenant_id, dialect, kind) do update set value = c.value + $5::bigint
returning value - $5::bigint + 1
"""


async def next_number(
    connection: asyncpg.Pool | asyncpg.Connection,
    tenant: TenantId,
    dialect: str,
    kind: str,
    *,
    count: int = 1,
    after: int = 0,
) -> int:
    """The first of `count` fresh numbers; the very first one ever is `after` + 1."""
    number: int = await connection.fetchval(_NEXT, tenant, dialect, kind, after, count)
    return number
