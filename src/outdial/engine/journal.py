"""Writes what calls went through, many calls in one statement.

Whoever writes waits until the write is committed, so a command that follows has been saved. There is no timer: a batch
is what came in while the one before it was written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from outdial.core.ids import AttemptId
from outdial.engine import metrics
from outdial.ports import Dialling, Entry, StoreDown, StoreRefused

LARGEST_BATCH = 500
_RETRY_REAL_SECONDS = 0.5
_log = structlog.get_logger(__name__)


class Journal:
    """The one writer of calls. `run` must be running for `write` to return."""

    def __init__(self, dialling: Dialling) -> None:
        self._dialling = dialling
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._filled = asyncio.Event()

    def post(self, entry: Entry) -> asyncio.Future[None]:
        """Have an entry written; the future is done when it is committed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, done))
        self._filled.set()
        return done

    async def write(self, entry: Entry) -> None:
        """Have an entry written and wait for it. Raises `StoreRefused` when the store will not have it."""
        await self.post(entry)

    async def run(self) -> None:
        """Write what is posted, for ever. Raises `NotInCharge` when another process dials."""
        while True:
            await self._filled.wait()
            batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            if not self._waiting:
                self._filled.clear()
            await self._save(batch)

    async def _save(self, batch: Sequence[tuple[Entry, asyncio.Future[None]]]) -> None:
        try:
            await self._save_patiently(merged([entry for entry, _ in batch]))
        except StoreRefused as refusal:
            if len(batch) == 1:
                entry, done = batch[0]
                _log.error("journal.refused", attempt=entry.call.attempt, reason=str(refusal))
                metrics.FAULTS.labels("journal").inc()
                _settle(done, refusal)
                return
            for one in batch:
                await self._save([one])
            return
        for _, done in batch:
            _settle(done, None)

    async def _save_patiently(self, entries: Sequence[Entry]) -> None:
        while True:
            try:
                await self._dialling.save(entries)
            except StoreDown as trouble:
                _log.warning("journal.store_down", waiting=len(entries), reason=str(trouble))
                metrics.FAULTS.labels("store").inc()
                await asyncio.sleep(_RETRY_REAL_SECONDS)
            else:
                return


def merged(entries: Sequence[Entry]) -> list[Entry]:
    """One entry an attempt: the latest call with the answers and turns of all, in the order in which attempts first came."""
    latest: dict[AttemptId, Entry] = {}
    for entry in entries:
        before = latest.get(entry.call.attempt)
        if before is not None:
            entry = replace(entry, answers=before.answers + entry.answers, turns=before.turns + entry.turns)
        latest[entry.call.attempt] = entry
    return list(latest.values())


def _settle(done: asyncio.Future[None], refusal: StoreRefused | None) -> None:
    if done.done():  # whoever waited has been cancelled
        return
    if refusal is None:
        done.set_result(None)
    else:
        done.set_exception(refusal)
