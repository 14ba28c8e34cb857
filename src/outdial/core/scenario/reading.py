"""Reads a scenario out of a plain document, and makes the script of each of its start blocks.

Everything that is wrong is told at once, with the path to it. Where the document comes from is not known here.
"""

from __future__ import annotations

from typing import Any

from outdial.core.prompt import Kind
from outdial.core.scenario.blocks import Blocks
from outdial.core.scenario.fields import WORDS, flag
from outdial.core.scenario.values import Parameter, Scenario, StartBlock
from outdial.core.scenario.variables import collected_kinds
from outdial.core.section import Faults, Section
from outdial.core.template import NAME

LARGEST_ID = (1 << 53) - 1
MOST_STARTS = 100
DEFAULT_LANGUAGE = "ru-RU"


def read(document: object, path: str, faults: Faults) -> Scenario:
    """The scenario that a document describes. Whatever is wrong is added to `faults`, with paths that begin with `path`;
    what is given back then must not be used."""
    members = Section(path, document, faults)
    id = members.number("id", 1, LARGEST_ID)
    name = members.text("name")
    language = members.text("language", DEFAULT_LANGUAGE)
    voice = members.text("voice", "")
    starts = members.each("start_blocks")
    if len(starts) > MOST_STARTS:
        members.fault("start_blocks", f"a scenario has at most {MOST_STARTS} start blocks")
        starts = starts[:MOST_STARTS]
    parameters = [_parameters(start) for start in starts]
    kinds = {
        **collected_kinds(members.take("blocks", {})),
        **{one.name: one.kind for listed in parameters for one in listed},
    }
    blocks = Blocks(members, kinds, language, voice)
    made: dict[int, StartBlock] = {}
    for start, declared in zip(starts, parameters, strict=True):
        block = _start(start, declared, blocks)
        if block.id in made:
            start.fault("id", f"there is another start block {block.id}")
        made[block.id] = block
    if not made and members.has("start_blocks"):
        members.fault("start_blocks", "a scenario begins somewhere: one start block at least is wanted")
    blocks.refuse_unreached()
    members.finish()
    return Scenario(id, name, made, blocks.variables, blocks.goals)


def _start(members: Section, parameters: tuple[Parameter, ...], blocks: Blocks) -> StartBlock:
    id = members.number("id", 1, LARGEST_ID)
    name = members.text("name", f"start {id}")
    first = members.text("next")
    members.finish()
    script = blocks.script(members, first, {one.name for one in parameters})
    return StartBlock(id, name, parameters, script)


def _parameters(start: Section) -> tuple[Parameter, ...]:
    made: dict[str, Parameter] = {}
    for members in start.each("parameters", ()):
        one = Parameter(
            name=members.shaped("name", NAME, f"a name of {WORDS}"),
            required=flag(members, "required", default=False),
            kind=_kind(members),
            description=members.text("description", ""),
        )
        members.finish()
        if one.name in made:
            members.fault("name", f'there is another parameter "{one.name}"')
        made[one.name] = one
    return tuple(made.values())


def _kind(members: Section) -> Kind:
    written: Any = members.text("kind", Kind.TEXT.value)
    if written in set(Kind):
        return Kind(written)
    members.fault("kind", f"one of {', '.join(Kind)} is wanted")
    return Kind.TEXT
