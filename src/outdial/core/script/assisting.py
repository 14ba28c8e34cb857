"""The life of a talk with the assistant, `Assist`.

The assistant's sentences are queued and spoken one after another while more may come, each made while the one before is
heard. What it has chosen counts when all of them were heard: a callee who interrupts has not heard it out, so the turn is
handed over again with what was said instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from outdial.core import commands as ask_for
from outdial.core.assistant import Brief, Path, Speaker
from outdial.core.commands import AskAssistant, CallCommand, DismissAssistant, Prepare
from outdial.core.events import (
    AssistantDone,
    AssistantSaid,
    Heard,
    KeyPressed,
    PromptEnded,
    PromptFailed,
    SpeechBegan,
    TimerElapsed,
)
from outdial.core.prompt import Filled, Words, is_worded
from outdial.core.script import notes
from outdial.core.script.listening import deafen
from outdial.core.script.listening_nodes import Assist
from outdial.core.script.position import (
    ASSISTANT_GUARD_SECONDS,
    SPEECH_GUARD_SECONDS,
    Answering,
    Dialogue,
    Made,
    Onward,
    Phase,
    Position,
    Step,
    after,
)
from outdial.core.script.speaking import is_spent, over, play_filled
from outdial.core.template import unfilled, with_values

AssistEvent = (
    AssistantSaid | AssistantDone | PromptEnded | PromptFailed | TimerElapsed | SpeechBegan | Heard | KeyPressed
)


def present(dialogue: Dialogue, at: Position, node: Assist) -> Made:
    """Hand the turn to the assistant."""
    return _hand_over(dialogue, at, node)


def resume(dialogue: Dialogue, at: Position, node: Assist, event: AssistEvent) -> Made:
    """What an event means for the talk; one of another turn was sorted out before."""
    match event:
        case AssistantSaid():
            return _said(dialogue, at, node, event.text)
        case AssistantDone():
            return _done(dialogue, at, node, event)
        case PromptEnded():
            return _sentence_over(dialogue, at, node)
        case PromptFailed():
            return _cannot(dialogue, at, node)
        case TimerElapsed():
            return _timed_out(dialogue, at, node)
        case SpeechBegan():
            return _interrupted(dialogue, at, node)
        case Heard():
            return _heard(dialogue, at, node, event)
        case KeyPressed():
            return _pressed(dialogue, at, node, event.key)


def broken_off(dialogue: Dialogue, at: Position) -> notes.Noted:
    """The talk stops in the middle of an answer: as much of it as the callee heard is written down."""
    return _noted(dialogue, at, interrupted=True)


# ----------------------------------------------------------------------------------------------- the assistant's turn


def _hand_over(dialogue: Dialogue, at: Position, node: Assist) -> Made:
    """Whoever has answered may go on with it while the assistant thinks, and is listened to. Who has just picked up is not:
    a hello would only keep the first words waiting."""
    handed = at.talk.answering.handed + 1
    if is_spent(at):
        return over(at)
    if handed > node.most_turns:
        return _leave(dialogue, at, node.otherwise)
    goes_on = node.barge_in and handed > 1
    deafened: tuple[CallCommand, ...] = ()
    if not goes_on:
        at, deafened = deafen(dialogue, at)
    at = replace(at, turn=at.turn + 1, phase=Phase.THINKING)
    at = at.talking(answering=Answering(at.turn, handed), cut=False, unbroken=False, saying="")
    asked = AskAssistant(dialogue.channel, at.turn, _brief(dialogue, at, node))
    guard = dialogue.timer(at.turn, node.longest_seconds + ASSISTANT_GUARD_SECONDS)
    step = Step(at, (*deafened, asked, guard))
    return _listening(dialogue, step, node) if goes_on else step


def _brief(dialogue: Dialogue, at: Position, node: Assist) -> Brief:
    """The instructions are the author's words alone: values go beside them, so that none of them instructs anybody."""
    return Brief(
        instructions=unfilled(node.instructions),
        language=node.language,
        lines=at.talk.lines,
        variables=_known(dialogue, at),
        paths=tuple(Path(way.to, way.when) for way in node.ways),
        most_tokens=node.most_tokens,
        longest_seconds=node.longest_seconds,
        first_words_seconds=node.first_words_seconds,
    )


def _known(dialogue: Dialogue, at: Position) -> Mapping[str, str]:
    return {name: value for name, value in dialogue.known(at).items() if not is_worded(name)}


def _said(dialogue: Dialogue, at: Position, node: Assist, text: str) -> Made:
    """A sentence may name a variable as the instructions do; then its value is spoken."""
    text = with_values(text, _known(dialogue, at)).strip()
    if not text or at.talk.answering.done:
        return Step(at)
    at = at.answering(to_say=(*at.talk.answering.to_say, text))
    match at.phase:
        case Phase.THINKING:
            return _say_next(dialogue, at, node)
        case Phase.HEARING:
            return Step(at, (Prepare(dialogue.channel, _spoken(node, text)),))
        case _:
            return Step(at)


def _spoken(node: Assist, text: str) -> Filled:
    return (Words(text, node.language, node.voice, personal=True),)


def _done(dialogue: Dialogue, at: Position, node: Assist, event: AssistantDone) -> Made:
    """A fault takes back what was not spoken yet: half an answer followed by a stand-in helps nobody."""
    astray = bool(event.block) and event.block not in {way.to for way in node.ways}
    failed = bool(event.fault) or astray
    at = at.answering(done=True, chosen="" if failed else event.block, failed=failed)
    if failed:
        at = at.answering(to_say=())
    return _go_on(dialogue, at, node) if at.phase is Phase.THINKING else Step(at)


def _say_next(dialogue: Dialogue, at: Position, node: Assist) -> Made:
    text, *rest = at.talk.answering.to_say
    return _say(dialogue, at.answering(to_say=tuple(rest)), node, text)


def _say(dialogue: Dialogue, at: Position, node: Assist, text: str) -> Made:
    """Speak a sentence. What is said in one turn of the assistant is one turn of the talk: it began with the first."""
    began = at.talk.began if at.talk.answering.said else at.turn + 1
    step = play_filled(dialogue, at, _spoken(node, text))
    if not isinstance(step.at, Position):
        return step
    at = step.at.talking(saying=text, began=began)
    if not node.barge_in or at.talk.unbroken or at.talk.listening:
        return Step(at, step.commands)
    return _listening(dialogue, Step(at, step.commands), node)


def _sentence_over(dialogue: Dialogue, at: Position, node: Assist) -> Made:
    if at.phase is not Phase.HEARING:
        return Step(at)
    said = f"{at.talk.answering.said} {at.talk.saying}".strip()
    at = at.talking(saying="", unbroken=False).answering(said=said)
    return _go_on(dialogue, at, node)


def _go_on(dialogue: Dialogue, at: Position, node: Assist) -> Made:
    """Nothing is being said: say what is left, wait for more, or end the turn."""
    answering = at.talk.answering
    if answering.to_say:
        return _say_next(dialogue, at, node)
    if not answering.done:
        at = replace(at, turn=at.turn + 1, phase=Phase.THINKING)
        return Step(at, (dialogue.timer(at.turn, node.longest_seconds + ASSISTANT_GUARD_SECONDS),))
    nothing = not (answering.said or answering.chosen)
    at, noted = _noted(dialogue, at, interrupted=False)
    if answering.failed or nothing:
        return after(noted, _leave(dialogue, at, node.otherwise))
    if answering.chosen:
        return after(noted, _leave(dialogue, at, answering.chosen))
    at = replace(at, turn=at.turn + 1, phase=Phase.WAITING)
    step = Step(at, (*noted, dialogue.timer(at.turn, node.wait_seconds)))
    return step if at.talk.listening else _listening(dialogue, step, node)


def _cannot(dialogue: Dialogue, at: Position, node: Assist) -> Made:
    """A sentence cannot be spoken, or the assistant does not end: somebody else has to go on."""
    at = at.talking(saying="")
    at, noted = _noted(dialogue, at, interrupted=False)
    return after(noted, _leave(dialogue, at, node.otherwise))


def _leave(dialogue: Dialogue, at: Position, target: str | None) -> Made:
    """Whoever leaves in the middle of an answer needs the rest no more."""
    at, deafened = deafen(dialogue, at)
    dismissed = () if at.talk.answering.done else (DismissAssistant(dialogue.channel),)
    return Onward(target, at, (*deafened, *dismissed))


def _noted(dialogue: Dialogue, at: Position, *, interrupted: bool) -> notes.Noted:
    """Write down what was said in this turn of the assistant."""
    text = f"{at.talk.answering.said} {at.talk.saying}".strip()
    at = at.answering(said="").talking(saying=text)
    return notes.said(dialogue, at, interrupted=interrupted)


# -------------------------------------------------------------------------------------------------- the callee's turn


def _listening(dialogue: Dialogue, step: Step, node: Assist) -> Step:
    assert isinstance(step.at, Position)
    heard = ask_for.Listen(
        dialogue.channel,
        step.at.turn,
        node.language,
        pause_seconds=node.pause_seconds,
        longest_seconds=node.longest_speech_seconds,
    )
    return Step(step.at.talking(listening=step.at.turn), (*step.commands, heard))


def _interrupted(dialogue: Dialogue, at: Position, node: Assist) -> Made:
    """The sentence stops at once. Whether it was an interruption is known when something was understood."""
    if at.phase is Phase.SPEAKING:
        return Step(at)
    cut = at.phase is Phase.HEARING
    stopped = (ask_for.StopPlaying(dialogue.channel, at.turn),) if cut else ()
    at = replace(at, turn=at.turn + 1, phase=Phase.SPEAKING).talking(cut=cut)
    return Step(at, (*stopped, dialogue.timer(at.turn, node.longest_speech_seconds + SPEECH_GUARD_SECONDS)))


def _heard(dialogue: Dialogue, at: Position, node: Assist, event: Heard) -> Made:
    at = at.talking(listening=0)
    if event.text.strip():
        return _answered(dialogue, at, node, event)
    if at.phase is Phase.HEARING:
        return Step(at)
    return _not_understood(dialogue, at, node)


def _answered(dialogue: Dialogue, at: Position, node: Assist, event: Heard) -> Made:
    """The callee said something: what the assistant still had to say, and where it wanted to go, is past."""
    hushed = (ask_for.StopPlaying(dialogue.channel, at.turn),) if at.phase is Phase.HEARING else ()
    at, ours = _noted(dialogue, at, interrupted=bool(at.talk.saying or at.talk.answering.to_say))
    at, theirs = notes.heard(dialogue, at, event.text.strip(), event.confidence, event.alternatives)
    return after((*hushed, *ours, *theirs), _hand_over(dialogue, replace(at, plays=1), node))


def _not_understood(dialogue: Dialogue, at: Position, node: Assist) -> Made:
    """A noise. What it cut off is said again, and this time no voice stops it."""
    if at.talk.cut:
        text = at.talk.saying
        return _say(dialogue, at.talking(cut=False, unbroken=True), node, text)
    answering = at.talk.answering
    if not answering.done or answering.to_say or answering.said or answering.chosen or answering.failed:
        return _go_on(dialogue, at, node)
    return _without_answer(dialogue, at, node)


def _without_answer(dialogue: Dialogue, at: Position, node: Assist) -> Made:
    """Silence, or nothing that was understood: the assistant is told of it, so many times running."""
    if at.plays >= node.tries:
        return _leave(dialogue, at, node.otherwise)
    at = notes.with_line(replace(at, plays=at.plays + 1), Speaker.CALLEE, notes.BROKEN_OFF)
    return _hand_over(dialogue, at, node)


def _timed_out(dialogue: Dialogue, at: Position, node: Assist) -> Made:
    match at.phase:
        case Phase.HEARING:
            return _sentence_over(dialogue, at, node)
        case Phase.SPEAKING:
            at, deafened = deafen(dialogue, at)
            return after(deafened, _not_understood(dialogue, at, node))
        case Phase.THINKING:
            return _cannot(dialogue, at, node)
        case _:
            return _without_answer(dialogue, at, node)


def _pressed(dialogue: Dialogue, at: Position, node: Assist, key: str) -> Made:
    way = next((way for way in node.ways if way.keys == key), None)
    if way is None:
        return Step(at)
    hushed = (ask_for.StopPlaying(dialogue.channel, at.turn),) if at.phase is Phase.HEARING else ()
    at, ours = _noted(dialogue, at, interrupted=bool(at.talk.saying or at.talk.answering.to_say))
    at, theirs = notes.pressed(dialogue, at, key)
    return after((*hushed, *ours, *theirs), _leave(dialogue, at, way.to))
