"""Campaigns of members in the store: who is due as the core has it, who is won, and what a call's end leaves there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outdial.core.call import Call, Connection, Plan, State
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.ids import AttemptId, ScriptId, TenantId
from outdial.core.member import NewMember
from outdial.core.member_calls import settlement
from outdial.core.members import MemberOrder, MemberRules, Mode
from outdial.core.number import Number, NumberType, Range, begun, open_ranges, qualifies
from outdial.core.outcome import Outcome
from outdial.core.script.nodes import Connect, Script
from outdial.core.settlement import Member, MemberRule
from outdial.drivers.postgres.campaigns import PostgresCampaigns
from outdial.drivers.postgres.dialling import PostgresDialling
from outdial.drivers.postgres.member_dialling import PostgresMemberDialling
from outdial.drivers.postgres.members import PostgresMembers
from outdial.drivers.postgres.pool import open_pool
from outdial.drivers.postgres.scripts import PostgresScripts
from outdial.ports import DueMember, Entry, MemberEnd, MemberReservation, NotInCharge

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SCRIPT = Script("connect", {"connect": Connect("", wait_seconds=10.0)})
HOME = NumberType("home", "Home", (Range(540, 600, 2, 5),))
WORK = NumberType("work", "Work", (Range(600, 720, 3, 9),))
RULES = MemberRules(mode=Mode.PREDICTIVE, rule=MemberRule(3, 60.0, needs_agent=True), types=(HOME, WORK))


class Store:
    """A tenant with one running campaign of members."""

    def __init__(self, pool: asyncpg.Pool, dialling: PostgresDialling, tenant: TenantId, campaign: Campaign) -> None:
        self.pool = pool
        self.dialling = dialling
        self.members = PostgresMemberDialling(dialling, pool)
        self.tenant = tenant
        self.campaign = campaign
        self.script: tuple[ScriptId, int] = (campaign.settings.script or ScriptId(0), 1)

    async def add(self, *numbers: Sequence[Number], **changes: Any) -> None:
        """Members with these numbers, in this order."""
        new = [
            NewMember(key=uuid4().hex[:24], numbers=tuple((number, {}) for number in each), **changes)
            for each in numbers
        ]
        await PostgresMembers(self.pool).add(self.campaign.id, self.tenant, new)

    async def worn(self, *numbers: Sequence[Number]) -> None:
        """Let calls have left on the members, in their order, what these numbers say."""
        contacts = [row["id"] for row in await self.pool.fetch("select id from contacts order by id")]
        marks = [
            (contact, one.position, one.open, one.range_id, one.range_attempts)
            for contact, each in zip(contacts, numbers, strict=True)
            for one in each
        ]
        statement = (
            "update numbers set open = $3, range_id = $4, range_attempts = $5 where contact_id = $1 and position = $2"
        )
        await self.pool.executemany(statement, marks)

    async def due(self, now: datetime = NOW, limit: int = 100) -> list[DueMember]:
        """Who may be called at a moment."""
        return await self.members.due(self.campaign, now, open_ranges(RULES.types, now), limit)

    async def reserve(self, due: DueMember, now: datetime = NOW) -> tuple[AttemptId, Member] | None:
        """Win a member for a call to its first number; None when it is not won."""
        open = open_ranges(RULES.types, now)
        numbers = begun(due.numbers, due.numbers[0].position, open, now, by_number=False)
        standing = replace(due.standing, attempts=due.standing.attempts + 1, numbers=numbers)
        attempt = AttemptId(str(uuid4()))
        wanted = MemberReservation(
            attempt=attempt,
            contact=due.contact,
            position=due.numbers[0].position,
            standing=standing,
            trunk="carrier",
            number=due.numbers[0].digits,
            caller="",
            seen_at=due.seen_at,
        )
        won = await self.members.reserve(self.campaign, self.script, [wanted])
        return (attempt, standing) if attempt in won else None

    async def end(
        self, attempt: AttemptId, standing: Member, outcome: Outcome, connection: Connection | None = None
    ) -> None:
        """The call is over."""
        plan = Plan("carrier", "1", "", 45.0, SCRIPT, {})
        call = Call(attempt, plan, State.ENDED, outcome=outcome, connection=connection, sip_code=486)
        answered = outcome is Outcome.ANSWERED
        settled = settlement(
            *(self.rules, standing, standing.numbers[0].position, call, NOW), answered=answered, talk_seconds=10.0
        )
        end = MemberEnd(settlement=settled, wait_seconds=1.0, campaign=self.campaign.id)
        times = {"answered_at": NOW if answered else None, "ended_at": NOW}
        await self.dialling.save([Entry(call=call, member=end, agent="101", **times)])

    @property
    def rules(self) -> MemberRules:
        """The campaign's rules of members."""
        assert self.campaign.settings.members is not None
        return self.campaign.settings.members

    async def row(self, sql: str, *arguments: object) -> asyncpg.Record:
        """One row of the store."""
        return await self.pool.fetchrow(sql, *arguments)


Story = Callable[[Store], Awaitable[None]]


def play(dsn: str, story: Story, rules: MemberRules = RULES) -> None:
    """Let a story happen on a fresh store."""

    async def told() -> None:
        pool = await open_pool(dsn)
        dialling = PostgresDialling(dsn, pool)
        try:
            assert await dialling.take_charge()
            tenant = TenantId(
                await pool.fetchval("insert into tenants (name, time_zone) values ('t', 'UTC') returning id")
            )
            script = await PostgresScripts(pool).create(tenant, "webitel", 1, "s", None, SCRIPT, {})
            wanted = CampaignSettings(
                name="c", state=CampaignState.RUNNING, script=script.id, lines=10, calls_per_second=0, members=rules
            )
            campaign = await PostgresCampaigns(pool, {}).save(tenant, "webitel", None, "k", wanted, None)
            await story(Store(pool, dialling, tenant, campaign))
        finally:
            await dialling.yield_charge()
            await pool.close()

    asyncio.run(told())


def number(position: int = 0, type: str | None = None, **more: Any) -> Number:
    """A number of a member."""
    return Number(position, f"7000{position:07d}", type, **more)


NUMBERS = st.lists(
    st.builds(
        dict,
        type=st.sampled_from([None, "", "home", "work", "unknown"]),
        open=st.booleans(),
        range_id=st.sampled_from(["", "2_540_600", "1_540_600", "2_600_720"]),
        range_attempts=st.integers(0, 3),
    ),
    min_size=1,
    max_size=3,
)


def test_the_store_calls_due_whom_the_core_lets_be_called(databases: Any) -> None:
    @settings(max_examples=4, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.lists(NUMBERS, min_size=20, max_size=60), st.sampled_from([0, 539, 540, 570, 599, 600, 650, 719, 720]))
    def law(members: list[list[dict[str, Any]]], minute: int) -> None:
        now = NOW.replace(hour=0, minute=0) + timedelta(minutes=minute)
        made = [tuple(number(position, **one) for position, one in enumerate(each)) for each in members]

        async def story(store: Store) -> None:
            await store.add(*made)
            await store.worn(*made)
            open = open_ranges(RULES.types, now)
            # Of an unknown type alone nobody is called; the store may offer such a member, and the core then passes it over.
            wanted = [each for each in made if qualifies(each, RULES.types, open, lambda _: True)]
            offered = [one.numbers for one in await store.due(now)]
            assert [each for each in offered if qualifies(each, RULES.types, open, lambda _: True)] == wanted
            assert len(offered) == len(wanted)

        with databases.fresh() as dsn:
            play(dsn, story)

    law()


def test_a_member_is_won_once_and_only_as_it_was_seen(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.add([number()], [number()])
        first, second = await store.due()
        assert await store.reserve(first) is not None
        assert await store.reserve(first) is None
        await store.pool.execute("update contacts set changed_at = clock_timestamp() where id = $1", second.contact)
        assert await store.reserve(second) is None
        (again,) = await store.due()
        assert await store.reserve(again) is not None
        assert await store.due() == []

    play(database_url, story)


def test_whoever_lost_the_charge_wins_nobody(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.add([number()])
        (due,) = await store.due()
        await store.pool.execute("update dialling_charge set fence = fence + 1")
        with pytest.raises(NotInCharge):
            await store.reserve(due)

    play(database_url, story)


@pytest.mark.parametrize("order", list(MemberOrder))
def test_members_come_in_the_order_of_the_campaign(database_url: str, order: MemberOrder) -> None:
    async def story(store: Store) -> None:
        for index in range(4):
            await store.add([number(0, description=str(index))], priority=5 if index == 3 else 0)
        tried = "update contacts set next_try_at = $2, last_call_at = $2 where id = $1"
        by_name = {one.numbers[0].description: one.contact for one in await store.due()}
        await store.pool.execute(tried, by_name["0"], NOW - timedelta(hours=2))
        await store.pool.execute(tried, by_name["1"], NOW - timedelta(hours=1))
        found = "".join(one.numbers[0].description for one in await store.due())
        assert found == {MemberOrder.NEXT_TRIES: "1032", MemberOrder.STRICT: "3201"}[order]

    play(database_url, story, replace(RULES, order=order))


def test_a_call_s_end_is_settled_counted_and_told(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.add([number()], [number()])
        busy, joined = await store.due()
        for due, outcome, connection in (
            (busy, Outcome.BUSY, None),
            (joined, Outcome.ANSWERED, Connection.JOINED),
        ):
            won = await store.reserve(due)
            assert won is not None
            await store.end(*won, outcome, connection)
        row = await store.row("select * from contacts where id = $1", busy.contact)
        assert (row["state"], row["attempts_made"], row["end_cause"]) == ("waiting", 1, "")
        assert row["next_try_at"] == NOW + timedelta(seconds=60)
        row = await store.row("select * from contacts where id = $1", joined.contact)
        assert (row["state"], row["end_cause"], row["succeeded"]) == ("done", "NORMAL_CLEARING", True)
        assert not (await store.row("select open from numbers where contact_id = $1", joined.contact))["open"]
        attempt = await store.row("select * from attempts where contact_id = $1", joined.contact)
        assert (attempt["cause"], attempt["agent"], attempt["succeeded"]) == ("NORMAL_CLEARING", "101", True)
        (counters,) = (await store.members.counters([store.campaign])).values()
        assert (counters.calls, counters.bridged, counters.connected, counters.failed) == (2, 1, 1, 1)
        notices = [json.loads(row["document"]) for row in await store.pool.fetch("select document from notices")]
        assert [notice["endCause"] for notice in notices] == ["NORMAL_CLEARING"]

    play(database_url, story)


def test_an_attempt_that_is_given_back_leaves_no_trace_on_the_member(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.add([number(0, "home")])
        (due,) = await store.due()
        won = await store.reserve(due)
        assert won is not None
        await store.end(*won, Outcome.AGENT_UNREACHED, Connection.NO_ANSWER)
        (again,) = await store.due(NOW + timedelta(seconds=1))
        assert (again.standing.attempts, again.numbers[0].attempts, again.numbers[0].range_attempts) == (0, 0, 0)
        assert (
            await store.members.counters([store.campaign]) == {}
            or (await store.members.counters([store.campaign]))[store.campaign.id].calls == 0
        )

    play(database_url, story)


def test_a_result_reported_during_the_call_stands(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.add([number()])
        (due,) = await store.due()
        won = await store.reserve(due)
        assert won is not None
        report = json.dumps({"success": True})
        await store.pool.execute("update contacts set report = $2 where id = $1", due.contact, report)
        await store.end(*won, Outcome.ANSWERED, Connection.RINGING)  # the callee did not wait for the agent
        (result,) = await store.members.results_due(datetime.now(UTC), 10)
        assert (result.contact, result.agent) == (due.contact, "101")
        assert result.report is not None
        assert result.report.success

    play(database_url, story)


def test_a_crash_leaves_what_the_next_process_needs(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.add([number(), number(1)])
        (due,) = await store.due()
        won = await store.reserve(due)
        assert won is not None
        (left,) = await store.dialling.open_attempts()
        assert (left.call.attempt, left.rules, left.position) == (won[0], RULES, 0)
        assert left.standing == won[1]

    play(database_url, story)


def test_the_time_of_members_runs_out(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.add([number()], expires_at=NOW - timedelta(seconds=1))
        await store.add([number()], expires_at=NOW + timedelta(seconds=1))
        assert len(await store.due()) == 1
        over = await store.members.expired(NOW, 10)
        assert len(over) == 1

    play(database_url, story)


def test_a_new_day_begins_new_counts_and_a_restart_does_not(database_url: str) -> None:
    async def story(store: Store) -> None:
        today, tomorrow, id = NOW.date(), NOW.date() + timedelta(days=1), store.campaign.id

        async def calls() -> int:
            return (await store.members.counters([store.campaign]))[id].calls

        assert not await store.members.new_day(id, today, reset=True)
        await store.pool.execute("update campaign_counters set calls = 5")
        assert not await store.members.new_day(id, today, reset=True)
        assert await calls() == 5
        assert await store.members.new_day(id, tomorrow, reset=False)
        assert await calls() == 5
        assert await store.members.new_day(id, today, reset=True)
        assert await calls() == 0

    play(database_url, story)
