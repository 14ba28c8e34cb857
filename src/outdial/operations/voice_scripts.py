"""Phrases and voice scripts that mailings play: listed with their lengths, made, changed and taken away.

Mailings that were ordered keep what they were ordered with. A sound has to be there before something plays it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outdial.core.errors import Malformed, NotFound
from outdial.core.ids import TenantId
from outdial.core.mailing import sounds
from outdial.core.voice_script import Prepared, Reading, VoiceScript, read
from outdial.core.wanted import WantedScript
from outdial.operations.dialect_settings import DialectSettings
from outdial.operations.mailings import Mailings
from outdial.operations.means import Means
from outdial.operations.recordings import Recordings
from outdial.operations.scripts import Scripts
from outdial.ports import ScriptRecord, SetupStore

_NOUNS = {Prepared.PHRASE: "phrase", Prepared.VOICE_SCRIPT: "voice script"}
_SETTINGS = "mobilgroup"
"""Whose settings say in what language and by what voice a tenant's mailings speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A phrase or a voice script, and its length for a callee who presses nothing; None: it cannot be heard."""

    number: int
    name: str
    document: Mapping[str, Any]
    seconds: int | None


class VoiceScripts:
    """The phrases and voice scripts of a tenant. `language` is that of tenants that name none."""

    def __init__(
        self,
        scripts: Scripts,
        store: SetupStore,
        settings: DialectSettings,
        recordings: Recordings,
        mailings: Mailings,
        means: Means,
        language: str,
    ) -> None:
        self._scripts = scripts
        self._store = store
        self._settings = settings
        self._recordings = recordings
        self._mailings = mailings
        self._means = means
        self._language = language

    async def all(self, tenant: TenantId, kind: Prepared) -> list[Listed]:
        """Every one, in the order of their numbers."""
        return [await self._listed(one) for one in await self._scripts.all(tenant, kind)]

    async def named(self, tenant: TenantId, kind: Prepared, number: int) -> Listed:
        """The one of that number. Raises `NotFound`, also for another tenant's."""
        return await self._listed(await self._stored(tenant, kind, number))

    async def add(self, tenant: TenantId, kind: Prepared, document: Mapping[str, Any]) -> Listed:
        """Make one under a number of its own. Raises as `save`."""
        number = await self._scripts.fresh_number(tenant, kind)
        return await self.save(tenant, kind, {**document, "id": number})

    async def save(self, tenant: TenantId, kind: Prepared, document: Mapping[str, Any]) -> Listed:
        """Make the one whose number is the document's `id`, or change it.

        Raises `Malformed` for a document that cannot be read, names a sound that is not there, or needs SMS where none
        can be sent.
        """
        stored = await self._settings.of(tenant, _SETTINGS)
        reading = Reading(
            language=stored.get("language") or self._language,
            voice=stored.get("voice", ""),
            no_sms=self._means.no_sms,
        )
        wanted = read(kind, document, reading)
        named = sounds(wanted.script)
        there = await self._recordings.resolve(tenant, named)
        if missing := [name for name in named if name not in there]:
            raise Malformed(f'there is no audio "{missing[0]}"', field="audio")
        made = prepared(kind, wanted)
        async with self._store.transaction(keep=True) as store:
            await store.put_script(tenant, made, made.wire)
        return await self.named(tenant, kind, wanted.number)

    async def remove(self, tenant: TenantId, kind: Prepared, number: int) -> None:
        """Take one away. Raises `NotFound`."""
        await self._stored(tenant, kind, number)
        await self._scripts.remove(tenant, kind, number)

    async def _stored(self, tenant: TenantId, kind: Prepared, number: int) -> ScriptRecord:
        record = await self._scripts.by_number(tenant, kind, number)
        if record is None:
            raise NotFound(f"there is no {_NOUNS[kind]} {number}", field="id")
        return record

    async def _listed(self, record: ScriptRecord) -> Listed:
        return Listed(
            number=record.number,
            name=record.name or "",
            document=record.wire.get("document", {"id": record.number, "name": record.name or ""}),
            seconds=await self._mailings.seconds(record.tenant, record.script),
        )


def prepared(kind: Prepared, wanted: VoiceScript) -> WantedScript:
    """A phrase or voice script as it is kept among the scripts of a tenant."""
    return WantedScript(
        dialect=kind.value,
        number=wanted.number,
        key=str(wanted.number),
        name=wanted.name,
        script=wanted.script,
        wire={"document": wanted.document},
    )
