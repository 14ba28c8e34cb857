"""Members are found by what their documents show: a filter that reads columns and rows finds what one finds that reads the
documents themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mongo_reference import matches
from outdial.api.webitel import mongo
from outdial.core.documents import Search
from outdial.core.ids import CampaignId, TenantId
from outdial.core.member import NewMember
from outdial.core.number import Number
from outdial.drivers.postgres.members import PostgresMembers
from outdial.drivers.postgres.pool import open_pool

NOW = datetime(2024, 8, 21, 10, 0, tzinfo=UTC)
_SETUP = """
insert into tenants (name, time_zone) values ('site', 'UTC');
insert into campaigns (tenant_id, dialect, number, key, name, state, lines, calls_per_second, dial_prefix, ring_seconds,
                       attempts, interval_seconds, wire, members)
select id, 'webitel', 1, 'd', 'd', 'paused', 1, 1, '', 1, 1, 1, '{}',
       '{"rule": {"max_attempts": 3, "result_seconds": 60, "needs_agent": true}, "types": [{"code": "1", "name": "Home"}]}'
from tenants;
"""
_LIVED = """
update contacts
set state = 'in_call', attempts_made = 2, next_try_at = '2024-08-21T10:00Z', last_call_at = '2024-08-21T09:00Z'
where key like '%1';
update contacts set state = 'done', end_cause = 'USER_BUSY', succeeded = true where key like '%2';
update contacts set result_until = '2024-08-21T11:00Z', log = '[{"kind": "callback", "from": "me", "time": 1, "data": {}}]'
where key like '%3';
update numbers set open = false, stopped = true, attempts = 2, range_id = '1_2_3', last_call_at = '2024-08-21T09:00Z'
where position = 1;
update numbers set first_next = true where raw = '49';
insert into attempts (id, tenant_id, campaign_id, contact_id, try_number, ordinal, state, digits, number, trunk, caller,
                      position, type, agent, cause, q850_cause, reserved_at)
select gen_random_uuid(), tenant_id, campaign_id, id, try_number, o, 'ended', '', '', 'gate', '', 0, '1', '100',
       case o when 1 then 'USER_BUSY' else 'ABANDONED' end, 17, '2024-08-21T09:00Z'::timestamptz + o * interval '1 minute'
from contacts, generate_series(1, 2) o where key like '%1';
"""


class Kept:
    """A campaign with members, and their documents."""

    def __init__(self, runner: asyncio.Runner, pool: asyncpg.Pool) -> None:
        self._runner = runner
        self._store = PostgresMembers(pool)
        runner.run(self._fill(pool))
        self.documents = self.page(Search())

    def page(self, search: Search) -> list[Any]:
        return self._runner.run(self._store.page(CampaignId(1), search, None))

    def count(self, filter: Any) -> int:
        return self._runner.run(self._store.count(CampaignId(1), mongo.condition(filter)))

    async def _fill(self, pool: asyncpg.Pool) -> None:
        await pool.execute(_SETUP)
        await self._store.add(CampaignId(1), TenantId(1), [_member(place) for place in range(6)])
        await pool.execute(_LIVED)


def _member(place: int) -> NewMember:
    numbers = [
        (Number(0, "38" * place or "7", "1", place), {"type": "1", "priority": place}),
        (Number(1, "49", None), {"color": "red"} if place % 2 else {}),
    ]
    wire = {"name": f"n{place}", "own": {"any": [place, "x"]}, "variables": {"v": str(place)}}
    return NewMember(
        key=f"{place:024x}",
        priority=place % 3,
        expires_at=NOW + timedelta(days=1),
        numbers=tuple(numbers[: 1 + place % 2]),
        wire=wire if place else {},
    )


@pytest.fixture(scope="module")
def kept(databases: Any) -> Iterator[Kept]:
    with databases.fresh() as url, asyncio.Runner() as runner:
        pool = runner.run(open_pool(url, size=1))
        yield Kept(runner, pool)
        runner.run(pool.close())


TOP = [
    "_id", "dialer", "domain", "name", "own", "own.any", "own.any.0", "variables.v", "priority", "_probeCount",
    "_nextTryTime", "lastCall", "_lock", "_endCause", "callSuccessful", "_waitingForResultStatus",
    "_waitingForResultStatusCb", "_callback", "_callback.from", "_log", "_log.cause", "_log.callTypeName",
    "_log.0.agentId", "none", "none.x", "_maxTryCount",
]  # fmt: skip
PARTS = [
    "number", "priority", "type", "color", "state", "_probe", "lastCall", "rangeId", "stopCommunication", "_id", "none",
    "status",
]  # fmt: skip
PATHS = st.sampled_from(
    [*TOP, "communications", *(f"communications{at}.{part}" for part in PARTS for at in ("", ".0", ".1"))]
)
VALUES = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        2,
        5,
        -1,
        "49",
        "38",
        "n1",
        "n3",
        "USER_BUSY",
        "ABANDONED",
        "outdial",
        "red",
        "1",
        "me",
        "site",
        [],
        "x",
    ]
)
COMPARED = VALUES.filter(lambda value: value != [])
OPERATORS = st.one_of(
    st.fixed_dictionaries({"$eq": VALUES}),
    st.fixed_dictionaries({"$ne": VALUES}),
    st.fixed_dictionaries({"$in": st.lists(VALUES, max_size=3)}),
    st.fixed_dictionaries({"$exists": st.booleans()}),
    st.fixed_dictionaries({"$regex": st.sampled_from(["^38", "n", "^USER", "9$"])}),
    st.sampled_from(["$gt", "$gte", "$lt", "$lte"]).flatmap(lambda name: st.fixed_dictionaries({name: COMPARED})),
)
ELEMENTS = st.dictionaries(st.sampled_from(PARTS), st.one_of(OPERATORS, VALUES), max_size=3)
CONDITIONS = st.one_of(
    st.dictionaries(PATHS, st.one_of(OPERATORS, VALUES), min_size=1, max_size=2),
    st.fixed_dictionaries({"communications": st.fixed_dictionaries({"$elemMatch": ELEMENTS})}),
    st.fixed_dictionaries({"$or": st.lists(st.dictionaries(PATHS, OPERATORS, max_size=2), min_size=1, max_size=3)}),
    st.dictionaries(PATHS, st.fixed_dictionaries({"$not": OPERATORS}), min_size=1, max_size=1),
)
LAW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(CONDITIONS)
@LAW
def test_members_are_found_by_what_they_show(kept: Kept, filter: dict[str, Any]) -> None:
    wanted = [one for one in kept.documents if matches(one, filter)]
    assert kept.page(Search(condition=mongo.condition(filter))) == wanted
    assert kept.count(filter) == len(wanted)


@given(PATHS, st.sampled_from([1, -1]))
@LAW
def test_every_path_orders_all_members(kept: Kept, path: str, way: int) -> None:
    found = kept.page(Search(order=mongo.order({path: way, "_id": 1})))
    assert sorted(one["_id"] for one in found) == [one["_id"] for one in kept.documents]


def test_an_order_of_numbers_goes_by_the_least_or_the_greatest(kept: Kept) -> None:
    def names(way: int) -> list[Any]:
        return [
            one.get("name") for one in kept.page(Search(order=mongo.order({"communications.number": way, "_id": 1})))
        ]

    assert names(1) == ["n1", "n2", "n3", "n4", "n5", None]
    assert names(-1) == [None, "n1", "n3", "n5", "n4", "n2"]


def test_a_document_has_everything(kept: Kept) -> None:
    called = kept.documents[1]
    assert [entry["cause"] for entry in called["_log"]] == ["ABANDONED", "USER_BUSY"]
    assert [entry["causeQ850"] for entry in called["_log"]] == [687, 17]
    assert {entry["callTypeName"] for entry in called["_log"]} == {"Home"}
    assert (called["_lastNumberId"], called["_lock"], called["_probeCount"]) == (0, "outdial", 2)
    assert (kept.documents[2]["_endCause"], kept.documents[2]["callSuccessful"]) == ("USER_BUSY", True)
    assert kept.documents[3]["_callback"] == [{"from": "me", "time": 1, "data": {}}]
    assert kept.documents[1]["communications"][1]["lastCall"] == -1
