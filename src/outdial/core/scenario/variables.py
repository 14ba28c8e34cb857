"""Which variables and goals the blocks of a scenario use, and which they make: what nobody makes cannot be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from outdial.core.intents import Meaning
from outdial.core.prompt import Kind, Prompt, Slot, Text
from outdial.core.script.deciding import Branch, Compared, Condition, Known, Reached
from outdial.core.script.listening_nodes import Assist, Listen, Set
from outdial.core.script.nodes import Connect, Node, Request, Say
from outdial.core.template import Template, names


def made_by(node: Node) -> Iterator[str]:
    """The variables that a node may give a value."""
    match node:
        case Listen():
            yield from (answer.into for answer in node.answers if answer.into)
        case Set():
            yield from node.values
        case Request() if node.form is not None:
            yield from node.form.into
        case _:
            return


def used_by(node: Node) -> Iterator[str]:
    """The variables whose values a node says, sends, tells or compares."""
    match node:
        case Say():
            yield from _in_prompt(node.prompt)
        case Listen():
            yield from _in_prompt((*node.prompt, *node.unmatched, *node.silence))
        case Connect():
            yield from _in_prompt((*node.hold, *node.farewell))
        case Set():
            yield from _in_texts(node.values.values())
        case Assist():
            yield from names(node.instructions)
        case Request() if node.form is not None:
            yield from _in_texts((node.form.url, node.form.body, *node.form.headers.values()))
        case Branch():
            for condition in _conditions(node):
                if isinstance(condition, Compared):
                    yield from names(condition.value)
                if isinstance(condition, Compared | Known):
                    yield condition.variable
        case _:
            return


def asked_about(node: Node) -> Iterator[str]:
    """The goals that a node asks about."""
    if isinstance(node, Branch):
        yield from (condition.goal for condition in _conditions(node) if isinstance(condition, Reached))


def collected_kinds(blocks: object) -> Mapping[str, Kind]:
    """How variables that blocks collect are spoken, by the blocks as they are written: days are, as days."""
    found: dict[str, Kind] = {}
    for block in blocks.values() if isinstance(blocks, Mapping) else ():
        answers = block.get("answers") if isinstance(block, Mapping) else None
        for answer in answers if isinstance(answers, list) else ():
            if isinstance(answer, Mapping) and answer.get("is") == Meaning.DATE and isinstance(answer.get("into"), str):
                found[answer["into"]] = Kind.DATE
    return found


def _conditions(branch: Branch) -> Iterator[Condition]:
    return (condition for case in branch.cases for condition in case.conditions)


def _in_prompt(prompt: Prompt) -> Iterator[str]:
    for piece in prompt:
        if isinstance(piece, Text):
            yield from (part.name for part in piece.parts if isinstance(part, Slot))


def _in_texts(texts: Iterable[Template]) -> Iterator[str]:
    for text in texts:
        yield from names(text)
