"""What every switch must do, told by events only: the suite for all implementations of `outdial.ports.Telephony`.

A bench says how to get the switch and what to dial; behind its numbers stands the plan `7000BBPPPPP`. Nothing here
sleeps: where something must not happen, another call is dialled and followed to a known end, and what came until then
is looked at.
"""

from __future__ import annotations

import asyncio
import math
import struct
import uuid
import wave
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from outdial.core.amd import Amd, Verdict
from outdial.core.commands import (
    Classify,
    Dial,
    HangUp,
    Join,
    Listen,
    Play,
    Record,
    RecordCall,
    RecordTalk,
    Ringback,
    Sound,
    StopListening,
    StopPlaying,
    StopRecording,
    SwitchCommand,
)
from outdial.core.events import (
    Answered,
    Classified,
    Heard,
    HungUp,
    KeyPressed,
    NetworkEvent,
    PromptEnded,
    PromptFailed,
    Recorded,
    Ringing,
    SpeechBegan,
)
from outdial.core.extension import ExtensionState
from outdial.core.ids import Channel
from outdial.ports import Telephony

HUMAN_SILENT = "70000200000"
RINGS_OUT = "70000500000"
BUSY = "70000400000"
MACHINE = "70001000000"
LEAVES_AFTER_4_SECONDS = "70001104000"
TALKS_10_SECONDS = "70001200010"
FAX = "70001500000"
NO_MEDIA = "70001700000"
UNREACHABLE = "unreachable"
"""A trunk to nowhere."""
LONG_PROMPT_SECONDS = 120.0
PROMPT_SECONDS = 1.0
PATIENCE_FELT_SECONDS = 20.0
PATIENCE_REAL_SECONDS = 5.0
RATE = 8000

Event = TypeVar("Event", bound=NetworkEvent)
Story = Callable[["Conversation"], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A switch to be tried, with the carrier and the extensions behind it."""

    switch: Callable[[], AbstractAsyncContextManager[Telephony]]
    """A switch that is ready."""
    second: float
    """How many real seconds one of its seconds lasts."""
    folder: Path
    """Where prompts are written; the switch reads them there."""
    trunk: str
    caller: str
    dial_prefix: str = ""
    """What stands before a planned number when it is dialled through the trunk."""
    extension_prefix: str = "10"
    """What makes an extension's number of the digit it behaves by."""

    def prompt(self, seconds: float) -> Sound:
        """A new wav file of a tone that lasts so long."""
        path = self.folder / f"{uuid.uuid4()}.wav"
        write_tone(path, seconds)
        return Sound(path, seconds)


def seconds_in(path: Path) -> float:
    """How much sound there is in a telephony wav file; fails for any other file."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        frames = file.getnframes()
        assert len(file.readframes(frames)) == 2 * frames
    return frames / RATE


def write_tone(path: Path, seconds: float) -> None:
    """Write a 425 Hz tone as a telephony wav file: 8 kHz, mono, 16 bit."""
    period = [round(8000 * math.sin(2 * math.pi * 425 * at / RATE)) for at in range(RATE // 25)]
    frames = struct.pack(f"<{len(period)}h", *period)
    count = round(seconds * RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((frames * (count // len(period) + 1))[: 2 * count])


class Conversation:
    """Commands to a switch and what it says to them, in order."""

    def __init__(self, bench: Bench, switch: Telephony) -> None:
        self.bench = bench
        self.switch = switch
        self.heard: list[NetworkEvent] = []
        self._events = switch.events()
        self._awaited_from: dict[Channel, int] = {}

    async def ask(self, *commands: SwitchCommand) -> None:
        """Give commands one after another."""
        for command in commands:
            await self.switch.perform(command)

    async def dial(self, number: str, *, ring_seconds: float = 30.0, channel: Channel | None = None) -> Channel:
        """Dial a planned number through the trunk."""
        channel = channel or Channel(str(uuid.uuid4()))
        dialled = self.bench.dial_prefix + number
        await self.ask(Dial(channel, self.bench.trunk, dialled, self.bench.caller, ring_seconds))
        return channel

    async def dial_extension(self, last_digit: str, *, ring_seconds: float = 30.0) -> Channel:
        """Dial the extension that behaves by this digit."""
        channel = Channel(str(uuid.uuid4()))
        number = self.bench.extension_prefix + last_digit
        await self.ask(Dial(channel, "", number, self.bench.caller, ring_seconds))
        return channel

    async def answered(self, number: str) -> Channel:
        """Dial a planned number and wait for the answer."""
        channel = await self.dial(number)
        await self.hear(channel, Answered)
        return channel

    async def attentive(self, number: str) -> Channel:
        """Dial a planned number and wait until the callee has said hello, and listens."""
        channel = await self.answered(number)
        await self.let_pass(seconds=1)
        return channel

    async def play(self, channel: Channel, turn: int, *seconds: float) -> None:
        """Play new prompts of these lengths."""
        await self.ask(Play(channel, turn, tuple(self.bench.prompt(each) for each in seconds)))

    async def hear(self, channel: Channel, kind: type[Event]) -> Event:
        """The next event of this kind on a channel, after the one last waited for there. Fails when none comes."""
        at = self._awaited_from.get(channel, 0)
        patience = PATIENCE_REAL_SECONDS + PATIENCE_FELT_SECONDS * self.bench.second
        try:
            async with asyncio.timeout(patience):
                while True:
                    while at < len(self.heard):
                        event, at = self.heard[at], at + 1
                        if event.channel == channel and isinstance(event, kind):
                            self._awaited_from[channel] = at
                            return event
                    self.heard.append(await anext(self._events))
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__}; on the channel came {self.on(channel)}") from None

    async def classified(self, channel: Channel, turn: int, amd: Amd | None = None) -> Classified:
        """Have a leg listened to and wait for the verdict."""
        await self.ask(Classify(channel, turn, amd or Amd()))
        return await self.hear(channel, Classified)

    async def kept(self, path: Path) -> float:
        """Wait for a recording to be in its place; the seconds in it."""
        try:
            async with asyncio.timeout(PATIENCE_REAL_SECONDS):
                while not await asyncio.to_thread(path.exists):
                    pass
        except TimeoutError:
            raise AssertionError(f"{path} was not written") from None
        return seconds_in(path)

    async def joined(self, number: str, last_digit: str) -> tuple[Channel, Channel]:
        """A callee and an extension that hear each other."""
        extension = await self.dial_extension(last_digit)
        await self.hear(extension, Answered)
        callee = await self.answered(number)
        await self.ask(Join(callee, extension))
        return callee, extension

    async def let_pass(self, seconds: int = 0) -> None:
        """Hear everything that comes in so many seconds and a little more."""
        channel = await self.answered(f"700013{seconds:05}") if seconds else await self.dial(BUSY)
        await self.ask(HangUp(channel))
        await self.hear(channel, HungUp)

    async def extension_becomes(self, last_digit: str, state: ExtensionState) -> None:
        """Ask for an extension's state until it is this one. A switch may tell it a moment after the events."""
        number = self.bench.extension_prefix + last_digit
        told: object = None
        try:
            async with asyncio.timeout(PATIENCE_REAL_SECONDS):
                while told is not state:
                    told = (await self.switch.extension_states([number]))[number]
                    await asyncio.sleep(0)
        except TimeoutError:
            raise AssertionError(f"{number} is {told}, not {state}") from None

    def on(self, channel: Channel) -> list[NetworkEvent]:
        """Everything heard on a channel so far."""
        return [event for event in self.heard if event.channel == channel]

    def keys(self, channel: Channel) -> str:
        """The keys pressed on a channel so far."""
        return "".join(event.key for event in self.on(channel) if isinstance(event, KeyPressed))

    def count(self, channel: Channel, kind: type[NetworkEvent]) -> int:
        """How many events of a kind were heard on a channel so far."""
        return sum(isinstance(event, kind) for event in self.on(channel))


def _seconds_now() -> float:
    return asyncio.get_running_loop().time()


def tell(bench: Bench, story: Story) -> None:
    """Run a story on a fresh switch."""

    async def run() -> None:
        async with bench.switch() as switch:
            await story(Conversation(bench, switch))

    asyncio.run(run())


class TelephonyContract:
    """The suite. A test class of an implementation derives from it and gives the fixture `bench`."""

    # ----------------------------------------------------------------------------------- calls not answered

    @pytest.mark.parametrize(
        ("number", "sip_code", "q850_cause"),
        [
            (BUSY, 486, 17),
            ("70000600000", 603, 21),
            ("70000700000", 404, 1),
            ("70000800000", 480, 19),
            ("70000900000", 503, 34),
        ],
        ids=["busy", "rejected", "unknown", "unavailable", "trunk_failure"],
    )
    def test_a_refusal_gives_the_networks_codes(
        self, bench: Bench, number: str, sip_code: int, q850_cause: int
    ) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.dial(number)
            assert await call.hear(channel, HungUp) == HungUp(channel, sip_code, q850_cause)
            assert not call.count(channel, Answered)

        tell(bench, story)

    def test_a_trunk_that_cannot_be_reached_has_no_leg(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = Channel(str(uuid.uuid4()))
            await call.ask(Dial(channel, UNREACHABLE, bench.dial_prefix + BUSY, bench.caller, 30.0))
            assert await call.hear(channel, HungUp) == HungUp(channel, 0, 38)
            await call.let_pass()
            assert [type(event) for event in call.on(channel)] == [HungUp]

        tell(bench, story)

    @pytest.mark.parametrize(("last_digit", "sip_code", "q850_cause"), [("9", 486, 17), ("7", 603, 21)])
    def test_an_extension_refuses(self, bench: Bench, last_digit: str, sip_code: int, q850_cause: int) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.dial_extension(last_digit)
            assert await call.hear(channel, HungUp) == HungUp(channel, sip_code, q850_cause)

        tell(bench, story)

    def test_ringing_can_be_given_up(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.dial(RINGS_OUT)
            await call.hear(channel, Ringing)
            await call.ask(HangUp(channel))
            ended = await call.hear(channel, HungUp)
            assert ended.sip_code in (0, 487)
            assert not ended.lost
            assert not call.count(channel, Answered)

        tell(bench, story)

    def test_a_call_can_be_given_up_before_it_rings(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.dial(RINGS_OUT)
            await call.ask(HangUp(channel))
            await call.hear(channel, HungUp)
            await call.let_pass()
            assert call.count(channel, HungUp) == 1
            assert not call.count(channel, Answered)

        tell(bench, story)

    @pytest.mark.parametrize("extension", [False, True], ids=["number", "extension"])
    def test_the_switch_gives_up_when_the_ring_time_is_over(self, bench: Bench, extension: bool) -> None:
        async def story(call: Conversation) -> None:
            began = _seconds_now()
            if extension:
                channel = await call.dial_extension("8", ring_seconds=2.0)
            else:
                channel = await call.dial(RINGS_OUT, ring_seconds=2.0)
            ended = await call.hear(channel, HungUp)
            assert _seconds_now() - began >= 1.8 * bench.second
            assert (ended.sip_code, ended.q850_cause, ended.lost) == (480, 19, False)

        tell(bench, story)

    # ---------------------------------------------------------------------------------------------- prompts

    def test_a_prompt_is_played_to_its_end(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered(HUMAN_SILENT)
            began = _seconds_now()
            await call.play(channel, 1, PROMPT_SECONDS)
            assert await call.hear(channel, PromptEnded) == PromptEnded(channel, 1)
            assert _seconds_now() - began >= 0.9 * PROMPT_SECONDS * bench.second

        tell(bench, story)

    def test_sounds_of_a_prompt_come_one_after_another_and_end_once(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered(HUMAN_SILENT)
            began = _seconds_now()
            await call.play(channel, 3, 0.5, 1.0)
            assert await call.hear(channel, PromptEnded) == PromptEnded(channel, 3)
            assert _seconds_now() - began >= 1.4 * bench.second
            await call.let_pass()
            assert call.count(channel, PromptEnded) == 1

        tell(bench, story)

    def test_a_stopped_prompt_makes_room_at_once(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered(HUMAN_SILENT)
            await call.play(channel, 1, LONG_PROMPT_SECONDS)
            began = _seconds_now()
            await call.ask(StopPlaying(channel, 1))
            await call.play(channel, 2, PROMPT_SECONDS)
            while (await call.hear(channel, PromptEnded)).turn != 2:
                pass
            assert _seconds_now() - began < LONG_PROMPT_SECONDS / 2 * bench.second
            assert call.count(channel, PromptFailed) == 0

        tell(bench, story)

    def test_stopping_another_turn_changes_nothing(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered(HUMAN_SILENT)
            began = _seconds_now()
            await call.play(channel, 2, PROMPT_SECONDS)
            await call.ask(StopPlaying(channel, 1))
            assert await call.hear(channel, PromptEnded) == PromptEnded(channel, 2)
            assert _seconds_now() - began >= 0.9 * PROMPT_SECONDS * bench.second

        tell(bench, story)

    def test_a_prompt_without_a_file_fails_and_the_call_goes_on(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered(HUMAN_SILENT)
            await call.ask(Play(channel, 1, (Sound(bench.folder / "nothing.wav", 1.0),)))
            failed = await call.hear(channel, PromptFailed)
            assert failed.turn == 1
            assert failed.reason
            await call.play(channel, 2, PROMPT_SECONDS)
            assert await call.hear(channel, PromptEnded) == PromptEnded(channel, 2)

        tell(bench, story)

    # ------------------------------------------------------------------------------------------------- keys

    def test_a_human_presses_a_key_after_each_question(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered("70000100012")
            for turn, key in enumerate("12", start=1):
                await call.play(channel, turn, PROMPT_SECONDS)
                assert await call.hear(channel, PromptEnded) == PromptEnded(channel, turn)
                assert await call.hear(channel, KeyPressed) == KeyPressed(channel, key)

        tell(bench, story)

    def test_a_human_without_a_key_left_is_silent_and_stays(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered("70000100005")
            for turn in (1, 2):
                await call.play(channel, turn, PROMPT_SECONDS)
                await call.hear(channel, PromptEnded)
                if turn == 1:
                    await call.hear(channel, KeyPressed)
            await call.let_pass(seconds=2)
            assert call.keys(channel) == "5"
            assert (await call.switch.standing())[channel]

        tell(bench, story)

    def test_a_prompt_that_is_followed_at_once_gets_no_key(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered("70000100045")
            second = bench.prompt(PROMPT_SECONDS)
            await call.play(channel, 1, PROMPT_SECONDS)
            assert await call.hear(channel, PromptEnded) == PromptEnded(channel, 1)
            await call.ask(Play(channel, 2, (second,)))
            assert await call.hear(channel, PromptEnded) == PromptEnded(channel, 2)
            assert call.keys(channel) == ""
            assert await call.hear(channel, KeyPressed) == KeyPressed(channel, "4")

        tell(bench, story)

    def test_a_human_may_press_a_wrong_key_first(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered("70000300002")
            for turn, key in enumerate("92", start=1):
                await call.play(channel, turn, PROMPT_SECONDS)
                assert await call.hear(channel, KeyPressed) == KeyPressed(channel, key)

        tell(bench, story)

    # ---------------------------------------------------------------------------------------------- endings

    @pytest.mark.parametrize("number", ["70001100500", "70000200001", "70001200001"])
    def test_a_callee_hangs_up(self, bench: Bench, number: str) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered(number)
            ended = await call.hear(channel, HungUp)
            assert ended.q850_cause in (0, 16)  # a BYE need not say why
            assert (ended.sip_code, ended.lost) == (0, False)

        tell(bench, story)

    def test_a_callee_hangs_up_in_the_middle_of_a_prompt(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered("70001101000")
            await call.play(channel, 1, LONG_PROMPT_SECONDS)
            await call.hear(channel, HungUp)
            await call.let_pass()
            assert isinstance(call.on(channel)[-1], HungUp)
            assert call.count(channel, HungUp) == 1

        tell(bench, story)

    def test_an_answered_call_is_hung_up_once(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered(HUMAN_SILENT)
            await call.ask(HangUp(channel), HangUp(channel))
            ended = await call.hear(channel, HungUp)
            assert (ended.sip_code, ended.lost) == (0, False)
            await call.ask(HangUp(channel))
            await call.let_pass()
            assert call.count(channel, HungUp) == 1

        tell(bench, story)

    def test_every_dial_leads_to_one_end_and_its_events_come_in_order(self, bench: Bench) -> None:
        numbers = (BUSY, "70000600000", "70000700000", "70000800000", "70000900000", "70001100200", "70000200001")

        async def story(call: Conversation) -> None:
            channels = [await call.dial(number) for number in numbers]
            channels += [await call.dial(RINGS_OUT, ring_seconds=2.0), await call.dial_extension("9")]
            for channel in channels:
                await call.hear(channel, HungUp)
            await call.let_pass()
            for channel in channels:
                kinds = [type(event) for event in call.on(channel)]
                assert kinds in ([HungUp], [Ringing, HungUp], [Answered, HungUp], [Ringing, Answered, HungUp])

        tell(bench, story)

    # ---------------------------------------------------------------------------------------------- channels

    def test_standing_channels_are_known_with_their_state(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            assert call.switch.ready
            assert await call.switch.standing() == {}
            ringing = await call.dial(RINGS_OUT)
            await call.hear(ringing, Ringing)
            answered = await call.answered(HUMAN_SILENT)
            assert await call.switch.standing() == {ringing: False, answered: True}
            for channel in (ringing, answered):
                await call.ask(HangUp(channel))
                await call.hear(channel, HungUp)
            assert await call.switch.standing() == {}

        tell(bench, story)

    def test_a_channel_that_stands_is_not_dialled_again(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.dial(HUMAN_SILENT)
            await call.dial(HUMAN_SILENT, channel=channel)
            await call.hear(channel, Answered)
            await call.dial(BUSY, channel=channel)
            await call.let_pass()
            assert (await call.switch.standing())[channel]
            await call.ask(HangUp(channel))
            await call.hear(channel, HungUp)
            await call.let_pass()
            assert (call.count(channel, Answered), call.count(channel, HungUp)) == (1, 1)
            assert await call.switch.standing() == {}

        tell(bench, story)

    def test_commands_for_channels_that_are_gone_change_nothing(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            gone = await call.dial(BUSY)
            await call.hear(gone, HungUp)
            before = call.on(gone)
            never_there = Channel(str(uuid.uuid4()))
            stays = await call.answered(HUMAN_SILENT)
            for channel in (gone, never_there):
                await call.play(channel, 1, PROMPT_SECONDS)
                await call.ask(
                    StopPlaying(channel, 1),
                    Ringback(channel),
                    Join(channel, stays),
                    Join(stays, channel),
                    HangUp(channel),
                )
            await call.let_pass(seconds=2)
            assert call.on(gone) == before
            assert call.on(never_there) == []
            assert await call.switch.standing() == {stays: True}

        tell(bench, story)

    # ---------------------------------------------------------------------------------------------- transfer

    def test_a_callee_waits_for_an_extension_and_is_joined_with_it(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            callee = await call.answered(HUMAN_SILENT)
            await call.ask(Ringback(callee))
            extension = await call.dial_extension("0")
            await call.hear(extension, Answered)
            await call.ask(Join(callee, extension))
            await call.let_pass(seconds=1)
            assert await call.switch.standing() == {callee: True, extension: True}
            await call.ask(HangUp(callee))
            await call.hear(callee, HungUp)
            await call.let_pass()
            assert await call.switch.standing() == {extension: True}
            await call.ask(HangUp(extension))
            await call.hear(extension, HungUp)
            assert [call.count(leg, HungUp) for leg in (callee, extension)] == [1, 1]

        tell(bench, story)

    def test_a_leg_is_not_hung_up_because_its_partner_left(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            extension = await call.dial_extension("0")
            await call.hear(extension, Answered)
            callee = await call.answered("70000200002")
            await call.ask(Join(callee, extension))
            await call.hear(callee, HungUp)
            await call.let_pass()
            assert await call.switch.standing() == {extension: True}

        tell(bench, story)

    def test_a_leg_in_a_talk_may_hang_up_by_itself(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            callee = await call.answered(HUMAN_SILENT)
            extension = await call.dial_extension("6")
            await call.hear(extension, Answered)
            await call.ask(Join(callee, extension))
            await call.hear(extension, HungUp)
            await call.let_pass()
            assert await call.switch.standing() == {callee: True}

        tell(bench, story)

    # ------------------------------------------------------------------------------------- people and machines

    def test_people_are_told_from_machines(self, bench: Bench) -> None:
        expected = {
            HUMAN_SILENT: (Verdict.HUMAN, "HUMAN"),
            "70000100001": (Verdict.HUMAN, "HUMAN"),
            "70001400001": (Verdict.HUMAN, "HUMAN"),
            MACHINE: (Verdict.MACHINE, "MAXWORDS"),
            FAX: (Verdict.MACHINE, "LONGGREETING"),
            NO_MEDIA: (Verdict.NOT_SURE, "TOOLONG"),
        }

        async def story(call: Conversation) -> None:
            channels = {}
            for turn, number in enumerate(expected, start=1):
                channels[number] = await call.answered(number)
                await call.ask(Classify(channels[number], turn, Amd()))
            for turn, (number, verdict) in enumerate(expected.items(), start=1):
                heard = await call.hear(channels[number], Classified)
                assert (heard.turn, heard.verdict, heard.cause) == (turn, *verdict), number
                assert 0.8 < heard.seconds < 8
            await call.let_pass()
            for channel in channels.values():
                assert [call.count(channel, kind) for kind in (Answered, Classified)] == [1, 1]

        tell(bench, story)

    def test_a_call_goes_on_after_the_verdict(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered("70000100005")
            assert (await call.classified(channel, 1)).verdict is Verdict.HUMAN
            assert (await call.switch.standing())[channel]
            await call.play(channel, 2, PROMPT_SECONDS)
            assert await call.hear(channel, PromptEnded) == PromptEnded(channel, 2)
            assert await call.hear(channel, KeyPressed) == KeyPressed(channel, "5")

        tell(bench, story)

    def test_silence_is_taken_for_a_machine_and_may_be_listened_to_again(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered(HUMAN_SILENT)
            await call.play(channel, 1, 2.0)
            await call.hear(channel, PromptEnded)
            for turn in (2, 3):
                heard = await call.classified(channel, turn, Amd(initial_silence=1000))
                assert (heard.turn, heard.verdict, heard.cause) == (turn, Verdict.MACHINE, "INITIALSILENCE")
                assert 0.7 < heard.seconds < 4

        tell(bench, story)

    def test_the_settings_decide(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            chatty, mute = await call.answered(MACHINE), await call.answered(NO_MEDIA)
            await call.ask(Classify(mute, 1, Amd(total_analysis=2000)))
            assert (await call.classified(chatty, 1, Amd(max_words=1))).cause == "MAXWORDS"
            assert (await call.hear(mute, Classified)).seconds < 4

        tell(bench, story)

    def test_while_a_leg_is_listened_to_nothing_is_played_nor_recorded(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered(HUMAN_SILENT)
            await call.ask(Classify(channel, 1, Amd()))
            await call.play(channel, 2, PROMPT_SECONDS)
            assert (await call.hear(channel, PromptFailed)).turn == 2
            await call.ask(Record(channel, 3, bench.folder / "a.wav", 5.0))
            assert await call.hear(channel, Recorded) == Recorded(channel, 3, None)
            heard = await call.hear(channel, Classified)
            assert (heard.turn, heard.verdict) == (1, Verdict.HUMAN)

        tell(bench, story)

    def test_a_callee_may_hang_up_before_the_verdict(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered("70001100500")
            await call.ask(Classify(channel, 1, Amd()))
            ended = await call.hear(channel, HungUp)
            assert (ended.q850_cause in (0, 16), ended.lost) == (True, False)
            await call.let_pass(seconds=2)
            assert not call.count(channel, Classified)
            assert isinstance(call.on(channel)[-1], HungUp)

        tell(bench, story)

    def test_a_leg_can_be_hung_up_before_the_verdict(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.answered(NO_MEDIA)
            await call.ask(Classify(channel, 1, Amd()))
            assert await call.switch.standing() == {channel: True}
            await call.ask(HangUp(channel))
            await call.hear(channel, HungUp)
            await call.ask(Classify(channel, 2, Amd()))
            await call.let_pass(seconds=5)
            assert not call.count(channel, Classified)
            assert call.count(channel, HungUp) == 1

        tell(bench, story)

    def test_who_cannot_be_listened_to_is_not_sure(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            rings = await call.dial(RINGS_OUT)
            heard = await call.classified(rings, 1)
            assert (heard.verdict, heard.seconds) == (Verdict.NOT_SURE, 0)
            channel = await call.answered(HUMAN_SILENT)
            await call.ask(Classify(channel, 1, Amd()))
            assert (await call.classified(channel, 2)).turn == 2
            heard = await call.hear(channel, Classified)
            assert (heard.turn, heard.verdict) == (1, Verdict.HUMAN)

        tell(bench, story)

    # ---------------------------------------------------------------------------------------------- recordings

    def test_what_a_leg_says_is_kept_until_it_is_enough(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            path = bench.folder / "new" / "folder" / "said.wav"
            channel = await call.answered(TALKS_10_SECONDS)
            await call.ask(Record(channel, 4, path, 60.0))
            await call.let_pass(seconds=1)
            await call.ask(StopRecording(channel, 3), StopRecording(channel, 4))
            recorded = await call.hear(channel, Recorded)
            assert (recorded.turn, recorded.path) == (4, path)
            assert recorded.seconds == pytest.approx(seconds_in(path))
            assert 0.5 < recorded.seconds < 8
            await call.play(channel, 5, PROMPT_SECONDS)
            assert await call.hear(channel, PromptEnded) == PromptEnded(channel, 5)
            assert call.count(channel, Recorded) == 1
            assert [each.name for each in path.parent.iterdir()] == [path.name]

        tell(bench, story)

    def test_a_recording_ends_with_its_longest_time(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel, path = await call.answered(TALKS_10_SECONDS), bench.folder / "said.wav"
            path.write_text("what was there before")
            await call.ask(Record(channel, 1, path, 1.0))
            recorded = await call.hear(channel, Recorded)
            assert recorded.path == path
            assert 0.9 < seconds_in(path) < 4
            await call.ask(StopRecording(channel, 1))
            await call.let_pass()
            assert call.count(channel, Recorded) == 1

        tell(bench, story)

    def test_a_leg_is_recorded_between_prompts(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel, paths = await call.answered("70001400012"), [bench.folder / f"{turn}.wav" for turn in (2, 4)]
            for turn, path in zip((1, 3), paths, strict=True):
                await call.play(channel, turn, PROMPT_SECONDS)
                await call.ask(Record(channel, turn + 1, path, 2.0))
                assert await call.hear(channel, PromptEnded) == PromptEnded(channel, turn)
                assert (await call.hear(channel, Recorded)).path == path
            assert min(map(seconds_in, paths)) > 0.3
            assert [type(event) for event in call.on(channel)][-4:] == [PromptEnded, Recorded] * 2

        tell(bench, story)

    @pytest.mark.parametrize("by_callee", [True, False], ids=["callee", "house"])
    def test_what_was_said_before_the_end_is_kept(self, bench: Bench, by_callee: bool) -> None:
        async def story(call: Conversation) -> None:
            path = bench.folder / "said.wav"
            channel = await call.answered("70001200002" if by_callee else TALKS_10_SECONDS)
            await call.ask(Record(channel, 1, path, 60.0))
            if not by_callee:
                await call.let_pass(seconds=1)
                await call.ask(HangUp(channel))
            await call.hear(channel, HungUp)
            assert await call.kept(path) > 0.5
            await call.let_pass()
            assert isinstance(call.on(channel)[-1], HungUp)
            assert call.count(channel, HungUp) == 1

        tell(bench, story)

    def test_where_no_sound_comes_nothing_is_kept(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            mute, ringing = await call.answered(NO_MEDIA), await call.dial(RINGS_OUT)
            path = bench.folder / "silence" / "said.wav"
            await call.ask(Record(ringing, 1, path, 1.0))
            assert await call.hear(ringing, Recorded) == Recorded(ringing, 1, None)
            await call.ask(Record(mute, 1, path, 1.0))
            assert await call.hear(mute, Recorded) == Recorded(mute, 1, None)
            assert not path.exists()
            await call.ask(HangUp(mute))
            await call.hear(mute, HungUp)
            await call.ask(Record(mute, 2, path, 1.0))
            await call.let_pass(seconds=2)
            assert call.count(mute, Recorded) == 1

        tell(bench, story)

    @pytest.mark.parametrize("first_gone", [True, False], ids=["callee", "extension"])
    def test_a_talk_is_kept_when_one_of_the_two_is_gone(self, bench: Bench, first_gone: bool) -> None:
        async def story(call: Conversation) -> None:
            path = bench.folder / "ab" / "talk.wav"
            callee, extension = await call.joined(TALKS_10_SECONDS, "0")
            await call.ask(RecordTalk(callee, extension, path))
            await call.let_pass(seconds=1)
            gone, stays = (callee, extension) if first_gone else (extension, callee)
            await call.ask(HangUp(gone))
            await call.hear(gone, HungUp)
            assert 0.5 < await call.kept(path) < 8
            assert await call.switch.standing() == {stays: True}
            await call.ask(HangUp(stays))
            await call.hear(stays, HungUp)
            await call.let_pass()
            assert not call.count(callee, Recorded) + call.count(extension, Recorded)

        tell(bench, story)

    def test_a_talk_that_both_leave_at_once_is_kept(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            paths = [bench.folder / f"talk-{number}.wav" for number in range(3)]
            talks = [await call.joined("70001400005", "0123"[number]) for number in range(3)]
            for (callee, extension), path in zip(talks, paths, strict=True):
                await call.ask(RecordTalk(callee, extension, path))
            await call.let_pass(seconds=1)
            for callee, extension in talks:
                await call.ask(HangUp(callee), HangUp(extension))
            for path in paths:
                assert await call.kept(path) > 0.5

        tell(bench, story)

    @pytest.mark.parametrize("we_hang_up", [True, False])
    def test_a_call_is_kept_from_its_beginning_to_its_end(self, bench: Bench, we_hang_up: bool) -> None:
        async def story(call: Conversation) -> None:
            path = bench.folder / "ab" / "call.wav"
            channel = await call.answered(HUMAN_SILENT if we_hang_up else LEAVES_AFTER_4_SECONDS)
            await call.ask(RecordCall(channel, path), Listen(channel, 1, "ru-RU"))
            await call.play(channel, 2, 1.0)
            await call.hear(channel, PromptEnded)
            assert not path.exists()
            if we_hang_up:
                await call.ask(HangUp(channel))
            await call.hear(channel, HungUp)
            assert 0.5 < await call.kept(path) < 10
            assert not call.count(channel, Recorded)

        tell(bench, story)

    def test_a_call_is_kept_through_its_talk_with_an_extension(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            path = bench.folder / "call.wav"
            callee, extension = await call.joined(TALKS_10_SECONDS, "0")
            await call.ask(RecordCall(callee, path))
            await call.let_pass(seconds=1)
            await call.ask(HangUp(extension))
            await call.hear(extension, HungUp)
            await call.let_pass(seconds=1)
            assert not path.exists()
            await call.ask(HangUp(callee))
            await call.hear(callee, HungUp)
            assert 1.0 < await call.kept(path) < 12

        tell(bench, story)

    def test_what_is_not_there_is_not_recorded(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel, nobody = await call.answered(HUMAN_SILENT), Channel(str(uuid.uuid4()))
            path = bench.folder / "talk.wav"
            await call.ask(RecordTalk(channel, nobody, path), Record(nobody, 1, path, 1.0), StopRecording(channel, 1))
            await call.ask(RecordCall(nobody, path))
            await call.let_pass(seconds=1)
            assert not path.exists()
            assert not [event for event in call.heard if isinstance(event, Recorded)]

        tell(bench, story)

    # --------------------------------------------------------------------------------------------- listening

    @pytest.mark.parametrize(
        ("number", "language", "expected", "said"),
        [
            ("70001400001", "ru-RU", ("да", "нет"), "да"),
            ("70001400002", "ru-RU", ("да", "нет"), "нет"),
            ("70001400003", "en-US", ("yes", "no"), "yes"),
            ("70001400004", "en-US", ("yes", "no"), "no"),
            ("70001400007", "en-US", ("one", "two", "three"), "two"),
        ],
    )
    def test_an_answer_is_heard_once(
        self, bench: Bench, number: str, language: str, expected: tuple[str, ...], said: str
    ) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.attentive(number)
            await call.ask(Listen(channel, 1, language, expected))
            await call.play(channel, 2, PROMPT_SECONDS)
            assert await call.hear(channel, SpeechBegan) == SpeechBegan(channel, 1)
            heard = await call.hear(channel, Heard)
            assert (heard.turn, heard.text) == (1, said)
            assert 0 < heard.confidence <= 1
            assert 0.4 < heard.silence_seconds < PATIENCE_REAL_SECONDS
            await call.let_pass(seconds=1)
            kinds = [type(event) for event in call.on(channel) if isinstance(event, PromptEnded | SpeechBegan | Heard)]
            assert kinds == [PromptEnded, SpeechBegan, Heard]

        tell(bench, story)

    def test_one_question_follows_another(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.attentive("70001400212")
            for turn, said in ((1, "нет"), (3, "да"), (5, "нет"), (7, "нет")):
                await call.play(channel, turn, PROMPT_SECONDS)
                await call.hear(channel, PromptEnded)
                await call.ask(Listen(channel, turn + 1, "ru-RU", ("да", "нет")))
                assert await call.hear(channel, SpeechBegan) == SpeechBegan(channel, turn + 1)
                heard = await call.hear(channel, Heard)
                assert (heard.turn, heard.text) == (turn + 1, said)

        tell(bench, story)

    def test_who_says_nothing_is_not_heard_and_may_press_keys(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.attentive("70000100005")
            await call.ask(Listen(channel, 1, "ru-RU", ("да", "нет")))
            await call.let_pass(seconds=1)
            await call.play(channel, 2, PROMPT_SECONDS)
            assert await call.hear(channel, PromptEnded) == PromptEnded(channel, 2)
            assert await call.hear(channel, KeyPressed) == KeyPressed(channel, "5")
            await call.let_pass(seconds=1)
            assert not call.count(channel, Heard)

        tell(bench, story)

    def test_another_question_takes_the_place_of_the_first(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.attentive("70001400003")
            await call.ask(Listen(channel, 1, "ru-RU", ("да", "нет")), Listen(channel, 2, "en-US", ("yes", "no")))
            await call.ask(StopListening(channel, 1))
            await call.play(channel, 3, PROMPT_SECONDS)
            heard = await call.hear(channel, Heard)
            assert (heard.turn, heard.text) == (2, "yes")
            await call.let_pass()
            assert [event.turn for event in call.on(channel) if isinstance(event, SpeechBegan | Heard)] == [2, 2]

        tell(bench, story)

    def test_who_is_not_listened_to_any_more_is_not_heard(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channel = await call.attentive("70001400001")
            await call.ask(Listen(channel, 1, "ru-RU", ("да", "нет")), StopListening(channel, 1))
            await call.play(channel, 2, PROMPT_SECONDS)
            await call.hear(channel, PromptEnded)
            await call.let_pass(seconds=3)
            assert not call.count(channel, SpeechBegan) + call.count(channel, Heard)
            await call.ask(Listen(channel, 3, "ru-RU", ("да", "нет")))
            await call.play(channel, 4, PROMPT_SECONDS)
            heard = await call.hear(channel, Heard)
            assert (heard.turn, heard.text) == (3, "да")

        tell(bench, story)

    def test_a_leg_that_is_gone_is_not_heard(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            ringing, channel = await call.dial(RINGS_OUT), await call.attentive("70001400001")
            await call.ask(Listen(ringing, 1, "ru-RU", ("да",)), Listen(Channel(str(uuid.uuid4())), 1, "ru-RU"))
            await call.ask(Listen(channel, 1, "ru-RU", ("да", "нет")))
            await call.play(channel, 2, PROMPT_SECONDS)
            await call.hear(channel, SpeechBegan)
            await call.ask(HangUp(channel))
            await call.hear(channel, HungUp)
            await call.ask(Listen(channel, 3, "ru-RU", ("да", "нет")), StopListening(channel, 3))
            await call.let_pass(seconds=2)
            assert isinstance(call.on(channel)[-1], HungUp)
            assert not [event for event in call.heard if isinstance(event, Heard)]

        tell(bench, story)

    # -------------------------------------------------------------------------------------------- extensions

    def test_extensions_that_nobody_calls_are_idle(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            extensions = [bench.extension_prefix + digit for digit in "0123456789"]
            for digit in "0123456789":
                await call.extension_becomes(digit, ExtensionState.IDLE)
            assert await call.switch.extension_states(extensions) == dict.fromkeys(extensions, ExtensionState.IDLE)
            assert await call.switch.extension_states([]) == {}

        tell(bench, story)

    @pytest.mark.parametrize("number", ["7", "555555", HUMAN_SILENT, "carrier", "", "10/1"])
    def test_what_is_no_extension_is_unknown(self, bench: Bench, number: str) -> None:
        async def story(call: Conversation) -> None:
            assert await call.switch.extension_states([number]) == {number: ExtensionState.UNKNOWN}

        tell(bench, story)

    def test_an_extension_rings_is_in_use_and_is_idle_again(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            await call.extension_becomes("0", ExtensionState.IDLE)
            extension = await call.dial_extension("0")
            await call.hear(extension, Answered)
            await call.extension_becomes("0", ExtensionState.IN_USE)
            await call.extension_becomes("1", ExtensionState.IDLE)
            await call.ask(HangUp(extension))
            await call.hear(extension, HungUp)
            await call.extension_becomes("0", ExtensionState.IDLE)

        tell(bench, story)

    def test_an_extension_that_is_rung_in_vain_is_idle_again(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            await call.extension_becomes("8", ExtensionState.IDLE)
            extension = await call.dial_extension("8")
            await call.hear(extension, Ringing)
            await call.extension_becomes("8", ExtensionState.RINGING)
            await call.ask(HangUp(extension))
            await call.hear(extension, HungUp)
            await call.extension_becomes("8", ExtensionState.IDLE)

        tell(bench, story)
