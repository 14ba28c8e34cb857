"""The operations on a real store, with a voice and a workshop that are quick, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from pwdlib import PasswordHash

from outdial.core.errors import NotAudio
from outdial.core.facts import Fact
from outdial.core.ids import TenantId
from outdial.drivers.postgres.access import PostgresAccess, PostgresLibrary
from outdial.drivers.postgres.accounts import PostgresAccounts
from outdial.drivers.postgres.agents import PostgresAgents
from outdial.drivers.postgres.analytics import PostgresAnalytics
from outdial.drivers.postgres.calendars import PostgresCalendars
from outdial.drivers.postgres.campaigns import PostgresCampaigns
from outdial.drivers.postgres.clients import PostgresClients
from outdial.drivers.postgres.dialect_settings import PostgresDialectSettings
from outdial.drivers.postgres.do_not_call import PostgresDoNotCall
from outdial.drivers.postgres.domains import PostgresDomains
from outdial.drivers.postgres.hooks import PostgresHooks
from outdial.drivers.postgres.mailing import PostgresCallerNumbers, PostgresTemplates
from outdial.drivers.postgres.members import PostgresMembers
from outdial.drivers.postgres.pool import open_pool
from outdial.drivers.postgres.projects import PostgresProjects
from outdial.drivers.postgres.reports import PostgresReports
from outdial.drivers.postgres.scripts import PostgresScripts
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.drivers.postgres.standings import PostgresStandings
from outdial.drivers.sheets.reader import SheetReader
from outdial.drivers.sheets.writer import WorkbookWriter
from outdial.drivers.speech.speller import Speller
from outdial.operations import (
    Access,
    Accounts,
    Agents,
    Analytics,
    Calendars,
    CallerNumbers,
    Campaigns,
    Changes,
    Clients,
    DialectSettings,
    Domains,
    Hooks,
    Mailings,
    Members,
    Operations,
    Orders,
    Projects,
    Recordings,
    Reports,
    Scripts,
    Sheets,
    Standings,
    Templates,
    VoiceScripts,
)
from outdial.operations.access import hash_secret
from outdial.operations.do_not_call import DoNotCall
from outdial.operations.means import NO_MEANS
from outdial.operations.recordings import mp3_of
from outdial.ports import RenderedPrompt, SpeechFailed

LOGIN, PASSWORD, KEY = "admin", "adminpassword", "demo-key"
ROOT_PASSWORD = "rootpassword"
_PASSWORD_HASH = PasswordHash.recommended().hash(PASSWORD)


@dataclass(slots=True)
class Voice:
    """Speaks everything but texts with the word "mute"."""

    spoken: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    """How long texts are that are not a second long."""

    async def render(self, text: str, language: str, voice: str = "", *, personal: bool = False) -> RenderedPrompt:
        if "mute" in text:
            raise SpeechFailed("no voice speaks that")
        self.spoken.append(text)
        return RenderedPrompt(Path("/prompt.wav"), self.seconds.get(text, 1.0))


class Bench:
    """Takes every file for sound that begins with `sound`, and copies it."""

    async def convert(self, source: Path, target: Path) -> float:
        return _copied(source, target)


def _copied(source: Path, target: Path) -> float:
    content = source.read_bytes()
    if not content.startswith(b"sound"):
        raise NotAudio("there is no sound in it")
    target.write_bytes(content)
    mp3_of(target).write_bytes(b"mp3 of " + content)
    return 1.5


@dataclass(slots=True)
class Hands:
    """A clock that stands still until it is moved."""

    at: datetime = datetime(2024, 8, 21, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def after(self, seconds: float) -> datetime:
        return self.at + timedelta(seconds=seconds)

    def real_seconds(self, seconds: float) -> float:
        return seconds

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(slots=True)
class Ears:
    """A bus that remembers what was announced."""

    heard: list[Fact] = field(default_factory=list)
    listeners: list[Callable[[Fact], None]] = field(default_factory=list)

    async def announce(self, fact: Fact) -> None:
        self.heard.append(fact)
        for hear in list(self.listeners):
            hear(fact)

    def listen(self, hear: Callable[[Fact], None]) -> Callable[[], None]:
        self.listeners.append(hear)
        return lambda: self.listeners.remove(hear)


@dataclass(frozen=True, slots=True)
class House:
    """Operations and what stands around them. Two tenants; the first has a user and a key."""

    operations: Operations
    pool: asyncpg.Pool
    dsn: str
    tenant: TenantId
    other_tenant: TenantId
    audio: Path
    voice: Voice
    clock: Hands
    bus: Ears


@asynccontextmanager
async def house(dsn: str, data: Path) -> AsyncIterator[House]:
    """A house on a fresh database."""
    pool = await open_pool(dsn)
    try:
        tenant, other = [await _tenant(pool, name) for name in ("site", "other")]
        await _user(pool, tenant)
        voice, clock, bus = Voice(), Hands(), Ears()
        access = Access(PostgresAccess(pool), clock)
        campaigns = PostgresCampaigns(pool, {"mikopbx": 1_000_000_000})
        standings = Standings(PostgresStandings(pool), bus, clock)  # type: ignore[arg-type]
        campaigns_of = Campaigns(campaigns, bus)
        scripts = Scripts(PostgresScripts(pool), voice)
        reports = Reports(PostgresReports(pool))
        accounts = Accounts(PostgresAccounts(pool))
        numbers = CallerNumbers(PostgresCallerNumbers(pool))
        library = PostgresLibrary(pool)
        do_not_call = DoNotCall(PostgresDoNotCall(pool))
        projects = PostgresProjects(pool)
        means = NO_MEANS
        told = DialectSettings(PostgresDialectSettings(pool))
        recordings = Recordings(library, Bench(), data / "audio")
        mailings = Mailings(campaigns_of, scripts, reports, accounts, numbers, voice, library, Speller(), do_not_call)
        setups = PostgresSetup(pool)
        operations = Operations(
            access=access,
            scripts=scripts,
            campaigns=campaigns_of,
            recordings=recordings,
            reports=reports,
            clients=Clients(PostgresClients(pool)),
            sheets=Sheets(SheetReader()),
            dialect_settings=told,
            domains=Domains(PostgresDomains(pool), access, clock, ROOT_PASSWORD),
            calendars=Calendars(PostgresCalendars(pool), bus),  # type: ignore[arg-type]
            agents=Agents(PostgresAgents(pool), bus, clock),  # type: ignore[arg-type]
            hooks=Hooks(PostgresHooks(pool)),
            members=Members(PostgresMembers(pool), bus, clock),  # type: ignore[arg-type]
            standings=standings,
            changes=Changes(campaigns, standings, bus),
            accounts=accounts,
            caller_numbers=numbers,
            templates=Templates(PostgresTemplates(pool)),
            mailings=mailings,
            voice_scripts=VoiceScripts(scripts, setups, told, recordings, mailings, means, "ru-RU"),
            do_not_call=do_not_call,
            projects=Projects(projects, means),
            orders=Orders(projects, numbers, campaigns_of, means, Speller(), clock),  # type: ignore[arg-type]
            analytics=Analytics(PostgresAnalytics(pool), WorkbookWriter(), data / "reports", data / "recordings"),
        )
        yield House(operations, pool, dsn, tenant, other, data / "audio", voice, clock, bus)
    finally:
        await pool.close()


async def _tenant(pool: asyncpg.Pool, name: str) -> TenantId:
    made = "insert into tenants (name, time_zone) values ($1, 'Europe/Moscow') returning id"
    return TenantId(await pool.fetchval(made, name))


async def _user(pool: asyncpg.Pool, tenant: TenantId) -> None:
    user = "insert into users (tenant_id, login, password_hash) values ($1, $2, $3)"
    await pool.execute(user, tenant, LOGIN, _PASSWORD_HASH)
    key = "insert into api_keys (tenant_id, name, key_hash) values ($1, 'demo', $2)"
    await pool.execute(key, tenant, hash_secret(KEY))
