"""The blocks of a scenario, each made into a node of a script, and the script that begins at one of them.

What kind a block is, the one member says that only its kind has. A block without `next` is the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from outdial.core.prompt import Kind
from outdial.core.scenario.asking_the_web import request
from outdial.core.scenario.deciding import branch, set_variables
from outdial.core.scenario.fields import Fields, flag
from outdial.core.scenario.listening import assistant, listen
from outdial.core.scenario.variables import asked_about, made_by, used_by
from outdial.core.script import check
from outdial.core.script.nodes import (
    DEFAULT_CONNECT_RING_SECONDS,
    Connect,
    Goal,
    HangUp,
    Node,
    Say,
    Script,
    Sms,
    Transfer,
)
from outdial.core.script.position import NUMBER
from outdial.core.section import Section
from outdial.core.sms import MOST_PARTS, sms_parts
from outdial.core.template import NAME, names

LONGEST_WAIT_SECONDS = 3600.0
MOST_BLOCKS = 1000


class Blocks:
    """The blocks of one scenario. `kinds` says how a variable of a name is spoken."""

    def __init__(self, scenario: Section, kinds: Mapping[str, Kind], language: str, voice: str) -> None:
        self._scenario = scenario
        self._recorded = flag(scenario, "record")
        self._said: set[tuple[str, str]] = set()
        self._reached: set[str] = set()
        self.nodes: dict[str, Node] = {}
        written = scenario.take("blocks", {})
        if not isinstance(written, Mapping) or not 1 <= len(written) <= MOST_BLOCKS:
            scenario.fault("blocks", f"1 to {MOST_BLOCKS} blocks by their names are wanted")
            written = {}
        known = frozenset(str(key) for key in written)
        for key, value in written.items():
            path = f"{scenario.at('blocks')}.{key}"
            if not NAME.fullmatch(str(key)):
                scenario.faults.append((path, "the name of a block has letters, digits, underlines and dashes"))
            block = Section(path, value, scenario.faults)
            own = block.text("language", language), block.text("voice", voice)
            self.nodes[str(key)] = _read(Fields(str(key), block, known, kinds, *own))

    @property
    def variables(self) -> tuple[str, ...]:
        """What blocks collect or set."""
        return tuple(dict.fromkeys(name for node in self.nodes.values() for name in made_by(node)))

    @property
    def goals(self) -> tuple[str, ...]:
        """What can be reached."""
        return tuple(dict.fromkeys(node.name for node in self.nodes.values() if isinstance(node, Goal)))

    def script(self, start: Section, first: str, names: set[str]) -> Script:
        """The script that begins at a block. `names` are the variables that are there from the beginning."""
        if first not in self.nodes:
            if first:
                start.fault("next", f'there is no block "{first}"')
            return Script(first, {})
        reached = {key: self.nodes[key] for key in check.reached(self.nodes, first)}
        self._reached |= reached.keys()
        script = Script(first, reached, transcript=True, recorded=self._recorded)
        known = {NUMBER, *names, *(name for node in reached.values() for name in made_by(node))}
        goals = {node.name for node in reached.values() if isinstance(node, Goal)}
        for key, node in reached.items():
            for missing in sorted({name for name in used_by(node) if name not in known}):
                self._fault(f"blocks.{key}", f'there is no variable "{missing}" when a call begins at {start.path}')
            for missing in sorted({goal for goal in asked_about(node) if goal not in goals}):
                self._fault(f"blocks.{key}", f'nothing reaches the goal "{missing}" when a call begins at {start.path}')
        for fault in check.faults(script):
            self._fault(fault.path.replace("nodes.", "blocks.", 1), fault.message.replace("node", "block"))
        return script

    def refuse_unreached(self) -> None:
        """A block that no start block leads to is a fault, unless none leads anywhere."""
        if self._reached:
            for key in self.nodes:
                if key not in self._reached:
                    self._fault(f"blocks.{key}", "no start block leads to this block")

    def _fault(self, path: str, message: str) -> None:
        """Several start blocks may lead to the same fault; it is told once."""
        if (path, message) not in self._said:
            self._said.add((path, message))
            self._scenario.fault(path, message)


def _read(block: Fields) -> Node:
    kinds = [kind for kind in _KINDS if block.members.has(kind)]
    if len(kinds) != 1:
        block.members.fault("", f"a block has exactly one of: {', '.join(_KINDS)}")
        return HangUp()
    node = _KINDS[kinds[0]](block)
    block.members.finish()
    return node


def _say(block: Fields) -> Node:
    return Say(block.prompt("say"), block.target("next"))


def _goal(block: Fields) -> Node:
    return Goal(block.name("goal"), block.target("next"))


def _transfer(block: Fields) -> Node:
    number = block.diallable("transfer")
    if block.flag("outside"):
        return Transfer(number, outside=True)
    return Connect(
        number,
        ring_seconds=block.seconds("ring_seconds", DEFAULT_CONNECT_RING_SECONDS, LONGEST_WAIT_SECONDS),
        wait_seconds=block.seconds("wait_seconds", 0.0, LONGEST_WAIT_SECONDS),
        hold=block.prompt("hold", ()),
        farewell=block.prompt("farewell", ()),
    )


def _hang_up(block: Fields) -> Node:
    if not block.flag("hang_up"):
        block.members.fault("hang_up", "true is wanted")
    return HangUp()


def _sms(block: Fields) -> Node:
    """Whether there is a carrier is asked by whoever keeps the script."""
    message = block.template("sms", block.members.take("sms"))
    text = "".join(part for part in message if isinstance(part, str))
    if not message or not (text.strip() or any(names(message))):
        block.members.fault("sms", "an SMS has words")
    if sms_parts(text) > MOST_PARTS:
        block.members.fault("sms", f"an SMS has at most {MOST_PARTS} parts")
    return Sms(block.key, message, block.target("next"))


_KINDS: dict[str, Callable[[Fields], Node]] = {
    "say": _say,
    "listen": listen,
    "assistant": assistant,
    "branch": branch,
    "set": set_variables,
    "goal": _goal,
    "request": request,
    "transfer": _transfer,
    "sms": _sms,
    "hang_up": _hang_up,
}
"""The kinds of blocks by the member that tells each."""
