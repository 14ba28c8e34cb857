"""Who may be connected: the switch is believed, and nobody is given to two calls."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from uuid import uuid4

from outdial.core.extension import ExtensionState
from outdial.core.ids import AttemptId, TenantId
from outdial.engine.roster import Roster
from outdial.ports import SwitchDown

TENANT = TenantId(1)
QUEUES = {"2000": ["101", "102"]}


class Switch:
    """A switch that says what it is told to say, after a moment."""

    def __init__(self, **states: ExtensionState) -> None:
        self.states = {name.removeprefix("x"): state for name, state in states.items()}
        self.away = False

    async def extension_states(self, extensions: Collection[str]) -> Mapping[str, ExtensionState]:
        await asyncio.sleep(0)
        if self.away:
            raise SwitchDown("away")
        return {one: self.states.get(one, ExtensionState.UNKNOWN) for one in extensions}

    async def members(self, tenant: TenantId, target: str) -> Sequence[str]:
        return QUEUES.get(target, [target])


async def nobody_rests(tenant: TenantId) -> Collection[str]:
    """Nobody says that they want no call."""
    return ()


def roster(switch: Switch) -> Roster:
    return Roster(switch, switch, nobody_rests)  # type: ignore[arg-type]


def call() -> AttemptId:
    return AttemptId(str(uuid4()))


def test_only_an_idle_extension_is_free() -> None:
    for state in ExtensionState:
        free = asyncio.run(roster(Switch(x101=state)).anybody_free(TENANT, "101"))
        assert free is (state is ExtensionState.IDLE)


def test_the_first_free_member_of_a_queue_is_given_and_the_next_call_gets_the_next() -> None:
    async def story() -> None:
        desk = roster(Switch(x101=ExtensionState.IDLE, x102=ExtensionState.IDLE))
        first = call()
        assert await desk.find(TENANT, "2000", first) == "101"
        assert await desk.find(TENANT, "2000", call()) == "102"
        assert await desk.find(TENANT, "2000", call()) is None
        assert not await desk.anybody_free(TENANT, "101")
        desk.release(first)
        assert await desk.find(TENANT, "101", call()) == "101"

    asyncio.run(story())


def test_two_calls_that_ask_at_once_never_get_the_same_extension() -> None:
    async def story() -> list[str | None]:
        desk = roster(Switch(x101=ExtensionState.IDLE))
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(desk.find(TENANT, "101", call())) for _ in range(20)]
        return [one.result() for one in asked]

    found = asyncio.run(story())
    assert found.count("101") == 1
    assert found.count(None) == 19


def test_a_switch_that_is_away_has_nobody() -> None:
    switch = Switch(x101=ExtensionState.IDLE)
    switch.away = True
    assert asyncio.run(roster(switch).find(TENANT, "101", call())) is None


def test_what_no_switch_may_dial_is_not_even_asked_about() -> None:
    assert not asyncio.run(roster(Switch()).anybody_free(TENANT, "101&SIP/evil"))


def test_an_extension_of_a_call_taken_up_again_is_not_free() -> None:
    async def story() -> None:
        desk = roster(Switch(x101=ExtensionState.IDLE))
        desk.keep("101", call())
        assert not await desk.anybody_free(TENANT, "101")

    asyncio.run(story())
