"""The parts that nodes of a script document are made of: members read by name and checked by type, prompts, and texts with
places for variables. What a node is, is not known here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from outdial.core.errors import Malformed
from outdial.core.prompt import LONGEST_VALUE, Kind, Prompt, Recording, Slot, Text
from outdial.core.template import Template

Document = dict[str, Any]
T = TypeVar("T")
Seconds = TypeVar("Seconds", float, None)

_REQUIRED: Any = object()
_LONGEST_SECONDS = 1e9


def prompt_to(prompt: Prompt) -> list[Document]:
    """A prompt as a list of documents."""
    return [_piece_to(piece) for piece in prompt]


def _piece_to(piece: Text | Recording) -> Document:
    if isinstance(piece, Recording):
        return {"recording": piece.name}
    return {"text": template_to(piece.parts), "language": piece.language, "voice": piece.voice}


def _slot_to(slot: Slot) -> Document:
    return {"slot": slot.name, "kind": slot.kind.value, "otherwise": slot.otherwise, "longest": slot.longest}


def template_to(template: Template) -> list[Any]:
    """A text with places for variables as a list of texts and documents."""
    return [part if isinstance(part, str) else _slot_to(part) for part in template]


class Fields:
    """The members of one object of the document, read by name and checked by type."""

    def __init__(self, path: str, value: object) -> None:
        self.path = path
        if not isinstance(value, Mapping):
            raise Malformed(f"{path or 'the script'}: an object is wanted", field=path)
        self._value = value

    def at(self, name: str) -> str:
        """The path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Whether a member is there and holds something."""
        return self._value.get(name) is not None

    def part(self, name: str) -> Fields:
        """The members of an object inside of this one."""
        return Fields(self.at(name), self._value.get(name))

    def get(self, name: str, kind: type | tuple[type, ...], default: Any = _REQUIRED) -> Any:
        """A member of one of these types; a default stands for one that is not there."""
        value = self._value.get(name, default)
        if value is _REQUIRED:
            raise Malformed(f"{self.at(name)}: it is missing", field=self.at(name))
        if value is default or (isinstance(value, kind) and not isinstance(value, bool)):
            return value
        raise Malformed(f"{self.at(name)}: {type(value).__name__} is not what is wanted here", field=self.at(name))

    def flag(self, name: str) -> bool:
        """Yes or no; no where it is not there."""
        value = self._value.get(name, False)
        if isinstance(value, bool):
            return value
        raise Malformed(f"{self.at(name)}: true or false is wanted", field=self.at(name))

    def seconds(self, name: str, default: Seconds) -> float | Seconds:
        """A number of seconds, or any other that is not too large to be one."""
        value: float | None = self.get(name, (int, float), default)
        if value is None or value is default:
            return default
        if not -_LONGEST_SECONDS <= value <= _LONGEST_SECONDS:
            raise Malformed(f"{self.at(name)}: so many seconds never pass", field=self.at(name))
        return float(value)

    def each(self, name: str, read: Callable[[Fields], T], default: Any = _REQUIRED) -> tuple[T, ...]:
        """The elements of a list of objects."""
        values = self.get(name, list, default)
        return tuple(read(Fields(f"{self.at(name)}.{index}", value)) for index, value in enumerate(values))

    def target(self, name: str) -> str | None:
        """The key of a node, or nothing."""
        value: str | None = self.get(name, (str, type(None)), None)
        return value


def prompt_from(fields: Fields, name: str = "prompt", default: Any = _REQUIRED) -> Prompt:
    """The prompt that a member holds."""
    return fields.each(name, piece_from, default)


def piece_from(fields: Fields) -> Text | Recording:
    """A piece of a prompt."""
    recording = fields.get("recording", str, None)
    if recording is not None:
        return Recording(recording)
    return Text(
        template_from(fields, "text"),
        fields.get("language", str),
        fields.get("voice", str, ""),
    )


def template_from(fields: Fields, name: str, default: Any = _REQUIRED) -> Template:
    """The text that a member holds."""
    parts = fields.get(name, (str, list, tuple), default)
    listed = [parts] if isinstance(parts, str) else parts
    return tuple(_part_from(part, f"{fields.at(name)}.{index}") for index, part in enumerate(listed))


def _part_from(part: object, path: str) -> str | Slot:
    if isinstance(part, str):
        return part
    slot = Fields(path, part)
    written: str = slot.get("kind", str, Kind.DIGITS.value if slot.flag("spell_digits") else Kind.TEXT.value)
    if written not in set(Kind):
        known = ", ".join(Kind)
        raise Malformed(f'{slot.at("kind")}: there is no kind "{written}"; known: {known}', field=slot.at("kind"))
    return Slot(
        slot.get("slot", str), Kind(written), slot.get("otherwise", str, ""), slot.get("longest", int, LONGEST_VALUE)
    )
