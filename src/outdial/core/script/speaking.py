"""Playing a prompt in a turn of its own: what every node that says something begins with."""

from __future__ import annotations

from dataclasses import replace

from outdial.core.commands import Speak
from outdial.core.events import KeyPressed, PromptEnded, PromptFailed, TimerElapsed
from outdial.core.prompt import Filled, Prompt, fill, written
from outdial.core.script.notes import Noted, forgotten, said
from outdial.core.script.position import (
    LONGEST_DIALOGUE_TURNS,
    PROMPT_GUARD_SECONDS,
    Dialogue,
    Ended,
    Phase,
    Position,
    Step,
)


def is_spent(at: Position) -> bool:
    """Whether a dialogue has used all its turns."""
    return at.turn >= LONGEST_DIALOGUE_TURNS


def over(at: Position) -> Step:
    """The dialogue ends here."""
    return Step(Ended(learned=at.learned))


def play(dialogue: Dialogue, at: Position, prompt: Prompt) -> Step:
    """Play a prompt with the variables as they are here."""
    return play_filled(dialogue, at, fill(prompt, dialogue.known(at)))


def play_filled(dialogue: Dialogue, at: Position, filled: Filled) -> Step:
    """Play a prompt whose variables are in their places."""
    if is_spent(at):
        return over(at)
    at = replace(at, turn=at.turn + 1, phase=Phase.HEARING)
    if dialogue.script.transcript:
        at = at.talking(saying=written(filled), began=at.turn)
    return Step(at, (Speak(dialogue.channel, at.turn, filled), dialogue.timer(at.turn, PROMPT_GUARD_SECONDS)))


def heard_out(dialogue: Dialogue, at: Position, event: PromptEnded | PromptFailed | KeyPressed | TimerElapsed) -> Noted:
    """What is written down when this ends a prompt."""
    if at.phase is not Phase.HEARING or not at.talk.saying:
        return at, ()
    if isinstance(event, PromptFailed):
        return forgotten(at), ()
    return said(dialogue, at, interrupted=isinstance(event, KeyPressed))
