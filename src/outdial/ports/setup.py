"""What a tenant is set up with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from outdial.core.do_not_call import Blocked
from outdial.core.ids import TenantId
from outdial.core.project import Project, ProjectScenario
from outdial.core.wanted import (
    WantedAccount,
    WantedAgent,
    WantedCalendar,
    WantedCallerNumber,
    WantedQueue,
    WantedRoute,
    WantedScript,
    WantedTenant,
    WantedTrunk,
    WantedUser,
)
from outdial.ports.access import DomainToken
from outdial.ports.scripts import ScriptRecord


@dataclass(frozen=True, slots=True)
class Template:
    """A text that a caller keeps here, for an account of its own words."""

    number: int
    account: str
    name: str
    message: str


class Templates(Protocol):
    """Texts that callers keep here."""

    async def of(self, tenant: TenantId, account: str, number: int | None) -> list[Template]:
        """Those of an account in the order of their numbers; with `number` only that one."""

    async def add(self, tenant: TenantId, account: str, name: str, message: str) -> Template:
        """Keep a new one."""

    async def change(self, tenant: TenantId, wanted: Template) -> bool:
        """Give the template of that number and account a new name and text; whether there is one."""


class CallerNumbers(Protocol):
    """The numbers that a tenant may show to those called."""

    async def all(self, tenant: TenantId) -> list[WantedCallerNumber]:
        """Every one, oldest first."""


DEFAULT_DIAL_PREFIX = "default_dial_prefix"
"""The setting of a dialect that the house itself has a use for."""


SPOKEN_SETTINGS = ("callback_alert_text",)
"""Settings of a dialect that its scripts speak, as variables of those names."""


class DialectSettings(Protocol):
    """What a tenant's dialects are told, each by names of its own."""

    async def of(self, tenant: TenantId, dialect: str) -> Mapping[str, str]:
        """Values by name; one that is empty is left out."""


class SetupTransaction(Protocol):
    """The store while somebody sets it up. `put_…` adds what is not there and changes what is, by its name.

    A name that belongs to another tenant raises `KeyTaken`, after which the transaction is good for nothing.
    """

    async def tenant_names(self) -> list[str]:
        """Every tenant, oldest first."""

    async def tenant(self, name: str) -> tuple[TenantId, WantedTenant] | None:
        """The tenant of that name, without what belongs to it."""

    async def put_tenant(self, tenant: WantedTenant) -> None:
        """Add or change a tenant, and nothing that belongs to it."""

    async def users(self, tenant: TenantId) -> Mapping[str, WantedUser]:
        """Users by login, with the hashes of their passwords."""

    async def put_user(self, tenant: TenantId, user: WantedUser) -> None:
        """Add a user with a password's hash, or change one and end the user's sessions."""

    async def keys(self, tenant: TenantId) -> Mapping[str, str]:
        """Hashes of API keys by name."""

    async def put_key(self, tenant: TenantId, name: str, key_hash: str) -> None:
        """Add or change an API key."""

    async def trunks(self, tenant: TenantId) -> Mapping[str, WantedTrunk]:
        """Trunks by name."""

    async def put_trunk(self, tenant: TenantId, trunk: WantedTrunk) -> None:
        """Add or change a trunk."""

    async def routes(self, tenant: TenantId) -> Sequence[WantedRoute]:
        """Routes in their order."""

    async def replace_routes(self, tenant: TenantId, routes: Sequence[WantedRoute]) -> None:
        """Put a new list in the place of the old one. Every trunk that it names exists."""

    async def queues(self, tenant: TenantId) -> Mapping[str, WantedQueue]:
        """Queues by number."""

    async def put_queue(self, tenant: TenantId, queue: WantedQueue) -> None:
        """Add or change a queue."""

    async def dialect_settings(self, tenant: TenantId, dialect: str) -> Mapping[str, str] | None:
        """What a dialect is told; None when it has never been told anything."""

    async def put_dialect_settings(self, tenant: TenantId, dialect: str, settings: Mapping[str, str]) -> None:
        """Tell a dialect this and nothing else."""

    async def calendars(self, tenant: TenantId) -> Mapping[str, WantedCalendar]:
        """Calendars by key."""

    async def put_calendar(self, tenant: TenantId, calendar: WantedCalendar) -> None:
        """Add or change a calendar, which then belongs to no dialect."""

    async def agents(self, tenant: TenantId) -> Mapping[str, WantedAgent]:
        """Agents by key, with the status that they have now."""

    async def put_agent(self, tenant: TenantId, agent: WantedAgent) -> None:
        """Add an agent, or change all of one but what it declares itself."""

    async def project(self, tenant: TenantId, number: int) -> Project | None:
        """The project of that number."""

    async def put_project(self, tenant: TenantId, project: Project) -> None:
        """Add a project or change one."""

    async def scenario(self, tenant: TenantId, number: int) -> ProjectScenario | None:
        """The scenario of that number, of whichever project."""

    async def put_scenario(self, tenant: TenantId, scenario: ProjectScenario) -> None:
        """Add a scenario to a project that is there, or change one, with its start blocks."""

    async def caller_numbers(self, tenant: TenantId) -> Mapping[str, WantedCallerNumber]:
        """Numbers that may be shown to those called, by their digits."""

    async def put_caller_number(self, tenant: TenantId, number: WantedCallerNumber) -> None:
        """Add a number, or change its description."""

    async def do_not_call(self, tenant: TenantId) -> Mapping[str, Blocked]:
        """Numbers that must not be called, by their digits."""

    async def put_do_not_call(self, tenant: TenantId, number: Blocked) -> None:
        """Add a number, or change its note."""

    async def account(self, tenant: TenantId) -> WantedAccount | None:
        """The account, with the tariffs in force and the opening credit that it got."""

    async def put_account(self, tenant: TenantId, account: WantedAccount) -> None:
        """Add or change an account. Its opening is credited unless there is an opening credit already."""

    async def secret(self, name: str, fresh: bytes) -> bytes:
        """The house's secret of that name; `fresh` becomes it when there is none yet."""

    async def put_domain_token(self, tenant: TenantId, token: DomainToken) -> None:
        """Keep a new token."""

    async def script(self, tenant: TenantId, dialect: str, number: int) -> ScriptRecord | None:
        """The script that its dialect knows by this number."""

    async def put_script(self, tenant: TenantId, wanted: WantedScript, wire: Mapping[str, Any]) -> None:
        """Add a script under its number, which then counts as given, or make a new version of it."""

    async def part_numbers(self, tenant: TenantId, dialect: str, count: int) -> int:
        """The first of `count` fresh, consecutive numbers for parts of scripts."""


class SetupStore(Protocol):
    """Where a set-up is written."""

    def transaction(self, *, keep: bool) -> AbstractAsyncContextManager[SetupTransaction]:
        """All or nothing, one at a time in the whole database. Without `keep` nothing of it stays in the end."""
