"""The life of a question to somebody outside, `Request`."""

from __future__ import annotations

from dataclasses import replace

from outdial.core.commands import WEB, Consult
from outdial.core.events import Consulted, TimerElapsed
from outdial.core.prompt import LONGEST_VALUE
from outdial.core.script.nodes import Request
from outdial.core.script.position import CONSULT_SECONDS, Dialogue, Made, Onward, Phase, Position, Step
from outdial.core.script.speaking import is_spent, over
from outdial.core.script.web_form import asked


def present(dialogue: Dialogue, at: Position, node: Request) -> Step:
    """Ask, in a turn of its own."""
    if is_spent(at):
        return over(at)
    at = replace(at, turn=at.turn + 1, phase=Phase.CONSULTING)
    question = None if node.form is None else asked(node.form, dialogue.known(at))
    service = node.service if question is None else WEB
    return Step(
        at,
        (Consult(dialogue.channel, at.turn, service, question), dialogue.timer(at.turn, CONSULT_SECONDS)),
    )


def resume(at: Position, node: Request, event: Consulted | TimerElapsed) -> Made:
    """The answer goes into variables; without one the dialogue goes on elsewhere."""
    if not isinstance(event, Consulted) or event.value is None:
        return Onward(node.otherwise, at)
    if node.form is None:
        answer = {node.into: event.value}
    else:
        answer = {name: value for name, value in event.values.items() if name in node.form.into}
    learned = {**at.learned, **{name: value[:LONGEST_VALUE] for name, value in answer.items()}}
    return Onward(node.next, replace(at, learned=learned))
