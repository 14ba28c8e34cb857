"""What every store must do for the engine: the suite for `outdial.ports.Dialling` and `MemberDialling`.

A shop is a store with a tenant, a script and one running campaign; what the suite looks at it asks of the ports alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from uuid import uuid4

import pytest

from outdial.core.agent import Agent, AgentState, AgentStatus, Tally
from outdial.core.assistant import Speaker
from outdial.core.calendar import Openings
from outdial.core.call import Call, Connection, Plan, State
from outdial.core.campaign import Campaign
from outdial.core.contact import Due, NewContact
from outdial.core.ids import AttemptId, ContactId, TenantId
from outdial.core.member import NewMember
from outdial.core.member_calls import settlement
from outdial.core.members import MemberOrder, MemberRules, Mode
from outdial.core.number import Number, NumberType, Range, begun, open_ranges
from outdial.core.outcome import Outcome
from outdial.core.script.nodes import COMPLETED, Connect, Script
from outdial.core.settlement import Member, MemberRule, expired
from outdial.core.transcript import Turn
from outdial.ports import (
    AgentTally,
    Dialling,
    DueMember,
    Entry,
    MemberDialling,
    MemberEnd,
    MemberReservation,
    NotInCharge,
    Reservation,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SCRIPT = Script("connect", {"connect": Connect("", wait_seconds=10.0)})
HOME = NumberType("home", "Home", (Range(540, 600, 2, 5),))
RULES = MemberRules(mode=Mode.PREDICTIVE, rule=MemberRule(3, 60.0, needs_agent=True), types=(HOME,))


QUESTION = Turn(
    position=1, said_at=NOW, who=Speaker.OUTDIAL, text="Удобно?", block="ask", interrupted=True, gap_seconds=0.5
)
ANSWER = Turn(
    position=2,
    said_at=NOW + timedelta(seconds=2),
    who=Speaker.CALLEE,
    text="да",
    block="ask",
    confidence=0.75,
    alternatives=("дай", "дал"),
)
KEYS = Turn(position=3, said_at=NOW + timedelta(seconds=3), who=Speaker.CALLEE, text="", block="ask", keys="1#")


class Store(Protocol):
    """A shop's store, and how things come in there that no engine brings."""

    dialling: Dialling
    members: MemberDialling
    tenant: TenantId
    campaign: Campaign

    async def add_members(self, members: Sequence[NewMember]) -> None: ...

    async def add_agent(self, key: str) -> None: ...

    async def lose_charge(self) -> None: ...

    async def talk_of(self, attempt: AttemptId) -> tuple[list[Turn], Mapping[str, str]]: ...


Shop = Callable[[MemberRules | None, Sequence[NewContact]], AbstractAsyncContextManager[Store]]
"""A fresh store whose charge is held; without rules the campaign's contacts have one number each."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine's part in the stories."""

    store: Store

    @property
    def rules(self) -> MemberRules:
        assert self.store.campaign.settings.members is not None
        return self.store.campaign.settings.members

    async def add(self, *members: Sequence[Number], priority: int = 0, expires_at: datetime | None = None) -> None:
        """Members with these numbers, in this order."""
        await self.store.add_members(
            [
                NewMember(
                    key=uuid4().hex[:24],
                    numbers=tuple((number, {}) for number in numbers),
                    priority=priority,
                    expires_at=expires_at,
                )
                for numbers in members
            ]
        )

    async def due(self, now: datetime = NOW, limit: int = 100, offset: int = 0) -> list[DueMember]:
        open = open_ranges(self.rules.types, now)
        return await self.store.members.due(self.store.campaign, now, open, limit, offset)

    async def names(self, now: datetime = NOW) -> str:
        """Who is due, by the descriptions of their first numbers."""
        return "".join(one.numbers[0].description for one in await self.due(now))

    async def reserve(self, due: DueMember, now: datetime = NOW) -> tuple[AttemptId, Member] | None:
        """Win a member for a call to its first number; None when it is not won."""
        open = open_ranges(self.rules.types, now)
        numbers = begun(due.numbers, due.numbers[0].position, open, now, by_number=False)
        standing = replace(due.standing, attempts=due.standing.attempts + 1, numbers=numbers)
        wanted = MemberReservation(
            attempt=AttemptId(str(uuid4())),
            contact=due.contact,
            position=due.numbers[0].position,
            standing=standing,
            trunk="carrier",
            number=due.numbers[0].digits,
            caller="",
            seen_at=due.seen_at,
        )
        assert self.store.campaign.settings.script is not None
        won = await self.store.members.reserve(self.store.campaign, (self.store.campaign.settings.script, 1), [wanted])
        return (wanted.attempt, standing) if won else None

    async def end(
        self,
        won: tuple[AttemptId, Member] | None,
        outcome: Outcome,
        connection: Connection | None = None,
        at: datetime = NOW,
    ) -> None:
        """The call is over."""
        assert won is not None
        attempt, standing = won
        plan = Plan("carrier", "1", "", 45.0, SCRIPT, {})
        call = Call(attempt, plan, State.ENDED, outcome=outcome, connection=connection, sip_code=486)
        answered = outcome is Outcome.ANSWERED
        settled = settlement(
            *(self.rules, standing, standing.numbers[0].position, call, at), answered=answered, talk_seconds=10.0
        )
        end = MemberEnd(settlement=settled, wait_seconds=1.0, campaign=self.store.campaign.id)
        times = {"answered_at": at if answered else None, "ended_at": at}
        await self.store.dialling.save([Entry(call=call, member=end, agent="101", **times)])

    async def call(
        self, name: str, outcome: Outcome, connection: Connection | None = None, at: datetime = NOW
    ) -> ContactId:
        """One whole call to the member of that name."""
        (due,) = [one for one in await self.due() if one.numbers[0].description == name]
        await self.end(await self.reserve(due), outcome, connection, at)
        return due.contact


def number(name: str = "", position: int = 0, type: str | None = None) -> Number:
    """A number of a member; the name stands in its description."""
    return Number(position, f"7000{position:07d}", type, description=name)


def contact(key: str, **more: object) -> NewContact:
    """A contact with one number."""
    return NewContact(key=key, digits=f"7000010{ord(key):04d}", **more)  # type: ignore[arg-type]


def tell(
    shop: Shop,
    story: Callable[[Engine], Awaitable[None]],
    rules: MemberRules | None = RULES,
    contacts: Sequence[NewContact] = (),
) -> None:
    """Let a story happen on a fresh store."""

    async def told() -> None:
        async with shop(rules, contacts) as store:
            await story(Engine(store))

    asyncio.run(told())


class DiallingContract:
    """A subclass has a fixture `shop`."""

    # ---------------------------------------------------------------------------------------------------- talks

    def test_what_was_said_and_collected_is_kept_with_the_call_each_turn_once(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            store = engine.store
            (due,) = await store.dialling.due(store.campaign.id, datetime.now(UTC), 1)
            call = Call(AttemptId(str(uuid4())), Plan("carrier", "1", "", 45.0, SCRIPT, {}))
            assert store.campaign.settings.script is not None
            reservation = Reservation(attempt=call.attempt, contact=due.contact, trunk="carrier", number="1", caller="")
            await store.dialling.reserve(store.campaign, (store.campaign.settings.script, 1), [reservation])
            assert await store.talk_of(call.attempt) == ([], {})

            call = replace(call, state=State.IN_SCRIPT, outcome=Outcome.ANSWERED)
            await store.dialling.save([Entry(call=call, turns=(QUESTION, ANSWER))])
            call = replace(call, collected={"agreed": "да"})
            await store.dialling.save([Entry(call=call, turns=(replace(ANSWER, text="later"), KEYS))])
            ended = replace(call, state=State.ENDED, collected={})
            await store.dialling.save([Entry(call=ended, ended_at=NOW)])
            assert await store.talk_of(call.attempt) == ([QUESTION, ANSWER, KEYS], {"agreed": "да"})
            await store.dialling.save([Entry(call=call, turns=(replace(KEYS, position=4),))])
            assert len((await store.talk_of(call.attempt))[0]) == 3

        tell(shop, story, None, [contact("a")])

    # --------------------------------------------------------------------------------------------------- members

    @pytest.mark.parametrize(
        ("order", "found"),
        [(MemberOrder.NEXT_TRIES, "10342"), (MemberOrder.STRICT, "34201")],
        ids=lambda each: str(each),
    )
    def test_members_come_in_the_order_of_the_campaign(self, shop: Shop, order: MemberOrder, found: str) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0")], [number("1")], [number("2")])
            await engine.add([number("3")], [number("4")], priority=5)
            await engine.call("0", Outcome.BUSY, at=NOW - timedelta(hours=2))
            await engine.call("1", Outcome.BUSY, at=NOW - timedelta(hours=1))
            assert await engine.names() == found
            assert [one.numbers[0].description for one in await engine.due(limit=2, offset=1)] == list(found[1:3])

        tell(shop, story, replace(RULES, order=order))

    def test_a_member_is_due_again_when_its_time_has_come(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0")])
            assert await engine.store.members.left(engine.store.campaign.id) == (1, 0, datetime.fromtimestamp(0, UTC))
            await engine.call("0", Outcome.BUSY)
            assert await engine.names(NOW + timedelta(seconds=59)) == ""
            assert await engine.names(NOW + timedelta(seconds=60)) == "0"
            assert await engine.store.members.left(engine.store.campaign.id) == (1, 0, NOW + timedelta(seconds=60))

        tell(shop, story)

    def test_numbers_are_called_within_the_hours_of_their_type_so_often_as_it_says(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("h", 0, "home")], [number("o", 0, "office")], [number("n")], [number("e", 0, "")])
            assert await engine.names() == "hne"
            assert await engine.names(NOW + timedelta(hours=1)) == "ne"
            for minutes in (60, 50):
                await engine.call("h", Outcome.BUSY, at=NOW - timedelta(minutes=minutes))
            assert await engine.names() == "ne"
            assert await engine.names(NOW + timedelta(days=1)) == "hne"

        tell(shop, story)

    def test_a_member_is_won_once_and_only_as_it_was_seen(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0")], [number("1")])
            first, second = await engine.due()
            assert await engine.reserve(first) is not None
            assert await engine.reserve(first) is None
            await engine.call("1", Outcome.BUSY, at=NOW - timedelta(hours=1))
            assert await engine.reserve(second) is None
            (again,) = await engine.due()
            assert again.standing.attempts == 1
            assert await engine.reserve(again) is not None
            assert await engine.due() == []

        tell(shop, story)

    def test_whoever_lost_the_charge_changes_nothing(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0")], [number("1")])
            waiting, in_call = await engine.due()
            won = await engine.reserve(in_call)
            await engine.store.lose_charge()
            with pytest.raises(NotInCharge):
                await engine.reserve(waiting)
            with pytest.raises(NotInCharge):
                await engine.end(won, Outcome.BUSY)
            with pytest.raises(NotInCharge):
                await engine.store.members.settle(
                    {waiting.contact: expired(waiting.standing)}, "expire", "", awaited=False
                )
            assert await engine.store.members.close(engine.store.campaign.id, "complete") is False
            assert (await engine.due())[0].standing == waiting.standing
            assert len(await engine.store.dialling.open_attempts()) == 1

        tell(shop, story)

    def test_the_end_of_a_call_is_settled_and_counted(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0")], [number("1")], [number("2")])
            await engine.call("0", Outcome.BUSY)
            await engine.call("1", Outcome.ANSWERED, Connection.JOINED)
            await engine.call("2", Outcome.ANSWERED, Connection.NOBODY_FREE)
            assert await engine.names(NOW + timedelta(hours=1)) == "0"
            left, busy, _ = await engine.store.members.left(engine.store.campaign.id)
            assert (left, busy) == (1, 0)
            (counters,) = (await engine.store.members.counters([engine.store.campaign])).values()
            assert (counters.calls, counters.connected, counters.bridged) == (3, 2, 1)
            assert (counters.abandoned, counters.failed, counters.succeeded) == (1, 1, 1)
            assert counters.wait_seconds == pytest.approx(3.0)
            assert await engine.store.dialling.open_attempts() == []

        tell(shop, story)

    def test_an_attempt_that_is_given_back_leaves_no_trace_on_the_member(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0", 0, "home")])
            await engine.call("0", Outcome.AGENT_UNREACHED, Connection.NO_ANSWER)
            (again,) = await engine.due(NOW + timedelta(seconds=1))
            assert (again.standing.attempts, again.numbers[0].attempts, again.numbers[0].range_attempts) == (0, 0, 0)
            counted = await engine.store.members.counters([engine.store.campaign])
            assert all(counters.calls == 0 for counters in counted.values())

        tell(shop, story)

    def test_a_result_is_waited_for_and_settled_when_it_stays_out(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0")])
            called = await engine.call("0", Outcome.ANSWERED, Connection.JOINED)
            assert await engine.due(NOW + timedelta(hours=1)) == []
            left, busy, _ = await engine.store.members.left(engine.store.campaign.id)
            assert (left, busy) == (1, 1)
            assert await engine.store.members.results_due(NOW + timedelta(seconds=29), 10) == []
            (late,) = await engine.store.members.results_due(NOW + timedelta(seconds=30), 10)
            assert (late.contact, late.agent, late.position, late.report) == (called, "101", 0, None)
            assert late.rules == engine.rules
            over = expired(late.standing)
            settle = engine.store.members.settle
            assert await settle({called: over}, "expire", "system", awaited=False) == set()
            assert await settle({called: over}, "callback", "system", awaited=True) == {called}
            assert await settle({called: over}, "callback", "system", awaited=True) == set()
            assert await engine.store.members.left(engine.store.campaign.id) == (0, 0, None)

        rule = MemberRule(3, 60.0, needs_agent=True, result_seconds=30.0)
        tell(shop, story, replace(RULES, rule=rule))

    def test_a_crash_leaves_what_the_next_process_needs(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0"), number("1", 1)])
            (due,) = await engine.due()
            won = await engine.reserve(due)
            assert won is not None
            (left,) = await engine.store.dialling.open_attempts()
            assert (left.call.attempt, left.standing) == won
            assert (left.rules, left.position, left.digits) == (engine.rules, 0, "70000000000")
            assert (left.call.state, left.call.plan.trunk) == (State.RESERVED, "carrier")

        tell(shop, story)

    def test_the_time_of_members_runs_out(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0")], expires_at=NOW)
            await engine.add([number("1")], expires_at=NOW + timedelta(seconds=1))
            assert await engine.names() == "1"
            over = await engine.store.members.expired(NOW, 10)
            assert len(over) == 1
            everybody = await engine.store.members.waiting(engine.store.campaign.id, ContactId(0), 10)
            assert list(everybody) == sorted(everybody)
            assert len(everybody) == 2
            last = max(everybody)
            assert await engine.store.members.waiting(engine.store.campaign.id, last, 10) == {}

        tell(shop, story)

    def test_a_campaign_is_closed_once_and_wins_nobody_then(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0")])
            (due,) = await engine.due()
            assert [one.id for one in await engine.store.dialling.running()] == [engine.store.campaign.id]
            assert await engine.store.members.close(engine.store.campaign.id, "complete") is True
            assert await engine.store.members.close(engine.store.campaign.id, "complete") is False
            assert await engine.store.dialling.running() == []
            assert await engine.reserve(due) is None

        tell(shop, story)

    def test_a_new_day_counts_anew_where_that_is_wanted(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            await engine.add([number("0")], [number("1")])
            campaign, members = engine.store.campaign, engine.store.members

            async def calls() -> int:
                return (await members.counters([campaign]))[campaign.id].calls

            assert await members.new_day(campaign.id, date(2026, 3, 2), reset=True) is False
            await engine.call("0", Outcome.BUSY)
            await members.aim(campaign.id, 120, 7)
            assert await members.new_day(campaign.id, date(2026, 3, 2), reset=True) is False
            assert await calls() == 1
            assert await members.new_day(campaign.id, date(2026, 3, 3), reset=False) is True
            counters = (await members.counters([campaign]))[campaign.id]
            assert (counters.calls, counters.adjust, counters.target) == (1, 120, 7)
            await members.new_day(campaign.id, date(2026, 3, 4), reset=True)
            counters = (await members.counters([campaign]))[campaign.id]
            assert (counters.calls, counters.adjust, counters.target) == (0, 0, 0)
            assert counters.day == date(2026, 3, 4)

        tell(shop, story)

    def test_what_a_pacer_learnt_is_kept(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            members, campaign = engine.store.members, engine.store.campaign.id
            assert await members.learnt(campaign) == {}
            for learnt in ({"answers": [1.5, 2.0], "price": 0.05}, {"price": 0.07}):
                await members.learn(campaign, learnt)
                assert await members.learnt(campaign) == learnt

        tell(shop, story)

    def test_what_calls_leave_on_agents_is_kept_and_what_they_want_is_theirs(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            store = engine.store
            for key in ("102", "101"):
                await store.add_agent(key)
            assert [agent.key for _, agent in await store.members.agents()] == ["101", "102"]
            (_, first), (_, second) = await store.members.agents()
            busy = replace(first, state=AgentState.IN_CALL, status=AgentStatus.LOGGED_OUT, calls_answered=3)
            tired = replace(second, state=AgentState.RESERVED, no_answers=2)
            tally = AgentTally(
                campaign=store.campaign.id, tenant=store.tenant, key="101", tally=Tally(calls=4, talk_seconds=9.0)
            )
            await store.members.save_agents(
                [(store.tenant, busy), (store.tenant, tired)], [(store.tenant, "102")], [tally]
            )
            (_, first), (_, second) = await store.members.agents()
            assert (first.state, first.status, first.calls_answered) == (AgentState.IN_CALL, AgentStatus.AVAILABLE, 3)
            assert (second.status, second.no_answers) == (AgentStatus.ON_BREAK, 2)
            assert await store.members.tallies([store.campaign.id]) == [tally]
            await store.members.free_agents([(store.tenant, "102")])
            states = [agent.state for _, agent in await store.members.agents()]
            assert states == [AgentState.WAITING, AgentState.RESERVED]

        tell(shop, story)

    # ------------------------------------------------------------------------------------- contacts with one number

    def test_contacts_come_by_their_time_where_it_is_open(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            dialling, campaign = engine.store.dialling, engine.store.campaign.id
            assert _names(await dialling.due(campaign, NOW, 10)) == "bdca"
            assert _names(await dialling.due(campaign, NOW, 2)) == "bd"
            home = Openings(True, frozenset())
            assert _names(await dialling.due(campaign, NOW, 10, home)) == "bca"
            assert _names(await dialling.due(campaign, NOW, 10, Openings(False, frozenset({180})))) == "d"
            assert await dialling.somebody_due(campaign, NOW, Openings(False, frozenset({60}))) is False
            assert await dialling.somebody_due(campaign, NOW - timedelta(days=1)) is False
            assert await dialling.somebody_due(campaign, NOW, home) is True

        contacts = [
            contact("a", due_at=NOW),
            contact("b", due_at=NOW - timedelta(hours=2)),
            contact("c", due_at=NOW - timedelta(hours=1)),
            contact("d", due_at=NOW - timedelta(hours=1, minutes=1), offset_minutes=180),
            contact("e", due_at=NOW + timedelta(seconds=1)),
        ]
        tell(shop, story, None, contacts)

    def test_whoever_waits_for_a_later_time_is_done_when_the_time_of_the_campaign_is_over(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            dialling, campaign = engine.store.dialling, engine.store.campaign.id
            waiting = await dialling.due(campaign, datetime(9999, 1, 1, tzinfo=UTC), 10)
            assert _names(waiting) == "ab"
            await dialling.settle_undialled(campaign, [one.contact for one in waiting], Outcome.EXPIRED)
            assert await dialling.somebody_due(campaign, NOW + timedelta(days=9)) is False
            assert await dialling.close_finished([campaign]) == [campaign]

        contacts = [contact("a", due_at=NOW), contact("b", due_at=NOW + timedelta(days=1), offset_minutes=600)]
        tell(shop, story, None, contacts)

    def test_of_a_client_s_numbers_one_is_on_the_line_and_one_success_is_enough(self, shop: Shop) -> None:
        async def story(engine: Engine) -> None:
            dialling, campaign = engine.store.dialling, engine.store.campaign.id
            ids = await _ids(engine)
            (attempt,) = await _reserve(engine, ids["a"])
            assert _names(await dialling.due(campaign, NOW, 10)) == "c"
            assert await _reserve(engine, ids["b"]) == []
            await _end(engine, attempt, Outcome.BUSY, retry_at=NOW + timedelta(minutes=1))
            assert _names(await dialling.due(campaign, NOW, 10)) == "bc"
            (attempt,) = await _reserve(engine, ids["b"])
            await _end(engine, attempt, Outcome.ANSWERED, goals=(COMPLETED,))
            assert _names(await dialling.due(campaign, NOW + timedelta(hours=1), 10)) == "c"
            assert await dialling.close_finished([campaign]) == []
            await dialling.settle_undialled(campaign, [ids["c"]], Outcome.NO_ROUTE)
            assert await dialling.close_finished([campaign]) == [campaign]
            assert await dialling.running() == []

        contacts = [
            contact("a", due_at=NOW - timedelta(hours=3), client="anna"),
            contact("b", due_at=NOW - timedelta(hours=2), client="anna"),
            contact("c", due_at=NOW - timedelta(hours=1)),
        ]
        tell(shop, story, None, contacts)


def _names(due: Sequence[Due]) -> str:
    return "".join(chr(int(one.digits[-4:])) for one in due)


async def _ids(engine: Engine) -> dict[str, ContactId]:
    """The contacts that are due, by their names."""
    due = await engine.store.dialling.due(engine.store.campaign.id, NOW, 100)
    return {_names([one]): one.contact for one in due}


async def _reserve(engine: Engine, wanted: ContactId) -> list[AttemptId]:
    """Win a contact; empty when it is not won."""
    campaign = engine.store.campaign
    reservation = Reservation(attempt=AttemptId(str(uuid4())), contact=wanted, trunk="carrier", number="1", caller="")
    return list(await engine.store.dialling.reserve(campaign, None, [reservation]))


async def _end(
    engine: Engine,
    attempt: AttemptId,
    outcome: Outcome,
    *,
    goals: tuple[str, ...] = (),
    retry_at: datetime | None = None,
) -> None:
    plan = Plan("carrier", "1", "", 45.0, SCRIPT, {})
    call = Call(attempt, plan, State.ENDED, outcome=outcome, goals=goals)
    await engine.store.dialling.save([Entry(call=call, ended_at=NOW, retry_at=retry_at)])


def agent(key: str) -> Agent:
    """An agent who is at work."""
    return Agent(key, key, AgentStatus.AVAILABLE, AgentState.WAITING)
