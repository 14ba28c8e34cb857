"""A script that offers to be heard again: what is said, then the question whether to hear it once more, so many times.

The dialogue is unrolled: no node counts anything, and the position of a call says by itself how often it was heard.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from outdial.core.prompt import Prompt
from outdial.core.script.deciding import Branch
from outdial.core.script.listening_nodes import Assist, Listen, Set
from outdial.core.script.nodes import Ask, Choice, Connect, Goal, HangUp, Node, Record, Request, Say, Script, Transfer

AGAIN_KEY = "1"
"""Pressed by a callee who wants to hear it again."""
AGAIN_SECONDS = 5.0
"""How long that key is waited for."""


def with_repeats(script: Script, times: int, offer: Prompt) -> Script:
    """The script, and wherever it would end by itself the offer to hear it again, at most `times` times."""
    if times <= 0:
        return script
    nodes: dict[str, Node] = {}
    for hearing in range(times + 1):
        end = None if hearing == times else f"offer {hearing + 1}"
        nodes |= {_key(key, hearing): _led(node, hearing, end) for key, node in script.nodes.items()}
        if end is not None:
            again = _key(script.start, hearing + 1)
            nodes[end] = Ask(end, offer, _choice(again), wait_seconds=AGAIN_SECONDS, plays=1)
    return replace(script, nodes=nodes)


def _key(key: str, hearing: int) -> str:
    return key if hearing == 0 else f"{key} again {hearing}"


def _choice(again: str) -> tuple[Choice, ...]:
    return (Choice(AGAIN_KEY, None, again),)


def _led(node: Node, hearing: int, end: str | None) -> Node:
    """A node of one hearing: it leads to nodes of the same hearing, and to the offer in the place of the end."""

    def to(target: str | None) -> str | None:
        return end if target is None else _key(target, hearing)

    match node:
        case Say() | Goal() | Record() | Set():
            return replace(node, next=to(node.next))
        case Branch():
            cases = tuple(replace(case, next=to(case.next)) for case in node.cases)
            return replace(node, cases=cases, otherwise=to(node.otherwise))
        case Listen():
            answers = tuple(replace(answer, next=to(answer.next)) for answer in node.answers)
            return replace(node, answers=answers, otherwise=to(node.otherwise))
        case Assist():
            ways = tuple(replace(way, to=_key(way.to, hearing)) for way in node.ways)
            return replace(node, ways=ways, otherwise=to(node.otherwise))
        case Request():
            return replace(node, next=to(node.next), otherwise=to(node.otherwise))
        case Ask():
            choices = tuple(replace(choice, next=to(choice.next)) for choice in node.choices)
            return replace(node, choices=choices, exhausted=to(node.exhausted))
        case Transfer() | Connect() | HangUp():
            return node
        case _:
            assert_never(node)
