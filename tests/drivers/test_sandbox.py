"""The sandbox switch in virtual time, where every second can be told exactly; its witness; a crowd at full speed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import wave
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from outdial.core.amd import Amd, Verdict
from outdial.core.commands import (
    Classify,
    Dial,
    HangUp,
    Join,
    Play,
    Record,
    RecordTalk,
    Ringback,
    Sound,
    StopPlaying,
    StopRecording,
)
from outdial.core.events import (
    Answered,
    Classified,
    HungUp,
    KeyPressed,
    NetworkEvent,
    PromptEnded,
    PromptFailed,
    Recorded,
    Ringing,
)
from outdial.core.ids import Channel
from outdial.drivers.felt_clock import MAXIMUM_SPEED, FeltClock
from outdial.drivers.sandbox.plan import Answers, Behaviour, behaviour_of
from outdial.drivers.sandbox.switch import SandboxSwitch
from outdial.drivers.virtual_time import VirtualClock, VirtualLoop
from outdial.ports import SwitchDown

SEED = 5
A, B = Channel("a"), Channel("b")
HUMAN_SILENT = "70000200000"
RINGS_OUT = "70000500000"
BUSY = "70000400000"


class Switchboard:
    """A sandbox in virtual time, and what was heard when."""

    def __init__(self, switch: SandboxSwitch, sound: Path) -> None:
        self.switch = switch
        self.sound = sound
        self.heard: list[tuple[float, NetworkEvent]] = []
        self._events = switch.events()

    async def dial(self, number: str, channel: Channel = A, ring_seconds: float = 35.0) -> None:
        await self.switch.perform(Dial(channel, "carrier", number, "74951234567", ring_seconds))

    async def play(self, turn: int, *seconds: float, channel: Channel = A) -> None:
        await self.switch.perform(Play(channel, turn, tuple(Sound(self.sound, each) for each in seconds)))

    async def next(self) -> NetworkEvent:
        event = await anext(self._events)
        self.heard.append((asyncio.get_running_loop().time(), event))
        return event

    async def until(self, kind: type[NetworkEvent]) -> NetworkEvent:
        while not isinstance(event := await self.next(), kind):
            pass
        return event

    async def answered(self, number: str, channel: Channel = A) -> None:
        await self.dial(number, channel)
        await self.until(Answered)

    async def for_seconds(self, seconds: float) -> list[NetworkEvent]:
        """What is heard in so many seconds from now."""
        before = len(self.heard)
        end = asyncio.get_running_loop().time() + seconds
        # A call on a channel of its own marks the end, for a timeout would end the iterator of events.
        mark = Channel(f"mark {end}")
        await self.dial(RINGS_OUT, mark, seconds)
        while await self.next() != HungUp(mark, 480, 19):
            pass
        return [event for _, event in self.heard[before:] if event.channel != mark]

    def seconds_before_last(self) -> float:
        """How long the last event came after the one before it."""
        (before, _), (last, _) = self.heard[-2:]
        return last - before


def in_virtual_time(story: Callable[[Switchboard], Awaitable[None]], log: Path | None = None) -> None:
    async def run() -> None:
        switch = SandboxSwitch(VirtualClock(), SEED, log)
        await story(Switchboard(switch, Path(__file__)))
        await switch.close()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


def somebody(like: Callable[[Behaviour], bool]) -> tuple[str, Any]:
    """A number of the population whose behaviour is like that, and the behaviour."""
    for number in map(str, range(79160000000, 79160010000)):
        if like(behaviour := behaviour_of(SEED, number)):
            return number, behaviour
    raise AssertionError("nobody is like that")


# --------------------------------------------------------------------------------------------------- ringing


def test_a_human_picks_up_after_ringing() -> None:
    planned = behaviour_of(SEED, "70000100001")
    assert isinstance(planned, Answers)

    async def story(board: Switchboard) -> None:
        await board.dial("70000100001")
        assert [await board.next(), await board.next()] == [Ringing(A), Answered(A)]
        assert board.seconds_before_last() == pytest.approx(planned.ring_seconds)

    in_virtual_time(story)


def test_ringing_is_cancelled_with_the_codes_of_a_cancellation() -> None:
    async def story(board: Switchboard) -> None:
        await board.dial(RINGS_OUT)
        await board.switch.perform(HangUp(A))
        assert [await board.next(), await board.next()] == [Ringing(A), HungUp(A, 487, 16)]
        assert await board.for_seconds(100) == []

    in_virtual_time(story)


def test_ringing_ends_with_the_dials_ring_time() -> None:
    async def story(board: Switchboard) -> None:
        await board.dial("70001300040", ring_seconds=35)
        assert [await board.next(), await board.next()] == [Ringing(A), HungUp(A, 480, 19)]
        assert board.seconds_before_last() == pytest.approx(35)
        assert await board.for_seconds(100) == []

    in_virtual_time(story)


def test_a_busy_number_becomes_free_whatever_prefix_is_dialled() -> None:
    async def story(board: Switchboard) -> None:
        for number in ("70001600002", "870001600002"):
            await board.dial(number)
            assert await board.next() == HungUp(A, 486, 17)
        await board.dial("70001600001")
        assert await board.next() == HungUp(A, 486, 17)
        await board.answered("+70001600002")
        await board.play(1, 5.0)
        assert await board.until(KeyPressed) == KeyPressed(A, "1")

    in_virtual_time(story)


def test_a_channel_that_is_gone_may_be_dialled_anew_and_owes_nothing_to_its_former_call() -> None:
    async def story(board: Switchboard) -> None:
        await board.dial("70001300003")
        await board.switch.perform(HangUp(A))
        await board.dial(RINGS_OUT)
        assert await board.for_seconds(20) == [Ringing(A), HungUp(A, 487, 16), Ringing(A)]

    in_virtual_time(story)


# --------------------------------------------------------------------------------------------------- prompts


def test_a_prompt_lasts_as_long_as_its_sounds() -> None:
    async def story(board: Switchboard) -> None:
        await board.answered(HUMAN_SILENT)
        await board.play(4, 1.5, 2.0, 0.25)
        assert await board.next() == PromptEnded(A, 4)
        assert board.seconds_before_last() == pytest.approx(3.75)

    in_virtual_time(story)


def test_prompts_wait_for_one_another() -> None:
    async def story(board: Switchboard) -> None:
        await board.answered("70000100007")
        for turn in (1, 2, 3):
            await board.play(turn, 2.0)
        await board.switch.perform(StopPlaying(A, 2))
        assert await board.for_seconds(10) == [
            PromptEnded(A, 2),
            PromptEnded(A, 1),
            PromptEnded(A, 3),
            KeyPressed(A, "7"),
        ]

    in_virtual_time(story)


def test_the_prompt_after_a_stopped_one_begins_at_once_and_keeps_its_length() -> None:
    async def story(board: Switchboard) -> None:
        await board.answered(HUMAN_SILENT)
        await board.play(1, 10.0)
        await board.play(2, 30.0)
        await board.switch.perform(StopPlaying(A, 1))
        assert [await board.next(), await board.next()] == [PromptEnded(A, 1), PromptEnded(A, 2)]
        assert board.seconds_before_last() == pytest.approx(30)

    in_virtual_time(story)


def test_a_stopped_prompt_ends_at_once_and_gets_no_key() -> None:
    async def story(board: Switchboard) -> None:
        await board.answered("70000100007")
        await board.play(1, 60.0)
        await board.switch.perform(StopPlaying(A, 1))
        assert await board.next() == PromptEnded(A, 1)
        assert board.seconds_before_last() == 0
        assert await board.for_seconds(100) == []

    in_virtual_time(story)


def test_a_prompt_without_sounds_ends_at_once() -> None:
    async def story(board: Switchboard) -> None:
        await board.answered(HUMAN_SILENT)
        await board.play(1)
        assert await board.next() == PromptEnded(A, 1)
        assert board.seconds_before_last() == 0

    in_virtual_time(story)


def test_nothing_is_played_when_one_of_the_files_is_missing() -> None:
    async def story(board: Switchboard) -> None:
        await board.answered(HUMAN_SILENT)
        there, missing = Sound(board.sound, 1.0), Sound(board.sound.parent / "missing.wav", 1.0)
        await board.switch.perform(Play(A, 1, (there, missing)))
        failed = await board.next()
        assert isinstance(failed, PromptFailed)
        assert "missing.wav" in failed.reason

    in_virtual_time(story)


def test_nothing_is_played_to_a_ringing_phone() -> None:
    async def story(board: Switchboard) -> None:
        await board.dial(RINGS_OUT)
        await board.play(1, 1.0)
        assert isinstance(await board.until(PromptFailed), PromptFailed)

    in_virtual_time(story)


# ------------------------------------------------------------------------------------------------------ keys


def test_a_key_comes_when_the_prompt_is_over_and_silence_follows() -> None:
    async def story(board: Switchboard) -> None:
        await board.answered("70000100012")
        for turn, key in ((1, "1"), (2, "2")):
            await board.play(turn, 5.0)
            assert [await board.next(), await board.next()] == [PromptEnded(A, turn), KeyPressed(A, key)]
            assert board.seconds_before_last() == pytest.approx(0.7)
        await board.play(3, 5.0)
        assert await board.for_seconds(10_000) == [PromptEnded(A, 3)]

    in_virtual_time(story)


def test_what_is_heard_in_time_keeps_a_key_back() -> None:
    async def story(board: Switchboard) -> None:
        await board.answered("70000100012")
        await board.play(1, 5.0)
        await board.next()
        assert await board.for_seconds(0.6) == []
        await board.switch.perform(Ringback(A))
        assert await board.for_seconds(100) == []
        await board.play(2, 5.0)
        assert await board.for_seconds(100) == [PromptEnded(A, 2), KeyPressed(A, "1")]

    in_virtual_time(story)


def test_an_impatient_human_presses_in_the_middle_of_a_prompt() -> None:
    number, callee = somebody(lambda each: isinstance(each, Answers) and each.barge_in_seconds is not None)

    async def story(board: Switchboard) -> None:
        await board.answered(number)
        await board.play(1, 30.0)
        assert await board.next() == KeyPressed(A, callee.keys[0])
        assert board.seconds_before_last() == pytest.approx(callee.barge_in_seconds)
        await board.switch.perform(StopPlaying(A, 1))
        await board.play(2, 3.0)
        assert [await board.next() for _ in range(3)] == [
            PromptEnded(A, 1),
            PromptEnded(A, 2),
            KeyPressed(A, callee.keys[1]),
        ]

    in_virtual_time(story)


def test_patience_does_not_run_out_while_a_prompt_is_heard() -> None:
    number, callee = somebody(lambda each: isinstance(each, Answers) and each.barge_in_seconds is not None)

    async def story(board: Switchboard) -> None:
        await board.answered(number)
        await board.play(1, 1000.0)
        assert [await board.next(), await board.next()] == [KeyPressed(A, callee.keys[0]), PromptEnded(A, 1)]

    in_virtual_time(story)


# --------------------------------------------------------------------------------------------------- endings


def test_a_human_loses_patience_with_silence() -> None:
    number, callee = somebody(lambda each: isinstance(each, Answers) and each.patience_seconds is not None)

    async def story(board: Switchboard) -> None:
        await board.answered(number)
        assert await board.next() == HungUp(A, 0, 16)
        assert board.seconds_before_last() == pytest.approx(callee.patience_seconds)

    in_virtual_time(story)


def test_two_talk_and_the_human_leaves_first() -> None:
    number, callee = somebody(lambda each: isinstance(each, Answers) and each.talk_seconds is not None)

    async def story(board: Switchboard) -> None:
        await board.answered("100", B)
        await board.answered(number)
        await board.switch.perform(Join(A, B))
        assert await board.next() == HungUp(A, 0, 16)
        assert board.seconds_before_last() == pytest.approx(callee.talk_seconds)
        assert await board.switch.standing() == {B: True}

    in_virtual_time(story)


def test_only_answered_legs_are_joined() -> None:
    async def story(board: Switchboard) -> None:
        await board.dial(RINGS_OUT, B)
        await board.answered("70000100001")
        await board.play(1, 5.0)
        await board.until(PromptEnded)
        await board.switch.perform(Join(A, B))
        assert await board.next() == KeyPressed(A, "1")

    in_virtual_time(story)


@pytest.mark.parametrize(("number", "seconds"), [("70000200030", 30), ("70001100250", 0.25), ("70001200004", 4)])
def test_a_human_leaves_at_the_appointed_time_whatever_is_played(number: str, seconds: float) -> None:
    async def story(board: Switchboard) -> None:
        await board.answered(number)
        await board.play(1, 1000.0)
        assert await board.next() == HungUp(A, 0, 16)
        assert board.seconds_before_last() == pytest.approx(seconds)
        assert await board.for_seconds(2000) == []

    in_virtual_time(story)


def test_closing_ends_every_line_as_lost_and_then_the_events() -> None:
    async def run() -> None:
        switch = SandboxSwitch(VirtualClock(), SEED)
        assert switch.ready
        for channel in (A, B):
            await switch.perform(Dial(channel, "", RINGS_OUT, "", 30))
        await switch.close()
        await switch.close()
        heard = [event async for event in switch.events()]
        assert heard == [Ringing(A), Ringing(B), HungUp(A, lost=True), HungUp(B, lost=True)]
        assert not switch.ready
        assert await switch.standing() == {}
        with pytest.raises(SwitchDown):
            await switch.perform(HangUp(A))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


def test_a_reader_that_always_finds_an_event_leaves_time_for_others() -> None:
    async def story(board: Switchboard) -> None:
        others: list[str] = []
        asyncio.get_running_loop().call_soon(others.append, "had a turn")
        for _ in range(200):
            await board.dial(BUSY)
            await board.switch.perform(HangUp(A))
        for _ in range(200):
            assert await board.next() == HungUp(A, 487, 16)
        assert others == ["had a turn"]

    in_virtual_time(story)


# --------------------------------------------------------------------------------------------- the witness


def test_every_dialled_call_is_witnessed_before_anything_else_happens(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    log.write_text('{"older": true}\n')

    async def story(board: Switchboard) -> None:
        await board.dial("8" + BUSY)
        assert len(log.read_text().splitlines()) == 2
        await board.dial(RINGS_OUT)
        await board.switch.perform(Dial(B, "", "100", 'a "caller"', 30))
        await board.play(1, 1.0)

    in_virtual_time(story, log)
    lines = [json.loads(line) for line in log.read_text().splitlines()[1:]]
    assert lines == [
        {
            "time": "1970-01-01T00:00:00.000+00:00",
            "channel": "a",
            "number": "8" + BUSY,
            "caller": "74951234567",
            "trunk": "carrier",
        },
        {
            "time": "1970-01-01T00:00:00.000+00:00",
            "channel": "b",
            "number": "100",
            "caller": 'a "caller"',
            "trunk": "",
        },
    ]


def test_the_time_of_a_line_is_the_wall_clocks(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"

    async def run() -> None:
        switch = SandboxSwitch(FeltClock(MAXIMUM_SPEED), SEED, log)
        await switch.perform(Dial(A, "", RINGS_OUT, "", 30))
        await switch.close()

    before = datetime.now(UTC)
    asyncio.run(run())
    told = datetime.fromisoformat(json.loads(log.read_text())["time"])
    assert told.utcoffset() == before.utcoffset()
    assert abs((told - before).total_seconds()) < 60


def test_a_call_that_cannot_be_witnessed_is_not_placed() -> None:
    async def story(board: Switchboard) -> None:
        with pytest.raises(SwitchDown, match="logged"):
            await board.dial(RINGS_OUT)
        assert await board.switch.standing() == {}

    in_virtual_time(story, Path("/dev/full"))


def test_a_log_that_cannot_be_opened_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SandboxSwitch(VirtualClock(), SEED, tmp_path / "no folder" / "calls.jsonl")


def test_a_killed_process_has_witnessed_all_it_dialled(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    program = f"""
import asyncio, os, signal
from pathlib import Path
from outdial.core.commands import Dial
from outdial.drivers.felt_clock import FeltClock
from outdial.drivers.sandbox.switch import SandboxSwitch
from outdial.drivers.virtual_time import VirtualClock, VirtualLoop

async def run():
    switch = SandboxSwitch(FeltClock(), 1, Path({str(log)!r}))
    for at in range(50):
        await switch.perform(Dial(str(at), "carrier", "7916000{{:04}}".format(at), "", 30))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(run())
"""
    ended = subprocess.run([sys.executable, "-c", program], env=dict(os.environ), check=False)
    assert ended.returncode == -signal.SIGKILL
    assert [json.loads(line)["channel"] for line in log.read_text().splitlines()] == [str(at) for at in range(50)]


# ------------------------------------------------------------------------------------------ people and machines


def test_a_verdict_comes_when_enough_was_heard() -> None:
    async def story(board: Switchboard) -> None:
        await board.answered("70001000000")
        await board.switch.perform(Classify(A, 4, Amd()))
        told = await board.next()
        assert isinstance(told, Classified)
        assert (told.turn, told.verdict, told.cause) == (4, Verdict.MACHINE, "MAXWORDS")
        assert board.seconds_before_last() == pytest.approx(told.seconds)
        assert await board.for_seconds(30) == []

    in_virtual_time(story)


def test_a_former_call_owes_no_verdict() -> None:
    async def story(board: Switchboard) -> None:
        await board.answered("70001700000")
        await board.switch.perform(Classify(A, 4, Amd()))
        await board.switch.perform(HangUp(A))
        await board.dial(RINGS_OUT)
        assert await board.for_seconds(20) == [HungUp(A, 0, 16), Ringing(A)]

    in_virtual_time(story)


# ---------------------------------------------------------------------------------------------------- recordings


def seconds_in(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert set(file.readframes(file.getnframes())) == {0}
        return file.getnframes() / file.getframerate()


def test_a_recording_lasts_as_long_as_it_is_felt_to(tmp_path: Path) -> None:
    async def story(board: Switchboard) -> None:
        await board.answered(HUMAN_SILENT)
        await board.switch.perform(Record(A, 1, tmp_path / "1.wav", 7.5))
        assert await board.next() == Recorded(A, 1, tmp_path / "1.wav", 7.5)
        assert board.seconds_before_last() == pytest.approx(7.5)
        await board.switch.perform(Record(A, 2, tmp_path / "2.wav", 60.0))
        assert await board.for_seconds(3.25) == []
        await board.switch.perform(StopRecording(A, 2))
        assert await board.next() == Recorded(A, 2, tmp_path / "2.wav", 3.25)
        assert await board.for_seconds(100) == []

    in_virtual_time(story)
    assert [seconds_in(tmp_path / f"{turn}.wav") for turn in (1, 2)] == [7.5, 3.25]


def test_prompts_and_recordings_wait_for_one_another(tmp_path: Path) -> None:
    async def story(board: Switchboard) -> None:
        await board.answered("70000100075")
        await board.play(1, 2.0)
        for turn in (2, 3):
            await board.switch.perform(Record(A, turn, tmp_path / f"{turn}.wav", 4.0))
        await board.play(4, 1.0)
        await board.switch.perform(StopRecording(A, 3))
        # A key is pressed while it is recorded, as it would be in silence.
        assert await board.for_seconds(30) == [
            Recorded(A, 3, None),
            PromptEnded(A, 1),
            KeyPressed(A, "7"),
            Recorded(A, 2, tmp_path / "2.wav", 4.0),
            PromptEnded(A, 4),
            KeyPressed(A, "5"),
        ]

    in_virtual_time(story)
    assert [path.name for path in tmp_path.iterdir()] == ["2.wav"]


def test_an_end_comes_before_a_recording_of_the_same_moment(tmp_path: Path) -> None:
    async def story(board: Switchboard) -> None:
        await board.answered("70000200003")
        await board.switch.perform(Record(A, 1, tmp_path / "1.wav", 60.0))
        assert await board.for_seconds(100) == [HungUp(A, 0, 16)]

    in_virtual_time(story)
    assert seconds_in(tmp_path / "1.wav") == pytest.approx(3)


def test_a_talk_is_as_long_as_both_were_there(tmp_path: Path) -> None:
    async def story(board: Switchboard) -> None:
        await board.answered(HUMAN_SILENT)
        await board.answered("106", B)
        await board.switch.perform(Join(A, B))
        await board.switch.perform(RecordTalk(A, B, tmp_path / "ab" / "talk.wav"))
        assert await board.for_seconds(50) == [HungUp(B, 0, 16)]
        await board.switch.perform(HangUp(A))

    in_virtual_time(story)
    assert seconds_in(tmp_path / "ab" / "talk.wav") == pytest.approx(2)


def test_no_file_is_longer_than_ten_minutes(tmp_path: Path) -> None:
    async def story(board: Switchboard) -> None:
        await board.answered(HUMAN_SILENT)
        await board.switch.perform(Record(A, 1, tmp_path / "1.wav", 5000.0))
        assert await board.next() == Recorded(A, 1, tmp_path / "1.wav", 600.0)

    in_virtual_time(story)
    assert seconds_in(tmp_path / "1.wav") == 600
    assert os.stat(tmp_path / "1.wav").st_blocks * 512 < 100_000


def test_a_closed_switch_keeps_what_was_recorded(tmp_path: Path) -> None:
    async def story(board: Switchboard) -> None:
        await board.answered(HUMAN_SILENT)
        await board.switch.perform(Record(A, 1, tmp_path / "1.wav", 60.0))
        assert await board.for_seconds(5) == []

    in_virtual_time(story)
    assert seconds_in(tmp_path / "1.wav") == pytest.approx(5)


def test_a_file_that_cannot_be_written_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    async def story(board: Switchboard) -> None:
        await board.answered(HUMAN_SILENT)
        await board.switch.perform(Record(A, 1, tmp_path / "file" / "1.wav", 5.0))
        assert await board.next() == Recorded(A, 1, None)
        await board.play(2, 1.0)
        assert await board.next() == PromptEnded(A, 2)

    in_virtual_time(story)


# ----------------------------------------------------------------------------------------------- the crowd


class Dialler:
    """A small house: dials a list, asks everybody one question, and hangs up when a key is pressed."""

    def __init__(self, switch: SandboxSwitch, sound: Path, calls: int, at_once: int) -> None:
        self.switch = switch
        self.sound = Sound(sound, 8.0)
        self.waiting = [(Channel(str(at)), f"7916{at:07}") for at in reversed(range(calls))]
        self.at_once = at_once
        self.heard: list[tuple[float, NetworkEvent]] = []

    async def run(self, seconds: Callable[[], float]) -> None:
        open_calls = 0
        while open_calls < self.at_once and self.waiting:
            await self._dial()
            open_calls += 1
        async for event in self.switch.events():
            self.heard.append((seconds(), event))
            await self._react(event)
            if isinstance(event, HungUp):
                open_calls -= 1
                if self.waiting:
                    await self._dial()
                    open_calls += 1
                elif not open_calls:
                    return

    async def _dial(self) -> None:
        channel, number = self.waiting.pop()
        await self.switch.perform(Dial(channel, "carrier", number, "74951234567", 35.0))

    async def _react(self, event: NetworkEvent) -> None:
        match event:
            case Answered():
                await self.switch.perform(Play(event.channel, 1, (self.sound,)))
            case KeyPressed():
                await self.switch.perform(HangUp(event.channel))
            case _:
                pass


def story_in_virtual_time(calls: int) -> list[tuple[float, NetworkEvent]]:
    """What a small house hears from the population, and when."""

    async def run() -> list[tuple[float, NetworkEvent]]:
        dialler = Dialler(SandboxSwitch(VirtualClock(), SEED), Path(__file__), calls, at_once=30)
        await dialler.run(asyncio.get_running_loop().time)
        return dialler.heard

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(run())


def story_at_full_speed(calls: int, log: Path | None = None) -> list[tuple[float, NetworkEvent]]:
    """The same by the clock of a running server."""

    async def run() -> list[tuple[float, NetworkEvent]]:
        clock = FeltClock(MAXIMUM_SPEED)
        switch = SandboxSwitch(clock, SEED, log)
        dialler = Dialler(switch, Path(__file__), calls, at_once=200)
        async with asyncio.timeout(60):
            await dialler.run(clock.monotonic)
        assert await switch.standing() == {}
        await switch.close()
        return dialler.heard

    return asyncio.run(run())


def by_channel(heard: list[tuple[float, NetworkEvent]]) -> dict[Channel, list[NetworkEvent]]:
    """Each call's own story."""
    stories: dict[Channel, list[NetworkEvent]] = {}
    for _, event in heard:
        stories.setdefault(event.channel, []).append(event)
    return stories


def test_the_same_seed_tells_the_same_story_in_virtual_time() -> None:
    first = story_in_virtual_time(500)
    assert first == story_in_virtual_time(500)
    assert len(by_channel(first)) == 500
    assert first == sorted(first, key=lambda entry: entry[0])


def test_full_speed_changes_nothing_of_what_happens_in_a_call() -> None:
    assert by_channel(story_at_full_speed(500)) == by_channel(story_in_virtual_time(500))


def test_a_crowd_at_full_speed_is_witnessed_and_ended_once_each(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    heard = story_at_full_speed(3000, log)
    ends = Counter(event.channel for _, event in heard if isinstance(event, HungUp))
    assert len(ends) == 3000
    assert set(ends.values()) == {1}
    assert Counter(json.loads(line)["channel"] for line in log.read_text().splitlines()) == ends
