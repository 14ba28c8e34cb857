"""A door for every story."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from api.is74.entrance import Door, play

Play = Callable[[Callable[[Door], Awaitable[None]]], None]


@pytest.fixture
def at_door(database_url: str, tmp_path: Path) -> Play:
    """Plays a story at a fresh door."""
    return lambda story: play(database_url, tmp_path, story)
