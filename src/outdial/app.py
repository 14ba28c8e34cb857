"""Puts the house together: the one file that knows every part.

What is opened here is closed here, in the opposite order; the switch and the database come last. How the process
lives is not known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from starlette.applications import Starlette
from starlette.routing import Router

from outdial import __version__
from outdial.api import is74, mikopbx, mobilgroup, native, webitel
from outdial.api.mikopbx import crm
from outdial.api.mikopbx.polls import CRM
from outdial.api.native.campaigns import Running
from outdial.api.native.routes import Health, Waiting
from outdial.core.members import MemberRules, Mode
from outdial.drivers.asterisk.telephony import AsteriskSwitch
from outdial.drivers.clock import SystemClock
from outdial.drivers.felt_clock import FeltClock
from outdial.drivers.postgres.access import PostgresAccess, PostgresLibrary
from outdial.drivers.postgres.accounts import PostgresAccounts
from outdial.drivers.postgres.agents import PostgresAgents
from outdial.drivers.postgres.analytics import PostgresAnalytics
from outdial.drivers.postgres.bus import PostgresBus
from outdial.drivers.postgres.calendars import PostgresCalendars
from outdial.drivers.postgres.campaigns import PostgresCampaigns
from outdial.drivers.postgres.clients import PostgresClients
from outdial.drivers.postgres.dialect_settings import PostgresDialectSettings
from outdial.drivers.postgres.dialling import PostgresDialling
from outdial.drivers.postgres.do_not_call import PostgresDoNotCall
from outdial.drivers.postgres.domains import PostgresDomains
from outdial.drivers.postgres.embedded import EmbeddedPostgres, running_dsn
from outdial.drivers.postgres.hooks import PostgresDeliveries, PostgresHooks
from outdial.drivers.postgres.mailing import PostgresCallerNumbers, PostgresTemplates
from outdial.drivers.postgres.member_dialling import PostgresMemberDialling
from outdial.drivers.postgres.members import PostgresMembers
from outdial.drivers.postgres.migrate import upgrade
from outdial.drivers.postgres.pool import open_pool
from outdial.drivers.postgres.projects import PostgresProjects
from outdial.drivers.postgres.reports import PostgresReports
from outdial.drivers.postgres.scripts import PostgresScripts
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.drivers.postgres.sms import PostgresSmsQueue
from outdial.drivers.postgres.standings import PostgresStandings
from outdial.drivers.sandbox.switch import SandboxSwitch
from outdial.drivers.sheets.reader import SheetReader
from outdial.drivers.sheets.writer import WorkbookWriter
from outdial.drivers.speech.audio import AudioWorkshop
from outdial.drivers.speech.prompts import PromptCache
from outdial.drivers.speech.speller import Speller
from outdial.drivers.speech.telephone import remove_leftovers
from outdial.drivers.webhooks.asker import WebAsker
from outdial.drivers.webhooks.sender import WebSender
from outdial.engine.cashier import Cashier
from outdial.engine.engine import Engine
from outdial.engine.hooks import Messenger
from outdial.engine.prompts import Prompts
from outdial.engine.sms import SmsSender
from outdial.furnishing import (
    assistant_of,
    carrier_of_sms,
    deafness_of,
    listening_of,
    means_of,
    speech_engines,
)
from outdial.operations import Operations
from outdial.operations.access import Access
from outdial.operations.accounts import Accounts
from outdial.operations.agents import Agents
from outdial.operations.analytics import Analytics
from outdial.operations.calendars import Calendars
from outdial.operations.caller_numbers import CallerNumbers
from outdial.operations.campaigns import Campaigns
from outdial.operations.changes import Changes
from outdial.operations.clients import Clients
from outdial.operations.dialect_settings import DialectSettings
from outdial.operations.do_not_call import DoNotCall
from outdial.operations.domains import Domains
from outdial.operations.hooks import Hooks
from outdial.operations.mailings import Mailings
from outdial.operations.members import Members
from outdial.operations.orders import Orders
from outdial.operations.projects import Projects
from outdial.operations.recordings import Recordings
from outdial.operations.reports import Reports
from outdial.operations.scripts import Scripts
from outdial.operations.sheets import Sheets
from outdial.operations.standings import Standings
from outdial.operations.templates import Templates
from outdial.operations.voice_scripts import VoiceScripts
from outdial.ports import Clock, Sms
from outdial.settings import Settings, StartError

FIRST_NUMBERS = {"mikopbx": 1_000_000_000}
"""The number before a dialect's first campaign, where the dialect does not begin at 1."""

_DATABASE_SECONDS = 5
_PURGE_SECONDS = 3600
_ENGINE_MARGIN_SECONDS = 2.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Database:
    """Where the database is, and what watches over it: `watch` ends with an error when a server of ours is gone."""

    dsn: str
    watch: Callable[[], Awaitable[None]]


@asynccontextmanager
async def database(settings: Settings, *, join: bool = False) -> AsyncIterator[Database]:
    """A migrated database: the one that the settings name, or an embedded one of our own for as long as this lasts.

    With `join`, one that another outdial runs on the same data folder will do.
    """
    folder = settings.data / "postgres"
    if dsn := settings.database or (running_dsn(folder) if join else None):
        try:
            await upgrade(dsn)
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise StartError(f"the database cannot be used: {error}. Check --database (OUTDIAL_DATABASE).") from error
        yield Database(dsn, _nothing)
        return
    embedded = EmbeddedPostgres(folder)
    dsn = await embedded.start()
    try:
        await upgrade(dsn)
        yield Database(dsn, embedded.watch)
    finally:
        await embedded.stop()


@dataclass(frozen=True, slots=True)
class House:
    """What one process is made of."""

    settings: Settings
    pool: asyncpg.Pool
    telephony: SandboxSwitch | AsteriskSwitch
    carrier: Sms
    operations: Operations
    engine: Engine
    around: Mapping[str, Callable[[], Awaitable[None]]]
    """What runs beside the engine for as long as it does, by name."""

    @property
    def http(self) -> Starlette:
        """Every dialect under its own paths."""
        zone = ZoneInfo(self.settings.time_zone)
        webitel_routes = webitel.mounts(self.operations, self.settings)
        routes = [
            *mikopbx.mounts(self.operations, self.settings, zone),
            *is74.mounts(self.operations, self.settings, elsewhere=Router(webitel_routes)),
            *webitel_routes,
            *mobilgroup.mounts(self.operations, self.settings),
            *native.mounts(self.health, self.operations, self.campaigns_shown),
        ]
        return Starlette(routes=routes)

    def campaigns_shown(self) -> list[Running]:
        """The campaigns that this process dials."""
        return [
            Running(
                tenant=one.campaign.tenant,
                dialect=one.campaign.dialect,
                number=one.campaign.number,
                key=one.campaign.key,
                name=one.campaign.settings.name,
                mode="" if one.campaign.settings.members is None else one.campaign.settings.members.mode.value,
                pacer=_pacer_of(one.campaign.settings.members),
                calls=one.calls,
                reason="" if one.reason is None else one.reason.value,
                decision=one.decision,
            )
            for one in self.engine.dialled
        ]

    async def health(self) -> Health:
        """How this process is doing."""
        return Health(
            version=__version__,
            database=await self._database_answers(),
            telephony="sandbox" if isinstance(self.telephony, SandboxSwitch) else "asterisk",
            switch=self.telephony.ready,
            in_charge=self.engine.in_charge,
            calls=self.engine.calls,
            waiting=[
                Waiting(campaign.dialect, campaign.number, reason.value) for campaign, reason in self.engine.waiting
            ],
            sms=self.carrier.ready if self.settings.sms else None,
        )

    async def _database_answers(self) -> bool:
        try:
            await self.pool.fetchval("select 1", timeout=_DATABASE_SECONDS)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True


@asynccontextmanager
async def house(settings: Settings, store: Database) -> AsyncIterator[House]:
    """Everything but the doors, on a migrated database; closed when this ends."""
    data, dsn = settings.data.absolute(), store.dsn
    telephony: SandboxSwitch | AsteriskSwitch
    clock: Clock
    recogniser = listening_of(settings)
    if settings.telephony == "sandbox":
        clock = FeltClock(settings.speed)
        telephony = SandboxSwitch(clock, settings.seed, settings.sandbox_log)
    else:
        if recogniser is not None:
            recogniser.start()
        if why := deafness_of(settings, recogniser):
            _log.warning("assistant.hears_nobody", reason=why)
        clock = SystemClock()
        telephony = AsteriskSwitch(
            settings.telephony,
            extension_endpoint=settings.extension_endpoint,
            recordings=data / "recordings",
            recogniser=recogniser,
        )
    pool = await open_pool(dsn, size=settings.database_connections)
    try:
        async with AsyncExitStack() as closing:
            workshop = closing.enter_context(AudioWorkshop())
            speech = PromptCache(
                data,
                speech_engines(settings, closing),
                engine_seconds=settings.yandex_seconds + _ENGINE_MARGIN_SECONDS,
            )
            library = PostgresLibrary(pool)
            bus = PostgresBus(dsn, pool)
            access = Access(PostgresAccess(pool), SystemClock())
            root_password = settings.webitel_root_password.get_secret_value()
            campaigns = PostgresCampaigns(pool, FIRST_NUMBERS)
            standings = Standings(PostgresStandings(pool), bus, SystemClock())
            ledger = PostgresAccounts(pool)
            scripts = Scripts(PostgresScripts(pool), speech)
            dialled = Campaigns(campaigns, bus)
            reports = Reports(PostgresReports(pool))
            accounts = Accounts(ledger)
            numbers = CallerNumbers(PostgresCallerNumbers(pool))
            do_not_call = DoNotCall(PostgresDoNotCall(pool))
            projects, speller = PostgresProjects(pool), Speller()
            means = means_of(settings)
            told = DialectSettings(PostgresDialectSettings(pool))
            recordings = Recordings(library, workshop, data / "audio")
            mailings = Mailings(dialled, scripts, reports, accounts, numbers, speech, library, speller, do_not_call)
            setups = PostgresSetup(pool)
            operations = Operations(
                access=access,
                scripts=scripts,
                campaigns=dialled,
                recordings=recordings,
                reports=reports,
                clients=Clients(PostgresClients(pool)),
                sheets=Sheets(SheetReader()),
                dialect_settings=told,
                domains=Domains(PostgresDomains(pool), access, SystemClock(), root_password),
                calendars=Calendars(PostgresCalendars(pool), bus),
                agents=Agents(PostgresAgents(pool), bus, SystemClock()),
                hooks=Hooks(PostgresHooks(pool)),
                members=Members(PostgresMembers(pool), bus, clock),
                standings=standings,
                changes=Changes(campaigns, standings, bus),
                accounts=accounts,
                caller_numbers=numbers,
                templates=Templates(PostgresTemplates(pool)),
                mailings=mailings,
                voice_scripts=VoiceScripts(scripts, setups, told, recordings, mailings, means, settings.language),
                do_not_call=do_not_call,
                projects=Projects(projects, means),
                orders=Orders(projects, numbers, dialled, means, speller, clock),
                analytics=Analytics(PostgresAnalytics(pool), WorkbookWriter(), data / "reports", data / "recordings"),
            )
            mikopbx_crm = crm.Crm(operations)
            closing.push_async_callback(mikopbx_crm.close)
            asker = WebAsker()
            closing.push_async_callback(asker.close)
            dialling = PostgresDialling(dsn, pool)
            engine = Engine(
                dialling,
                PostgresMemberDialling(dialling, pool),
                telephony,
                Prompts(speech, library),
                bus,
                clock,
                settings.drain,
                str(data / "recordings"),
                {CRM: mikopbx_crm},
                asker,
                assistant_of(settings, closing),
                SystemRandom(),
            )
            web = WebSender(settings.hook_seconds)
            closing.push_async_callback(web.close)
            carrier = carrier_of_sms(settings, clock, closing)
            around = {
                "bus": bus.run,
                "hooks": Messenger(PostgresDeliveries(pool), web, clock).run,
                "money": Cashier(ledger).run,
                "sms": SmsSender(PostgresSmsQueue(pool), carrier, clock, settings.sms_per_second).run,
                "database": store.watch,
                "prompts": lambda: _purge(speech, data / "audio"),
            }
            yield House(settings, pool, telephony, carrier, operations, engine, around)
    finally:
        if isinstance(telephony, SandboxSwitch):
            await telephony.close()
        if recogniser is not None:
            await recogniser.close()
        await pool.close()


def _pacer_of(rules: MemberRules | None) -> str:
    if rules is None or rules.mode is Mode.BROADCAST:
        return ""
    return rules.pacer.value if rules.mode is Mode.PREDICTIVE else "progressive"


async def _nothing() -> None:
    """A server that is not ours needs no watch: whoever uses it hears when it is gone."""


async def _purge(speech: PromptCache, audio: Path) -> None:
    """Personal prompts live for a day; what a crash left half uploaded, as long."""
    while True:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        await speech.purge(yesterday)
        await asyncio.to_thread(remove_leftovers, audio, yesterday.timestamp())
        await asyncio.sleep(_PURGE_SECONDS)
