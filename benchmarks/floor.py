"""A house of its own for a benchmark: a tenant with one trunk, a script, and a campaign that is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from outdial.app import House
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import NewContact
from outdial.core.ids import ScriptId, TenantId
from outdial.core.member import NewMember
from outdial.core.members import Gateway, MemberRules, Mode, Resource
from outdial.core.number import Number
from outdial.core.prompt import Text
from outdial.core.script.nodes import COMPLETED, Ask, Choice, Goal, HangUp, Script
from outdial.core.settlement import MemberRule
from outdial.operations.scripts import ScriptDraft

_DIALECT = "benchmark"


@asynccontextmanager
async def at_work(made: House) -> AsyncIterator[None]:
    """The engine and what runs beside it, for as long as this lasts."""
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(_run(run)) for run in made.around.values()]
        engine = group.create_task(made.engine.run(), name="engine")
        yield
        made.engine.stop()
        await engine
        for task in beside:
            task.cancel()


async def _run(run: Callable[[], Awaitable[None]]) -> None:
    await run()


async def tenant(made: House, trunk: str, lines: int) -> TenantId:
    """A tenant whose numbers all leave through one trunk without a limit of calls per second."""
    id: int = await made.pool.fetchval("insert into tenants (name, time_zone) values ('bench', 'UTC') returning id")
    trunk_id = await made.pool.fetchval(
        "insert into trunks (tenant_id, name, lines, calls_per_second) values ($1, $2, $3, 0) returning id",
        id,
        trunk,
        lines,
    )
    await made.pool.execute(
        "insert into routes (tenant_id, position, pattern, trunk_id) values ($1, 1, '.*', $2)", id, trunk_id
    )
    return TenantId(id)


async def one_question(made: House, owner: TenantId, wait_seconds: float = 5.0, plays: int = 3) -> ScriptId:
    """A script that asks for a 1 and hangs up."""
    prompt = (Text(("Press one.",), "en-US"),)
    ask = Ask("1", prompt, (Choice("1", "1", "done"),), wait_seconds=wait_seconds, plays=plays)
    script = Script("ask", {"ask": ask, "done": Goal(COMPLETED, "end"), "end": HangUp()})
    record, _ = await made.operations.scripts.save(owner, _DIALECT, "", None, lambda _: ScriptDraft(None, script, {}))
    return record.id


async def campaign(
    made: House, owner: TenantId, script: ScriptId, numbers: Sequence[str], lines: int, calls_per_second: float = 0.0
) -> None:
    """Dial a list and wait until the campaign has closed itself."""
    wanted = CampaignSettings(
        name=None, state=CampaignState.RUNNING, script=script, lines=lines, calls_per_second=calls_per_second
    )
    contacts = [NewContact(key=str(index), digits=number) for index, number in enumerate(numbers)]
    started, _ = await made.operations.campaigns.save(owner, _DIALECT, "", None, lambda _: wanted, contacts)
    await _closed(made, owner, started)


async def ready(
    made: House, owner: TenantId, script: ScriptId, trunk: str, numbers: Sequence[str], lines: int
) -> Campaign:
    """A campaign of members, one number each, that waits to be started: as many calls as there are lines, one try."""
    gateway = Gateway(id=trunk, trunk=trunk, template="$&", limit=lines)
    rules = MemberRules(
        mode=Mode.BROADCAST,
        rule=MemberRule(max_attempts=1, interval_seconds=60),
        resources=(Resource(pattern=".+", gateways=(gateway,)),),
        record=False,
    )
    wanted = CampaignSettings(
        name=None, state=CampaignState.PAUSED, script=script, lines=lines, calls_per_second=0, members=rules
    )
    waiting, _ = await made.operations.campaigns.save(owner, _DIALECT, "", None, lambda _: wanted, None)
    await made.operations.members.add(
        waiting,
        lambda keys: [
            NewMember(key=key, numbers=((Number(0, raw), {}),)) for key, raw in zip(keys, numbers, strict=True)
        ],
        len(numbers),
    )
    return waiting


async def dialled(made: House, owner: TenantId, waiting: Campaign) -> None:
    """Start a campaign and wait until it has closed itself."""
    running = replace(waiting.settings, state=CampaignState.RUNNING)
    await made.operations.campaigns.edit(waiting.id, lambda found: (found.key, running))
    await _closed(made, owner, waiting)


async def _closed(made: House, owner: TenantId, started: Campaign) -> None:
    while True:
        found = await made.operations.campaigns.by_number(owner, _DIALECT, started.number)
        if found is None or found.settings.state is CampaignState.CLOSED:
            return
        await asyncio.sleep(0.05)
