"""Walks a script: a position and what was heard go in, the next position and what to ask for come out.

Here events find their node, and the way from node to node is gone; how a node lives from its beginning to its end, the
module of its kind knows. The interpreter asks for sounds, timers and records by the same commands as the rest of the call,
and does not know who carries them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from outdial.core.commands import CallCommand, StopListening, StopRecording
from outdial.core.events import (
    AssistantDone,
    AssistantSaid,
    Consulted,
    Heard,
    KeyPressed,
    PromptEnded,
    PromptFailed,
    Recorded,
    SpeechBegan,
    TimerElapsed,
)
from outdial.core.prompt import LONGEST_VALUE
from outdial.core.script import asking, assisting, consulting, listening, notes, recording, speaking
from outdial.core.script.deciding import Branch, decide
from outdial.core.script.listening_nodes import Assist, Listen, Set
from outdial.core.script.nodes import Ask, Connect, Goal, HangUp, Node, Record, Request, Say, Transfer
from outdial.core.script.position import (
    BETWEEN_KEYS_SECONDS,
    CONSULT_SECONDS,
    KEEP_SECONDS,
    LONGEST_DIALOGUE_TURNS,
    LONGEST_RECORDING_SECONDS,
    PROMPT_GUARD_SECONDS,
    Dialogue,
    Ended,
    Made,
    Onward,
    Phase,
    Position,
    Step,
    after,
)
from outdial.core.template import filled

__all__ = [
    "BETWEEN_KEYS_SECONDS",
    "CONSULT_SECONDS",
    "KEEP_SECONDS",
    "LONGEST_DIALOGUE_TURNS",
    "LONGEST_RECORDING_SECONDS",
    "PROMPT_GUARD_SECONDS",
    "Dialogue",
    "DialogueEvent",
    "Ended",
    "Phase",
    "Position",
    "Step",
    "break_off",
    "repeat",
    "resume",
    "start",
]

DialogueEvent = (
    PromptEnded
    | PromptFailed
    | KeyPressed
    | Recorded
    | Consulted
    | SpeechBegan
    | Heard
    | AssistantSaid
    | AssistantDone
    | TimerElapsed
)


def start(dialogue: Dialogue, turn: int) -> Step:
    """Begin at the script's first node; `turn` is the last turn already used."""
    return _enter(dialogue, Onward(dialogue.script.start, Position("", turn)))


def repeat(dialogue: Dialogue, at: Position) -> Step:
    """Play the current node again from its beginning, as after a restart; it does not count as another play.

    A service or an assistant that was being asked is asked once more, because nobody knows whether it heard.
    """
    former: list[CallCommand] = [StopRecording(dialogue.channel, at.recording)] if at.recording else []
    if at.talk.listening:
        former.append(StopListening(dialogue.channel, at.talk.listening))
    at, noted = _broken_off(dialogue, at)
    again = replace(at, keys="", recording=0, recorded="")
    if at.talk.listening or at.talk.cut or at.talk.unbroken:
        again = again.talking(listening=0, cut=False, unbroken=False)
    made = _present(dialogue, again, dialogue.script.nodes[at.node])
    return _settled(dialogue, after((*former, *noted), made))


def resume(dialogue: Dialogue, at: Position, event: DialogueEvent) -> Step:
    """Go on from a position. An event of another turn changes nothing."""
    if not _is_of_this_turn(at, event):
        return Step(at)
    event = _storable(event)
    node = dialogue.script.nodes[at.node]
    at, noted = _heard_out(dialogue, at, node, event)
    return _settled(dialogue, after(noted, _made(dialogue, at, node, event)))


def break_off(dialogue: Dialogue, at: Position) -> tuple[CallCommand, ...]:
    """The call ends in the middle: what is still to be written down of it."""
    return _broken_off(dialogue, at)[1]


def _broken_off(dialogue: Dialogue, at: Position) -> notes.Noted:
    if at.talk.answering.said:
        return assisting.broken_off(dialogue, at)
    return notes.said(dialogue, at, interrupted=True)


def _heard_out(dialogue: Dialogue, at: Position, node: Node, event: DialogueEvent) -> notes.Noted:
    """What is written down of a prompt that this event ends. The assistant's sentences are written down by its node, and so
    is a prompt that gives way to the callee where speech is heard."""
    match node, event:
        case Say() | Listen() | Ask() | Record(), PromptEnded() | PromptFailed() | TimerElapsed():
            return speaking.heard_out(dialogue, at, event)
        case Ask() | Record(), KeyPressed():
            return speaking.heard_out(dialogue, at, event)
        case _:
            return at, ()


def _storable(event: DialogueEvent) -> DialogueEvent:
    """The same event in characters that a store takes: what others say comes from programs that are not ours."""
    match event:
        case Heard():
            return replace(event, text=_plain(event.text), alternatives=tuple(map(_plain, event.alternatives)))
        case AssistantSaid():
            return replace(event, text=_plain(event.text))
        case Consulted() if event.values:
            return replace(event, values={name: _plain(value) for name, value in event.values.items()})
        case _:
            return event


def _plain(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _is_of_this_turn(at: Position, event: DialogueEvent) -> bool:
    match event:
        case PromptEnded() | PromptFailed() | Consulted() | TimerElapsed():
            return event.turn == at.turn
        case SpeechBegan() | Heard():
            return at.talk.listening > 0 and event.turn == at.talk.listening
        case AssistantSaid() | AssistantDone():
            return at.talk.answering.asked > 0 and event.turn == at.talk.answering.asked
        case KeyPressed() | Recorded():
            return True


def _made(dialogue: Dialogue, at: Position, node: Node, event: DialogueEvent) -> Made:
    match node, event:
        case Say(), PromptEnded() | PromptFailed() | TimerElapsed():
            return Onward(node.next, at)
        case Ask(), PromptEnded() | PromptFailed() | KeyPressed() | TimerElapsed():
            return asking.resume(dialogue, at, node, event)
        case Record(), PromptEnded() | PromptFailed() | KeyPressed() | Recorded() | TimerElapsed():
            return recording.resume(dialogue, at, node, event)
        case Request(), Consulted() | TimerElapsed():
            return consulting.resume(at, node, event)
        case Listen(), PromptEnded() | PromptFailed() | TimerElapsed() | SpeechBegan() | Heard() | KeyPressed():
            return listening.resume(dialogue, at, node, event)
        case Assist(), (
            AssistantSaid()
            | AssistantDone()
            | PromptEnded()
            | PromptFailed()
            | TimerElapsed()
            | SpeechBegan()
            | Heard()
            | KeyPressed()
        ):
            return assisting.resume(dialogue, at, node, event)
        case _:
            return Step(at)


def _settled(dialogue: Dialogue, made: Made) -> Step:
    """Go on until a node takes time."""
    return made if isinstance(made, Step) else _enter(dialogue, made)


def _enter(dialogue: Dialogue, onward: Onward) -> Step:
    """Go through the nodes that take no time, up to the first that does."""
    target, at = onward.target, onward.at
    commands = list(onward.commands)
    goals: list[str] = []
    for _ in range(len(dialogue.script.nodes) + 1):
        node = HangUp() if target is None else dialogue.script.nodes[target]
        match node:
            case HangUp():
                return Step(Ended(learned=at.learned), tuple(commands), tuple(goals))
            case Transfer():
                ended = Ended(node.extension, outside=node.outside, learned=at.learned)
                return Step(ended, tuple(commands), tuple(goals))
            case Connect():
                return Step(Ended(connect=target, learned=at.learned), tuple(commands), tuple(goals))
            case Goal():
                goals.append(node.name)
                target = node.next
            case Set():
                at = replace(at, learned=_given(node, dialogue.known(at), at.learned))
                target = node.next
            case Branch():
                target = decide(node, dialogue.known(at), (*dialogue.goals, *goals))
            case Ask() if choice := node.taken_unheard:
                commands += asking.answer(dialogue, node, choice)
                target = choice.next
            case Say() | Ask() | Record() | Request() | Listen() | Assist():
                assert target is not None
                made = _present(dialogue, at.at(target), node)
                if isinstance(made, Step):
                    return Step(made.at, (*commands, *made.commands), tuple(goals))
                commands += made.commands
                target, at = made.target, made.at
            case _:
                assert_never(node)
    return Step(Ended(learned=at.learned), tuple(commands), tuple(goals))  # a circle in which nothing is ever heard


def _given(node: Set, known: Mapping[str, str], learned: Mapping[str, str]) -> Mapping[str, str]:
    given: dict[str, str] = {}
    for name, value in node.values.items():
        given[name] = filled(value, {**known, **given})[:LONGEST_VALUE]
    return {**learned, **given}


def _present(dialogue: Dialogue, at: Position, node: Node) -> Made:
    """Do what a node that takes time begins with, in a turn of its own: play what it has to say, or ask somebody."""
    match node:
        case Say() | Ask():
            return speaking.play(dialogue, at, node.prompt)
        case Record():
            return recording.present(dialogue, at, node)
        case Request():
            return consulting.present(dialogue, at, node)
        case Listen():
            return listening.present(dialogue, at, node)
        case Assist():
            return assisting.present(dialogue, at, node)
        case Goal() | Set() | Branch() | Transfer() | Connect() | HangUp():
            raise AssertionError(f"{type(node).__name__} takes no time")
        case _:
            assert_never(node)
