"""The members that blocks of several kinds have: what is said, where to go on, names, seconds, yes or no.

A fault is added to the section's own; a stand-in is given back then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outdial.core.dialstring import digits_of
from outdial.core.errors import NotDiallable
from outdial.core.prompt import LONGEST_TEXT, Kind, Prompt, Recording, Text
from outdial.core.section import REQUIRED, Section
from outdial.core.template import NAME, NotTemplate, Template, parse

WORDS = "letters, digits, underlines and dashes"


@dataclass(frozen=True, slots=True)
class Fields:
    """One block, and what its members may refer to."""

    key: str
    """The name of the block."""
    members: Section
    blocks: frozenset[str]
    kinds: Mapping[str, Kind]
    language: str
    voice: str

    def within(self, members: Section) -> Fields:
        """The same for a part of the block."""
        return Fields(self.key, members, self.blocks, self.kinds, self.language, self.voice)

    def target(self, name: str, default: Any = None) -> str | None:
        """The block to go on with; None: the call ends."""
        key: str | None = self.members.text(name, default)
        if key and key not in self.blocks:
            self.members.fault(name, f'there is no block "{key}"')
            return None
        return key or None

    def needed_target(self, name: str, what: str) -> str | None:
        """A block to go on with that has to be there; `what` says in words what it is for."""
        if not self.members.has(name):
            self.members.fault(name, f"it is missing: {what}")
            return None
        return self.target(name)

    def name(self, member: str, default: Any = REQUIRED) -> str:
        """What a variable or a goal is called."""
        made: str = self.members.shaped(member, NAME, f"a name of {WORDS}", default)
        return made

    def flag(self, member: str, *, default: bool = False) -> bool:
        """Yes or no."""
        return flag(self.members, member, default=default)

    def seconds(self, member: str, default: float, most: float, least: float = 0.0) -> float:
        """A number of seconds."""
        return float(self.members.number(member, least, most, default, whole=False))

    def diallable(self, member: str) -> str:
        """A number that can be dialled."""
        written: str = self.members.text(member)
        try:
            return digits_of(written) if written else ""
        except NotDiallable as error:
            self.members.fault(member, error.message)
            return ""

    def template(self, member: str, written: object) -> Template:
        """A text with places for variables."""
        if not isinstance(written, str) or len(written) > LONGEST_TEXT:
            self.members.fault(member, f"a text of at most {LONGEST_TEXT} characters is wanted: put it in quotes")
            return ()
        try:
            return parse(written, lambda name: self.kinds.get(name, Kind.TEXT))
        except NotTemplate as error:
            self.members.fault(member, str(error))
            return ()

    def prompt(self, member: str, default: Any = REQUIRED) -> Prompt:
        """Something to hear: a text, `{audio: NAME}`, or a list of both."""
        written = self.members.take(member, default)
        if written is REQUIRED or written is default:
            return ()
        pieces = written if isinstance(written, list) else [written]
        made = tuple(self._piece(member, piece) for piece in pieces)
        if not pieces or any(isinstance(piece, Text) and not "".join(map(str, piece.parts)).strip() for piece in made):
            self.members.fault(member, "there is nothing to hear")
        return made

    def _piece(self, member: str, written: object) -> Text | Recording:
        if isinstance(written, Mapping):
            section = Section(self.members.at(member), written, self.members.faults)
            name = section.text("audio")
            section.finish()
            return Recording(name)
        return Text(self.template(member, written), self.language, self.voice)


def flag(members: Section, name: str, *, default: bool = False) -> bool:
    """A member that is yes or no."""
    value = members.take(name, default)
    if isinstance(value, bool):
        return value
    members.fault(name, "true or false is wanted")
    return default
