"""The sandbox as a switch: lines to callees who live in this process and keep time by its clock.

What a callee does is decided by `plan` and `callee`; here are the lines, what is being played on them, and the events.
Dialled calls are witnessed before they are placed.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter, deque
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import assert_never

import structlog

from outdial.core.amd import Verdict
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
from outdial.drivers.sandbox.callee import (
    Fails,
    Impression,
    Intention,
    Leave,
    PicksUp,
    Press,
    Say,
    end_of_ringing,
    intention,
    listen,
    meet,
    rings,
    seconds_to_say,
)
from outdial.drivers.sandbox.callee import Heard as Hears
from outdial.drivers.sandbox.log import Witness
from outdial.drivers.sandbox.plan import (
    UNREACHABLE_TRUNK,
    Answers,
    Behaviour,
    BusyFirst,
    Voice,
    behaviour_of,
    is_extension,
    talks_when_others_do,
)
from outdial.drivers.sandbox.population import Population
from outdial.drivers.sandbox.recording import write_silence
from outdial.ports import Clock, SwitchDown

log = structlog.get_logger(__name__)

_CANCELLED_SIP_CODE = 487
_NORMAL_CLEARING = 16
_NETWORK_OUT_OF_ORDER = 38

_EVENTS_IN_A_ROW = 100
"""After so many events that were there already, other work gets its turn."""


@dataclass(slots=True, eq=False)
class _Talk:
    """Legs whose talk is recorded, and since when."""

    path: Path
    since: float
    legs: tuple[_Line, ...]


@dataclass(slots=True, eq=False)
class _Line:
    """A leg to a callee. `callee` is there from the answer on."""

    channel: Channel
    extension: str = ""
    """Whose telephone it leads to; empty for a number outside."""
    callee: Answers | None = None
    pressed: int = 0
    moment: int = 0
    """Rises with everything that the callee hears; an intention of an earlier moment is void."""
    doing: deque[Play | Record] = field(default_factory=deque)
    """What is being played or recorded, and what waits to be after it."""
    answered_at: float = 0.0
    answered_aloud: int = 0
    listen: Listen | None = None
    """The question that the callee is listened to about."""
    saying: tuple[str, float] | None = None
    """What the callee is saying, and until when."""
    recording_since: float = 0.0
    """When what is being recorded began."""
    listening: bool = False
    """Whether somebody listens who picked up."""
    talk: _Talk | None = None

    @property
    def hears_a_prompt(self) -> bool:
        return bool(self.doing) and isinstance(self.doing[0], Play)


class SandboxSwitch:
    """The `Telephony` of a server without a switch; callees are alike for the same seed. `population` is who answers
    ordinary numbers; without one they behave as the plan draws them, the same in every call.

    It works on the event loop that its commands come from. `log` is the file that witnesses every dialled call; an
    `OSError` tells that it cannot be opened. A call that cannot be witnessed is not placed: `perform` raises
    `SwitchDown`, as it does after `close`.
    """

    def __init__(self, clock: Clock, seed: int, log: Path | None = None, population: Population | None = None) -> None:
        self._clock = clock
        self._seed = seed
        self._population = population
        self._witness = Witness(log) if log is not None else None
        self._lines: dict[Channel, _Line] = {}
        self._to_extensions: dict[Channel, _Line] = {}
        self._callees_on_the_line = 0
        self._calls_to_busy: Counter[str] = Counter()
        self._calls_to: Counter[str] = Counter()
        self._heard: asyncio.Queue[NetworkEvent | None] = asyncio.Queue()
        self._closed = False

    @property
    def ready(self) -> bool:
        """True until the switch is closed."""
        return not self._closed

    async def run(self) -> None:
        """There is nobody to keep in touch with."""
        await asyncio.Event().wait()

    async def perform(self, command: SwitchCommand) -> None:
        """Do it; what comes of it is an event."""
        if self._closed:
            raise SwitchDown("the sandbox is closed")
        match command:
            case Dial():
                self._dial(command)
            case Play():
                self._play(command)
            case StopPlaying():
                self._stop_playing(command)
            case Ringback():
                self._let_hear(command.channel, Hears.RINGBACK)
            case Join():
                self._join(command)
            case Classify():
                self._classify(command)
            case Record():
                self._record(command)
            case StopRecording():
                self._stop_recording(command)
            case RecordTalk():
                self._record_talk(command)
            case RecordCall():
                self._record_call(command)
            case Listen():
                self._listen(command)
            case StopListening():
                self._stop_listening(command)
            case HangUp():
                self._hang_up(command.channel)
            case _:
                assert_never(command)

    async def events(self) -> AsyncIterator[NetworkEvent]:
        """Everything that happens to our channels, since the switch was made; it ends when the switch is closed."""
        in_a_row = 0
        while (event := await self._heard.get()) is not None:
            yield event
            in_a_row = 0 if self._heard.empty() else in_a_row + 1
            if in_a_row == _EVENTS_IN_A_ROW:
                in_a_row = 0
                await asyncio.sleep(0)

    async def standing(self) -> Mapping[Channel, bool]:
        """Channels that stand now; True for those answered."""
        return {channel: line.callee is not None for channel, line in self._lines.items()}

    async def extension_states(self, extensions: Collection[str]) -> Mapping[str, ExtensionState]:
        """By the plan and by the calls that stand; UNKNOWN for a number that no extension has. Raises `SwitchDown`."""
        if self._closed:
            raise SwitchDown("the sandbox is closed")
        others_talk = bool(self._callees_on_the_line)
        states = {each: _state_without_calls(each, others_talk) for each in extensions}
        for line in self._to_extensions.values():
            if states.get(line.extension) in (ExtensionState.IDLE, ExtensionState.RINGING):
                states[line.extension] = ExtensionState.IN_USE if line.callee else ExtensionState.RINGING
        return states

    async def close(self) -> None:
        """End every line, as lost, and the events after them. A second time does nothing."""
        if self._closed:
            return
        self._closed = True
        for channel, line in self._lines.items():
            self._keep_what_was_heard(line)
            self._announce(HungUp(channel, lost=True))
        self._lines.clear()
        self._to_extensions.clear()
        self._heard.put_nowait(None)
        if self._witness is not None:
            self._witness.close()

    # ------------------------------------------------------------------------------------------- commands

    def _dial(self, dial: Dial) -> None:
        if dial.channel in self._lines:
            return
        if dial.trunk == UNREACHABLE_TRUNK:
            self._announce(HungUp(dial.channel, q850_cause=_NETWORK_OUT_OF_ORDER))
            return
        if self._witness is not None:
            try:
                self._witness.write(self._clock.now(), dial)
            except OSError as error:
                raise SwitchDown(f"the call cannot be logged: {error}") from error
        behaviour = self._behaviour(dial.number)
        calls_before = 0
        if isinstance(behaviour, BusyFirst):
            calls_before = self._calls_to_busy[behaviour.subscriber]
            self._calls_to_busy[behaviour.subscriber] += 1
        met = meet(behaviour, calls_before)
        line = self._lines[dial.channel] = _Line(dial.channel, "" if dial.trunk else dial.number)
        if line.extension:
            self._to_extensions[dial.channel] = line
        if rings(met):
            self._announce(Ringing(dial.channel))
        end = end_of_ringing(met, dial.ring_seconds)
        self._clock.call_after(end.after_seconds, partial(self._end_ringing, line, end))

    def _behaviour(self, number: str) -> Behaviour:
        if self._population is None:
            return behaviour_of(self._seed, number)
        before = self._calls_to[number]
        self._calls_to[number] += 1
        return self._population.behaviour_of(self._seed, number, before)

    def _play(self, play: Play) -> None:
        line = self._lines.get(play.channel)
        if line is None:
            return
        if line.callee is None:
            self._announce(PromptFailed(play.channel, play.turn, "the call has not been answered"))
        elif line.listening:
            self._announce(PromptFailed(play.channel, play.turn, "it is being listened who picked up"))
        elif missing := _missing(play.sounds):
            self._announce(PromptFailed(play.channel, play.turn, f"{missing} does not exist"))
        else:
            self._do(line, play)

    def _stop_playing(self, stop: StopPlaying) -> None:
        line = self._lines.get(stop.channel)
        plays = (each for each in line.doing if isinstance(each, Play)) if line else ()
        play = next((play for play in plays if play.turn == stop.turn), None)
        if line is None or play is None:
            return
        was_heard = play is line.doing[0]
        line.doing.remove(play)
        self._announce(PromptEnded(stop.channel, stop.turn))
        if was_heard:
            self._go_on(line, Hears.SILENCE)

    def _join(self, join: Join) -> None:
        legs = [self._lines.get(join.first), self._lines.get(join.second)]
        if all(leg is not None and leg.callee is not None for leg in legs):
            for channel in (join.first, join.second):
                self._let_hear(channel, Hears.SOMEBODY)

    def _classify(self, classify: Classify) -> None:
        line = self._lines.get(classify.channel)
        if line is None:
            return
        if line.callee is None or line.listening:
            reason = "BUSY" if line.listening else "NOTANSWERED"
            self._announce(Classified(classify.channel, classify.turn, Verdict.NOT_SURE, reason, 0.0))
            return
        line.listening = True
        impression = listen(line.callee, classify.amd, self._clock.monotonic() - line.answered_at)
        self._clock.call_after(impression.after_seconds, partial(self._judge, line, classify.turn, impression))

    def _record(self, record: Record) -> None:
        line = self._lines.get(record.channel)
        if line is None:
            return
        if line.callee is None or line.listening:
            self._announce(Recorded(record.channel, record.turn, None))
        else:
            self._do(line, record)

    def _stop_recording(self, stop: StopRecording) -> None:
        line = self._lines.get(stop.channel)
        records = (each for each in line.doing if isinstance(each, Record)) if line else ()
        record = next((record for record in records if record.turn == stop.turn), None)
        if line is None or record is None:
            return
        if record is line.doing[0]:
            self._end_recording(line, record)
        else:
            line.doing.remove(record)
            self._announce(Recorded(stop.channel, stop.turn, None))

    def _listen(self, listen: Listen) -> None:
        line = self._lines.get(listen.channel)
        if line is None or line.callee is None:
            return
        line.listen = listen
        if line.saying is not None and line.saying[1] > self._clock.monotonic():
            self._hear_out(line, *line.saying)

    def _stop_listening(self, stop: StopListening) -> None:
        line = self._lines.get(stop.channel)
        if line is not None and line.listen is not None and line.listen.turn == stop.turn:
            line.listen = None

    def _record_talk(self, record: RecordTalk) -> None:
        legs = [leg for leg in map(self._lines.get, (record.first, record.second)) if leg is not None and leg.callee]
        if len(legs) == 2:
            talk = _Talk(record.path, self._clock.monotonic(), tuple(legs))
            for leg in legs:
                leg.talk = talk

    def _record_call(self, record: RecordCall) -> None:
        line = self._lines.get(record.channel)
        if line is not None and line.callee:
            line.talk = _Talk(record.path, self._clock.monotonic(), (line,))

    def _hang_up(self, channel: Channel) -> None:
        line = self._lines.get(channel)
        if line is not None:
            self._end(line, 0 if line.callee else _CANCELLED_SIP_CODE, _NORMAL_CLEARING)

    # -------------------------------------------------------------------------------------- what comes in time

    def _end_ringing(self, line: _Line, end: PicksUp | Fails) -> None:
        if not self._stands(line):
            return
        match end:
            case Fails():
                self._end(line, end.sip_code, end.q850_cause)
            case PicksUp():
                line.callee, line.answered_at = end.callee, self._clock.monotonic()
                self._callees_on_the_line += not line.extension
                self._announce(Answered(line.channel))
                if end.callee.leaves_after_seconds is not None:
                    self._clock.call_after(end.callee.leaves_after_seconds, partial(self._leave, line))
                self._let_hear(line.channel, Hears.SILENCE)
            case _:
                assert_never(end)

    def _do(self, line: _Line, command: Play | Record) -> None:
        """One thing at a time is played or recorded on a line."""
        line.doing.append(command)
        if len(line.doing) == 1:
            self._start(line)

    def _start(self, line: _Line) -> None:
        match line.doing[0]:
            case Play() as play:
                seconds = sum(sound.seconds for sound in play.sounds)
                self._clock.call_after(seconds, partial(self._end_prompt, line, play))
                self._let_hear(line.channel, Hears.PROMPT, seconds)
            case Record() as record:
                line.recording_since = self._clock.monotonic()
                self._clock.call_after(record.longest_seconds, partial(self._end_recording, line, record))
            case other:
                assert_never(other)

    def _end_prompt(self, line: _Line, play: Play) -> None:
        if self._stands(line) and line.doing and line.doing[0] is play:
            line.doing.popleft()
            self._announce(PromptEnded(line.channel, play.turn))
            self._go_on(line, Hears.END_OF_PROMPT)

    def _end_recording(self, line: _Line, record: Record) -> None:
        if self._stands(line) and line.doing and line.doing[0] is record:
            line.doing.popleft()
            seconds = self._keep_record(line, record)
            self._announce(Recorded(line.channel, record.turn, record.path if seconds else None, seconds))
            if line.doing:
                self._start(line)

    def _go_on(self, line: _Line, heard: Hears) -> None:
        """A prompt is over; a callee who is recorded hears what follows a prompt, too."""
        if line.doing:
            self._start(line)
        if not line.hears_a_prompt:
            self._let_hear(line.channel, heard)

    def _judge(self, line: _Line, turn: int, impression: Impression) -> None:
        if self._stands(line):
            line.listening = False
            seconds = impression.after_seconds
            self._announce(Classified(line.channel, turn, impression.verdict, impression.cause, seconds))

    def _let_hear(self, channel: Channel, heard: Hears, prompt_seconds: float = 0.0) -> None:
        """Let the callee form an intention about what is heard from now on; the former one is void."""
        line = self._lines.get(channel)
        if line is None or line.callee is None:
            return
        line.moment += 1
        intended = intention(line.callee, line.pressed, heard, prompt_seconds, line.answered_aloud)
        if intended is not None:
            self._clock.call_after(intended.after_seconds, partial(self._carry_out, line, line.moment, intended))

    def _carry_out(self, line: _Line, moment: int, intended: Intention) -> None:
        if line.moment != moment or not self._stands(line):
            return
        match intended:
            case Say(key=key) if key and line.listen is None:
                self._press(line, key)
            case Say():
                self._say(line, intended.text)
            case Press():
                self._press(line, intended.key)
            case Leave():
                self._leave(line)
            case _:
                assert_never(intended)

    def _press(self, line: _Line, key: str) -> None:
        line.pressed += 1
        self._announce(KeyPressed(line.channel, key))
        if not line.hears_a_prompt:
            self._let_hear(line.channel, Hears.SILENCE)

    def _say(self, line: _Line, text: str) -> None:
        """The callee begins to speak, whether or not anybody listens."""
        line.answered_aloud += 1
        line.saying = text, self._clock.monotonic() + seconds_to_say(text)
        if line.listen is not None:
            self._hear_out(line, *line.saying)
        if not line.hears_a_prompt:
            self._let_hear(line.channel, Hears.SILENCE)

    def _hear_out(self, line: _Line, text: str, until: float) -> None:
        listen = line.listen
        assert listen is not None
        self._announce(SpeechBegan(line.channel, listen.turn))
        spoken = until - self._clock.monotonic()
        if spoken < listen.longest_seconds:
            self._clock.call_after(
                spoken + listen.pause_seconds, partial(self._understand, line, listen, text, listen.pause_seconds)
            )
        else:
            self._clock.call_after(listen.longest_seconds, partial(self._understand, line, listen, text, 0.0))

    def _understand(self, line: _Line, listen: Listen, text: str, silence_seconds: float) -> None:
        if self._stands(line) and line.listen is listen:
            line.listen = None
            self._announce(Heard(line.channel, listen.turn, text, silence_seconds=silence_seconds))

    def _leave(self, line: _Line) -> None:
        if self._stands(line):
            self._end(line, 0, _NORMAL_CLEARING)

    # --------------------------------------------------------------------------------------------------- lines

    def _stands(self, line: _Line) -> bool:
        # By identity: the same channel id may have been dialled anew.
        return self._lines.get(line.channel) is line

    def _keep_what_was_heard(self, line: _Line) -> None:
        """The line ends: what is recorded there is over."""
        if line.doing and isinstance(line.doing[0], Record):
            self._keep_record(line, line.doing[0])
        if line.talk is not None:
            self._keep(line.channel, line.talk.path, line.talk.since)
            for leg in line.talk.legs:
                leg.talk = None

    def _keep_record(self, line: _Line, record: Record) -> float:
        if line.callee is None or line.callee.voice is Voice.NO_MEDIA:
            return 0.0
        return self._keep(line.channel, record.path, line.recording_since)

    def _keep(self, channel: Channel, path: Path, since: float) -> float:
        """Write what was recorded since then; the seconds in the file, 0 where there is none."""
        try:
            return write_silence(path, self._clock.monotonic() - since)
        except OSError as error:
            log.error("recording_not_written", channel=channel, path=str(path), reason=str(error))
            return 0.0

    def _end(self, line: _Line, sip_code: int, q850_cause: int) -> None:
        self._keep_what_was_heard(line)
        del self._lines[line.channel]
        if line.extension:
            del self._to_extensions[line.channel]
        elif line.callee:
            self._callees_on_the_line -= 1
        self._announce(HungUp(line.channel, sip_code, q850_cause))

    def _announce(self, event: NetworkEvent) -> None:
        self._heard.put_nowait(event)


@lru_cache(maxsize=4096)
def _state_without_calls(extension: str, others_talk: bool) -> ExtensionState:
    """What the plan says of an extension that none of our calls goes to."""
    if not is_extension(extension):
        return ExtensionState.UNKNOWN
    return ExtensionState.IN_USE if others_talk and talks_when_others_do(extension) else ExtensionState.IDLE


def _missing(sounds: tuple[Sound, ...]) -> Path | None:
    return next((sound.path for sound in sounds if not os.path.isfile(sound.path)), None)
