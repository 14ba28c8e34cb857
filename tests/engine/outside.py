"""What a call on the switchboard is surrounded by: a switch, a voice and a store that note what is asked of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from outdial.core.call import Plan
from outdial.core.commands import HangUp, Sound, SwitchCommand
from outdial.core.ids import CampaignId, TenantId
from outdial.core.prompt import Filled, Words
from outdial.drivers.assistant.absent import AbsentAssistant
from outdial.drivers.clock import SystemClock
from outdial.drivers.memory.quiet import NoWeb
from outdial.engine.assistants import Assistants
from outdial.engine.consultations import Consultations
from outdial.engine.desk import Desk
from outdial.engine.floor import Floor, Seat
from outdial.engine.journal import Journal
from outdial.engine.pacers import Pacers
from outdial.engine.roster import Roster
from outdial.engine.switchboard import Switchboard
from outdial.ports import Assistant, Consultation, Entry, SwitchDown, WebQuestions

TENANT = TenantId(7)
SEAT = Seat(TENANT, CampaignId(1), "carrier", "79990000000")


class Outside:
    """The switch, the voice and the store as a call sees them: they note what is asked of them, in one order."""

    def __init__(self) -> None:
        self.noted: list[object] = []
        self.news = asyncio.Event()
        self.away = False

    def note(self, what: object) -> None:
        """Something was asked."""
        self.noted.append(what)
        self.news.set()

    async def perform(self, command: SwitchCommand) -> None:
        if self.away and not isinstance(command, HangUp):
            raise SwitchDown("away")
        self.note(command)

    async def sounds(self, tenant: TenantId, prompt: Filled) -> tuple[Sound, ...]:
        self.note(" ".join(piece.text for piece in prompt if isinstance(piece, Words)))
        return (Sound(Path("/prompt.wav"), 1.0),)

    async def warm(self, tenant: TenantId, plan: Plan) -> None:
        """There is nothing to make ahead."""

    async def save(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            for answer in entry.answers:
                self.note((answer.value, answer.keys))
            if entry.ended_at is not None:
                self.note(entry.call)

    async def nobody_rests(self, tenant: TenantId) -> Sequence[str]:
        """There are no agents."""
        return ()

    async def until(self, found: Callable[[object], bool]) -> None:
        """Wait for something to be noted."""
        while not any(found(one) for one in self.noted):
            self.news.clear()
            await self.news.wait()


def board_before(
    outside: Outside,
    services: Mapping[str, Consultation] | None = None,
    assistant: Assistant | None = None,
    web: WebQuestions | None = None,
) -> tuple[Switchboard, Journal]:
    """A switchboard and its journal, which has to be run."""
    journal = Journal(outside)  # type: ignore[arg-type]
    clock, roster = SystemClock(), Roster(outside, outside, outside.nobody_rests)  # type: ignore[arg-type]
    board = Switchboard(
        outside,  # type: ignore[arg-type]
        journal,
        outside,  # type: ignore[arg-type]
        clock,
        Floor(),
        roster,
        Desk(outside, outside, roster, clock, Random(1)),  # type: ignore[arg-type]
        Pacers(outside, clock),  # type: ignore[arg-type]
        lambda: None,
        Consultations(services or {}, web or NoWeb()),
        Assistants(assistant or AbsentAssistant(), clock),
    )
    return board, journal
