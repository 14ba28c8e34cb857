"""A real Asterisk with a carrier behind it, under the suite of the Telephony port."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import uuid
import wave
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from asterisk.carrier import Carrier
from asterisk.instance import PrivateAsterisk
from contract.telephony import (
    BUSY,
    FAX,
    HUMAN_SILENT,
    NO_MEDIA,
    PATIENCE_FELT_SECONDS,
    PATIENCE_REAL_SECONDS,
    PROMPT_SECONDS,
    RATE,
    RINGS_OUT,
    TALKS_10_SECONDS,
    Bench,
    Conversation,
    TelephonyContract,
    tell,
)
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
)
from outdial.core.events import Classified, HungUp, KeyPressed, PromptEnded, PromptFailed, Recorded, Ringing
from outdial.core.extension import ExtensionState
from outdial.core.ids import Channel
from outdial.drivers.asterisk.client import REQUEST_SECONDS
from outdial.drivers.asterisk.doctor import Level, examine
from outdial.drivers.asterisk.telephony import AsteriskSwitch
from outdial.drivers.recognition.sphinx import Sphinx
from outdial.drivers.recognition.turns import TurnTaker
from outdial.ports import Recogniser, SwitchDown, Telephony


@asynccontextmanager
async def connected(
    asterisk: PrivateAsterisk,
    app: str,
    *,
    request_seconds: float = REQUEST_SECONDS,
    recordings: Path | None = None,
    recogniser: Recogniser | None = None,
) -> AsyncIterator[AsteriskSwitch]:
    """A switch that is ready; at the end it goes away and its calls stay."""
    switch = AsteriskSwitch(
        f"{asterisk.telephony_url}/{app}",
        request_seconds=request_seconds,
        recordings=recordings,
        recogniser=recogniser,
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(switch.run(), name="switch")
        try:
            async with asyncio.timeout(PATIENCE_REAL_SECONDS):
                await switch.wait_ready()
            yield switch
        finally:
            running.cancel()


@asynccontextmanager
async def driven(
    asterisk: PrivateAsterisk,
    app: str,
    *,
    request_seconds: float = REQUEST_SECONDS,
    recordings: Path | None = None,
    recogniser: Recogniser | None = None,
) -> AsyncIterator[AsteriskSwitch]:
    """A switch that is ready; the calls that stand at the end are hung up."""
    async with connected(
        asterisk, app, request_seconds=request_seconds, recordings=recordings, recogniser=recogniser
    ) as switch:
        try:
            yield switch
        finally:
            for channel in await switch.standing():
                await switch.perform(HangUp(channel))
            await switch.standing()  # its answer comes after they were hung up


def samples_in(path: Path) -> array[int]:
    """The sound of a telephony wav file."""
    with wave.open(str(path), "rb") as file:
        return array("h", file.readframes(file.getnframes()))


def loudness(samples: array[int], hertz: float) -> float:
    """The amplitude of a tone within a sound, by Goertzel's algorithm."""
    coefficient = 2 * math.cos(2 * math.pi * hertz / RATE)
    before, last = 0.0, 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    power = last * last + before * before - coefficient * last * before
    return 2 * math.sqrt(max(0.0, power)) / len(samples)


def stored(asterisk: PrivateAsterisk, app: str) -> list[str]:
    """The recordings of an application that are at Asterisk."""
    return sorted(path.stem for path in (asterisk.directory / "spool/recording").glob(f"{app}-*.wav"))


class TestAsteriskTelephony(TelephonyContract):
    @pytest.fixture
    def bench(self, tmp_path: Path, asterisk: PrivateAsterisk, carrier: Carrier) -> Bench:
        @asynccontextmanager
        async def switch() -> AsyncIterator[Telephony]:
            recogniser = TurnTaker(Sphinx(), late_seconds=PATIENCE_FELT_SECONDS)
            try:
                # An application of its own: a channel that is still going away belongs to the test before.
                async with driven(asterisk, f"test-{uuid.uuid4()}", recogniser=recogniser) as driver:
                    yield driver
            finally:
                await recogniser.close()

        return Bench(switch=switch, second=1.0, folder=tmp_path, trunk="carrier", caller="+74951234567")

    def test_joined_legs_hear_each_other(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            listener = await call.answered("70000100005")
            await call.ask(Ringback(listener))
            talker = await call.answered("70001200003")
            await call.ask(Join(listener, talker))
            await call.hear(talker, HungUp)
            # Who was spoken to answers when the talk is over, and not in a pause of the ringing tone.
            assert call.keys(listener) == ""
            assert await call.hear(listener, KeyPressed) == KeyPressed(listener, "5")

        tell(bench, story)

    def test_a_trunk_that_does_not_exist_ends_the_call_at_once(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            channels = [Channel(str(uuid.uuid4())) for _ in range(2)]
            stands = await call.dial(RINGS_OUT)
            for channel in channels:
                await call.ask(Dial(channel, "no-such-trunk", "79161234567", bench.caller, 10.0))
                assert await call.hear(channel, HungUp) == HungUp(channel, q850_cause=38)
            assert not call.count(stands, HungUp)

        tell(bench, story)

    def test_a_file_that_is_no_sound_fails(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            (bench.folder / "text.wav").write_text("no sound")
            channel = await call.answered(HUMAN_SILENT)
            await call.ask(Play(channel, 1, (Sound(bench.folder / "text.wav", 1.0),)))
            assert (await call.hear(channel, PromptFailed)).turn == 1

        tell(bench, story)

    def test_the_carrier_sees_number_and_caller_as_they_were_given(self, bench: Bench, carrier: Carrier) -> None:
        async def story(call: Conversation) -> None:
            carrier.forget()
            await call.hear(await call.dial(BUSY), HungUp)
            await call.hear(await call.dial_extension("9"), HungUp)

        tell(bench, story)
        seen = [(call["number"], call["caller"]) for call in carrier.calls()]
        assert seen == [(BUSY, bench.caller), ("109", bench.caller)]

    def test_an_extension_that_nobody_registered_for_is_unavailable(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            states = await call.switch.extension_states(["100", "110", "111"])
            assert states == {
                "100": ExtensionState.IDLE,
                "110": ExtensionState.UNAVAILABLE,
                "111": ExtensionState.UNKNOWN,
            }

        tell(bench, story)

    def test_an_extension_that_cannot_be_rung_ends_the_call_at_once(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            for extension in ("110", "111"):
                channel = Channel(str(uuid.uuid4()))
                await call.ask(Dial(channel, "", extension, bench.caller, 10.0))
                assert await call.hear(channel, HungUp) == HungUp(channel, q850_cause=20)

        tell(bench, story)

    def test_another_process_carries_on(self, asterisk: PrivateAsterisk, carrier: Carrier, bench: Bench) -> None:
        app = f"test-{uuid.uuid4()}"

        async def story() -> None:
            async with connected(asterisk, app) as switch:
                call = Conversation(bench, switch)
                ringing, up = await call.dial(RINGS_OUT), await call.answered("70000100005")
                await call.hear(ringing, Ringing)
            # A new process takes longer to start than Asterisk to notice that the old one's socket is closed; what
            # connects in that very instant would get no events.
            await asyncio.to_thread(asterisk.cli, "ari show apps")
            async with driven(asterisk, app) as switch:
                call = Conversation(bench, switch)
                assert await switch.standing() == {ringing: False, up: True}
                await call.play(up, 1, PROMPT_SECONDS)
                assert await call.hear(up, PromptEnded) == PromptEnded(up, 1)
                assert await call.hear(up, KeyPressed) == KeyPressed(up, "5")
                await call.ask(HangUp(ringing))
                assert not (await call.hear(ringing, HungUp)).lost

        asyncio.run(story())

    def test_nothing_of_an_ear_stays(self, asterisk: PrivateAsterisk, carrier: Carrier, bench: Bench) -> None:
        app = f"test-{uuid.uuid4()}"

        def parts(*legs: Channel) -> int:
            # Of these legs only: an application that ended by force may have left others.
            shown = asterisk.cli("core show channels concise") + asterisk.cli("bridge show all")
            return sum(shown.count(f"{leg}-{mark}-") for leg in legs for mark in ("media", "hears"))

        async def story() -> None:
            recogniser = TurnTaker(Sphinx())
            try:
                async with connected(asterisk, app, recogniser=recogniser) as switch:
                    call = Conversation(bench, switch)
                    stays, leaves = await call.answered(HUMAN_SILENT), await call.answered(HUMAN_SILENT)
                    await call.ask(Listen(stays, 1, "ru-RU", ("да",)), Listen(leaves, 1, "ru-RU", ("да",)))
                    while await asyncio.to_thread(parts, stays, leaves) < 4:
                        pass
                    await call.ask(HangUp(leaves))
                    await call.hear(leaves, HungUp)
                async with driven(asterisk, app) as switch:
                    assert await switch.standing() == {stays: True}
                    async with asyncio.timeout(PATIENCE_REAL_SECONDS):
                        while await asyncio.to_thread(parts, stays, leaves):
                            pass
            finally:
                await recogniser.close()

        asyncio.run(story())

    def test_a_verdict_waits_for_the_next_process(
        self, asterisk: PrivateAsterisk, carrier: Carrier, bench: Bench
    ) -> None:
        app = f"test-{uuid.uuid4()}"

        def being_listened_to() -> bool:
            return "!AMD!" in asterisk.cli("core show channels concise")

        async def story() -> None:
            async with connected(asterisk, app) as switch:
                call = Conversation(bench, switch)
                channel = await call.answered(NO_MEDIA)
                await call.ask(Classify(channel, 1, Amd(total_analysis=3000)))
                while not await asyncio.to_thread(being_listened_to):
                    pass
            while await asyncio.to_thread(being_listened_to):
                pass
            async with driven(asterisk, app) as switch:
                call = Conversation(bench, switch)
                assert await switch.standing() == {channel: True}
                # The channel comes back by itself, or is sent off once more.
                heard = await call.classified(channel, 3, Amd(total_analysis=2000))
                assert (heard.turn, heard.verdict) == (3, Verdict.NOT_SURE)
                await call.play(channel, 4, PROMPT_SECONDS)
                assert await call.hear(channel, PromptEnded) == PromptEnded(channel, 4)
                assert [type(event) for event in call.on(channel)] == [Classified, PromptEnded]

        asyncio.run(story())

    def test_both_voices_of_a_talk_are_kept_and_nothing_stays_at_asterisk(
        self, asterisk: PrivateAsterisk, carrier: Carrier, bench: Bench
    ) -> None:
        app, talk, said = f"test-{uuid.uuid4()}", bench.folder / "talk.wav", bench.folder / "said.wav"

        async def story() -> None:
            async with driven(asterisk, app) as switch:
                call = Conversation(bench, switch)
                callee, extension = await call.joined(FAX, "4")
                await call.ask(RecordTalk(callee, extension, talk))
                other = await call.answered(FAX)
                await call.ask(Record(other, 1, said, 2.0))
                assert (await call.hear(other, Recorded)).path == said
                await call.ask(HangUp(callee))
                await call.hear(callee, HungUp)
                await call.kept(talk)
                async with asyncio.timeout(PATIENCE_REAL_SECONDS):
                    while await asyncio.to_thread(stored, asterisk, app):
                        pass

        asyncio.run(story())
        # The callee answers with 2100 Hz, the telephone hums 440 Hz; nobody makes 1300 Hz.
        second = samples_in(talk)[RATE : 2 * RATE]
        heard = {hertz: round(loudness(second, hertz)) for hertz in (440, 2100, 1300)}
        assert min(heard[440], heard[2100]) > 1000
        assert heard[1300] < 100
        alone = samples_in(said)[RATE // 2 : RATE]
        assert loudness(alone, 2100) > 1000
        assert loudness(alone, 440) < 100

    def test_both_sides_of_a_call_are_in_its_file_also_after_a_crash(
        self, asterisk: PrivateAsterisk, carrier: Carrier, bench: Bench
    ) -> None:
        app, folder = f"test-{uuid.uuid4()}", bench.folder / "recordings"
        place: Path | None = None

        async def story() -> None:
            nonlocal place
            async with connected(asterisk, app) as switch:
                call = Conversation(bench, switch)
                callee = await call.answered(FAX)
                place = folder / callee[:2] / f"{callee}.wav"
                await call.ask(RecordCall(callee, place))
                await call.play(callee, 1, 3.0)
                await call.hear(callee, PromptEnded)
            async with driven(asterisk, app, recordings=folder) as switch:
                call = Conversation(bench, switch)
                await call.ask(HangUp(callee))
                await call.hear(callee, HungUp)
                assert await call.kept(place) > 2.5

        asyncio.run(story())
        assert place is not None
        # The callee answers with 2100 Hz, the prompt is 425 Hz; nobody makes 1300 Hz.
        sound = samples_in(place)
        seconds = [sound[at : at + RATE] for at in range(0, len(sound) - RATE, RATE // 2)]
        assert max(min(loudness(one, 425), loudness(one, 2100)) for one in seconds) > 500
        assert max(loudness(one, 1300) for one in seconds) < 200

    def test_what_a_former_process_recorded_is_brought_home(
        self, asterisk: PrivateAsterisk, carrier: Carrier, bench: Bench
    ) -> None:
        app, folder = f"test-{uuid.uuid4()}", bench.folder / "recordings"

        def place(channel: Channel, turn: str = "") -> Path:
            return folder / channel[:2] / f"{channel}{turn}.wav"

        async def story() -> None:
            async with connected(asterisk, app) as switch:
                call = Conversation(bench, switch)
                callee, extension = await call.joined("70001200002", "6")
                await call.ask(RecordTalk(callee, extension, place(callee)))
                stays = await call.answered(TALKS_10_SECONDS)
                await call.ask(Record(stays, 7, place(stays, "-t7"), 60.0))
                left = await call.answered("70001200001")
                await call.ask(Record(left, 7, place(left, "-t7"), 60.0))
                await switch.standing()
            for channel in (left, callee, extension):
                while str(channel) in await asyncio.to_thread(asterisk.cli, "core show channels concise"):
                    pass
            async with driven(asterisk, app, recordings=folder) as switch:
                call = Conversation(bench, switch)
                for path in (place(callee), place(left, "-t7")):
                    assert await call.kept(path) > 0.3
                assert not place(stays, "-t7").exists()
                await call.ask(HangUp(stays))
                await call.hear(stays, HungUp)
                assert await call.kept(place(stays, "-t7")) > 0.3
                assert not [event for event in call.heard if isinstance(event, Recorded)]
                async with asyncio.timeout(PATIENCE_REAL_SECONDS):
                    while await asyncio.to_thread(stored, asterisk, app):
                        pass

        asyncio.run(story())

    def test_calls_survive_an_asterisk_that_stands_still(
        self, asterisk: PrivateAsterisk, carrier: Carrier, bench: Bench
    ) -> None:
        async def story() -> None:
            async with driven(asterisk, f"test-{uuid.uuid4()}", request_seconds=0.5) as switch:
                call = Conversation(bench, switch)
                stays, leaves = await call.answered(HUMAN_SILENT), await call.answered(HUMAN_SILENT)
                os.kill(asterisk.pid, signal.SIGSTOP)
                try:
                    asked_in_vain = await call.dial(RINGS_OUT)
                    while switch.ready:  # each question waits for its answer in vain
                        with contextlib.suppress(SwitchDown):
                            await switch.standing()
                    with pytest.raises(SwitchDown):
                        await call.dial(BUSY)
                    with pytest.raises(SwitchDown):
                        await switch.extension_states(["100"])
                    await call.ask(HangUp(leaves))
                finally:
                    os.kill(asterisk.pid, signal.SIGCONT)
                await switch.wait_ready()
                await call.hear(leaves, HungUp)
                # Whether the call was placed late or never: it ends once, and does not stay.
                await call.ask(HangUp(asked_in_vain))
                await call.hear(asked_in_vain, HungUp)
                await call.let_pass(seconds=1)
                assert await switch.standing() == {stays: True}
                assert [call.count(each, HungUp) for each in (stays, leaves, asked_in_vain)] == [0, 1, 1]

        asyncio.run(story())


def test_the_doctor_finds_what_is_there_and_what_is_not(
    asterisk: PrivateAsterisk, carrier: Carrier, tmp_path: Path
) -> None:
    findings = asyncio.run(examine(asterisk.telephony_url, ["carrier", "no-such-trunk"], prompts=tmp_path))
    errors = [finding.what for finding in findings if finding.level is Level.ERROR]
    assert errors == ["trunk no-such-trunk: Asterisk has no PJSIP endpoint of this name"]
    refused = asyncio.run(examine(asterisk.telephony_url.replace(asterisk.ari_password, "wrong"), []))
    assert [finding.what for finding in refused] == [f"Asterisk refuses the user {asterisk.ari_user} or the password"]
