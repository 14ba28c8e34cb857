"""From the end of what a callee says to the first sound of the next prompt, over real SIP and RTP, seen by the callee, with
the built-in recogniser and everything saved.

The limit is the pause that ends an answer and a frame of media: nobody can answer sooner without interrupting.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from functools import partial
from pathlib import Path

from asterisk import sounds
from asterisk.fetch import ensure
from asterisk.instance import PrivateAsterisk
from asterisk.prefix import default_prefix_directory
from benchmarks import floor
from benchmarks.callee import Callee
from benchmarks.speaker import FRAME_SECONDS, Speaker, word
from benchmarks.table import Row, percentile
from outdial.app import House, database, house
from outdial.core.ids import ScriptId, TenantId
from outdial.core.intents import Intent, Meaning
from outdial.core.prompt import Prompt, Text
from outdial.core.script.listening_nodes import DEFAULT_PAUSE_SECONDS, Hears, Listen
from outdial.core.script.nodes import Say, Script
from outdial.drivers.asterisk.configuration import SipTrunk
from outdial.operations.scripts import ScriptDraft
from outdial.settings import read

CALLS = 24
AT_ONCE = 4
ANSWERS = 5
"""Of each callee."""
LIMIT_SECONDS = DEFAULT_PAUSE_SECONDS + FRAME_SECONDS
LONGEST_P95_SECONDS = 0.7
LEAST_UNDERSTOOD = 0.95
"""Of the answers: who is not understood is not answered, so that a deaf recogniser would be a fast one."""
_TRUNK = "callee"
_WORD, _SAID = 1, "да"


async def measure(folder: Path) -> list[Row]:
    """`CALLS` calls, `AT_ONCE` at a time, of `ANSWERS` answers each. Raises `AssertionError` when less than
    `LEAST_UNDERSTOOD` of them are understood or the 95th percentile is over `LONGEST_P95_SECONDS`."""
    await asyncio.to_thread(subprocess.run, [sys.executable, sounds.__file__, str(folder)], check=True)
    said = word(folder / f"word-{_WORD}.wav")
    speakers: list[Speaker] = []

    def speaker() -> Speaker:
        speakers.append(Speaker(said))
        return speakers[-1]

    callee = Callee(media=speaker)
    port = await callee.open()
    try:
        prefix = ensure(default_prefix_directory())
        trunk = SipTrunk(name=_TRUNK, host="127.0.0.1", port=port, qualify_seconds=0)
        with PrivateAsterisk(prefix, trunks=[trunk]) as asterisk:
            async with asyncio.TaskGroup() as group:
                answering = group.create_task(callee.run(), name="callee")
                understood = await _talk(folder, asterisk.telephony_url)
                answering.cancel()
    finally:
        callee.close()
    gaps = [gap for each in speakers for gap in each.gaps]
    p50, p95 = percentile(gaps, 0.5), percentile(gaps, 0.95)
    if understood < LEAST_UNDERSTOOD * CALLS * ANSWERS or p95 > LONGEST_P95_SECONDS:
        raise AssertionError(f"{understood} of {CALLS * ANSWERS} answers were understood, p95 {p95:.3f} s")
    row = partial(_row, f"{understood} of {CALLS * ANSWERS} answers understood")
    return [row("p50", p50), row("p95", p95)]


def _row(understood: str, name: str, seconds: float) -> Row:
    return Row(
        f"end of an answer aloud to the next prompt on Asterisk, {name} ({understood}, {AT_ONCE} calls at once)",
        f"{seconds * 1000:.0f} ms",
        f"{LIMIT_SECONDS * 1000:.0f} ms: the pause that ends an answer, and a frame",
        f"{seconds / LIMIT_SECONDS:.2f}",
    )


async def _talk(folder: Path, url: str) -> int:
    """Hold all the conversations; how many answers were understood."""
    settings = read({"data": folder / "data", "telephony": url})
    async with database(settings) as store, house(settings, store) as made:
        owner = await floor.tenant(made, _TRUNK, AT_ONCE)
        script = await _questions(made, owner)
        numbers = [f"7902{index:07d}" for index in range(CALLS)]
        async with floor.at_work(made):
            await floor.campaign(made, owner, script, numbers, AT_ONCE)
        understood: int = await made.pool.fetchval(
            "select count(*) from turns where who = 'callee' and text = $1", _SAID
        )
        return understood


async def _questions(made: House, owner: TenantId) -> ScriptId:
    """A script that asks for a yes or a no so many times, and says goodbye."""
    agrees, refuses = Intent(Meaning.CONSENT), Intent(Meaning.REFUSAL)
    nodes: dict[str, Listen | Say] = {"end": Say(_spoken("До свидания"), None)}
    for number in range(1, ANSWERS + 1):
        onward = f"{number + 1}" if number < ANSWERS else "end"
        answers = (Hears(agrees, onward), Hears(refuses, onward))
        asked = _spoken(f"Вопрос {number} скажите да или нет")
        nodes[f"{number}"] = Listen(f"{number}", asked, answers, "ru-RU", otherwise="end", tries=1)
    script = Script("1", nodes, transcript=True)
    record, _ = await made.operations.scripts.save(
        owner, "benchmark", "", None, lambda _: ScriptDraft(None, script, {})
    )
    return record.id


def _spoken(text: str) -> Prompt:
    return (Text((text,), "ru-RU"),)
