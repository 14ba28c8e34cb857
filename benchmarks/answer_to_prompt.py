"""From the callee's answer to the first packet of the prompt, over real SIP and RTP, seen by the callee.

The limit is a bare ARI script beside it, which plays the same kind of file as soon as it hears of the answer and saves
nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from asterisk.fetch import ensure
from asterisk.instance import PrivateAsterisk
from asterisk.prefix import default_prefix_directory
from benchmarks import floor
from benchmarks.callee import Callee
from benchmarks.table import Row, percentile
from outdial.app import database, house
from outdial.core.commands import Dial, HangUp, Play, Sound
from outdial.core.events import Answered, PromptEnded
from outdial.core.ids import Channel
from outdial.drivers.asterisk.configuration import SipTrunk
from outdial.drivers.asterisk.telephony import AsteriskSwitch
from outdial.settings import read

CALLS = 200
CALLS_PER_SECOND = 20.0
_TRUNK = "callee"


async def measure(folder: Path) -> list[Row]:
    """`CALLS` calls at `CALLS_PER_SECOND`, by the whole house and by the bare driver."""
    callee = Callee()
    port = await callee.open()
    try:
        prefix = ensure(default_prefix_directory())
        with PrivateAsterisk(
            prefix, trunks=[SipTrunk(name=_TRUNK, host="127.0.0.1", port=port, qualify_seconds=0)]
        ) as asterisk:
            async with asyncio.TaskGroup() as group:
                answering = group.create_task(callee.run(), name="callee")
                ours = await _ours(folder, asterisk.telephony_url, callee)
                bare = await _bare(folder, asterisk.telephony_url, callee)
                answering.cancel()
    finally:
        callee.close()
    return [
        _row("p50", percentile(ours, 0.5), percentile(bare, 0.5)),
        _row("p99", percentile(ours, 0.99), percentile(bare, 0.99)),
    ]


def _row(name: str, ours: float, limit: float) -> Row:
    return Row(
        f"answer to first prompt packet on Asterisk, {name} ({CALLS} calls, {CALLS_PER_SECOND:.0f}/s)",
        f"{ours * 1000:.1f} ms",
        f"{limit * 1000:.1f} ms: bare ARI, nothing saved",
        f"{ours / limit:.2f}",
    )


def _take(callee: Callee) -> list[float]:
    """The gaps of all calls since the last time."""
    gaps = [call.first_sound - call.at for call in callee.calls.values() if call.first_sound is not None]
    if len(gaps) != len(callee.calls):
        raise AssertionError(f"{len(callee.calls) - len(gaps)} of {len(callee.calls)} callees heard nothing")
    callee.calls.clear()
    return gaps


async def _ours(folder: Path, url: str, callee: Callee) -> Sequence[float]:
    settings = read({"data": folder / "asterisk", "telephony": url})
    async with database(settings) as store, house(settings, store) as made:
        owner = await floor.tenant(made, _TRUNK, CALLS)
        script = await floor.one_question(made, owner, wait_seconds=0.2, plays=1)
        numbers = [f"7900{index:07d}" for index in range(CALLS)]
        async with floor.at_work(made):
            await floor.campaign(made, owner, script, numbers, CALLS, CALLS_PER_SECOND)
        prompts = list((folder / "asterisk" / "prompts").rglob("*.wav"))
        (folder / "prompt.wav").write_bytes(prompts[0].read_bytes())
    return _take(callee)


async def _bare(folder: Path, url: str, callee: Callee) -> Sequence[float]:
    switch = AsteriskSwitch(url)
    sounds = (Sound(folder / "prompt.wav", 1.0),)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(switch.run(), name="switch")
        await switch.wait_ready()
        playing = group.create_task(_play_on_answer(switch, sounds), name="bare")
        for index in range(CALLS):
            channel = Channel(str(uuid4()))
            await switch.perform(Dial(channel, _TRUNK, f"7901{index:07d}", "", 30.0))
            await asyncio.sleep(1 / CALLS_PER_SECOND)
        await playing
        running.cancel()
    return _take(callee)


async def _play_on_answer(switch: AsteriskSwitch, sounds: tuple[Sound, ...]) -> None:
    ended = 0
    async for event in switch.events():
        if isinstance(event, Answered):
            await switch.perform(Play(event.channel, 1, sounds))
        elif isinstance(event, PromptEnded):
            await switch.perform(HangUp(event.channel))
            ended += 1
            if ended == CALLS:
                return
