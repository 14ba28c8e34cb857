"""Scripts, and what a running one asks of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from outdial.core.ids import AttemptId, ScriptId, TenantId
from outdial.core.script.nodes import Script
from outdial.core.web_request import WebQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRecord:
    """A stored script. `number` and `key` are the ids that its dialect and its caller know it by."""

    id: ScriptId
    tenant: TenantId
    dialect: str
    number: int
    key: str
    name: str | None
    script: Script
    wire: Mapping[str, Any]
    """What the dialect has to give back as it came."""


class Scripts(Protocol):
    """Scripts of a tenant in one dialect. An edit makes a new version; calls under way keep theirs."""

    async def next_number(self, tenant: TenantId, dialect: str) -> int:
        """A number that no script of the dialect has or ever had; it stays reserved."""

    async def part_numbers(self, tenant: TenantId, dialect: str, count: int) -> int:
        """The first of `count` fresh, consecutive numbers for parts of scripts (questions)."""

    async def create(
        self,
        tenant: TenantId,
        dialect: str,
        number: int,
        key: str,
        name: str | None,
        script: Script,
        wire: Mapping[str, Any],
    ) -> ScriptRecord:
        """Store a new script under a reserved number. Raises `KeyTaken`."""

    async def replace(self, id: ScriptId, name: str | None, script: Script, wire: Mapping[str, Any]) -> ScriptRecord:
        """Store a new version."""

    async def by_number(self, tenant: TenantId, dialect: str, number: int) -> ScriptRecord | None:
        """The script that its dialect knows by this number."""

    async def by_key(self, tenant: TenantId, dialect: str, key: str) -> ScriptRecord | None:
        """The script that its caller knows by this key."""

    async def all(self, tenant: TenantId, dialect: str) -> list[ScriptRecord]:
        """Every script of the dialect, oldest first."""

    async def remove(self, tenant: TenantId, dialect: str, number: int) -> None:
        """Forget a script with all its versions; an unknown one is no error. Campaigns that name it lose it."""


class ConsultationFailed(Exception):
    """The service gave no answer that can be used; the message says why."""


class Consultation(Protocol):
    """A service outside that a script asks about a call, such as a CRM."""

    async def consult(self, tenant: TenantId, attempt: AttemptId) -> str | None:
        """What it has to say about a call whose answers so far are stored.

        Never takes longer than `core.script.interpreter.CONSULT_SECONDS`. Raises `ConsultationFailed`.
        """


class WebQuestions(Protocol):
    """Servers on the web, whose addresses scripts name."""

    async def ask(self, question: WebQuestion) -> Mapping[str, str]:
        """The variables that the question wants, all of them; an answer that lacks one of them is no answer.

        Takes no longer than `question.seconds`, real ones, and no longer than `core.web_request.LONGEST_SECONDS`. Raises
        `ConsultationFailed`.
        """
