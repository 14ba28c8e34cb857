"""A scenario that was read: where a call may begin, what it has to bring along, and what can come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outdial.core.prompt import Kind
from outdial.core.script.nodes import Script


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable that a campaign gives a value for each contact."""

    name: str
    required: bool = False
    kind: Kind = Kind.TEXT
    """How its value is spoken."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class StartBlock:
    """A place where calls begin, and the script that they go through from there."""

    id: int
    name: str
    parameters: tuple[Parameter, ...]
    script: Script


@dataclass(frozen=True, slots=True)
class Scenario:
    """A dialogue in blocks."""

    id: int
    name: str
    start_blocks: Mapping[int, StartBlock]
    variables: tuple[str, ...] = ()
    """What its blocks collect or set, in the order in which the blocks stand."""
    goals: tuple[str, ...] = ()
    """What it can reach, in the order in which the blocks stand."""
