"""YAML as people write it into a file for outdial: plain values out, and the place of whatever is wrong. What the values
mean is not known here.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

from outdial.core.errors import Malformed


def document_of(text: str) -> Any:
    """The plain values of a YAML text. Raises `Malformed` with the line at fault."""
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
        raise Malformed(f"{place}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Malformed(f"this is no YAML: {error}") from error


class _Loader(yaml.SafeLoader):
    """Refuses a mapping with the same key twice, of which YAML would keep the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f'"{key.value}" is there twice', key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)
