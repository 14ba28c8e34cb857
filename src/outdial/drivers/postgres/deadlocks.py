"""Two writers who wait for each other: the database ends one of them, which then does its work again.

A call that is being saved holds its attempt and wants its contact; whoever changes a contact and its attempts comes the
other way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

_DEADLOCKS = 5

T = TypeVar("T")


async def unlocked(work: Callable[[], Awaitable[T]]) -> T:
    """Do a piece of work again when the database broke a deadlock at its cost."""
    for _ in range(_DEADLOCKS):
        try:
            return await work()
        except asyncpg.DeadlockDetectedError:
            continue
    return await work()
