"""The number plan as real calls: what an Asterisk with a trunk to the carrier sees of each callee."""

from __future__ import annotations

import asyncio

import pytest
from ari_session import AriSession, ari_session

from asterisk.carrier import Carrier
from asterisk.instance import PrivateAsterisk

PROMPT = "sound:digits/1"


async def pressed_after_prompt(session: AriSession, channel: str) -> str:
    """Play a prompt to its end and return the digit that follows it."""
    playback = await session.play(channel, PROMPT)
    await session.event("PlaybackFinished", playback=playback)
    return str((await session.event("ChannelDtmfReceived", channel=channel))["digit"])


def test_refusals_have_the_plan_s_codes(asterisk: PrivateAsterisk, carrier: Carrier) -> None:
    expected = {
        "70000400000": (17, 486),
        "70000600000": (21, 603),
        "70000700000": (1, 404),
        "70000800000": (19, 480),
        "70000900000": (34, 503),
        "109": (17, 486),
        "20007": (21, 603),
    }

    async def story() -> None:
        async with ari_session(asterisk) as session:
            channels = {number: await session.dial(number) for number in expected}
            for number, channel in channels.items():
                ended = await session.event("ChannelDestroyed", channel=channel)
                assert (ended["cause"], ended["tech_cause"]) == expected[number], number

    asyncio.run(story())


def test_humans_press_one_digit_after_each_prompt_and_stay(asterisk: PrivateAsterisk, carrier: Carrier) -> None:
    async def story() -> None:
        async with ari_session(asterisk) as session:
            patient, hasty = await session.dial("70000100012"), await session.dial("70000300004")
            for channel in (patient, hasty):
                await session.event("StasisStart", channel=channel)
            # One caller sends no RTP after its prompt, the other silence: both ends are noticed.
            await session.request("POST", f"channels/{hasty}/silence")
            for digits in ("19", "24"):
                playbacks = [await session.play(channel, PROMPT) for channel in (patient, hasty)]
                for channel, playback, digit in zip((patient, hasty), playbacks, digits, strict=True):
                    await session.event("PlaybackFinished", playback=playback)
                    assert (await session.event("ChannelDtmfReceived", channel=channel))["digit"] == digit
            for channel in (patient, hasty):
                await session.hang_up(channel)
                assert (await session.event("ChannelDestroyed", channel=channel))["cause"] == 16

    asyncio.run(story())


def test_prefixes_and_unplanned_numbers_reach_a_human_who_presses_1(
    asterisk: PrivateAsterisk, carrier: Carrier
) -> None:
    async def story() -> None:
        async with ari_session(asterisk) as session:
            numbers = ["99970001300000", "+70000100001", "+74951112233", "70009900000"]
            channels = [await session.dial(number) for number in numbers]
            for channel in channels:
                await session.event("StasisStart", channel=channel)
                await session.play(channel, PROMPT)
            for channel in channels:
                assert (await session.event("ChannelDtmfReceived", channel=channel))["digit"] == "1"
                await session.hang_up(channel)
            assert sorted(call["number"] for call in carrier.calls()[-4:]) == sorted(numbers)

    asyncio.run(story())


def test_a_call_nobody_answers_rings_until_its_time_is_up(asterisk: PrivateAsterisk, carrier: Carrier) -> None:
    async def story() -> None:
        async with ari_session(asterisk) as session:
            channels = [await session.dial(number, ring_seconds=1) for number in ("70000500000", "108")]
            for channel in channels:
                ringing = await session.event("ChannelStateChange", channel=channel)
                assert ringing["channel"]["state"] == "Ringing"
                ended = await session.event("ChannelDestroyed", channel=channel)
                assert (ended["cause"], ended["tech_cause"]) == (19, 480)

    asyncio.run(story())


def test_callees_hang_up_in_their_own_time(asterisk: PrivateAsterisk, carrier: Carrier) -> None:
    expected = {"70001100700": 0.7, "70000200001": 1.0, "70001200002": 2.0}

    async def story() -> None:
        clock = asyncio.get_running_loop().time
        async with ari_session(asterisk) as session:
            channels = [await session.dial(number) for number in expected]
            answered = []
            for channel in channels:
                await session.event("StasisStart", channel=channel)
                answered.append(clock())
            for channel, began, seconds in zip(channels, answered, expected.values(), strict=True):
                assert (await session.event("ChannelDestroyed", channel=channel))["cause"] == 16
                assert clock() - began == pytest.approx(seconds, abs=0.5)

    asyncio.run(story())


def test_busy_the_first_times_then_a_human(asterisk: PrivateAsterisk, carrier: Carrier) -> None:
    carrier.forget()

    async def story() -> None:
        async with ari_session(asterisk) as session:
            for _ in range(2):
                channel = await session.dial("70001600002")
                assert (await session.event("ChannelDestroyed", channel=channel))["tech_cause"] == 486
            channel = await session.dial("70001600002", caller="74950000001")
            await session.event("StasisStart", channel=channel)
            assert await pressed_after_prompt(session, channel) == "1"
            await session.hang_up(channel)

    asyncio.run(story())
    calls = carrier.calls()
    assert [(call["number"], call["caller"]) for call in calls] == [
        ("70001600002", "74951234567"),
        ("70001600002", "74951234567"),
        ("70001600002", "74950000001"),
    ]
    assert [call["time"] for call in calls] == sorted(call["time"] for call in calls)


def test_answering_machine_detection_tells_callees_apart(asterisk: PrivateAsterisk, carrier: Carrier) -> None:
    expected = {"70000100001": "HUMAN", "101": "HUMAN", "70001000000": "MACHINE", "70001700000": "NOTSURE"}

    async def story() -> None:
        async with ari_session(asterisk) as session:
            channels = [await session.dial(number) for number in expected]
            for channel in channels:
                await session.event("StasisStart", channel=channel)
                detour = {"context": "outdial-amd", "extension": "s", "priority": 1}
                await session.request("POST", f"channels/{channel}/continue", detour)
            for channel, verdict in zip(channels, expected.values(), strict=True):
                event = await session.event("StasisStart", channel=channel)
                assert event["args"][:2] == ["amd", verdict]
                await session.hang_up(channel)

    asyncio.run(story())


def test_a_speaking_human_answers_aloud(asterisk: PrivateAsterisk, carrier: Carrier) -> None:
    async def story() -> None:
        async with ari_session(asterisk) as session:
            channel = await session.dial("70001400002")
            await session.event("StasisStart", channel=channel)
            playback = await session.play(channel, PROMPT)
            await session.event("PlaybackFinished", playback=playback)
            listen = {"variable": "TALK_DETECT(set)", "value": "500,256"}
            await session.request("POST", f"channels/{channel}/variable", listen)
            await session.event("ChannelTalkingStarted", channel=channel)
            spoken = await session.event("ChannelTalkingFinished", channel=channel)
            assert 100 < spoken["duration"] < 2000
            await session.hang_up(channel)

    asyncio.run(story())


def test_the_fax_tone_is_1100_hertz(asterisk: PrivateAsterisk, carrier: Carrier) -> None:
    async def story() -> None:
        async with ari_session(asterisk) as session:
            channel = await session.dial("70001500000")
            await session.event("StasisStart", channel=channel)
            detect = {"variable": "TONE_DETECT(1100,250)", "value": ""}
            await session.request("POST", f"channels/{channel}/variable", detect)
            await session.event("ChannelToneDetected", channel=channel)
            await session.hang_up(channel)

    asyncio.run(story())
