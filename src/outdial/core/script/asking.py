"""The life of a question that is answered by keys, `Ask`."""

from __future__ import annotations

from dataclasses import replace

from outdial.core.commands import CallCommand, RecordAnswer, StopPlaying
from outdial.core.events import KeyPressed, PromptEnded, PromptFailed, TimerElapsed
from outdial.core.script.nodes import Ask, Choice
from outdial.core.script.position import (
    BETWEEN_KEYS_SECONDS,
    Dialogue,
    Made,
    Onward,
    Phase,
    Position,
    Step,
    after,
)
from outdial.core.script.speaking import over, play


def resume(
    dialogue: Dialogue, at: Position, node: Ask, event: PromptEnded | PromptFailed | KeyPressed | TimerElapsed
) -> Made:
    """What an event of this turn means for a question."""
    match event:
        case PromptFailed():
            return over(at)
        case PromptEnded():
            return _wait(dialogue, at, node.wait_seconds) if at.phase is Phase.HEARING else Step(at)
        case TimerElapsed():
            return _timed_out(dialogue, at, node)
        case KeyPressed():
            return _pressed(dialogue, at, node, event.key)


def answer(dialogue: Dialogue, node: Ask, choice: Choice) -> tuple[CallCommand, ...]:
    """What is kept of a choice."""
    if choice.record is None:
        return ()
    return (RecordAnswer(dialogue.channel, node.name, choice.record, choice.keys, choice.label),)


def _wait(dialogue: Dialogue, at: Position, seconds: float) -> Step:
    at = replace(at, turn=at.turn + 1, phase=Phase.WAITING)
    return Step(at, (dialogue.timer(at.turn, seconds),))


def _pressed(dialogue: Dialogue, at: Position, node: Ask, key: str) -> Made:
    hush = (StopPlaying(dialogue.channel, at.turn),) if at.phase is Phase.HEARING else ()
    keys = at.keys + key
    choice = node.choice(keys)
    longer = any(c.keys.startswith(keys) and c.keys != keys for c in node.choices)
    if longer:
        wait = BETWEEN_KEYS_SECONDS if choice else node.wait_seconds
        return after(hush, _wait(dialogue, replace(at, keys=keys), wait))
    return after(hush, _take(dialogue, at, node, choice) if choice else _again(dialogue, at, node))


def _timed_out(dialogue: Dialogue, at: Position, node: Ask) -> Made:
    if at.phase is Phase.HEARING:
        return _wait(dialogue, at, node.wait_seconds)
    choice = node.choice(at.keys or node.default_keys)
    return _take(dialogue, at, node, choice) if choice else _again(dialogue, at, node)


def _again(dialogue: Dialogue, at: Position, node: Ask) -> Made:
    if at.plays >= node.plays:
        return Onward(node.exhausted, at)
    return play(dialogue, replace(at, plays=at.plays + 1, keys=""), node.prompt)


def _take(dialogue: Dialogue, at: Position, node: Ask, choice: Choice) -> Made:
    return Onward(choice.next, at, answer(dialogue, node, choice))
