"""The life of a question that hears speech and keys, `Listen`.

One turn plays the prompt and may listen already; what was heard names the turn that listened, so that words of an earlier
question change nothing. Each time something was heard, the next listening is asked for anew.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from outdial.core import commands as ask_for
from outdial.core.commands import CallCommand, StopListening, StopPlaying
from outdial.core.events import Heard, KeyPressed, PromptEnded, PromptFailed, SpeechBegan, TimerElapsed
from outdial.core.intents import Meaning, expected, meant, spoken
from outdial.core.prompt import LONGEST_VALUE, Kind, Prompt, worded
from outdial.core.script import notes
from outdial.core.script.listening_nodes import Hears, Listen
from outdial.core.script.position import (
    BETWEEN_KEYS_SECONDS,
    SPEECH_GUARD_SECONDS,
    Dialogue,
    Made,
    Onward,
    Phase,
    Position,
    Step,
    after,
)
from outdial.core.script.speaking import is_spent, over, play

ENOUGH_KEY = "#"
"""Ends a number that is typed."""

ListenEvent = PromptEnded | PromptFailed | TimerElapsed | SpeechBegan | Heard | KeyPressed


def present(dialogue: Dialogue, at: Position, node: Listen, why: Prompt = ()) -> Step:
    """Ask: play the prompt, after what explains why it is played again, and listen meanwhile where speech may stop it."""
    if not (why or node.prompt):
        return over(at) if is_spent(at) else _wait(dialogue, at, node)
    step = play(dialogue, at, (*why, *node.prompt))
    if not isinstance(step.at, Position) or not node.barge_in or at.talk.unbroken:
        return step
    return _listening(dialogue, step, node)


def resume(dialogue: Dialogue, at: Position, node: Listen, event: ListenEvent) -> Made:
    """What an event means for a question; one of another turn was sorted out before."""
    match event:
        case PromptFailed():
            return over(at) if at.phase is Phase.HEARING else Step(at)
        case PromptEnded():
            return _wait(dialogue, at, node) if at.phase is Phase.HEARING else Step(at)
        case TimerElapsed():
            return _timed_out(dialogue, at, node)
        case SpeechBegan():
            return _interrupted(dialogue, at, node)
        case Heard():
            return _heard(dialogue, at, node, event)
        case KeyPressed():
            return _pressed(dialogue, at, node, event.key)


def hush(dialogue: Dialogue, at: Position) -> notes.Noted:
    """Stop what is being played, if anything is, and write down how far it came."""
    if at.phase is not Phase.HEARING:
        return at, ()
    stopped = StopPlaying(dialogue.channel, at.turn)
    at, noted = notes.said(dialogue, at, interrupted=True)
    return at, (stopped, *noted)


def deafen(dialogue: Dialogue, at: Position) -> tuple[Position, tuple[CallCommand, ...]]:
    """Stop listening, where something listens."""
    if not at.talk.listening:
        return at, ()
    return at.talking(listening=0), (StopListening(dialogue.channel, at.talk.listening),)


def _listening(dialogue: Dialogue, step: Step, node: Listen) -> Step:
    """Listen from this step on, in its turn."""
    assert isinstance(step.at, Position)
    intents = tuple(answer.intent for answer in node.answers)
    heard = ask_for.Listen(
        dialogue.channel,
        step.at.turn,
        node.language,
        expected(intents, node.language),
        node.pause_seconds,
        node.longest_seconds,
        besides=any(intent.meaning is Meaning.ANYTHING for intent in intents),
    )
    return Step(step.at.talking(listening=step.at.turn), (*step.commands, heard))


def _wait(dialogue: Dialogue, at: Position, node: Listen) -> Step:
    """The prompt is over: it is the callee's turn."""
    at = replace(at, turn=at.turn + 1, phase=Phase.WAITING)
    step = Step(at, (dialogue.timer(at.turn, node.wait_seconds),))
    return step if at.talk.listening else _listening(dialogue, step, node)


def _timed_out(dialogue: Dialogue, at: Position, node: Listen) -> Made:
    match at.phase:
        case Phase.HEARING:
            return _wait(dialogue, at, node)
        case Phase.SPEAKING:
            nothing = Heard(dialogue.channel, at.talk.listening, "", 0.0)
            at, deafened = deafen(dialogue, at)
            return after(deafened, _understood(dialogue, at, node, nothing))
        case _ if at.keys:
            return _entered(dialogue, at, node)
        case _:
            return _again(dialogue, at, node, node.silence)


def _interrupted(dialogue: Dialogue, at: Position, node: Listen) -> Made:
    if at.phase is Phase.SPEAKING:
        return Step(at)
    cut = at.phase is Phase.HEARING
    at, hushed = hush(dialogue, at)
    at = replace(at, turn=at.turn + 1, phase=Phase.SPEAKING).talking(cut=cut)
    return Step(at, (*hushed, dialogue.timer(at.turn, node.longest_seconds + SPEECH_GUARD_SECONDS)))


def _heard(dialogue: Dialogue, at: Position, node: Listen, event: Heard) -> Made:
    at = at.talking(listening=0)
    if at.phase is Phase.HEARING and not event.text.strip():
        return Step(at)  # the prompt goes on, and when it is over the next listening begins
    at, hushed = hush(dialogue, at)
    return after(hushed, _understood(dialogue, at, node, event))


def _understood(dialogue: Dialogue, at: Position, node: Listen, event: Heard) -> Made:
    text = event.text.strip()
    if at.talk.cut and not text:
        return present(dialogue, at.talking(cut=False, unbroken=True), node)
    at, noted = notes.heard(dialogue, at, text, event.confidence, event.alternatives)
    found = None if event.confidence < node.least_confidence else _meant(dialogue, node, event)
    if found is None:
        return after(noted, _again(dialogue, at, node, node.unmatched))
    return after(noted, _take(dialogue, at, node, *found))


def _meant(dialogue: Dialogue, node: Listen, event: Heard) -> tuple[Hears, str] | None:
    """The answer that was given, and its value: the likeliest text that means anything counts. What was not understood may
    have been anything, so its alternatives are no answers."""
    if not event.text.strip():
        return None
    for text in (event.text, *event.alternatives):
        for answer in node.answers:
            value = meant(answer.intent, text, dialogue.today)
            if value is not None:
                return answer, answer.value or value
    return None


def _take(dialogue: Dialogue, at: Position, node: Listen, answer: Hears, value: str) -> Made:
    at, deafened = deafen(dialogue, at)
    if answer.into:
        learned = {**at.learned, answer.into: value[:LONGEST_VALUE]}
        if answer.intent.meaning is Meaning.DATE:
            learned[worded(answer.into, Kind.DATE)] = _day_in_words(value, node.language)
        at = replace(at, learned=learned)
    return Onward(answer.next, at, deafened)


def _day_in_words(value: str, language: str) -> str:
    """A day as it is said back; what is no day stands as it is."""
    try:
        return spoken.day(date.fromisoformat(value), language)
    except ValueError:
        return value


def _again(dialogue: Dialogue, at: Position, node: Listen, why: Prompt) -> Made:
    at, deafened = deafen(dialogue, at)
    at = at.talking(cut=False, unbroken=False)
    if at.plays >= node.tries:
        return Onward(node.otherwise, at, deafened)
    made = present(dialogue, replace(at, plays=at.plays + 1, keys=""), node, why)
    listens = isinstance(made.at, Position) and made.at.talk.listening
    return made if listens else after(deafened, made)


# ------------------------------------------------------------------------------------------------------ keys


def _pressed(dialogue: Dialogue, at: Position, node: Listen, key: str) -> Made:
    """A key ends all listening: whoever presses one has chosen how to answer."""
    if not any(answer.keys or answer.intent.meaning is Meaning.NUMBER for answer in node.answers):
        return Step(at)
    at, hushed = hush(dialogue, at)
    at, deafened = deafen(dialogue, at)
    return after((*hushed, *deafened), _typed(dialogue, at, node, key))


def _typed(dialogue: Dialogue, at: Position, node: Listen, key: str) -> Made:
    keys = at.keys + key
    if key == ENOUGH_KEY and at.keys and not any(answer.keys.startswith(keys) for answer in node.answers):
        return _entered(dialogue, at, node)
    at = replace(at, keys=keys)
    if not any(_is_begun(answer, keys) for answer in node.answers):
        return _entered(dialogue, at, node)
    at = replace(at, turn=at.turn + 1, phase=Phase.WAITING)
    seconds = BETWEEN_KEYS_SECONDS if _answer_of(node, keys) else node.wait_seconds
    return Step(at, (dialogue.timer(at.turn, seconds),))


def _is_begun(answer: Hears, keys: str) -> bool:
    """Whether more keys may make an answer of these."""
    if answer.keys.startswith(keys) and answer.keys != keys:
        return True
    number = answer.intent.meaning is Meaning.NUMBER and keys.isdecimal()
    return number and len(keys) < len(str(answer.intent.most))


def _answer_of(node: Listen, keys: str) -> tuple[Hears, str] | None:
    for answer in node.answers:
        if answer.keys and answer.keys == keys:
            return answer, answer.by_keys
    for answer in node.answers:
        number = answer.intent.meaning is Meaning.NUMBER and keys.isdecimal()
        if number and answer.intent.least <= int(keys) <= answer.intent.most:
            return answer, answer.value or keys
    return None


def _entered(dialogue: Dialogue, at: Position, node: Listen) -> Made:
    """No more keys will come."""
    at, noted = notes.pressed(dialogue, at, at.keys)
    found = _answer_of(node, at.keys)
    if found is None:
        return after(noted, _again(dialogue, at, node, node.unmatched))
    return after(noted, _take(dialogue, at, node, *found))
