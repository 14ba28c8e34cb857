"""A door for every story."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from api.mobilgroup.entrance import Door, play

Play = Callable[..., None]


@pytest.fixture
def at_door(database_url: str, tmp_path: Path) -> Play:
    """Plays a story at a fresh door; the account's own members by name."""

    def played(story: Callable[[Door], Awaitable[None]], **account: Any) -> None:
        play(database_url, tmp_path, story, **account)

    return played
