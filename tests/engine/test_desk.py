"""Agents at the desk: who is offered which call, who waits for whom, and what that leaves on agents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agents import TENANT, Agents, StandingClock, team
from outdial.core.agent import AgentRules, AgentState, AgentStatus
from outdial.core.extension import Connection, ExtensionState
from outdial.core.ids import AttemptId, CampaignId
from outdial.engine.desk import Desk, Strength, Team
from outdial.engine.roster import Roster

ALL = ("100", "101", "102")


def attempt(number: int) -> AttemptId:
    """The id of a call."""
    return AttemptId(str(UUID(int=number)))


class Floor:
    """A desk with its agents, and what each call was told."""

    def __init__(self, agents: Agents) -> None:
        self.agents = agents
        self.clock = StandingClock()
        self.roster = Roster(agents, agents, lambda tenant: self.desk.resting(tenant))  # type: ignore[arg-type]
        self.desk = Desk(agents, agents, self.roster, self.clock, Random(1))  # type: ignore[arg-type]
        self.given: dict[int, str | None] = {}

    async def seek(self, call: int, of: Team, *, wait: bool = True) -> str | None:
        """Seek somebody for a call; whom it was given at once."""

        def found(extension: str | None) -> None:
            self.given[call] = extension

        await self.desk.seek(attempt(call), of, found, wait=wait)
        return self.given.get(call)

    def release(self, call: int, came_to: Connection | None) -> None:
        """A call's agent is needed no more."""
        self.desk.release(attempt(call), came_to)
        self.given.pop(call, None)

    async def look(self) -> None:
        """What the desk does from time to time."""
        self.desk._read_at = None
        await self.desk._write()
        await self.desk._match()


def play(story: Callable[[Floor], Awaitable[None]], *keys: str, rules: AgentRules | None = None) -> None:
    """Let a story happen with agents of these keys."""

    async def told() -> None:
        await story(Floor(Agents(*(keys or ALL), rules=rules)))

    asyncio.run(told())


def test_whoever_is_free_is_given_and_nobody_else_can_have_them() -> None:
    async def story(floor: Floor) -> None:
        first, second = await floor.seek(1, team(1, *ALL)), await floor.seek(2, team(2, *ALL))
        assert {first, second} < set(ALL)
        assert first != second
        assert await floor.desk.strength(team(1, *ALL)) == Strength(available=1, logged_in=3)

    play(story)


def test_an_agent_is_believed_free_only_if_the_switch_says_so_too() -> None:
    async def story(floor: Floor) -> None:
        floor.agents.telephones["100"] = ExtensionState.IN_USE
        floor.agents.telephones["101"] = ExtensionState.UNAVAILABLE
        assert await floor.desk.strength(team(1, *ALL)) == Strength(available=1, logged_in=2)
        assert await floor.seek(1, team(1, *ALL), wait=False) == "102"
        assert await floor.seek(2, team(1, *ALL), wait=False) is None
        floor.agents.away = True
        assert await floor.desk.strength(team(1, *ALL)) == Strength(available=0, logged_in=0)

    play(story)


def test_only_the_campaign_s_own_agents_and_those_with_its_skills_are_offered() -> None:
    async def story(floor: Floor) -> None:
        floor.agents.stored["102"] = replace(floor.agents.stored["102"], skills=frozenset({"english"}))
        assert await floor.seek(1, team(1, skills=["english"]), wait=False) == "102"
        assert await floor.seek(2, team(1, "999", skills=["french"]), wait=False) is None

    play(story)


def test_a_callee_waits_and_is_given_the_next_one_by_priority_and_then_by_order() -> None:
    async def story(floor: Floor) -> None:
        ordinary, urgent = team(1, "100"), team(2, "100", priority=5)
        assert await floor.seek(1, ordinary) == "100"
        for call, of in ((2, ordinary), (3, ordinary), (4, urgent)):
            assert await floor.seek(call, of) is None
        assert floor.desk.waiting_for(CampaignId(1)) == 2
        for call in (1, 4, 2):
            floor.release(call, Connection.JOINED)
            await floor.look()
        assert floor.given == {3: "100"}

    play(story, "100")


def test_a_callee_who_has_left_is_given_nobody() -> None:
    async def story(floor: Floor) -> None:
        await floor.seek(1, team(1, "100"))
        await floor.seek(2, team(1, "100"))
        floor.release(2, None)
        floor.release(1, Connection.JOINED)
        await floor.look()
        assert floor.given == {}
        assert floor.desk.waiting == 0

    play(story, "100")


def test_a_talk_is_followed_by_wrap_up_under_the_campaign_s_rules() -> None:
    async def story(floor: Floor) -> None:
        of = team(1, "100", wrap_up_seconds=20.0)
        await floor.seek(1, of)
        floor.clock.pass_by(3)
        floor.desk.joined(attempt(1))
        await floor.look()
        assert floor.agents.stored["100"].state is AgentState.IN_CALL
        floor.clock.pass_by(60)
        floor.release(1, Connection.JOINED)
        assert await floor.seek(2, of, wait=False) is None
        floor.clock.pass_by(21)
        assert await floor.seek(3, of, wait=False) == "100"
        await floor.look()
        stored, worked = floor.agents.stored["100"], floor.agents.tallies_written[CampaignId(1), "100"].tally
        assert (stored.calls_answered, stored.talk_seconds, stored.state) == (1, 60.0, AgentState.RESERVED)
        assert (worked.bridged, worked.ringing_seconds, worked.talk_seconds) == (1, 3.0, 60.0)

    play(story, "100", rules=AgentRules(wrap_up_seconds=5))


def test_an_agent_whose_result_is_waited_for_is_ready_soon_after_it_is_told() -> None:
    async def story(floor: Floor) -> None:
        of = team(1, "100", result_seconds=60.0)
        await floor.seek(1, of)
        floor.desk.joined(attempt(1))
        floor.release(1, Connection.JOINED)
        floor.clock.pass_by(10)
        assert await floor.seek(2, of, wait=False) is None
        floor.desk.result_given(TENANT, "100")
        floor.clock.pass_by(2)
        assert await floor.seek(3, of, wait=False) == "100"

    play(story, "100")


def test_who_misses_too_many_calls_is_sent_on_a_break_and_comes_back_when_it_says_so() -> None:
    async def story(floor: Floor) -> None:
        of = team(1, "100", most_no_answers=2.0)
        for call in (1, 2):
            assert await floor.seek(call, of, wait=False) == "100"
            floor.release(call, Connection.NO_ANSWER)
            assert await floor.seek(9, of, wait=False) is None
            floor.clock.pass_by(1)
        await floor.look()
        assert floor.agents.stored["100"].status is AgentStatus.ON_BREAK
        assert await floor.seek(3, of, wait=False) is None
        floor.agents.says("100", AgentStatus.AVAILABLE)
        floor.agents.stored["100"] = replace(floor.agents.stored["100"], no_answers=0)
        await floor.look()
        assert await floor.seek(4, of, wait=False) == "100"

    play(story, "100")


def test_a_break_taken_during_a_call_begins_after_it() -> None:
    async def story(floor: Floor) -> None:
        await floor.seek(1, team(1, "100"))
        floor.desk.joined(attempt(1))
        floor.agents.says("100", AgentStatus.ON_BREAK)
        await floor.look()
        floor.release(1, Connection.JOINED)
        await floor.look()
        assert floor.agents.stored["100"].calls_answered == 1
        assert await floor.seek(2, team(1, "100"), wait=False) is None

    play(story, "100")


def test_after_a_restart_only_those_in_calls_that_stand_are_busy() -> None:
    async def story(floor: Floor) -> None:
        for key in ("100", "101"):
            floor.agents.stored[key] = replace(floor.agents.stored[key], state=AgentState.IN_CALL)
        await floor.desk.begin()
        floor.roster.keep("100", attempt(1))
        floor.desk.keep(attempt(1), team(1, *ALL), "100", joined=True)
        await floor.desk.freed()
        assert (await floor.desk.strength(team(1, "100", "101"))).available == 1
        floor.release(1, Connection.JOINED)
        await floor.look()
        assert floor.agents.stored["100"].calls_answered == 1

    play(story)


def test_an_agent_who_rests_is_not_found_at_the_extension_either() -> None:
    async def story(floor: Floor) -> None:
        assert await floor.roster.anybody_free(TENANT, "100")
        floor.agents.says("100", AgentStatus.ON_BREAK)
        await floor.look()
        assert not await floor.roster.anybody_free(TENANT, "100")
        floor.agents.says("100", AgentStatus.LOGGED_OUT)
        await floor.look()
        assert await floor.roster.anybody_free(TENANT, "100")

    play(story)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["seek", "seek", "at once", "release", "release", "join", "look", "time", "says", "telephone"]),
        st.integers(0, 7),
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(STEPS)
def test_no_agent_is_ever_given_to_two_calls(steps: list[tuple[str, int]]) -> None:
    async def story(floor: Floor) -> None:
        teams = (team(1, "100", "101"), team(2, "101", "102", priority=1), team(3, *ALL))
        ends = [*Connection, None]
        calls = 0
        for what, which in steps:
            match what:
                case "seek" | "at once":
                    calls += 1
                    await floor.seek(calls, teams[which % 3], wait=what == "seek")
                case "release" if calls:
                    floor.release(1 + which % calls, ends[(which + calls) % len(ends)])
                case "join" if calls and floor.given.get(1 + which % calls):
                    floor.desk.joined(attempt(1 + which % calls))
                case "look":
                    await floor.look()
                case "time":
                    floor.clock.pass_by(which)
                case "says":
                    floor.agents.says(ALL[which % 3], list(AgentStatus)[which % 4])
                case "telephone":
                    floor.agents.telephones[ALL[which % 3]] = list(ExtensionState)[which % len(ExtensionState)]
                case _:
                    pass
            held = [extension for extension in floor.given.values() if extension]
            assert len(held) == len(set(held))

    play(story)
