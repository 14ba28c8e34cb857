"""The life of a node that keeps what the callee says and presses, `Record`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from outdial.core import commands as ask_for
from outdial.core.commands import RecordAnswer, StopPlaying, StopRecording
from outdial.core.events import KeyPressed, PromptEnded, PromptFailed, Recorded, TimerElapsed
from outdial.core.script.nodes import MOST_RECORDED_KEYS, RECORD_END_KEY, Record
from outdial.core.script.position import (
    KEEP_SECONDS,
    LONGEST_RECORDING_SECONDS,
    Dialogue,
    Made,
    Onward,
    Phase,
    Position,
    Step,
    after,
)
from outdial.core.script.speaking import is_spent, over, play


def present(dialogue: Dialogue, at: Position, node: Record) -> Step:
    """Play the prompt, or record at once where there is none."""
    if node.prompt:
        return play(dialogue, at, node.prompt)
    return over(at) if is_spent(at) else _record(dialogue, at, node)


def resume(
    dialogue: Dialogue,
    at: Position,
    node: Record,
    event: PromptEnded | PromptFailed | KeyPressed | Recorded | TimerElapsed,
) -> Made:
    """What an event of this turn means for a recording."""
    match event:
        case PromptEnded() | PromptFailed():
            return _record(dialogue, at, node) if at.phase is Phase.HEARING else Step(at)
        case TimerElapsed():
            return _record_on(dialogue, at, node)
        case KeyPressed():
            return _pressed(dialogue, at, node, event.key)
        case Recorded():
            if not at.recording or event.turn != at.recording:
                return Step(at)
            return _ended(dialogue, at, node, "" if event.path is None else str(event.path))


def _record_on(dialogue: Dialogue, at: Position, node: Record) -> Made:
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
    return Step(at, (begun, dialogue.timer(turn, node.wait_seconds)))


def _pressed(dialogue: Dialogue, at: Position, node: Record, key: str) -> Made:
    """A key that cuts the prompt short is the first one typed; the end key there leaves nothing to record."""
    if at.phase is Phase.HEARING:
        over = key == RECORD_END_KEY
        made = _kept(dialogue, at, node, "") if over else _record(dialogue, replace(at, keys=key), node)
        return after((StopPlaying(dialogue.channel, at.turn),), made)
    if at.phase is not Phase.RECORDING:
        return Step(at)
    keys = at.keys if key == RECORD_END_KEY else at.keys + key
    if key == RECORD_END_KEY or len(keys) == MOST_RECORDED_KEYS:
        return _recorded_enough(dialogue, replace(at, keys=keys), node)
    at = replace(at, turn=at.turn + 1, keys=keys)
    return Step(at, (dialogue.timer(at.turn, node.wait_seconds),))


def _ended(dialogue: Dialogue, at: Position, node: Record, path: str) -> Made:
    """The file is there; one that ended by itself leaves the callee all the time there is for keys."""
    if at.phase is Phase.KEEPING:
        return _kept(dialogue, at, node, path)
    return Step(replace(at, recording=0, recorded=path))


def _recorded_enough(dialogue: Dialogue, at: Position, node: Record) -> Made:
    if not at.recording:
        return _kept(dialogue, at, node, at.recorded)
    at = replace(at, turn=at.turn + 1, phase=Phase.KEEPING)
    enough = StopRecording(dialogue.channel, at.recording)
    return Step(at, (enough, dialogue.timer(at.turn, KEEP_SECONDS)))


def _kept(dialogue: Dialogue, at: Position, node: Record, path: str) -> Made:
    answer = RecordAnswer(dialogue.channel, node.name, at.keys or node.without_keys, path, node.label)
    return Onward(node.next, at, (answer,))


def _recording_path(dialogue: Dialogue, turn: int) -> Path:
    """One file for each recording of a call; the folders below keep a directory from growing without end."""
    return Path(dialogue.recordings, dialogue.channel[:2], f"{dialogue.channel}-t{turn}.wav")
