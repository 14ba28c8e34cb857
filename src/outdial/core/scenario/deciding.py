"""Blocks that take no time: `branch` goes by what is known, `set` gives variables values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outdial.core.scenario.fields import WORDS, Fields, flag
from outdial.core.script.deciding import Branch, Case, Compared, Comparison, Condition, Known, Reached
from outdial.core.script.listening_nodes import Set
from outdial.core.script.nodes import Node
from outdial.core.section import Section
from outdial.core.template import NAME


def branch(block: Fields) -> Node:
    """The first case whose conditions all hold is taken."""
    cases = []
    for members in block.members.each("branch"):
        written: Any = members.take("if", [])
        listed = written if isinstance(written, list) else [written]
        conditions = tuple(_condition(block.within(one)) for one in members.within("if", listed))
        if not conditions:
            members.fault("if", "a condition, or a list of them, is wanted")
        cases.append(Case(conditions, block.within(members).target("next")))
        members.finish()
    return Branch(tuple(cases), block.target("otherwise"))


def _condition(block: Fields) -> Condition:
    members = block.members
    condition = _goal(block) if members.has("goal") else _about_variable(block)
    members.finish()
    return condition


def _goal(block: Fields) -> Condition:
    return Reached(block.name("goal"), flag(block.members, "reached", default=True))


def _about_variable(block: Fields) -> Condition:
    members = block.members
    variable = block.name("variable")
    if members.has("known"):
        return Known(variable, flag(members, "known", default=True))
    tests = [test for test in Comparison if members.has(test)]
    if len(tests) != 1:
        members.fault("", f"exactly one is wanted of: known, {', '.join(Comparison)}")
        return Known(variable)
    return Compared(variable, tests[0], block.template(tests[0], _as_text(members.take(tests[0]))))


def set_variables(block: Fields) -> Node:
    """Variables by their names, each with a text."""
    written: Any = block.members.take("set")
    if not isinstance(written, Mapping) or not written:
        block.members.fault("set", "variables by their names are wanted")
        written = {}
    values = Section(block.members.at("set"), written, block.members.faults)
    made = {}
    for name in map(str, written):
        if not NAME.fullmatch(name):
            values.fault(name, f"a name of {WORDS} is wanted")
        made[name] = block.within(values).template(name, _as_text(values.take(name, "")))
    return Set(made, block.target("next"))


def _as_text(value: object) -> object:
    """A number that was written without quotes is the text of it."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
