"""Turns handed to the assistant: told in order, one question a call, nothing after it was dropped, and time stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from contract.assistant import brief
from drivers.model_stand_in import ModelStandIn, answers, call, words
from drivers.stand_in import hangs_up, streams
from outdial.core.assistant import Brief
from outdial.core.commands import AskAssistant
from outdial.core.events import AssistantDone, AssistantSaid
from outdial.core.ids import Channel, attempt_of
from outdial.drivers.assistant.absent import AbsentAssistant
from outdial.drivers.assistant.completions import CompletionsAssistant, CompletionsSettings
from outdial.drivers.clock import SystemClock
from outdial.engine.assistants import Assistants
from outdial.ports import NO_ASSISTANT, Assistant, Chosen, Failed, Sentence, Trouble

Told = list[AssistantSaid | AssistantDone]


class Holds(SystemClock):
    """A clock that counts who holds it."""

    def __init__(self) -> None:
        self.held = 0

    def hold(self) -> None:
        self.held += 1

    def release(self) -> None:
        self.held -= 1


class Scripted:
    """An assistant that says one sentence, and the rest when it is let."""

    def __init__(self, *items: Sentence | Chosen | Failed | Exception) -> None:
        self.items = items
        self.asked: list[Brief] = []
        self.let = asyncio.Event()
        self.waits = asyncio.Event()
        self.closed = 0
        self.over = asyncio.Event()

    async def answer(self, asked: Brief) -> AsyncGenerator[Sentence | Chosen | Failed]:
        self.asked.append(asked)
        try:
            for at, item in enumerate(self.items):
                if at == 1:
                    self.waits.set()
                    await self.let.wait()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed += 1
            self.over.set()


def question(turn: int = 3, channel: Channel | None = None) -> AskAssistant:
    return AskAssistant(channel or Channel(str(uuid4())), turn, brief())


def play(assistant: Assistant, story: Callable[[Assistants, asyncio.TaskGroup, Told], Awaitable[None]]) -> Told:
    """What calls are told in a story. In the end nobody holds the clock."""

    async def tell() -> Told:
        clock, told = Holds(), Told()
        assistants = Assistants(assistant, clock)
        async with asyncio.TaskGroup() as group:
            await story(assistants, group, told)
        await asyncio.sleep(0)
        assert clock.held == 0
        return told

    return asyncio.run(tell())


def asked_once(assistant: Assistant, asked: AskAssistant) -> Told:
    async def story(assistants: Assistants, group: asyncio.TaskGroup, told: Told) -> None:
        assistants.ask(group, asked, told.append)

    return play(assistant, story)


def faults(reason: str) -> float:
    return REGISTRY.get_sample_value("outdial_assistant_faults_total", {"reason": reason}) or 0.0


def count_of(name: str) -> float:
    return REGISTRY.get_sample_value(f"{name}_count") or 0.0


def test_sentences_are_told_in_order_and_then_the_way() -> None:
    asked = question()
    before = [count_of(f"outdial_assistant_{figure}_seconds") for figure in ("first_words", "answer")]
    assistant = Scripted(Sentence("Хорошо."), Sentence("Соединяю."), Chosen("agree"))
    assistant.let.set()
    assert asked_once(assistant, asked) == [
        AssistantSaid(asked.channel, 3, "Хорошо."),
        AssistantSaid(asked.channel, 3, "Соединяю."),
        AssistantDone(asked.channel, 3, block="agree"),
    ]
    assert assistant.asked == [asked.brief]
    after = [count_of(f"outdial_assistant_{figure}_seconds") for figure in ("first_words", "answer")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1]


def test_an_answer_without_a_way_waits_for_the_callee() -> None:
    asked = question()
    told = asked_once(Scripted(Sentence("Удобно?")), asked)
    assert told == [AssistantSaid(asked.channel, 3, "Удобно?"), AssistantDone(asked.channel, 3)]


@pytest.mark.parametrize(
    ("item", "reason", "fault"),
    [
        (Failed(Trouble.STALLED, "not over within 8 seconds"), "stalled", "not over within 8 seconds"),
        (RuntimeError("a fault of ours"), "out_of_order", "the assistant is out of order"),
    ],
)
def test_a_fault_ends_the_answer_and_is_counted(item: Failed | Exception, reason: str, fault: str) -> None:
    asked, before = question(), faults(reason)
    assistant = Scripted(Sentence("Да."), item)
    assistant.let.set()
    told = asked_once(assistant, asked)
    assert told == [AssistantSaid(asked.channel, 3, "Да."), AssistantDone(asked.channel, 3, fault=fault)]
    assert faults(reason) == before + 1


def test_without_an_assistant_a_turn_ends_at_once() -> None:
    asked = question()
    assert asked_once(AbsentAssistant(), asked) == [AssistantDone(asked.channel, 3, fault=NO_ASSISTANT)]


def test_a_sentence_is_told_while_the_rest_is_still_awaited_and_time_stands_still() -> None:
    asked = question()
    assistant = Scripted(Sentence("Да."), Sentence("Так."))

    async def tell() -> None:
        clock, told = Holds(), Told()
        assistants = Assistants(assistant, clock)
        async with asyncio.TaskGroup() as group:
            assistants.ask(group, asked, told.append)
            await assistant.waits.wait()
            assert told == [AssistantSaid(asked.channel, 3, "Да.")]
            assert clock.held == 1
            assistant.let.set()

    asyncio.run(tell())


def test_the_end_of_a_call_ends_its_question_and_no_other() -> None:
    ended, other = question(), question()
    assistant = Scripted(Sentence("Да."), Sentence("Так."))

    async def story(assistants: Assistants, group: asyncio.TaskGroup, told: Told) -> None:
        assistants.ask(group, ended, told.append)
        assistants.ask(group, other, told.append)
        await assistant.waits.wait()
        assistants.drop(attempt_of(ended.channel))
        assistants.drop(attempt_of(ended.channel))
        assistant.let.set()

    told = play(assistant, story)
    assert [event for event in told if event.channel == ended.channel] == [AssistantSaid(ended.channel, 3, "Да.")]
    assert [event for event in told if event.channel == other.channel][-1] == AssistantDone(other.channel, 3)
    assert assistant.closed == 2


def test_a_question_that_is_dropped_before_it_began_is_never_asked() -> None:
    asked = question()
    assistant = Scripted(Sentence("Да."))

    async def story(assistants: Assistants, group: asyncio.TaskGroup, told: Told) -> None:
        assistants.ask(group, asked, told.append)
        assistants.drop(attempt_of(asked.channel))

    assert play(assistant, story) == []
    assert assistant.asked == []


def test_another_question_of_the_same_call_takes_the_place_of_the_first() -> None:
    first = question()
    second = question(4, first.channel)
    assistant = Scripted(Sentence("Да."), Sentence("Так."))

    async def story(assistants: Assistants, group: asyncio.TaskGroup, told: Told) -> None:
        assistants.ask(group, first, told.append)
        await assistant.waits.wait()
        assistants.ask(group, second, told.append)
        assistant.let.set()

    assert play(assistant, story) == [
        AssistantSaid(first.channel, 3, "Да."),
        AssistantSaid(first.channel, 4, "Да."),
        AssistantSaid(first.channel, 4, "Так."),
        AssistantDone(first.channel, 4),
    ]
    assert assistant.closed == 2


@pytest.mark.parametrize(
    ("move", "said", "block", "fault"),
    [
        (answers(words("Хорошо."), call("go_to_agree"), finish="tool_calls"), ["Хорошо."], "agree", False),
        (streams(words("Да. ", "Ну"), then=hangs_up), ["Да."], "", True),
        (answers(call("go_to_nowhere")), [], "", True),
    ],
)
def test_a_model_behind_a_server_answers_or_misbehaves(move: object, said: list[str], block: str, fault: bool) -> None:
    async def tell() -> Told:
        told = Told()
        async with ModelStandIn(move) as server:  # type: ignore[arg-type]
            assistant = CompletionsAssistant(CompletionsSettings(server.address, "m"))
            try:
                async with asyncio.TaskGroup() as group:
                    Assistants(assistant, SystemClock()).ask(group, question(), told.append)
            finally:
                await assistant.close()
        return told

    *spoken, done = asyncio.run(tell())
    assert [event.text for event in spoken if isinstance(event, AssistantSaid)] == said
    assert isinstance(done, AssistantDone)
    assert (done.block, bool(done.fault)) == (block, fault)
