"""Walks a script: a position and what was heard go in, the next position and what to ask for come out.

A position is a plain value that can be stored; everything that outlives a step is in it. The interpreter asks for
sounds, timers and records by the same commands as the rest of the call, and does not know who carries them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from outdial.core.commands import CallCommand, RecordAnswer, SetTimer, Speak, StopPlaying
from outdial.core.events import KeyPressed, PromptEnded, PromptFailed, Timer, TimerElapsed
from outdial.core.ids import Channel
from outdial.core.prompt import Prompt, fill
from outdial.core.script.nodes import Ask, Choice, Connect, Goal, HangUp, Node, Say, Script, Transfer

BETWEEN_KEYS_SECONDS = 2.0
"""How long a longer entry is waited for when what was pressed is already a choice."""

PROMPT_GUARD_SECONDS = 900.0
"""A prompt whose end is never reported counts as ended after this time. Longer than any prompt the house makes."""

LONGEST_DIALOGUE_TURNS = 1000
"""A dialogue that has used so many turns ends instead of playing another prompt, so that no circle lasts for ever: not
one of silence after which a question asks again, and not one of prompts that fail at once."""

DialogueEvent = PromptEnded | PromptFailed | KeyPressed | TimerElapsed


class Phase(StrEnum):
    """What the callee is going through."""

    HEARING = "hearing"
    """A prompt is being played."""
    WAITING = "waiting"
    """The prompt is over and keys are awaited."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a dialogue stands. `turn` rises with every prompt and every wait."""

    node: str
    turn: int
    phase: Phase = Phase.HEARING
    plays: int = 1
    keys: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """The dialogue is over; the callee is to be joined with `extension`, or as the node `connect` says."""

    extension: str | None = None
    connect: str | None = None


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


def start(dialogue: Dialogue, turn: int) -> Step:
    """Begin at the script's first node; `turn` is the last turn already used."""
    return _enter(dialogue, dialogue.script.start, turn)


def repeat(dialogue: Dialogue, at: Position) -> Step:
    """Play the current node again from its beginning, as after a restart; it does not count as another play."""
    return _present(dialogue, replace(at, keys=""), dialogue.script.nodes[at.node])


def resume(dialogue: Dialogue, at: Position, event: DialogueEvent) -> Step:
    """Go on from a position. An event of another turn changes nothing."""
    node = dialogue.script.nodes[at.node]
    match node, event:
        case _, PromptEnded() | PromptFailed() | TimerElapsed() if event.turn != at.turn:
            return Step(at)
        case Say(), PromptEnded() | PromptFailed() | TimerElapsed():
            return _enter(dialogue, node.next, at.turn)
        case Ask(), PromptFailed():
            return Step(Ended())
        case Ask(), PromptEnded():
            return _wait(dialogue, at, node.wait_seconds) if at.phase is Phase.HEARING else Step(at)
        case Ask(), TimerElapsed():
            return _timed_out(dialogue, at, node)
        case Ask(), KeyPressed():
            return _pressed(dialogue, at, node, event.key)
        case _:
            return Step(at)


def _enter(dialogue: Dialogue, target: str | None, turn: int) -> Step:
    """Go through the nodes that take no time, up to the first that does."""
    commands: list[CallCommand] = []
    goals: list[str] = []
    for _ in range(len(dialogue.script.nodes) + 1):
        node = HangUp() if target is None else dialogue.script.nodes[target]
        match node:
            case HangUp():
                return Step(Ended(), tuple(commands), tuple(goals))
            case Transfer():
                return Step(Ended(extension=node.extension), tuple(commands), tuple(goals))
            case Connect():
                return Step(Ended(connect=target), tuple(commands), tuple(goals))
            case Goal():
                goals.append(node.name)
                target = node.next
            case Ask() if choice := node.taken_unheard:
                commands += _record(dialogue, node, choice)
                target = choice.next
            case Say() | Ask():
                assert target is not None
                step = _present(dialogue, Position(target, turn), node)
                return Step(step.at, (*commands, *step.commands), tuple(goals))
            case _:
                assert_never(node)
    return Step(Ended(), tuple(commands), tuple(goals))  # a circle in which nothing is ever heard


def _present(dialogue: Dialogue, at: Position, node: Node) -> Step:
    """Play what a node has to say, in a turn of its own."""
    assert isinstance(node, Say | Ask)
    if at.turn >= LONGEST_DIALOGUE_TURNS:
        return Step(Ended())
    at = replace(at, turn=at.turn + 1, phase=Phase.HEARING)
    return Step(at, (_speak(dialogue, at.turn, node.prompt), _turn_timer(dialogue, at.turn, PROMPT_GUARD_SECONDS)))


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
        return _enter(dialogue, node.exhausted, at.turn)
    return _present(dialogue, replace(at, plays=at.plays + 1, keys=""), node)


def _take(dialogue: Dialogue, at: Position, node: Ask, choice: Choice) -> Step:
    step = _enter(dialogue, choice.next, at.turn)
    return Step(step.at, (*_record(dialogue, node, choice), *step.commands), step.goals)


def _record(dialogue: Dialogue, node: Ask, choice: Choice) -> tuple[CallCommand, ...]:
    if choice.record is None:
        return ()
    return (RecordAnswer(dialogue.channel, node.name, choice.record, choice.keys),)


def _speak(dialogue: Dialogue, turn: int, prompt: Prompt) -> Speak:
    return Speak(dialogue.channel, turn, fill(prompt, dialogue.variables))


def _turn_timer(dialogue: Dialogue, turn: int, seconds: float) -> SetTimer:
    return SetTimer(dialogue.channel, Timer.TURN, turn, seconds)
