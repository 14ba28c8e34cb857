"""Members of a campaign: their keys, and two who change the same member at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.house import House, house
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.documents import Search
from outdial.core.errors import NotFound
from outdial.core.member import NewMember
from outdial.core.members import MemberRules, Mode
from outdial.core.number import Number
from outdial.core.settlement import MemberRule, Report
from outdial.drivers.postgres import statements
from outdial.operations.members import Heard, Over, keys_for

RULES = MemberRules(
    mode=Mode.PREDICTIVE,
    rule=MemberRule(max_attempts=3, interval_seconds=60, result_seconds=60, needs_agent=True),
)
SETTINGS = CampaignSettings(
    name="d", state=CampaignState.PAUSED, script=None, lines=1, calls_per_second=0, members=RULES, calendar=""
)


async def campaign(made: House, **changes: Any) -> Campaign:
    settings = replace(SETTINGS, **changes)
    saved, _ = await made.operations.campaigns.save(made.tenant, "webitel", "a" * 24, None, lambda _: settings, None)
    return saved


def members(keys: Sequence[str]) -> list[NewMember]:
    return [NewMember(key=key, numbers=((Number(0, f"38{place}"), {}),)) for place, key in enumerate(keys)]


@given(st.integers(0, 3000), st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_keys_are_in_order_and_differ(count: int, now: datetime) -> None:
    keys = keys_for(count, now)
    assert keys == sorted(set(keys))
    assert len(keys) == count
    assert all(len(key) == 24 and int(key[:8], 16) == int(now.timestamp()) for key in keys)


def test_of_two_results_one_is_taken(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            dialled = await campaign(made)
            (key,) = await made.operations.members.add(dialled, members, 1)
            until = made.clock.now() + timedelta(seconds=60)
            await made.pool.execute("update contacts set result_until = $1", until)
            report = made.operations.members.report
            async with asyncio.TaskGroup() as group:
                said = [group.create_task(report(dialled, key, Report(True), "me", {})) for _ in range(5)]
            assert sorted(one.result().value for one in said) == ["not wanted"] * 4 + ["taken"]
            assert await made.pool.fetchval("select count(*) from notices") == 1
            document = await made.operations.members.document(dialled, key)
            assert document is not None
            assert len(document["_callback"]) == 4

    asyncio.run(story())


def test_of_two_who_take_a_member_out_one_does(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            dialled = await campaign(made)
            (key,) = await made.operations.members.add(dialled, members, 1)

            async def out() -> bool:
                try:
                    return await made.operations.members.terminate(dialled, key, "me")
                except Over:
                    return False

            async with asyncio.TaskGroup() as group:
                done = [group.create_task(out()) for _ in range(5)]
            assert sum(one.result() for one in done) == 1
            assert await made.pool.fetchval("select count(*) from notices") == 1

    asyncio.run(story())


def test_nobody_is_added_to_a_campaign_that_is_gone(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            dialled = await campaign(made)
            await made.operations.campaigns.remove(made.tenant, "webitel", dialled.number)
            with pytest.raises(NotFound):
                await made.operations.members.add(dialled, members, 3)
            assert await made.pool.fetchval("select count(*) from contacts") == 0
            assert await made.operations.members.page(dialled, Search()) == []
            assert await made.operations.members.report(dialled, "k", Report(True), "me", {}) is Heard.NOBODY

    asyncio.run(story())


def test_a_log_that_is_emptied_begins_anew(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            dialled = await campaign(made)
            (key,) = await made.operations.members.add(dialled, members, 1)
            await made.pool.execute(
                "insert into attempts (id, tenant_id, campaign_id, contact_id, try_number, ordinal, state, digits, number,"
                " trunk, caller, reserved_at) select gen_random_uuid(), tenant_id, campaign_id, id, try_number, 1, 'ended',"
                " '', '', '', '', $1 from contacts",
                made.clock.now() - timedelta(seconds=1),
            )
            await made.pool.execute("update contacts set state = 'done', end_cause = 'MAX_TRY_COUNT'")
            since = datetime(1970, 1, 1, tzinfo=UTC)
            assert await made.operations.members.revive(dialled, since, "root", empty_log=True) == 1
            document = await made.operations.members.document(dialled, key)
            assert document is not None
            (step,) = document["_log"]
            assert step["steps"][0]["data"] == "Reset by root"

    asyncio.run(story())


def test_an_end_is_told_of_with_the_statement_that_others_use(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            dialled = await campaign(made)
            await made.operations.members.add(dialled, members, 2)
            tell = statements.load("members.sql")["notice_of_end"]
            ids = [row["id"] for row in await made.pool.fetch("select id from contacts order by id")]
            await made.pool.execute("update contacts set end_cause = 'USER_BUSY', state = 'done' where id = $1", ids[0])
            await made.pool.execute(tell, ids, None, None)
            (notice,) = await made.pool.fetch("select document ->> 'endCause' as cause, document from notices")
            assert notice["cause"] == "USER_BUSY"
            assert "reason" not in notice["document"]

    asyncio.run(story())


def test_a_stopped_campaign_shows_its_calls_and_why_it_stands(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            dialled = await campaign(made)
            await made.operations.standings.start(dialled.id)
            for trunk in ("a", "a", "b"):
                await made.pool.execute(
                    "insert into attempts (id, tenant_id, campaign_id, try_number, ordinal, state, digits, number, trunk,"
                    " caller) values (gen_random_uuid(), $1, $2, 1, 1, 'ringing', '', '', $3, '')",
                    made.tenant,
                    dialled.id,
                    trunk,
                )
            await made.operations.standings.stop(dialled.id)
            stands = (await made.operations.standings.of([dialled]))[dialled.id]
            assert stands.standing.under_way == {"a": 2, "b": 1}
            assert (stands.calls, stands.standing.cause, stands.asleep) == (3, "stopped", False)
            assert stands.standing.counters.started_at is not None
            assert stands.standing.counters.stopped_at is not None

    asyncio.run(story())
