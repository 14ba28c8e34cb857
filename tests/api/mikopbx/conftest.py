"""A door for every story."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from api.mikopbx.door import Door, play

__all__ = ["at_door"]
Play = Callable[..., None]


@pytest.fixture
def at_door(database_url: str, tmp_path: Path) -> Play:
    """Plays a story at a fresh door; settings by name."""

    def played(story: Callable[[Door], Awaitable[None]], **settings: Any) -> None:
        play(database_url, tmp_path, story, **settings)

    return played
