"""From the end of what a callee says to the first sound of the next prompt, over real SIP and RTP, seen by the callee, with
the built-in recogniser.

The limit is the pause that ends an answer: nobody can answer sooner without interrupting.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from functools import partial
from pathlib import Path
from uuid import uuid4

from asterisk import sounds
from asterisk.fetch import ensure
from asterisk.instance import PrivateAsterisk
from asterisk.prefix import default_prefix_directory
from benchmarks.callee import Callee
from benchmarks.speaker import Speaker, word
from benchmarks.table import Row, percentile
from outdial.core.commands import Dial, HangUp, Listen, Play, Sound
from outdial.core.events import Answered, Heard, HungUp
from outdial.core.ids import Channel
from outdial.drivers.asterisk.configuration import SipTrunk
from outdial.drivers.asterisk.telephony import AsteriskSwitch
from outdial.drivers.recognition.sphinx import Sphinx
from outdial.drivers.recognition.turns import TurnTaker

CALLS = 24
AT_ONCE = 4
ANSWERS = 5
"""Of each callee."""
PAUSE_SECONDS = 0.5
LONGEST_P95_SECONDS = 0.7
_TRUNK = "callee"
_WORD, _SAID, _EXPECTED = 1, "да", ("да", "нет")


async def measure(folder: Path) -> list[Row]:
    """`CALLS` calls, `AT_ONCE` at a time, of `ANSWERS` answers each. Raises `AssertionError` when words are not understood
    or the 95th percentile is over `LONGEST_P95_SECONDS`."""
    await asyncio.to_thread(subprocess.run, [sys.executable, sounds.__file__, str(folder)], check=True)
    said = word(folder / f"word-{_WORD}.wav")
    speakers: list[Speaker] = []

    def speaker() -> Speaker:
        speakers.append(Speaker(said))
        return speakers[-1]

    callee = Callee(media=speaker)
    port = await callee.open()
    recogniser = TurnTaker(Sphinx())
    try:
        prefix = ensure(default_prefix_directory())
        trunk = SipTrunk(name=_TRUNK, host="127.0.0.1", port=port, qualify_seconds=0)
        with PrivateAsterisk(prefix, trunks=[trunk]) as asterisk:
            async with asyncio.TaskGroup() as group:
                answering = group.create_task(callee.run(), name="callee")
                switch = AsteriskSwitch(asterisk.telephony_url, recogniser=recogniser)
                running = group.create_task(switch.run(), name="switch")
                await switch.wait_ready()
                sounds.write(folder / "prompt.wav", sounds.tone(425, 0.6))
                understood = await _talk(switch, Sound(folder / "prompt.wav", 0.6))
                running.cancel()
                answering.cancel()
    finally:
        callee.close()
        await recogniser.close()
    gaps = [gap for each in speakers for gap in each.gaps]
    p50, p95 = percentile(gaps, 0.5), percentile(gaps, 0.95)
    if understood < CALLS * ANSWERS or p95 > LONGEST_P95_SECONDS:
        raise AssertionError(f"{understood} of {CALLS * ANSWERS} answers were understood, p95 {p95:.3f} s")
    row = partial(_row, len(gaps))
    return [row("p50", p50), row("p95", p95)]


def _row(count: int, name: str, seconds: float) -> Row:
    return Row(
        f"end of an answer aloud to the next prompt on Asterisk, {name} ({count} answers, {AT_ONCE} calls at once)",
        f"{seconds * 1000:.0f} ms",
        f"{PAUSE_SECONDS * 1000:.0f} ms: the pause that ends an answer",
        f"{seconds / PAUSE_SECONDS:.2f}",
    )


async def _talk(switch: AsteriskSwitch, prompt: Sound) -> int:
    """Hold all the conversations; how many answers were understood."""
    left, understood, ended = CALLS, 0, 0
    turns: dict[Channel, int] = {}

    async def dial() -> None:
        nonlocal left
        if left:
            left -= 1
            await switch.perform(Dial(Channel(str(uuid4())), _TRUNK, f"7902{left:07d}", "", 30.0))

    async def ask(channel: Channel) -> None:
        turn = turns[channel] = turns.get(channel, 0) + 1
        await switch.perform(Listen(channel, turn, "ru-RU", _EXPECTED, PAUSE_SECONDS))
        await switch.perform(Play(channel, turn, (prompt,)))

    for _ in range(AT_ONCE):
        await dial()
    async for event in switch.events():
        match event:
            case Answered():
                await ask(event.channel)
            case Heard():
                if event.turn <= ANSWERS:
                    understood += event.text == _SAID
                    await ask(event.channel)  # also after the last one, whose gap ends with this prompt
                else:
                    await switch.perform(HangUp(event.channel))
            case HungUp():
                ended += 1
                if ended == CALLS:
                    break
                await dial()
            case _:
                pass
    return understood
