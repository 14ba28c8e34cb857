"""What is wrong with a script before anybody is called: targets that do not exist, extensions that cannot be dialled,
nodes nobody reaches, and circles in which the callee is never listened to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from outdial.core.dialstring import is_diallable
from outdial.core.script.deciding import Branch
from outdial.core.script.listening_nodes import Assist, Listen, Set
from outdial.core.script.nodes import Ask, Connect, Goal, HangUp, Node, Record, Request, Say, Script, Sms, Transfer


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason to refuse a script, with the path to it in the document."""

    path: str
    message: str


def faults(script: Script) -> list[Fault]:
    """Every fault of a script; an empty list means that it can be played."""
    missing = _missing_targets(script)
    return missing or [*_undiallable(script), *_unreachable(script), *_deaf_circles(script), *_late_firsts(script)]


def _targets(node: Node) -> Iterator[tuple[str, str | None]]:
    match node:
        case Say() | Goal() | Record() | Sms():
            yield "next", node.next
        case Set():
            yield "next", node.next
        case Request():
            yield "next", node.next
            yield "otherwise", node.otherwise
        case Branch():
            for index, case in enumerate(node.cases):
                yield f"cases.{index}.next", case.next
            yield "otherwise", node.otherwise
        case Listen():
            for index, answer in enumerate(node.answers):
                yield f"answers.{index}.next", answer.next
            yield "otherwise", node.otherwise
        case Assist():
            for index, way in enumerate(node.ways):
                yield f"ways.{index}.to", way.to
            yield "otherwise", node.otherwise
        case Ask():
            for index, choice in enumerate(node.choices):
                yield f"choices.{index}.next", choice.next
            yield "exhausted", node.exhausted
        case Transfer() | Connect() | HangUp():
            return
        case _:
            assert_never(node)


def _missing_targets(script: Script) -> list[Fault]:
    found = [] if script.start in script.nodes else [Fault("start", f'there is no node "{script.start}"')]
    for key, node in script.nodes.items():
        found += [
            Fault(f"nodes.{key}.{path}", f'there is no node "{target}"')
            for path, target in _targets(node)
            if target is not None and target not in script.nodes
        ]
    return found


def _undiallable(script: Script) -> list[Fault]:
    return [
        Fault(f"nodes.{key}.extension", f'"{node.extension}" may not be dialled')
        for key, node in script.nodes.items()
        if isinstance(node, Transfer) and not is_diallable(node.extension)
    ]


def reached(nodes: Mapping[str, Node], start: str) -> list[str]:
    """The nodes that a dialogue may come to from `start`, in the order in which they stand."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        key = waiting.pop()
        if key in nodes and key not in seen:
            seen.add(key)
            waiting += [target for _, target in _targets(nodes[key]) if target is not None]
    return [key for key in nodes if key in seen]


def _unreachable(script: Script) -> list[Fault]:
    seen = set(reached(script.nodes, script.start))
    return [Fault(f"nodes.{key}", "nothing leads to this node") for key in script.nodes if key not in seen]


def _deaf_circles(script: Script) -> list[Fault]:
    ahead = {key: _next_without_listening(node) for key, node in script.nodes.items()}
    circling = _in_circles(ahead)
    return [
        Fault(f"nodes.{key}", "this node is in a circle that never listens to the callee")
        for key in script.nodes
        if key in circling
    ]


def _in_circles(ahead: Mapping[str, Sequence[str]]) -> set[str]:
    """The nodes from which a way leads back to themselves: those of Tarjan's strongly connected components that have an
    arrow inside. Each node and arrow is looked at once, however long the way is."""
    found: set[str] = set()
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    for first in ahead:
        work = [] if first in order else [(first, iter(ahead[first]))]
        while work:
            key, targets = work[-1]
            if key not in order:
                order[key] = lowest[key] = len(order)
                path.append(key)
                on_path.add(key)
            target = next((one for one in targets if one not in order or one in on_path), None)
            if target is None:
                work.pop()
                if work:
                    before = work[-1][0]
                    lowest[before] = min(lowest[before], lowest[key])
                if lowest[key] == order[key]:
                    component = [path.pop()]
                    while component[-1] != key:
                        component.append(path.pop())
                    on_path.difference_update(component)
                    if len(component) > 1 or key in ahead[key]:
                        found.update(component)
            elif target in order:
                lowest[key] = min(lowest[key], order[target])
            else:
                work.append((target, iter(ahead[target])))
    return found


def _next_without_listening(node: Node) -> list[str]:
    """Where a node leads whatever the callee does. What is said into a recording makes no difference to the way, and an
    assistant who cannot be asked has not listened."""
    match node:
        case Say() | Goal() | Set() | Record() | Sms():
            targets = [node.next]
        case Branch():
            targets = [*(case.next for case in node.cases), node.otherwise]
        case Listen():
            targets = []
        case Assist():
            targets = [node.otherwise]
        case Request():
            targets = [node.next, node.otherwise]
        case Ask():
            targets = [] if node.taken_unheard is None else [node.taken_unheard.next]
        case Transfer() | Connect() | HangUp():
            targets = []
        case _:
            assert_never(node)
    return [target for target in targets if target is not None]


def _late_firsts(script: Script) -> list[Fault]:
    """Nobody can be rung before a callee who is spoken to already."""
    return [
        Fault(f"nodes.{key}.first", "only the node that the script starts with can ring somebody before the callee")
        for key, node in script.nodes.items()
        if isinstance(node, Connect) and node.first and key != script.start
    ]
