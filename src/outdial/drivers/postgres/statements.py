"""The SQL of the hot path, kept in files: a line `-- name: x` and the statement that bears it."""

from __future__ import annotations

import re
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load(file: str) -> dict[str, str]:
    """The statements of one file of the folder `sql`, by name."""
    text = resources.files("outdial.drivers.postgres").joinpath("sql", file).read_text(encoding="utf-8")
    pieces = _NAME.split(text)[1:]
    return {name: statement.strip().rstrip(";") for name, statement in zip(pieces[::2], pieces[1::2], strict=True)}
