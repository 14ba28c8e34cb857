"""Walks a script: a position and what was heard go in, the next position and what to ask for come out.

A position is a plain value that can be stored; everything that outlives a step is in it. The interpreter asks for
sounds, timers and records by the same commands as the rest of the call, and does not know who carries them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from outdial.core import commands as ask_for
from outdial.core.commands import (
    CallCommand,
    Consult,
    RecordAnswer,
    SendSms,
    SetTimer,
    Speak,
    StopPlaying,
    StopRecording,
)
from outdial.core.events import Consulted, KeyPressed, PromptEnded, PromptFailed, Recorded, Timer, TimerElapsed
from outdial.core.ids import Channel
from outdial.core.prompt import LONGEST_VALUE, Prompt, fill
from outdial.core.script.nodes import (
    MOST_RECORDED_KEYS,
    RECORD_END_KEY,
    Ask,
    Choice,
    Connect,
    Goal,
    HangUp,
    Node,
    Record,
    Request,
    Say,
    Script,
    Sms,
    Transfer,
)
from outdial.core.sms import Asked, written

BETWEEN_KEYS_SECONDS = 2.0
"""How long a longer entry is waited for when what was pressed is already a choice."""

PROMPT_GUARD_SECONDS = 900.0
"""A prompt whose end is never reported counts as ended after this time. Longer than any prompt the house makes."""

LONGEST_RECORDING_SECONDS = 3600.0
"""A recording is no longer than this, however long the callee goes on."""

KEEP_SECONDS = 5.0
"""How long the end of a recording is waited for after it was asked for. After that its file is taken to be there."""

CONSULT_SECONDS = 15.0
"""How long a service may take to answer before the dialogue goes on without it."""

LONGEST_DIALOGUE_TURNS = 1000
"""A dialogue that has used so many turns ends instead of playing another prompt, so that no circle lasts for ever: not
one of silence after which a question asks again, and not one of prompts that fail at once."""

DialogueEvent = PromptEnded | PromptFailed | KeyPressed | Recorded | Consulted | TimerElapsed


class Phase(StrEnum):
    """What the callee is going through."""

    HEARING = "hearing"
    """A prompt is being played."""
    WAITING = "waiting"
    """The prompt is over and keys are awaited."""
    RECORDING = "recording"
    """What the callee says and presses is kept."""
    KEEPING = "keeping"
    """The recording was told to end, and its file is awaited."""
    CONSULTING = "consulting"
    """Somebody outside has been asked, and the callee waits."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a dialogue stands. `turn` rises with every prompt and every wait."""

    node: str
    turn: int
    phase: Phase = Phase.HEARING
    plays: int = 1
    keys: str = ""
    recording: int = 0
    """The turn of the recording that runs; 0: none does."""
    recorded: str = ""
    """The file of a recording that ended by itself."""
    learned: Mapping[str, str] = field(default_factory=dict)
    """Variables that the dialogue came by on its way, beside those that it began with."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The dialogue is over; the callee is to be joined with `extension`, or as the node `connect` says."""

    extension: str | None = None
    connect: str | None = None
    outside: bool = False
    """Whether the extension is a number of the outside world."""


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one event: the new position or the end, commands in order, goals reached on the way."""

    at: Position | Ended
    commands: tuple[CallCommand, ...] = ()
    goals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A script being played to one callee with that callee's variables."""

    channel: Channel
    script: Script
    variables: Mapping[str, str]
    recordings: str = ""
    """The folder below which recordings are kept."""


def start(dialogue: Dialogue, turn: int) -> Step:
    """Begin at the script's first node; `turn` is the last turn already used."""
    return _enter(dialogue, dialogue.script.start, turn, {})


def repeat(dialogue: Dialogue, at: Position) -> Step:
    """Play the current node again from its beginning, as after a restart; it does not count as another play.

    A service that was being asked is asked once more, because nobody knows whether it heard.
    """
    former = (StopRecording(dialogue.channel, at.recording),) if at.recording else ()
    step = _present(dialogue, replace(at, keys="", recording=0, recorded=""), dialogue.script.nodes[at.node])
    return Step(step.at, (*former, *step.commands), step.goals)


def resume(dialogue: Dialogue, at: Position, event: DialogueEvent) -> Step:
    """Go on from a position. An event of another turn changes nothing."""
    node = dialogue.script.nodes[at.node]
    match node, event:
        case _, PromptEnded() | PromptFailed() | Consulted() | TimerElapsed() if event.turn != at.turn:
            return Step(at)
        case Say(), PromptEnded() | PromptFailed() | TimerElapsed():
            return _enter(dialogue, node.next, at.turn, at.learned)
        case Ask(), PromptFailed():
            return Step(Ended())
        case Ask(), PromptEnded():
            return _wait(dialogue, at, node.wait_seconds) if at.phase is Phase.HEARING else Step(at)
        case Ask(), TimerElapsed():
            return _timed_out(dialogue, at, node)
        case Ask(), KeyPressed():
            return _pressed(dialogue, at, node, event.key)
        case Record(), PromptEnded() | PromptFailed():
            return _record(dialogue, at, node) if at.phase is Phase.HEARING else Step(at)
        case Record(), TimerElapsed():
            return _record_on(dialogue, at, node)
        case Record(), KeyPressed():
            return _record_key(dialogue, at, node, event.key)
        case Record(), Recorded() if at.recording and event.turn == at.recording:
            return _record_ended(dialogue, at, node, "" if event.path is None else str(event.path))
        case Request(), Consulted() if event.value is not None:
            return _enter(dialogue, node.next, at.turn, {**at.learned, node.into: event.value[:LONGEST_VALUE]})
        case Request(), Consulted() | TimerElapsed():
            return _enter(dialogue, node.otherwise, at.turn, at.learned)
        case _:
            return Step(at)


def _enter(dialogue: Dialogue, target: str | None, turn: int, learned: Mapping[str, str]) -> Step:
    """Go through the nodes that take no time, up to the first that does."""
    commands: list[CallCommand] = []
    goals: list[str] = []
    for _ in range(len(dialogue.script.nodes) + 1):
        node = HangUp() if target is None else dialogue.script.nodes[target]
        match node:
            case HangUp():
                return Step(Ended(), tuple(commands), tuple(goals))
            case Transfer():
                return Step(Ended(node.extension, outside=node.outside), tuple(commands), tuple(goals))
            case Connect():
                return Step(Ended(connect=target), tuple(commands), tuple(goals))
            case Goal():
                goals.append(node.name)
                target = node.next
            case Sms():
                commands += _sms(dialogue, node, learned)
                target = node.next
            case Ask() if choice := node.taken_unheard:
                commands += _answer(dialogue, node, choice)
                target = choice.next
            case Say() | Ask() | Record() | Request():
                assert target is not None
                step = _present(dialogue, Position(target, turn, learned=learned), node)
                return Step(step.at, (*commands, *step.commands), tuple(goals))
            case _:
                assert_never(node)
    return Step(Ended(), tuple(commands), tuple(goals))  # a circle in which nothing is ever heard


def _present(dialogue: Dialogue, at: Position, node: Node) -> Step:
    """Do what a node begins with, in a turn of its own: play what it has to say, or ask outside."""
    assert isinstance(node, Say | Ask | Record | Request)
    if at.turn >= LONGEST_DIALOGUE_TURNS:
        return Step(Ended())
    if isinstance(node, Request):
        at = replace(at, turn=at.turn + 1, phase=Phase.CONSULTING)
        asked = Consult(dialogue.channel, at.turn, node.service)
        return Step(at, (asked, _turn_timer(dialogue, at.turn, CONSULT_SECONDS)))
    if isinstance(node, Record) and not node.prompt:
        return _record(dialogue, at, node)
    at = replace(at, turn=at.turn + 1, phase=Phase.HEARING)
    spoken = _speak(dialogue, at.turn, node.prompt, at.learned)
    return Step(at, (spoken, _turn_timer(dialogue, at.turn, PROMPT_GUARD_SECONDS)))


def _wait(dialogue: Dialogue, at: Position, seconds: float) -> Step:
    at = replace(at, turn=at.turn + 1, phase=Phase.WAITING)
    return Step(at, (_turn_timer(dialogue, at.turn, seconds),))


def _pressed(dialogue: Dialogue, at: Position, node: Ask, key: str) -> Step:
    hush = (StopPlaying(dialogue.channel, at.turn),) if at.phase is Phase.HEARING else ()
    keys = at.keys + key
    choice = node.choice(keys)
    longer = any(c.keys.startswith(keys) and c.keys != keys for c in node.choices)
    if longer:
        step = _wait(dialogue, replace(at, keys=keys), BETWEEN_KEYS_SECONDS if choice else node.wait_seconds)
    elif choice:
        step = _take(dialogue, at, node, choice)
    else:
        step = _again(dialogue, at, node)
    return Step(step.at, (*hush, *step.commands), step.goals)


def _timed_out(dialogue: Dialogue, at: Position, node: Ask) -> Step:
    if at.phase is Phase.HEARING:
        return _wait(dialogue, at, node.wait_seconds)
    choice = node.choice(at.keys or node.default_keys)
    return _take(dialogue, at, node, choice) if choice else _again(dialogue, at, node)


def _again(dialogue: Dialogue, at: Position, node: Ask) -> Step:
    if at.plays >= node.plays:
        return _enter(dialogue, node.exhausted, at.turn, at.learned)
    return _present(dialogue, replace(at, plays=at.plays + 1, keys=""), node)


def _take(dialogue: Dialogue, at: Position, node: Ask, choice: Choice) -> Step:
    step = _enter(dialogue, choice.next, at.turn, at.learned)
    return Step(step.at, (*_answer(dialogue, node, choice), *step.commands), step.goals)


def _answer(dialogue: Dialogue, node: Ask, choice: Choice) -> tuple[CallCommand, ...]:
    if choice.record is None:
        return ()
    return (RecordAnswer(dialogue.channel, node.name, choice.record, choice.keys, choice.label),)


def _record_on(dialogue: Dialogue, at: Position, node: Record) -> Step:
    """The time of this phase is over: the prompt's, that without a key, or that of the file."""
    match at.phase:
        case Phase.HEARING:
            return _record(dialogue, at, node)
        case Phase.KEEPING:
            return _kept(dialogue, at, node, str(_recording_path(dialogue, at.recording)))
        case _:
            return _recorded_enough(dialogue, at, node)


def _record(dialogue: Dialogue, at: Position, node: Record) -> Step:
    turn = at.turn + 1
    longest = min(max(node.wait_seconds, 1.0) * (MOST_RECORDED_KEYS + 1), LONGEST_RECORDING_SECONDS)
    at = replace(at, turn=turn, phase=Phase.RECORDING, recording=turn)
    begun = ask_for.Record(dialogue.channel, turn, _recording_path(dialogue, turn), longest)
    return Step(at, (begun, _turn_timer(dialogue, turn, node.wait_seconds)))


def _record_key(dialogue: Dialogue, at: Position, node: Record, key: str) -> Step:
    """A key that cuts the prompt short is the first one typed; the end key there leaves nothing to record."""
    if at.phase is Phase.HEARING:
        over = key == RECORD_END_KEY
        step = _kept(dialogue, at, node, "") if over else _record(dialogue, replace(at, keys=key), node)
        return Step(step.at, (StopPlaying(dialogue.channel, at.turn), *step.commands), step.goals)
    if at.phase is not Phase.RECORDING:
        return Step(at)
    keys = at.keys if key == RECORD_END_KEY else at.keys + key
    if key == RECORD_END_KEY or len(keys) == MOST_RECORDED_KEYS:
        return _recorded_enough(dialogue, replace(at, keys=keys), node)
    at = replace(at, turn=at.turn + 1, keys=keys)
    return Step(at, (_turn_timer(dialogue, at.turn, node.wait_seconds),))


def _record_ended(dialogue: Dialogue, at: Position, node: Record, path: str) -> Step:
    """The file is there; one that ended by itself leaves the callee all the time there is for keys."""
    if at.phase is Phase.KEEPING:
        return _kept(dialogue, at, node, path)
    return Step(replace(at, recording=0, recorded=path))


def _recorded_enough(dialogue: Dialogue, at: Position, node: Record) -> Step:
    if not at.recording:
        return _kept(dialogue, at, node, at.recorded)
    at = replace(at, turn=at.turn + 1, phase=Phase.KEEPING)
    enough = StopRecording(dialogue.channel, at.recording)
    return Step(at, (enough, _turn_timer(dialogue, at.turn, KEEP_SECONDS)))


def _kept(dialogue: Dialogue, at: Position, node: Record, path: str) -> Step:
    answer = RecordAnswer(dialogue.channel, node.name, at.keys or node.without_keys, path, node.label)
    step = _enter(dialogue, node.next, at.turn, at.learned)
    return Step(step.at, (answer, *step.commands), step.goals)


def _recording_path(dialogue: Dialogue, turn: int) -> Path:
    """One file for each recording of a call; the folders below keep a directory from growing without end."""
    return Path(dialogue.recordings, dialogue.channel[:2], f"{dialogue.channel}-t{turn}.wav")


def _speak(dialogue: Dialogue, turn: int, prompt: Prompt, learned: Mapping[str, str]) -> Speak:
    return Speak(dialogue.channel, turn, fill(prompt, {**dialogue.variables, **learned}))


def _sms(dialogue: Dialogue, node: Sms, learned: Mapping[str, str]) -> tuple[CallCommand, ...]:
    """An SMS without a word is none."""
    text = written(node.message, {**dialogue.variables, **learned})
    return (SendSms(dialogue.channel, Asked(node.name, text)),) if text.strip() else ()


def _turn_timer(dialogue: Dialogue, turn: int, seconds: float) -> SetTimer:
    return SetTimer(dialogue.channel, Timer.TURN, turn, seconds)
