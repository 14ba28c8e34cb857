"""A mailbox for every call: events of one call are taken in order, calls go side by side.

For each event: step, save, perform. What the store has not committed, the switch never hears of. One bad call must not
end the others, so here, at a call's own door, and nowhere else, any exception is caught.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import assert_never

import structlog

from outdial.core.amd import Verdict
from outdial.core.call import Call, State, step
from outdial.core.commands import (
    AskAssistant,
    CallCommand,
    Classify,
    Consult,
    Dial,
    DismissAssistant,
    HangUp,
    Join,
    Listen,
    NoteTurn,
    Play,
    Prepare,
    Record,
    RecordAnswer,
    RecordCall,
    RecordTalk,
    ReleaseExtension,
    Ringback,
    SeekExtension,
    SendSms,
    SetTimer,
    Speak,
    StopListening,
    StopPlaying,
    StopRecording,
    SwitchCommand,
)
from outdial.core.events import (
    CallEvent,
    Classified,
    CutOff,
    ExtensionFound,
    GivenUp,
    HungUp,
    NetworkEvent,
    NobodyFree,
    Placed,
    PromptFailed,
    Recorded,
)
from outdial.core.ids import AttemptId, attempt_of
from outdial.core.outcome import Outcome
from outdial.core.pacing_news import news
from outdial.core.retry import RetryRule
from outdial.engine import metrics
from outdial.engine.assistants import Assistants
from outdial.engine.consultations import Consultations
from outdial.engine.desk import Desk
from outdial.engine.floor import Floor, Seat
from outdial.engine.journal import Journal
from outdial.engine.line import Called, Line, entry_of
from outdial.engine.pacers import Pacers
from outdial.engine.prompts import PromptFailedError, Prompts
from outdial.engine.roster import Roster
from outdial.engine.timers import Timers
from outdial.engine.transcripts import Transcript
from outdial.ports import (
    Clock,
    NotInCharge,
    StoreRefused,
    SwitchDown,
    Telephony,
)

_NETWORK_OUT_OF_ORDER = 38
"""Q.850 cause of a call that the switch could not be told of."""

_log = structlog.get_logger(__name__)


class Switchboard:
    """Every call in progress. `released` is called when one has ended and its seat is free."""

    def __init__(
        self,
        telephony: Telephony,
        journal: Journal,
        prompts: Prompts,
        clock: Clock,
        floor: Floor,
        roster: Roster,
        desk: Desk,
        pacers: Pacers,
        released: Callable[[], None],
        consultations: Consultations,
        assistants: Assistants,
    ) -> None:
        self._telephony = telephony
        self._journal = journal
        self._prompts = prompts
        self._clock = clock
        self._floor = floor
        self._roster = roster
        self._desk = desk
        self._pacers = pacers
        self._released = released
        self._consultations = consultations
        self._assistants = assistants
        self._lines: dict[AttemptId, Line] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def calls(self) -> int:
        """Calls in progress."""
        return len(self._lines)

    def knows(self, attempt: AttemptId) -> bool:
        """Whether a call is in progress here."""
        return attempt in self._lines

    def open(
        self,
        group: asyncio.TaskGroup,
        call: Call,
        seat: Seat,
        retry: RetryRule,
        attempts_made: int,
        first: CallEvent,
        answered_at: datetime | None = None,
        called: Called | None = None,
    ) -> None:
        """Take a saved call on and let it hear its first event."""
        line = Line(call, seat, retry, attempts_made, asyncio.Queue(), group, called, answered_at=answered_at)
        line.timers = Timers(self._clock, partial(self._put, line))
        if call.plan.script.transcript:
            line.transcript = Transcript(self._clock)
        if answered_at is not None:
            line.answered_moment = self._clock.monotonic()
        self._put(line, first)
        self._lines[call.attempt] = line
        self._idle.clear()
        self._floor.take(seat)
        if call.outside_number:
            self._floor.take_line(seat.tenant, call.plan.outside[call.outside_number].trunk)
        elif call.transfer_extension:
            self._roster.keep(call.transfer_extension, call.attempt)
            if called is not None:
                joined = call.state is State.JOINED
                self._desk.keep(call.attempt, called.team, call.transfer_extension, joined=joined)
        metrics.CALLS.inc()
        group.create_task(self._serve(line), name=f"call {call.attempt}")

    async def idle(self) -> None:
        """Wait until no call is in progress."""
        await self._idle.wait()

    async def hear(self) -> None:
        """Bring what the switch reports to the calls that it concerns, for ever."""
        async for event in self._telephony.events():
            self.post(event)

    def post(self, event: NetworkEvent) -> None:
        """Bring one event to its call; a call that is over is not looked for."""
        line = self._lines.get(attempt_of(event.channel))
        if line is not None:
            self._put(line, event)

    def cut_off_all(self) -> None:
        """End every call."""
        for line in self._lines.values():
            self._put(line, CutOff(line.call.channel))

    def give_up(self, attempts: Iterable[AttemptId]) -> None:
        """End those of these calls that nobody has answered yet."""
        for attempt in attempts:
            line = self._lines.get(attempt)
            if line is not None:
                self._put(line, GivenUp(line.call.channel))

    def _put(self, line: Line, event: CallEvent) -> None:
        """Felt time stands still until the event has been taken."""
        self._clock.hold()
        line.mailbox.put_nowait(event)

    async def _take_next(self, line: Line) -> None:
        event = await line.mailbox.get()
        try:
            await self._take(line, event)
        finally:
            self._clock.release()

    async def _serve(self, line: Line) -> None:
        try:
            while line.call.state is not State.ENDED:
                await self._take_next(line)
        except NotInCharge:
            raise
        except Exception:  # noqa: BLE001 - a call's own door: one bad call must not end the others
            _log.exception("call.failed", attempt=line.call.attempt, state=line.call.state)
            metrics.FAULTS.labels("call").inc()
            await self._give_up(line)
        finally:
            line.timers.cancel()
            self._assistants.drop(line.call.attempt)
            for _ in range(line.mailbox.qsize()):
                self._clock.release()
            del self._lines[line.call.attempt]
            if not self._lines:
                self._idle.set()
            self._floor.leave(line.seat)
            if line.call.outside_number:
                self._floor.leave_line(line.seat.tenant, line.call.plan.outside[line.call.outside_number].trunk)
            self._desk.release(line.call.attempt, line.call.connection)
            metrics.CALLS.dec()
            self._released()

    async def _give_up(self, line: Line) -> None:
        """End a call that our own fault struck, and settle it; what even that cannot save, recovery finds later."""
        for leg in (line.call.channel, line.call.second_channel):
            await self._tell_switch(line, HangUp(leg))
        line.call = replace(line.call, state=State.ENDED, position=None, outcome=line.call.outcome or Outcome.FAILED)
        with contextlib.suppress(StoreRefused):
            await self._journal.write(entry_of(line, [], self._clock))

    async def _take(self, line: Line, event: CallEvent) -> None:
        before = line.call
        line.call, commands = step(before, event)
        if line.call.outside_number and not before.outside_number:
            self._floor.take_line(line.seat.tenant, line.call.plan.outside[line.call.outside_number].trunk)
        if line.call is before and not commands:
            return
        if line.transcript is not None:
            line.transcript.hear(event)
        if line.call.was_answered and line.answered_at is None:
            line.answered_at, line.answered_moment = self._clock.now(), self._clock.monotonic()
            line.heard_answer_at = asyncio.get_running_loop().time()
        if line.called is not None:
            self._tell_pacer(line, before)
        if line.call.state is State.JOINED and line.joined_moment is None:
            line.joined_at, line.joined_moment = self._clock.now(), self._clock.monotonic()
            self._desk.joined(line.call.attempt)
        if line.call != before:
            entry = entry_of(line, commands, self._clock)
            if commands or line.call.state is State.ENDED:
                await self._journal.write(entry)
            else:
                self._journal.post(entry).add_done_callback(_read_refusal)
            _log.debug("call", attempt=line.call.attempt, state=line.call.state, heard=type(event).__name__)
        for command in commands:
            await self._perform(line, command)
        if isinstance(event, Placed):
            await self._warm(line)
        if line.call.state is State.ENDED:
            self._report_end(line)

    def _tell_pacer(self, line: Line, before: Call) -> None:
        if line.seat.campaign is not None:
            for event in news(before, line.call, line.agent, self._clock.monotonic()):
                self._pacers.observe(line.seat.campaign, event)

    async def _perform(self, line: Line, command: CallCommand) -> None:
        match command:
            case SetTimer():
                line.timers.set(command)
            case RecordAnswer() | SendSms() | NoteTurn():
                pass  # it was in the entry
            case SeekExtension():
                await self._seek(line, command)
            case Speak():
                await self._speak(line, command)
            case Prepare():
                line.group.create_task(self._prepare(line, command), name=f"prepare {line.call.attempt}")
            case ReleaseExtension():
                self._desk.release(line.call.attempt, command.came_to)
            case AskAssistant():
                self._assistants.ask(line.group, command, partial(self._put, line))
            case DismissAssistant():
                self._assistants.drop(line.call.attempt)
            case Consult():
                self._clock.hold()
                line.group.create_task(self._consult(line, command), name=f"consult {line.call.attempt}")
            case (
                Dial()
                | StopPlaying()
                | Ringback()
                | Join()
                | Classify()
                | Record()
                | StopRecording()
                | RecordTalk()
                | RecordCall()
                | Listen()
                | StopListening()
                | HangUp()
            ):
                await self._tell_switch(line, command)
            case _:
                assert_never(command)

    async def _speak(self, line: Line, command: Speak) -> None:
        try:
            sounds = await self._prompts.sounds(line.seat.tenant, command.prompt)
        except PromptFailedError as failure:
            _log.warning("prompt.failed", attempt=line.call.attempt, turn=command.turn, reason=str(failure))
            metrics.FAULTS.labels("prompt").inc()
            self._put(line, PromptFailed(command.channel, command.turn, str(failure)))
            return
        await self._tell_switch(line, Play(command.channel, command.turn, sounds))
        if line.transcript is not None:
            line.transcript.played(command.turn)
        if line.heard_answer_at is not None:
            metrics.FIRST_PROMPT.observe(asyncio.get_running_loop().time() - line.heard_answer_at)
            line.heard_answer_at = None

    async def _prepare(self, line: Line, command: Prepare) -> None:
        """Whatever goes wrong here will be found out when the prompt is spoken, so this is the call's own door as well."""
        try:
            await self._prompts.sounds(line.seat.tenant, command.prompt)
        except PromptFailedError:
            return
        except Exception:  # noqa: BLE001 - see above
            _log.exception("prompt.not_ready", attempt=line.call.attempt)

    async def _seek(self, line: Line, command: SeekExtension) -> None:
        if not command.target and line.called is not None:
            found = partial(self._found, line, command)
            wait = command.wait_seconds > 0
            await self._desk.seek(line.call.attempt, line.called.team, found, wait=wait)
            return
        extension = await self._roster.find(line.seat.tenant, command.target, line.call.attempt)
        if extension is None:
            self._put(line, NobodyFree(command.channel, command.turn))
        else:
            self._put(line, ExtensionFound(command.channel, command.turn, extension))

    def _found(self, line: Line, command: SeekExtension, extension: str | None) -> None:
        if line.call.attempt not in self._lines:
            return
        if extension is None:
            self._put(line, NobodyFree(command.channel, command.turn))
            return
        line.agent = self._desk.agent_of(line.call.attempt)
        seconds = self._desk.ring_seconds(line.call.attempt)
        self._put(line, ExtensionFound(command.channel, command.turn, extension, seconds))

    async def _consult(self, line: Line, command: Consult) -> None:
        """In a task of its own: the call goes on hearing what happens to it while somebody outside thinks."""
        try:
            answer = await self._consultations.answer_of(line.seat.tenant, command)
            if self.knows(line.call.attempt):
                self._put(line, answer)
        finally:
            self._clock.release()

    async def _tell_switch(self, line: Line, command: SwitchCommand) -> None:
        """A switch that is away is an event for the call: nothing was dialled, nothing will be heard."""
        try:
            await self._telephony.perform(command)
        except SwitchDown as trouble:
            _log.warning("switch.down", attempt=line.call.attempt, command=type(command).__name__, reason=str(trouble))
            metrics.FAULTS.labels("switch").inc()
            if isinstance(command, Dial):
                self._put(line, HungUp(command.channel, q850_cause=_NETWORK_OUT_OF_ORDER))
            elif isinstance(command, Play):
                self._put(line, PromptFailed(command.channel, command.turn, str(trouble)))
            elif isinstance(command, Classify):
                self._put(line, Classified(command.channel, command.turn, Verdict.NOT_SURE, "the switch is away", 0.0))
            elif isinstance(command, Record):
                self._put(line, Recorded(command.channel, command.turn, None))

    async def _warm(self, line: Line) -> None:
        try:
            await self._prompts.warm(line.seat.tenant, line.call.plan)
        except PromptFailedError as failure:
            _log.info("prompt.not_ready", attempt=line.call.attempt, reason=str(failure))

    def _report_end(self, line: Line) -> None:
        call = line.call
        assert call.outcome is not None
        metrics.ATTEMPTS.labels(call.outcome.value).inc()
        _log.info(
            "call.ended",
            attempt=call.attempt,
            campaign=line.seat.campaign,
            outcome=call.outcome.value,
            ended_by=call.ended_by,
            sip_code=call.sip_code,
            goals=call.goals,
        )


def _read_refusal(done: asyncio.Future[None]) -> None:
    """The journal has logged it; the call's next write meets it again."""
    if not done.cancelled() and isinstance(done.exception(), StoreRefused):
        return
