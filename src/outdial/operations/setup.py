"""Brings tenants, users, keys, trunks, routes, agents, accounts, scripts and dialects' settings to what is wanted, and tells
what that took.

What is stored and not wanted stays, but for the routes of a tenant that names any: they are a list whose order decides.
A dry run does everything and takes it back at the end, so that what it shows is what would happen.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError

from outdial.core.do_not_call import Blocked
from outdial.core.errors import KeyTaken, Malformed, NotFound
from outdial.core.ids import TenantId
from outdial.core.project import ProjectScenario, WantedProject
from outdial.core.wanted import (
    Wanted,
    WantedAccount,
    WantedAgent,
    WantedCalendar,
    WantedCallerNumber,
    WantedKey,
    WantedQueue,
    WantedRoute,
    WantedScript,
    WantedTenant,
    WantedTrunk,
    WantedUser,
)
from outdial.operations.access import hash_secret, new_token
from outdial.operations.domains import SIGNING, new_domain_token
from outdial.operations.tokens import SECRET_BYTES
from outdial.ports import ScriptRecord, SetupStore, SetupTransaction


class Verb(StrEnum):
    """What happened to a thing."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing and what happened to it. `differs` says in words what is new; of a secret only that it is."""

    verb: Verb
    kind: str
    name: str
    differs: tuple[str, ...] = ()


class Setup:
    """Sets a house up."""

    def __init__(self, store: SetupStore) -> None:
        self._store = store
        self._passwords = PasswordHash.recommended()

    async def apply(self, wanted: Wanted, *, dry_run: bool = False, only_missing: bool = False) -> list[Change]:
        """Make the store hold what is wanted; what that took, in the order of the file.

        Doing it twice changes nothing the second time. `only_missing` adds what is not there and leaves alone what is,
        whatever it is like. Raises `KeyTaken` and `Malformed`; nothing was changed then.
        """
        async with self._store.transaction(keep=not dry_run) as store:
            work = _Work(store, self._passwords, only_missing)
            for tenant in wanted.tenants:
                await work.tenant(tenant)
            return work.changes

    async def tenant(self, name: str) -> TenantId:
        """The tenant of that name. Raises `NotFound`, which says what names there are."""
        async with self._store.transaction(keep=False) as store:
            id, _ = await _known(store, name)
        return id

    async def create_key(self, tenant: str, name: str) -> str:
        """Make an API key of a tenant and return it. It is stored as a hash only and can never be shown again.

        Raises `NotFound` and `KeyTaken`.
        """
        if not name.strip() or not name.isprintable():
            raise Malformed("a key needs a name of printable characters", field="name")
        async with self._store.transaction(keep=True) as store:
            id, _ = await _known(store, tenant)
            if name in await store.keys(id):
                raise KeyTaken(f'tenant "{tenant}" has a key "{name}" already; choose another name', field="name")
            key = new_token()
            await store.put_key(id, name, hash_secret(key))
        return key

    async def create_domain_token(self, tenant: str, name: str, life: timedelta, now: datetime) -> str:
        """Make a token for a program of a tenant and return it. It can never be shown again; `name` is who made it.

        Raises `NotFound` and `Malformed`.
        """
        if not name.strip() or not name.isprintable():
            raise Malformed("a token needs a name of printable characters", field="name")
        async with self._store.transaction(keep=True) as store:
            id, found = await _known(store, tenant)
            secret = await store.secret(SIGNING, secrets.token_bytes(SECRET_BYTES))
            domain = found.domain or found.name
            kept, token = new_domain_token(secret, domain, "admin", now + life, name, now)
            await store.put_domain_token(id, kept)
        return token


async def _known(store: SetupTransaction, tenant: str) -> tuple[TenantId, WantedTenant]:
    found = await store.tenant(tenant)
    if found is None:
        known = ", ".join(await store.tenant_names()) or "none yet; outdial apply FILE makes some"
        raise NotFound(f'there is no tenant "{tenant}"; known: {known}', field="tenant")
    return found


class _Work:
    """One application of a file."""

    def __init__(self, store: SetupTransaction, passwords: PasswordHash, only_missing: bool) -> None:
        self._store = store
        self._passwords = passwords
        self._only_missing = only_missing
        self.changes: list[Change] = []

    async def tenant(self, wanted: WantedTenant) -> None:
        found = await self._store.tenant(wanted.name)
        before = None if found is None else found[1]
        domain = wanted.domain or ("" if before is None else before.domain)
        after = WantedTenant(name=wanted.name, time_zone=wanted.time_zone, region=wanted.region, domain=domain)

        async def write() -> None:
            await self._store.put_tenant(after)

        await self._bring("tenant", wanted.name, before, after, write, _differences(before, after))
        made = found or await self._store.tenant(wanted.name)
        assert made is not None
        id, _ = made
        await self._users(id, wanted)
        await self._keys(id, wanted)
        await self._trunks(id, wanted)
        if wanted.routes is not None:
            await self._routes(id, wanted.name, wanted.routes)
        await self._queues(id, wanted)
        await self._caller_numbers(id, wanted)
        await self._do_not_call(id, wanted)
        await self._calendars(id, wanted)
        await self._agents(id, wanted)
        if wanted.account is not None:
            await self._account(id, wanted.name, wanted.account)
        for script in wanted.scripts:
            await self._script(id, wanted.name, script)
        for project in wanted.projects:
            await self._project(id, wanted.name, project)
        for dialect, settings in wanted.settings.items():
            await self._dialect_settings(id, wanted.name, dialect, settings)

    async def _bring(
        self,
        kind: str,
        name: str,
        before: object | None,
        after: object,
        write: Callable[[], Awaitable[None]],
        differs: tuple[str, ...],
    ) -> None:
        """Write a thing if it is new or has changed, and note what happened."""
        if before is not None and (self._only_missing or before == after):
            self.changes.append(Change(Verb.SAME, kind, name))
            return
        await write()
        change = Change(Verb.ADDED, kind, name) if before is None else Change(Verb.CHANGED, kind, name, differs)
        self.changes.append(change)

    async def _users(self, id: TenantId, wanted: WantedTenant) -> None:
        stored = await self._store.users(id)
        for user in wanted.users:
            before = stored.get(user.login)
            if before is not None and self._only_missing:
                after = before
            else:
                hash = await self._hash_of(user, before.password_hash if before is not None else None)
                after = WantedUser(user.login, password_hash=hash, role=user.role)

            async def write(after: WantedUser = after) -> None:
                await self._store.put_user(id, after)

            await self._bring("user", f"{wanted.name}/{user.login}", before, after, write, _news_of(before, after))

    async def _hash_of(self, user: WantedUser, before: str | None) -> str:
        """The stored hash for as long as the password still verifies: a new one would differ every time."""
        if user.password_hash:
            return user.password_hash
        if before is not None and await asyncio.to_thread(_verifies, self._passwords, user.password, before):
            return before
        return await asyncio.to_thread(self._passwords.hash, user.password)

    async def _keys(self, id: TenantId, wanted: WantedTenant) -> None:
        stored = await self._store.keys(id)
        for key in wanted.keys:
            after = key_hash(key)

            async def write(name: str = key.name, hash: str = after) -> None:
                await self._store.put_key(id, name, hash)

            await self._bring("key", f"{wanted.name}/{key.name}", stored.get(key.name), after, write, ("key",))

    async def _trunks(self, id: TenantId, wanted: WantedTenant) -> None:
        stored = await self._store.trunks(id)
        for trunk in wanted.trunks:
            before = stored.get(trunk.name)

            async def write(trunk: WantedTrunk = trunk) -> None:
                await self._store.put_trunk(id, trunk)

            differs = _differences(before, trunk)
            await self._bring("trunk", f"{wanted.name}/{trunk.name}", before, trunk, write, differs)

    async def _routes(self, id: TenantId, tenant: str, wanted: Sequence[WantedRoute]) -> None:
        trunks = await self._store.trunks(id)
        for position, route in enumerate(wanted, start=1):
            if route.trunk not in trunks:
                raise Malformed(
                    f'tenant "{tenant}", route {position}: there is no trunk "{route.trunk}"; add it under trunks',
                    field="routes",
                )
        stored = await self._store.routes(id)
        if stored and self._only_missing:
            wanted = stored
        if list(stored) != list(wanted):
            await self._store.replace_routes(id, wanted)
        self.changes += _route_changes(tenant, stored, wanted)

    async def _queues(self, id: TenantId, wanted: WantedTenant) -> None:
        stored = await self._store.queues(id)
        for queue in wanted.queues:
            before = stored.get(queue.number)

            async def write(queue: WantedQueue = queue) -> None:
                await self._store.put_queue(id, queue)

            differs = _differences(before, queue)
            await self._bring("queue", f"{wanted.name}/{queue.number}", before, queue, write, differs)

    async def _caller_numbers(self, id: TenantId, wanted: WantedTenant) -> None:
        stored = await self._store.caller_numbers(id)
        for number in wanted.caller_numbers:
            before = stored.get(number.digits)
            after = number if before is None or number.number else replace(number, number=before.number)

            async def write(after: WantedCallerNumber = after) -> None:
                await self._store.put_caller_number(id, after)

            differs = _differences(before, after)
            await self._bring("caller number", f"{wanted.name}/{number.digits}", before, after, write, differs)

    async def _do_not_call(self, id: TenantId, wanted: WantedTenant) -> None:
        stored = await self._store.do_not_call(id) if wanted.do_not_call else {}
        for number in wanted.do_not_call:
            before = stored.get(number.digits)

            async def write(number: Blocked = number) -> None:
                await self._store.put_do_not_call(id, number)

            differs = _differences(before, number)
            await self._bring("do not call", f"{wanted.name}/{number.digits}", before, number, write, differs)

    async def _calendars(self, id: TenantId, wanted: WantedTenant) -> None:
        stored = await self._store.calendars(id)
        for calendar in wanted.calendars:
            before = stored.get(calendar.key)

            async def write(calendar: WantedCalendar = calendar) -> None:
                await self._store.put_calendar(id, calendar)

            differs = () if before is None else _changed_members(before, calendar)
            await self._bring("calendar", f"{wanted.name}/{calendar.key}", before, calendar, write, differs)

    async def _agents(self, id: TenantId, wanted: WantedTenant) -> None:
        stored = await self._store.agents(id)
        for agent in wanted.agents:
            before = stored.get(agent.key)
            after = agent if before is None else replace(agent, status=before.status)

            async def write(after: WantedAgent = after) -> None:
                await self._store.put_agent(id, after)

            differs = () if before is None else _changed_members(before, after)
            await self._bring("agent", f"{wanted.name}/{agent.key}", before, after, write, differs)

    async def _account(self, id: TenantId, tenant: str, wanted: WantedAccount) -> None:
        """An account that has had its opening credit gets no other one, whatever the file says now."""
        before = await self._store.account(id)
        after = wanted if before is None or not before.opening else replace(wanted, opening=before.opening)

        async def write() -> None:
            await self._store.put_account(id, after)

        differs = () if before is None else _changed_members(before, after)
        await self._bring("account", tenant, before, after, write, differs)

    async def _script(self, id: TenantId, tenant: str, wanted: WantedScript) -> None:
        before = await self._store.script(id, wanted.dialect, wanted.number)
        if before is not None and self._only_missing:
            wire = before.wire
        else:
            wire = await self._wire(id, wanted, before)

        async def write() -> None:
            await self._store.put_script(id, wanted, wire)

        now = {"key": wanted.key, "name": wanted.name, "script": wanted.script, "wire": wire}
        was = None if before is None else {name: getattr(before, name) for name in now}
        differs = tuple(name for name in now if was is not None and was[name] != now[name])
        await self._bring("script", f"{tenant}/{wanted.dialect} {wanted.number}", was, now, write, differs)

    async def _project(self, id: TenantId, tenant: str, wanted: WantedProject) -> None:
        """A project and its scenarios. Scenarios that are stored and not wanted stay."""
        project, scenarios = wanted
        before = await self._store.project(id, project.number)
        differs = () if before is None else _changed_members(before, project)
        place = f"{tenant}/{project.number}"
        await self._bring("project", place, before, project, lambda: self._store.put_project(id, project), differs)
        for scenario in scenarios:
            stored = await self._store.scenario(id, scenario.number)

            async def write(scenario: ProjectScenario = scenario) -> None:
                await self._store.put_scenario(id, scenario)

            differs = () if stored is None else _changed_members(stored, scenario)
            await self._bring("scenario", f"{place}/{scenario.number}", stored, scenario, write, differs)

    async def _dialect_settings(self, id: TenantId, tenant: str, dialect: str, wanted: Mapping[str, str]) -> None:
        """Values may be secrets, so that only the names of what is new are told."""
        before = await self._store.dialect_settings(id, dialect)
        stored = before or {}
        after = {name: value for name, value in {**stored, **wanted}.items() if value}

        async def write() -> None:
            await self._store.put_dialect_settings(id, dialect, after)

        differs = tuple(name for name in wanted if stored.get(name, "") != wanted[name])
        await self._bring("settings", f"{tenant}/{dialect}", before, after, write, differs)

    async def _wire(self, id: TenantId, wanted: WantedScript, before: ScriptRecord | None) -> Mapping[str, Any]:
        """The wire form with an id in each numbered part; parts keep the ids that the stored ones have."""
        if not wanted.numbered:
            return wanted.wire
        parts = wanted.wire[wanted.numbered]
        ids = [] if before is None else [part["id"] for part in before.wire.get(wanted.numbered, ())]
        missing = len(parts) - len(ids)
        if missing > 0:
            first = await self._store.part_numbers(id, wanted.dialect, missing)
            ids += [str(number) for number in range(first, first + missing)]
        numbered = [{"id": number, **part} for number, part in zip(ids, parts, strict=False)]
        return {**wanted.wire, wanted.numbered: numbered}


def key_hash(key: WantedKey) -> str:
    """The form in which a key is stored."""
    return key.key_hash or hash_secret(key.key)


def _verifies(passwords: PasswordHash, password: str, hash: str) -> bool:
    try:
        return passwords.verify(password, hash)
    except PwdlibError:  # the hash is of no kind that we make
        return False


def _differences(before: Any, after: Any) -> tuple[str, ...]:
    """What differs between two values of one dataclass, in words."""
    if before is None:
        return ()
    pairs = [(one.name, getattr(before, one.name), getattr(after, one.name)) for one in fields(after)]
    return tuple(f"{name} {was or '(none)'} → {now or '(none)'}" for name, was, now in pairs if was != now)


def _changed_members(before: Any, after: Any) -> tuple[str, ...]:
    """Which members differ between two values of one dataclass."""
    return tuple(one.name for one in fields(after) if getattr(before, one.name) != getattr(after, one.name))


def _news_of(before: WantedUser | None, after: WantedUser) -> tuple[str, ...]:
    """What differs between two users; of a password only that it does."""
    if before is None:
        return ()
    password = ("password",) if before.password_hash != after.password_hash else ()
    return (*password, f"role {before.role} → {after.role}") if before.role != after.role else password


def _route_changes(tenant: str, before: Sequence[WantedRoute], after: Sequence[WantedRoute]) -> list[Change]:
    """Routes are compared place by place, because their order decides."""
    changes = []
    for place in range(max(len(before), len(after))):
        was = before[place] if place < len(before) else None
        now = after[place] if place < len(after) else None
        name = f"{tenant}/{place + 1}"
        if was is None:
            changes.append(Change(Verb.ADDED, "route", name))
        elif now is None:
            changes.append(Change(Verb.REMOVED, "route", name))
        elif was == now:
            changes.append(Change(Verb.SAME, "route", name))
        else:
            changes.append(Change(Verb.CHANGED, "route", name, _differences(was, now)))
    return changes
