"""Calls that ask a service outside, on the switchboard: the mailbox does not wait, and no failure out there ends a call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from drivers.stand_in import Move, StandIn, babbles, hangs_up
from engine.outside import SEAT, TENANT, Outside, board_before
from outdial.core.call import Call, Plan
from outdial.core.commands import WEB, Consult, HangUp, Play, Record, StopRecording
from outdial.core.events import Answered, Consulted, HungUp, KeyPressed, Placed, PromptEnded, Recorded
from outdial.core.ids import AttemptId, Channel, TenantId
from outdial.core.outcome import Outcome
from outdial.core.prompt import Slot, Text
from outdial.core.retry import RetryRule
from outdial.core.script import nodes
from outdial.core.script.nodes import COMPLETED, Ask, Choice, Goal, Request, Say, Script
from outdial.core.web_request import WebQuestion
from outdial.drivers.webhooks.asker import WebAsker
from outdial.engine.consultations import Consultations
from outdial.engine.switchboard import Switchboard
from outdial.ports import ConsultationFailed

POLL = Script(
    "q",
    {
        "q": Ask("1", (Text(("order?",), "ru-RU"),), (Choice("4", "4", "crm"),)),
        "crm": Request("crm", "result", "told", COMPLETED),
        "told": Say((Text(("number ", Slot("result")), "ru-RU"),), COMPLETED),
        COMPLETED: Goal(COMPLETED, None),
    },
)


class Crm:
    """A service that notes who asks, and answers when it is let."""

    def __init__(self, outside: Outside, answer: str | Exception) -> None:
        self.outside = outside
        self.answer = answer
        self.let = asyncio.Event()
        self.let.set()

    async def consult(self, tenant: TenantId, attempt: AttemptId) -> str | None:
        self.outside.note(("asked", tenant, attempt))
        await self.let.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


Story = Callable[[Switchboard, Call, Outside, Crm], Awaitable[None]]


def play(story: Story, answer: str | Exception = "42", script: Script = POLL, service: str = "crm") -> list[object]:
    """Let a call be answered, then the story happen until the call is over; what was noted."""

    async def told() -> list[object]:
        outside = Outside()
        crm = Crm(outside, answer)
        board, journal = board_before(outside, {service: crm})
        call = Call(AttemptId(str(uuid4())), Plan("carrier", "79990000000", "", 45.0, script, {}, recordings="/rec"))
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(journal.run())
            board.open(group, call, SEAT, RetryRule(), 1, Placed(call.channel))
            board.post(Answered(call.channel))
            await story(board, call, outside, crm)
            await board.idle()
            writing.cancel()
        return outside.noted

    return asyncio.run(told())


async def heard_out(board: Switchboard, call: Call, outside: Outside) -> None:
    """The callee hears the last prompt to its end and is hung up."""
    await outside.until(lambda one: isinstance(one, Play) and one.turn == 3)
    board.post(PromptEnded(call.channel, 3))
    await outside.until(lambda one: isinstance(one, HangUp))
    board.post(HungUp(call.channel))


def ended(noted: list[object]) -> Call:
    """The call as it was saved at its end."""
    (call,) = [one for one in noted if isinstance(one, Call)]
    return call


def test_the_service_is_asked_once_the_press_is_saved_and_its_answer_is_said() -> None:
    async def story(board: Switchboard, call: Call, outside: Outside, crm: Crm) -> None:
        board.post(KeyPressed(call.channel, "4"))
        await heard_out(board, call, outside)

    noted = play(story)
    call = ended(noted)
    told = [one for one in noted if isinstance(one, str | tuple)]
    assert told == ["order?", ("4", "4"), ("asked", TENANT, call.attempt), "number 42"]
    assert (call.goals, call.outcome) == ((COMPLETED,), Outcome.ANSWERED)


@pytest.mark.parametrize("answer", [ConsultationFailed("status 500"), RuntimeError("a fault of ours")])
def test_a_service_without_an_answer_leaves_a_call_that_ends_well(answer: Exception) -> None:
    async def story(board: Switchboard, call: Call, outside: Outside, crm: Crm) -> None:
        board.post(KeyPressed(call.channel, "4"))
        await outside.until(lambda one: isinstance(one, HangUp))
        board.post(HungUp(call.channel))

    noted = play(story, answer)
    assert ended(noted).goals == (COMPLETED,)
    assert [one for one in noted if isinstance(one, str)] == ["order?"]


def test_a_service_that_nobody_knows_gives_no_answer() -> None:
    async def story(board: Switchboard, call: Call, outside: Outside, crm: Crm) -> None:
        board.post(KeyPressed(call.channel, "4"))
        await outside.until(lambda one: isinstance(one, HangUp))
        board.post(HungUp(call.channel))

    noted = play(story, service="another")
    assert ended(noted).goals == (COMPLETED,)
    assert not any(isinstance(one, tuple) and one[0] == "asked" for one in noted)


def test_a_call_goes_on_while_the_service_thinks() -> None:
    async def story(board: Switchboard, call: Call, outside: Outside, crm: Crm) -> None:
        crm.let.clear()
        board.post(KeyPressed(call.channel, "4"))
        await outside.until(lambda one: isinstance(one, tuple) and one[0] == "asked")
        board.post(HungUp(call.channel))
        await board.idle()
        crm.let.set()

    call = ended(play(story))
    assert (call.goals, call.answers_given) == ((), 1)


def test_a_recording_is_begun_and_ended_at_the_switch() -> None:
    script = Script("r", {"r": nodes.Record("1", (Text(("who?",), "ru-RU"),), None, without_keys="-")})

    async def story(board: Switchboard, call: Call, outside: Outside, crm: Crm) -> None:
        board.post(PromptEnded(call.channel, 1))
        await outside.until(lambda one: isinstance(one, Record))
        board.post(KeyPressed(call.channel, "#"))
        await outside.until(lambda one: isinstance(one, StopRecording))
        (begun,) = [one for one in outside.noted if isinstance(one, Record)]
        assert begun.path == Path("/rec", call.attempt[:2], f"{call.attempt}-t2.wav")
        board.post(Recorded(call.channel, begun.turn, begun.path, 2.0))
        await outside.until(lambda one: isinstance(one, HangUp))
        board.post(HungUp(call.channel))

    noted = play(story, script=script)
    assert ("-", str(Path("/rec", ended(noted).attempt[:2], f"{ended(noted).attempt}-t2.wav"))) in noted


def test_a_switch_that_goes_away_before_a_recording_leaves_an_answer_without_one() -> None:
    script = Script("r", {"r": nodes.Record("1", (Text(("who?",), "ru-RU"),), None, without_keys="-")})

    async def story(board: Switchboard, call: Call, outside: Outside, crm: Crm) -> None:
        await outside.until(lambda one: isinstance(one, Play))
        outside.away = True
        board.post(PromptEnded(call.channel, 1))
        board.post(KeyPressed(call.channel, "#"))
        await outside.until(lambda one: isinstance(one, HangUp))
        board.post(HungUp(call.channel))

    assert ("-", "") in play(story, script=script)


def asked_on_the_web(move: Move, **wanted: str) -> tuple[Consulted, Channel]:
    """What a call hears when it asked a server on the web."""

    async def tell() -> tuple[Consulted, Channel]:
        channel, web = Channel(str(uuid4())), WebAsker()
        async with StandIn("/slots", move) as server:
            try:
                question = WebQuestion(f"{server.url}/slots", into=wanted)
                command = Consult(channel, 5, WEB, question)
                return await Consultations({}, web).answer_of(TENANT, command), channel
            finally:
                await web.close()

    return asyncio.run(tell())


def test_a_server_on_the_web_fills_variables() -> None:
    heard, channel = asked_on_the_web(
        babbles(b'{"slots": [{"time": "10:00"}], "left": 3}'), time="slots.0.time", left="left"
    )
    assert heard == Consulted(channel, 5, "", {"time": "10:00", "left": "3"})


@pytest.mark.parametrize("move", [babbles(b"sorry", 500), babbles(b'{"slots": []}'), hangs_up])
def test_a_server_on_the_web_without_an_answer_is_counted_and_leaves_no_value(move: Move) -> None:
    def faults() -> float:
        return REGISTRY.get_sample_value("outdial_faults_total", {"kind": "consultation"}) or 0.0

    before = faults()
    heard, channel = asked_on_the_web(move, time="slots.0.time")
    assert heard == Consulted(channel, 5, None)
    assert faults() == before + 1
