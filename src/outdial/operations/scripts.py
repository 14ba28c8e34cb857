"""Scripts: checked before they are kept, made and edited by key, and read.

What a script says word for word is synthesised while its author waits, so that a voice that cannot speak shows in the log
at once and no callee waits for it; a failure keeps nobody from saving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from outdial import ports
from outdial.core.errors import KeyTaken, Malformed
from outdial.core.ids import TenantId
from outdial.core.prompt import Text, Words, fill
from outdial.core.script.check import faults
from outdial.core.script.nodes import Ask, Record, Say, Script
from outdial.ports import ScriptRecord, Speech, SpeechFailed

MOST_WARMED = 100
"""Prompts of one script that are synthesised when it is saved; further ones wait for their first call."""
_TRIES = 20
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ScriptDraft:
    """A script as its author wants it, and what the author's dialect has to give back."""

    name: str | None
    script: Script
    wire: Mapping[str, Any]


class Scripts:
    """The scripts of a tenant in one dialect."""

    def __init__(self, store: ports.Scripts, speech: Speech) -> None:
        self._store = store
        self._speech = speech

    async def save(
        self,
        tenant: TenantId,
        dialect: str,
        key: str,
        number: int | None,
        draft: Callable[[ScriptRecord | None], ScriptDraft],
    ) -> tuple[ScriptRecord, bool]:
        """Edit the script of that key (of that number when the key is empty), or make one when there is none.

        A new script with an empty key gets its number as key. `draft` is given the script as it is, or None, and may be
        called again. Returns the script and whether it is new. Raises `Malformed` for a script that cannot be played.
        """
        for tries in range(1, _TRIES + 1):
            existing = await self.find(tenant, dialect, key, number)
            wanted = draft(existing)
            _check(wanted.script)
            try:
                record = await self._write(tenant, dialect, existing, key, wanted)
                break
            except KeyTaken:
                if tries == _TRIES:
                    raise
        await self._warm(record)
        return record, existing is None

    async def fresh_number(self, tenant: TenantId, dialect: str) -> int:
        """A number that no script of the dialect has or ever had."""
        return await self._store.next_number(tenant, dialect)

    async def part_numbers(self, tenant: TenantId, dialect: str, count: int) -> range:
        """Fresh numbers for so many parts of scripts."""
        if not count:
            return range(0)
        first = await self._store.part_numbers(tenant, dialect, count)
        return range(first, first + count)

    async def by_number(self, tenant: TenantId, dialect: str, number: int) -> ScriptRecord | None:
        """The script that its dialect knows by this number."""
        return await self._store.by_number(tenant, dialect, number)

    async def all(self, tenant: TenantId, dialect: str) -> list[ScriptRecord]:
        """Every script of the dialect, oldest first."""
        return await self._store.all(tenant, dialect)

    async def remove(self, tenant: TenantId, dialect: str, number: int) -> None:
        """Forget a script; an unknown one is no error. Calls under way go on with it, further ones have nothing to play."""
        await self._store.remove(tenant, dialect, number)

    async def find(self, tenant: TenantId, dialect: str, key: str, number: int | None) -> ScriptRecord | None:
        """The one of that key, or of that number when the key is empty."""
        if key:
            return await self._store.by_key(tenant, dialect, key)
        return None if number is None else await self._store.by_number(tenant, dialect, number)

    async def _write(
        self, tenant: TenantId, dialect: str, existing: ScriptRecord | None, key: str, draft: ScriptDraft
    ) -> ScriptRecord:
        if existing is not None:
            return await self._store.replace(existing.id, draft.name, draft.script, draft.wire)
        number = await self._store.next_number(tenant, dialect)
        return await self._store.create(
            tenant, dialect, number, key or str(number), draft.name, draft.script, draft.wire
        )

    async def _warm(self, record: ScriptRecord) -> None:
        failed = 0
        for words in _fixed_words(record.script):
            try:
                await self._speech.render(words.text, words.language, words.voice)
            except SpeechFailed as failure:
                failed += 1
                _log.warning("script.prompt_failed", script=record.id, language=words.language, reason=str(failure))
        if failed:
            _log.warning("script.saved_without_voice", script=record.id, prompts=failed)


def _check(script: Script) -> None:
    found = faults(script)
    if found:
        raise Malformed(f"{found[0].path}: {found[0].message}", field=found[0].path)


def _fixed_words(script: Script) -> list[Words]:
    """Texts without a slot, each once, in the order of the script."""
    return list(dict.fromkeys(_words(script)))[:MOST_WARMED]


def _words(script: Script) -> Iterator[Words]:
    for node in script.nodes.values():
        if not isinstance(node, Say | Ask | Record):
            continue
        for piece in node.prompt:
            if isinstance(piece, Text) and all(isinstance(part, str) for part in piece.parts):
                words = fill((piece,), {})[0]
                if isinstance(words, Words) and words.text.strip():
                    yield words
