"""An entrance for every story."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from api.webitel.entrance import Entrance, play

Play = Callable[..., None]


@pytest.fixture
def at_entrance(database_url: str, tmp_path: Path) -> Play:
    """Plays a story at a fresh entrance; settings by name."""

    def played(story: Callable[[Entrance], Awaitable[None]], **settings: Any) -> None:
        play(database_url, tmp_path, story, **settings)

    return played
