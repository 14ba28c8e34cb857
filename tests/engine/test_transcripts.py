"""Talks on the switchboard in virtual time: what is written down of them, when, and how long the callee waited for us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from drivers.test_lives import stored
from engine.outside import SEAT, Outside, board_before
from outdial.core.assistant import Brief, Speaker
from outdial.core.call import Call, Plan
from outdial.core.commands import HangUp, Listen, Play, Sound, StopPlaying, SwitchCommand
from outdial.core.events import (
    Answered,
    CallEvent,
    Heard,
    HungUp,
    KeyPressed,
    Placed,
    PromptEnded,
    Resumed,
    SpeechBegan,
)
from outdial.core.ids import AttemptId, TenantId
from outdial.core.intents import Intent, Meaning
from outdial.core.prompt import Filled, Text, Words
from outdial.core.retry import RetryRule
from outdial.core.script.listening_nodes import Assist, Hears
from outdial.core.script.listening_nodes import Listen as Question
from outdial.core.script.nodes import Ask, Choice, Say, Script
from outdial.core.transcript import Turn
from outdial.drivers.postgres.life import call_from
from outdial.drivers.virtual_time import VirtualClock, VirtualLoop
from outdial.engine.prompts import PromptFailedError
from outdial.engine.switchboard import Switchboard
from outdial.ports import Assistant, Entry
from outdial.ports.assistant import Chosen, Failed, Sentence

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SYNTHESIS_SECONDS = 0.25
TALK = Script(
    "ask",
    {
        "ask": Question(
            "ask",
            (Text(("удобно?",), "ru-RU"),),
            (Hears(Intent(Meaning.CONSENT), "yes", "agreed", keys="1"),),
            "ru-RU",
            otherwise="yes",
        ),
        "yes": Say((Text(("ждём",), "ru-RU"),), None),
    },
    transcript=True,
)


class SlowVoice(Outside):
    """It takes the voice a while to make its sounds; and the last of each call that was saved is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: Call | None = None

    async def sounds(self, tenant: TenantId, prompt: Filled) -> tuple[Sound, ...]:
        await asyncio.sleep(SYNTHESIS_SECONDS)
        return await super().sounds(tenant, prompt)

    async def save(self, entries: list[Entry]) -> None:  # type: ignore[override]
        await super().save(entries)
        self.saved = entries[-1].call


class Callee:
    """The far end of one call."""

    def __init__(self, board: Switchboard, call: Call, outside: SlowVoice) -> None:
        self.board, self.channel, self.outside = board, call.channel, outside

    async def asked(self, kind: type[SwitchCommand], turn: int) -> None:
        """Wait until the switch was told something in a turn."""
        await self.outside.until(lambda one: isinstance(one, kind) and getattr(one, "turn", 0) == turn)

    def does(self, *events: CallEvent) -> None:
        """Something happens at the far end."""
        for event in events:
            self.board.post(event)  # type: ignore[arg-type]

    async def hangs_up_when_told(self) -> None:
        """Stay until the end."""
        await self.outside.until(lambda one: isinstance(one, HangUp))
        self.does(HungUp(self.channel))


Story = Callable[[Callee], Awaitable[None]]


def fresh(script: Script = TALK) -> Call:
    """A call that was saved and not placed."""
    return Call(AttemptId(str(uuid4())), Plan("carrier", "79990000000", "", 45.0, script, {}))


def live(
    story: Story,
    call: Call,
    *first: CallEvent,
    crashes: bool = False,
    voice: SlowVoice | None = None,
    assistant: Assistant | None = None,
) -> SlowVoice:
    """Let a call live through a story, to its end or until the process crashes; what was noted."""

    async def told() -> SlowVoice:
        outside = voice or SlowVoice()
        board, journal = board_before(outside, assistant=assistant, clock=VirtualClock(START))
        with suppress(asyncio.CancelledError):
            async with asyncio.TaskGroup() as group:
                writing = group.create_task(journal.run())
                board.open(group, call, SEAT, RetryRule(), 1, first[0] if first else Placed(call.channel))
                callee = Callee(board, call, outside)
                if not first:
                    callee.does(Answered(call.channel))
                await story(callee)
                if not crashes:
                    await board.idle()
                for task in (writing, *(asyncio.all_tasks() - {asyncio.current_task()})):
                    task.cancel()
        return outside

    loop = VirtualLoop()
    try:
        return loop.run_until_complete(told())
    finally:
        loop.close()


def turns(outside: Outside) -> list[Turn]:
    """What was written down."""
    return [one for one in outside.noted if isinstance(one, Turn)]


def after(seconds: float) -> datetime:
    """A moment of the story."""
    return START + timedelta(seconds=seconds)


@pytest.fixture
def waits() -> Callable[[], tuple[float, float]]:
    """How many waits for us were counted since, and their sum."""

    def counted() -> tuple[float, float]:
        name = "outdial_speech_to_prompt_seconds"
        return tuple(REGISTRY.get_sample_value(f"{name}_{part}") or 0.0 for part in ("count", "sum"))  # type: ignore[return-value]

    before = counted()
    return lambda: tuple(now - then for now, then in zip(counted(), before, strict=True))  # type: ignore[return-value]


def test_the_gap_is_from_the_end_of_the_speech_to_the_next_sound(waits: Callable[[], tuple[float, float]]) -> None:
    async def story(callee: Callee) -> None:
        await callee.asked(Listen, 1)
        callee.does(PromptEnded(callee.channel, 1))
        await asyncio.sleep(2.0)
        callee.does(SpeechBegan(callee.channel, 1), Heard(callee.channel, 1, "да", 0.75, ("дай",), silence_seconds=0.5))
        await callee.asked(Play, 4)
        await asyncio.sleep(1.0)
        callee.does(PromptEnded(callee.channel, 4))
        await callee.hangs_up_when_told()

    outside = live(story, fresh())
    made = SYNTHESIS_SECONDS
    assert turns(outside) == [
        Turn(position=1, said_at=after(made), who=Speaker.OUTDIAL, text="удобно?", block="ask"),
        Turn(
            position=2,
            said_at=after(made + 2.0),
            who=Speaker.CALLEE,
            text="да",
            block="ask",
            confidence=0.75,
            alternatives=("дай",),
        ),
        Turn(
            position=3,
            said_at=after(2 * made + 2.0),
            who=Speaker.OUTDIAL,
            text="ждём",
            block="yes",
            gap_seconds=0.5 + made,
        ),
    ]
    assert outside.saved is not None
    assert outside.saved.collected == {"agreed": "yes"}
    assert waits() == (1.0, pytest.approx(0.5 + made))


def test_a_prompt_is_stopped_at_the_switch_before_the_turn_goes_on_and_keys_have_no_gap() -> None:
    async def story(callee: Callee) -> None:
        await callee.asked(Listen, 1)
        callee.does(KeyPressed(callee.channel, "1"))
        await callee.asked(Play, 2)
        callee.does(HungUp(callee.channel))

    outside = live(story, fresh())
    told = [type(one).__name__ for one in outside.noted if not isinstance(one, Turn | str | Call)]
    assert told == ["Dial", "Play", "Listen", "StopPlaying", "StopListening", "Play"]
    assert [(one.text, one.keys, one.interrupted, one.gap_seconds) for one in turns(outside)] == [
        ("удобно?", "", True, None),
        ("", "1", False, None),
        ("ждём", "", True, None),
    ]
    assert StopPlaying(outside.noted[0].channel, 1) in outside.noted  # type: ignore[attr-defined]


def test_a_call_that_a_killed_process_left_goes_on_with_its_question_and_its_count_of_turns() -> None:
    async def until_the_crash(callee: Callee) -> None:
        await callee.asked(Listen, 1)
        callee.does(PromptEnded(callee.channel, 1), SpeechBegan(callee.channel, 1), Heard(callee.channel, 1, "мяу"))
        await callee.asked(Listen, 4)

    async def after_it(callee: Callee) -> None:
        await callee.asked(Listen, 5)
        callee.does(Heard(callee.channel, 4, "да"))  # it was asked before the crash
        callee.does(PromptEnded(callee.channel, 5), Heard(callee.channel, 5, "да"))
        await callee.asked(Play, 7)
        callee.does(PromptEnded(callee.channel, 7))
        await callee.hangs_up_when_told()

    before = live(until_the_crash, fresh(), crashes=True)
    assert before.saved is not None
    found = call_from(stored(before.saved))  # type: ignore[arg-type]
    assert found == before.saved
    outside = live(after_it, found, Resumed(found.channel, up=True))
    said = [(one.position, one.text, one.interrupted) for one in (*turns(before), *turns(outside))]
    assert said == [
        (1, "удобно?", False),
        (2, "мяу", False),
        (3, "удобно?", True),
        (4, "удобно?", False),
        (5, "да", False),
        (6, "ждём", False),
    ]


def test_a_poll_writes_nothing_down() -> None:
    poll = Script("q", {"q": Ask("1", (Text(("order?",), "ru-RU"),), (Choice("4", "4", None),))})

    async def story(callee: Callee) -> None:
        await callee.asked(Play, 1)
        callee.does(KeyPressed(callee.channel, "4"))
        await callee.hangs_up_when_told()

    outside = live(story, replace(fresh(), plan=replace(fresh().plan, script=poll)))
    assert not turns(outside)
    assert ("4", "4") in outside.noted


class Voiceless(SlowVoice):
    """It has no voice for one text, and is out of order for another."""

    async def sounds(self, tenant: TenantId, prompt: Filled) -> tuple[Sound, ...]:
        made = await super().sounds(tenant, prompt)
        match prompt:
            case (Words(text="later"),):
                raise PromptFailedError("no voice")
            case (Words(text="worse"),):
                raise RuntimeError("a fault of ours")
        return made


class Talker:
    """An assistant with four sentences, who then falls silent."""

    async def answer(self, brief: Brief) -> AsyncGenerator[Sentence | Chosen | Failed]:
        for text in ("first", "next", "later", "worse"):
            yield Sentence(text)
            await asyncio.sleep(SYNTHESIS_SECONDS)
        await asyncio.sleep(3600.0)


def test_sentences_are_made_while_another_is_heard_and_a_failure_there_is_no_fault_of_the_call() -> None:
    async def story(callee: Callee) -> None:
        await callee.asked(Play, 2)
        await asyncio.sleep(3.0)
        callee.does(HungUp(callee.channel))

    talk = Assist("a", ("sell",), (), None, "en-US", barge_in=False)
    outside = live(story, fresh(Script("a", {"a": talk}, transcript=True)), voice=Voiceless(), assistant=Talker())
    assert [one for one in outside.noted if isinstance(one, str)] == ["first", "next", "later", "worse"]
    assert len([one for one in outside.noted if isinstance(one, Play)]) == 1
    assert [(one.text, one.interrupted) for one in turns(outside)] == [("first", True)]
