"""What is said in a dialogue, written down turn by turn, by either side.

Our own turn is written down when it is over, so that it is known whether the callee heard it out. A script that keeps no
transcript writes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from outdial.core.assistant import Line, Speaker
from outdial.core.commands import CallCommand, NoteTurn
from outdial.core.script.position import MOST_LINES, Dialogue, Position

Noted = tuple[Position, tuple[CallCommand, ...]]

BROKEN_OFF = "…"
"""Stands, for somebody who is told of the talk, where words were not heard to their end, or none were understood."""


def said(dialogue: Dialogue, at: Position, *, interrupted: bool) -> Noted:
    """What was being said to the callee is over; nothing is written where nothing was being said."""
    text = at.talk.saying
    if not text:
        return at, ()
    at = at.talking(saying="")
    return _noted(dialogue, at, Speaker.OUTDIAL, text, turn=at.talk.began, interrupted=interrupted)


def forgotten(at: Position) -> Position:
    """What was to be said was not heard at all."""
    return at.talking(saying="") if at.talk.saying else at


def heard(dialogue: Dialogue, at: Position, text: str, confidence: float, alternatives: tuple[str, ...] = ()) -> Noted:
    """The callee said something; an empty text was not understood."""
    return _noted(dialogue, at, Speaker.CALLEE, text, confidence=confidence, alternatives=alternatives)


def pressed(dialogue: Dialogue, at: Position, keys: str) -> Noted:
    """The callee answered by keys."""
    return _noted(dialogue, at, Speaker.CALLEE, "", keys=keys)


def with_line(at: Position, who: Speaker, text: str) -> Position:
    """Whoever is told of the talk is told of this as well."""
    lines = (*at.talk.lines, Line(who, text))
    return at.talking(lines=lines[-MOST_LINES:])


def _noted(
    dialogue: Dialogue,
    at: Position,
    who: Speaker,
    text: str,
    *,
    turn: int = 0,
    keys: str = "",
    confidence: float | None = None,
    alternatives: tuple[str, ...] = (),
    interrupted: bool = False,
) -> Noted:
    if not dialogue.script.transcript:
        return at, ()
    note = NoteTurn(
        dialogue.channel,
        at.talk.noted + 1,
        who,
        text,
        at.node,
        turn=turn,
        keys=keys,
        confidence=confidence,
        alternatives=alternatives,
        interrupted=interrupted,
    )
    at = at.talking(noted=note.position)
    if dialogue.script.has_assistant:
        spoken = f"{text}{BROKEN_OFF}" if interrupted else text or f"[{keys}]" if keys else text or BROKEN_OFF
        at = with_line(at, who, spoken)
    return replace(at), (note,)
