"""What the house needs from outside, as small protocols. Their docstrings are the contract; one test suite checks every
implementation of a port.

The far end's failure is an event or a returned value, never an exception; an exception from a port means that the port
itself is out of order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NewType, Protocol

from outdial.core.agent import Agent, Tally
from outdial.core.calendar import EVERYWHERE, Calendar, Openings
from outdial.core.call import Call
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.client import Client, NewClient
from outdial.core.commands import RecordAnswer, SwitchCommand
from outdial.core.contact import Answer, ContactStanding, Due, NewContact, Try
from outdial.core.documents import Condition, Drop, Keep, Search, Stage
from outdial.core.events import NetworkEvent
from outdial.core.extension import ExtensionState
from outdial.core.facts import Fact
from outdial.core.hook import Hook, HookRequest
from outdial.core.ids import AttemptId, CampaignId, Channel, ContactId, ScriptId, TenantId
from outdial.core.member import Change, NewMember, StoredMember
from outdial.core.members import MemberRules
from outdial.core.money import NOTHING, LedgerEntry, Money, Service, Tariff
from outdial.core.number import Number, OpenRange
from outdial.core.outcome import Outcome
from outdial.core.prompt import Kind
from outdial.core.retry import RetryRule
from outdial.core.script.nodes import Script
from outdial.core.settlement import Member, Report, Settlement
from outdial.core.trunk import Route, Trunk
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

# ------------------------------------------------------------------------------------------------------- time


class Cancellable(Protocol):
    """Something that will happen unless it is cancelled."""

    def cancel(self) -> None:
        """Make it not happen; too late is no error."""


class Clock(Protocol):
    """Time. Durations are in seconds as the callee would feel them; a sped-up clock makes each of them shorter."""

    def now(self) -> datetime:
        """The wall-clock time, aware, UTC. It is never sped up."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment, as felt."""

    def after(self, seconds: float) -> datetime:
        """The wall-clock time at which a wait of so many felt seconds that begins now is over."""

    def hold(self) -> None:
        """Work begins that takes no time in the life of a callee: where callees live in this process, their time stands
        still until `release`. Holds add up. Nobody may wait for felt time while holding it."""

    def release(self) -> None:
        """That work is over."""

    def call_after(self, seconds: float, act: Callable[[], None]) -> Cancellable:
        """Call `act` after so many felt seconds, and after everything that happened before."""

    async def sleep(self, seconds: float) -> None:
        """Wait so many felt seconds."""


# ----------------------------------------------------------------------------------------------------- switch


class SwitchDown(Exception):
    """The switch cannot be reached; nothing was done."""


class Telephony(Protocol):
    """A switch: carries out commands and reports what happened.

    Every `Dial` leads to exactly one `HungUp` of its channel, also when the dial is refused at once. Events of one
    channel come in their order. A command for a channel that is gone changes nothing. Channel ids are the house's;
    dialling an id that stands already places no second call.

    `Classify` is for a leg that has been answered and on which nothing is being played or recorded. Each is answered
    by one `Classified` of its turn, unless the leg ends first; its cause is Asterisk's word for why, such as `MAXWORDS`.
    When nobody can tell, or the verdict was lost on its way, it is NOT_SURE. Until then nothing can be played
    (`PromptFailed`) nor recorded on that leg, which can be hung up and hangs up as always.

    `Record` begins when what was given to play before is over, and what is given to play afterwards waits for its end:
    `StopRecording` of its turn, its longest time, or the end of the leg. While the leg stands each is answered by one
    `Recorded` of its turn, whose file is whole. There is no file, and no path, when no sound came. When the leg ends
    first the file is put in its place all the same, and no event follows `HungUp`.

    `RecordTalk` is for two legs after their `Join`. The file has the voices of both, and is put in its place when one
    of them is gone; nothing is announced. Folders of files are made where they are missing, a file that is there is
    replaced, and a file under its own name is always whole.
    """

    async def run(self) -> None:
        """Keep in touch with the switch for as long as this runs: exactly while this process is in charge of dialling.

        Calls that stand when it ends stay where they are.
        """

    async def perform(self, command: SwitchCommand) -> None:
        """Do it, or arrange for it; what comes of it is an event. Raises `SwitchDown` when the switch is away."""

    def events(self) -> AsyncIterator[NetworkEvent]:
        """Everything that happens to our channels, from now on. One reader."""

    async def standing(self) -> Mapping[Channel, bool]:
        """Our channels that exist at the switch; True for those whose far end has picked up."""

    async def extension_states(self, extensions: Collection[str]) -> Mapping[str, ExtensionState]:
        """What the switch says of these extensions now; UNKNOWN for one that it does not have. Raises `SwitchDown`."""

    @property
    def ready(self) -> bool:
        """Whether calls can be placed now. It turns true again by itself when the switch is back."""


# ----------------------------------------------------------------------------------------------------- speech


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """A telephony wav file (8 kHz, mono, 16 bit) and its length."""

    path: Path
    duration_seconds: float


class SpeechFailed(Exception):
    """No engine could speak the text; the message says why."""


class Speech(Protocol):
    """Turns words into a sound file, kept by content: the same words are made once."""

    async def render(self, text: str, language: str, voice: str = "", *, personal: bool = False) -> RenderedPrompt:
        """The sound of a text. `personal` words are not kept for long. Raises `SpeechFailed`."""


class Speller(Protocol):
    """Puts values into words as they are spoken."""

    def words(self, kind: Kind, value: str, language: str) -> str:
        """A sum, a date or a number in words; a value that is none of them as it stands. It may be called in any thread."""


# ------------------------------------------------------------------------------------------- services outside


class ConsultationFailed(Exception):
    """The service gave no answer that can be used; the message says why."""


class Consultation(Protocol):
    """A service outside that a script asks about a call, such as a CRM."""

    async def consult(self, tenant: TenantId, attempt: AttemptId) -> str | None:
        """What it has to say about a call whose answers so far are stored.

        Never takes longer than `core.script.interpreter.CONSULT_SECONDS`. Raises `ConsultationFailed`.
        """


# ------------------------------------------------------------------------------------------------------ audio


@dataclass(frozen=True, slots=True)
class AudioFile:
    """An uploaded sound. `name` is what the caller called it; `path` is the file a switch plays."""

    id: int
    name: str
    path: Path
    seconds: float


class Workshop(Protocol):
    """Makes telephony sound out of uploaded files."""

    async def convert(self, source: Path, target: Path) -> float:
        """Write `target` (8 kHz, mono, 16 bit wav) and its .mp3 companion from any audio file; seconds of sound.

        Raises `outdial.core.errors.NotAudio` and leaves no file behind when the source holds no sound.
        """


class Library(Protocol):
    """A tenant's uploaded sounds."""

    async def put(self, tenant: TenantId, name: str, path: Path, seconds: float) -> AudioFile:
        """Keep a sound under a name; a name that exists keeps its id and takes the new path."""

    async def named(self, tenant: TenantId, name: str) -> AudioFile | None:
        """The sound of that name."""

    async def all(self, tenant: TenantId) -> list[AudioFile]:
        """Every sound, oldest first."""

    async def remove(self, tenant: TenantId, name: str) -> AudioFile | None:
        """Forget a sound; what was forgotten, or None. The file itself is the caller's to delete."""


class Sheets(Protocol):
    """Reads spreadsheets."""

    async def rows(self, content: bytes) -> list[list[str]]:
        """Cells as text, columns A to Z, from the first row to the last before a blank one; an empty cell is "".

        Raises `outdial.core.errors.NotSpreadsheet`, also for a file that is too large inside.
        """


# ----------------------------------------------------------------------------------------------------- access


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking: a user of a tenant, or a key of it (then `login` is the key's name)."""

    tenant: TenantId
    login: str


LoginId = NewType("LoginId", str)
"""A UUID."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A stored user: whose it is, the argon2 hash of the password, and the role."""

    identity: Identity
    password_hash: str
    role: str = "admin"


class Access(Protocol):
    """Users, API keys and sessions. Secrets are stored as hashes only."""

    async def credential(self, login: str) -> Credential | None:
        """The user of that login."""

    async def key_owner(self, key_hash: str) -> Identity | None:
        """Whose API key has this sha256 hex digest."""

    async def default_tenant(self) -> TenantId | None:
        """The tenant that loopback callers act for: the first one made."""

    async def open_session(self, token_hash: str, identity: Identity, idle_seconds: float) -> None:
        """Remember a session that ends after so many idle seconds."""

    async def session(self, token_hash: str) -> Identity | None:
        """Whose session this is, and begin its idle time anew; None when there is none or it is over."""

    async def open_login(self, id: LoginId, token_hash: str, identity: Identity, seconds: float) -> None:
        """Remember a login that a token renews, for so many seconds."""

    async def renew_login(self, token_hash: str, fresh_hash: str, seconds: float) -> tuple[LoginId, Identity] | None:
        """Put a fresh token in the place of the old one, which is good for nothing from then on; None: it was so before."""

    async def login(self, id: LoginId) -> Identity | None:
        """Whose login this is; None when there is none or it is over."""

    async def end_login(self, id: LoginId | None, token_hash: str) -> None:
        """Forget a login by its id or its token; an unknown one is no error."""

    async def secret(self, name: str, fresh: bytes) -> bytes:
        """The house's secret of that name; `fresh` becomes it when there is none yet."""


# ---------------------------------------------------------------------------------------------------- domains


TokenId = NewType("TokenId", str)
"""A UUID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSession:
    """A login whose token is good only together with its key, a UUID. `tenant` None: somebody who belongs to none."""

    key: str
    token_hash: str
    tenant: TenantId | None
    domain: str
    login: str
    role: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainToken:
    """What a program of a whole tenant shows; it is good while it is kept here and enabled."""

    id: TokenId
    role: str
    enabled: bool
    expires_at: datetime
    created_by: str
    created_at: datetime


class Domains(Protocol):
    """Tenants by the name of their domain, which is theirs alone, and who comes in by that name."""

    async def tenant_of(self, domain: str) -> TenantId | None:
        """The tenant of that domain."""

    async def domain_of(self, tenant: TenantId) -> str | None:
        """The domain of that tenant: its own name where it has no other; None when there is no such tenant."""

    async def credential(self, login: str, domain: str) -> Credential | None:
        """The user of that domain whose login is `login@domain` in full, or else `login`."""

    async def open_session(self, session: DomainSession, now: datetime) -> None:
        """Remember a session, and forget those that are over by now."""

    async def session(self, key: str) -> DomainSession | None:
        """The session of that key, a UUID, over or not; its domain as it is now."""

    async def end_session(self, key: str) -> bool:
        """Forget a session; whether there was one of that key."""

    async def add_token(self, tenant: TenantId, token: DomainToken) -> None:
        """Keep a new token."""

    async def tokens(self, tenant: TenantId) -> list[DomainToken]:
        """Every token of a tenant, oldest first."""

    async def token(self, id: TokenId, domain: str) -> tuple[TenantId, DomainToken] | None:
        """The token of that id, if its tenant has that domain."""

    async def enable_token(self, tenant: TenantId, id: TokenId, enabled: bool) -> bool | None:
        """Whether that changed a token; None when the tenant has none of that id."""

    async def remove_token(self, tenant: TenantId, id: TokenId) -> bool:
        """Forget a token; whether there was one."""


# ------------------------------------------------------------------------------------- scripts and campaigns


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


class Campaigns(Protocol):
    """Campaigns of a tenant in one dialect, and their contacts."""

    async def save(
        self,
        tenant: TenantId,
        dialect: str,
        existing: CampaignId | None,
        key: str,
        settings: CampaignSettings,
        contacts: Sequence[NewContact] | None,
    ) -> Campaign:
        """Make or edit a campaign and replace its list, in one transaction; nothing is kept when it fails.

        A new campaign with an empty `key` gets its number as key. `contacts`: None keeps the list as it is. Otherwise
        contacts whose key is not in the list are deleted; those that stay and are open take the new variables, client,
        offset and due time, and nothing is ever dialled again because of it; the rest is added. Raises `KeyTaken`.
        """

    async def by_number(self, tenant: TenantId, dialect: str, number: int) -> Campaign | None:
        """The campaign that its dialect knows by this number."""

    async def by_key(self, tenant: TenantId, dialect: str, key: str) -> Campaign | None:
        """The campaign that its caller knows by this key."""

    async def by_ids(self, tenant: TenantId, dialect: str, ids: Collection[CampaignId]) -> list[Campaign]:
        """Those of the campaigns that there are, and that are the tenant's in that dialect."""

    async def all(
        self, tenant: TenantId, dialect: str, state: CampaignState | None, after: int, limit: int | None
    ) -> list[Campaign]:
        """Campaigns with a number above `after`, in the order of their numbers; `None` stands for any."""

    async def edit(
        self, campaign: CampaignId, change: Callable[[Campaign], tuple[str, CampaignSettings]]
    ) -> Campaign | None:
        """Give a campaign the key and the settings that `change` makes of it; None when it is gone.

        Nobody else changes it meanwhile. Raises `KeyTaken`, and whatever `change` raises; nothing is changed then.
        """

    async def remove(self, tenant: TenantId, dialect: str, number: int) -> CampaignId | None:
        """Forget a campaign and its contacts; which it was, or None. Attempts and answers stay."""

    async def withdraw(self, tenant: TenantId, dialect: str, key: str, campaign: CampaignId | None) -> list[CampaignId]:
        """Call the open contacts of this key no more, nor the others of the same client in the same campaign; the
        campaigns concerned. `campaign`: None is all of the dialect.

        A waiting contact is closed with an attempt that ended `WITHDRAWN`. A call under way goes on and is the last.
        """


class Members(Protocol):
    """The members of campaigns: contacts with several numbers.

    A member is read as a document, whose members are those that its caller posted and those of Webitel's engine
    (`_id`, `_probeCount`, `_endCause`, `communications`, `_log` and so on). A question that cannot be answered raises
    `Malformed`. In what came in one call, as in lists without an order, members stand in the order they came.
    """

    async def add(self, campaign: CampaignId, tenant: TenantId, members: Sequence[NewMember]) -> None:
        """Add members, all or none. Raises `NotFound` when the campaign is gone."""

    async def document(self, campaign: CampaignId, key: str) -> dict[str, Any] | None:
        """One member."""

    async def documents(self, campaign: CampaignId, keys: Sequence[str]) -> list[dict[str, Any]]:
        """The members of these keys, in the order they came."""

    async def page(self, campaign: CampaignId, search: Search, shape: Keep | Drop | None) -> list[dict[str, Any]]:
        """A page of members, each as far as the shape leaves it."""

    async def count(self, campaign: CampaignId, condition: Condition) -> int:
        """How many members there are of which it is true."""

    async def aggregate(self, campaign: CampaignId, stages: Sequence[Stage]) -> list[Any]:
        """What the stages make of all members."""

    async def change(
        self, campaign: CampaignId, key: str, decide: Callable[[StoredMember], Change]
    ) -> StoredMember | None:
        """Do to a member what `decide` says; the member as it was, or None when there is none.

        Nobody else changes it meanwhile. What `decide` raises is raised, and nothing is changed then. An end cause that
        a member gets is noted for those who asked to be told (event `engine::dialer_member_end`), in the same write. An
        agent whose call was judged is ready in two seconds.
        """

    async def remove(self, campaign: CampaignId, key: str) -> bool:
        """Forget a member that is not in a call; whether there was one."""

    async def remove_all(self, campaign: CampaignId, condition: Condition) -> int:
        """Forget the members of which it is true and that are not in a call; how many."""

    async def revive(self, campaign: CampaignId, since: datetime, step: str, at: datetime, *, empty_log: bool) -> int:
        """Begin anew with finished members that were made since a moment, were not reached and have a number that was
        not stopped; how many. `step` is noted in the log of each, or is all of it, and in the campaign's history."""

    async def dress(self, campaign: CampaignId, variables: Mapping[str, str]) -> None:
        """Put a campaign's variables on its open members; their own count before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What came of a campaign's calls since its counters were last reset."""

    calls: int = 0
    succeeded: int = 0
    failed: int = 0
    connected: int = 0
    bridged: int = 0
    abandoned: int = 0
    wait_seconds: float = 0.0
    human: int = 0
    machine: int = 0
    not_sure: int = 0
    amd_cut: int = 0
    adjust: int = 0
    target: int = 0
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a campaign stands."""

    domain: str
    """The name of its tenant."""
    cause: str
    """Why it is in its state: '', 'stopped', 'complete', 'nobody' or 'expired'."""
    changed_at: datetime
    calendar: Calendar | None
    """None: it keeps to none, or to one that is missing."""
    counters: Counters
    under_way: Mapping[str, int]
    """Calls in progress by trunk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWork:
    """An agent, and what it did for one campaign. Durations are in seconds."""

    key: str
    domain: str
    state: str
    status: str
    active: bool
    """Whether it is on a call."""
    ready_at: datetime | None = None
    last_bridge_end: datetime | None = None
    last_status_change: datetime | None = None
    calls: int = 0
    missed: int = 0
    bridged: int = 0
    talk_seconds: float = 0.0
    ringing_seconds: float = 0.0
    wrap_seconds: float = 0.0
    idle_seconds: float = 0.0
    break_seconds: float = 0.0
    last_offered_at: datetime | None = None
    since: datetime | None = None


class Standings(Protocol):
    """How campaigns stand, and their being started, stopped and reset."""

    async def of(self, campaigns: Sequence[CampaignId]) -> Mapping[CampaignId, Standing]:
        """How each stands; one that is gone is left out."""

    async def start(self, campaign: CampaignId) -> bool:
        """Let a campaign dial; whether it did not before. One without rules of members, or whose calendar is missing,
        stays as it is. It is written into the history."""

    async def stop(self, campaign: CampaignId) -> bool:
        """Let a campaign dial no more; whether it was not stopped before. It is written into the history."""

    async def forget_counters(self, campaign: CampaignId) -> None:
        """Count from nothing."""

    async def forget_tallies(self, campaign: CampaignId, by: str) -> None:
        """Count its agents from nothing, and free those who are kept for a call that is not there."""

    async def history(self, campaign: CampaignId, search: Search, shape: Keep | Drop | None) -> list[dict[str, Any]]:
        """A page of what happened, oldest first, as documents of `_id`, `dialer`, `createdOn`, `action` and `value`."""

    async def tallies(
        self, tenant: TenantId, campaign: CampaignId, agents: Collection[str], skills: Collection[str]
    ) -> list[AgentWork]:
        """The agents of these keys and those with one of the skills."""


class Clients(Protocol):
    """Clients of a tenant, with their phones and properties."""

    async def save(self, tenant: TenantId, clients: Sequence[NewClient]) -> list[Client]:
        """Make or replace clients, all or none; their keys differ. As stored, in the order given."""

    async def remove(self, tenant: TenantId, key: str) -> None:
        """Forget a client; an unknown one is no error."""

    async def by_phone(self, tenant: TenantId, key: str) -> Client | None:
        """The client with a phone of that key; of several the one saved last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRecord:
    """A stored calendar. `key` is the id that its caller and campaigns know it by."""

    key: str
    name: str
    calendar: Calendar
    wire: Mapping[str, Any] = field(default_factory=dict)
    """What the dialect has to give back as it came; empty: it was not made by one."""


class Calendars(Protocol):
    """Calendars of a tenant."""

    async def all(self, tenant: TenantId, offset: int, limit: int) -> list[CalendarRecord]:
        """Calendars in the order in which they were made."""

    async def by_key(self, tenant: TenantId, key: str) -> CalendarRecord | None:
        """The calendar of that key."""

    async def add(self, tenant: TenantId, record: CalendarRecord) -> None:
        """Keep a new calendar. Raises `KeyTaken`."""

    async def replace(self, tenant: TenantId, record: CalendarRecord) -> bool:
        """Put a calendar in the place of the one of its key; whether there was one."""

    async def remove(self, tenant: TenantId, key: str) -> bool:
        """Forget a calendar; whether there was one. Campaigns go on naming it."""

    async def users_of(self, tenant: TenantId, key: str) -> list[CampaignId]:
        """Running campaigns that name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """A stored agent and what people call it."""

    name: str
    agent: Agent


class Agents(Protocol):
    """Agents of a tenant."""

    async def all(self, tenant: TenantId) -> list[AgentRecord]:
        """Every agent, in the order in which they were made."""

    async def by_key(self, tenant: TenantId, key: str) -> AgentRecord | None:
        """The agent of that key."""

    async def declare(self, tenant: TenantId, key: str, change: Callable[[Agent], Agent]) -> AgentRecord | None:
        """Keep status, state, missed offers in a row and the time of the last change as `change` makes them, and nothing
        else of the agent; None when there is none. Nobody else changes it meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRecord:
    """A stored hook. `key` is the id that its caller knows it by."""

    key: str
    hook: Hook
    wire: Mapping[str, Any]
    """What the dialect has to give back as it came."""


class Hooks(Protocol):
    """Hooks of a tenant."""

    async def all(self, tenant: TenantId, offset: int, limit: int) -> list[HookRecord]:
        """Hooks in the order in which they were made."""

    async def by_key(self, tenant: TenantId, key: str) -> HookRecord | None:
        """The hook of that key."""

    async def add(self, tenant: TenantId, record: HookRecord) -> None:
        """Keep a new hook. Raises `KeyTaken`."""

    async def replace(self, tenant: TenantId, record: HookRecord) -> bool:
        """Put a hook in the place of the one of its key; whether there was one."""

    async def remove(self, tenant: TenantId, key: str) -> bool:
        """Forget a hook and what it was still to be told; whether there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something that is still to be told to a hook. `tries` counts the one for which it was taken."""

    id: int
    tenant: TenantId
    hook_id: int
    key: str
    """The hook's."""
    hook: Hook
    document: Mapping[str, Any]
    tries: int


class Deliveries(Protocol):
    """What is to be told to hooks; many processes take from it, and no two of them the same at a time.

    Whatever happened is in the table `notices`, written in the same transaction as the happening itself: the tenant, the
    event, and its document. Every method raises `StoreDown` when the database is away.
    """

    async def spread(self, now: datetime, limit: int) -> int:
        """Make deliveries, due now, of at most so many notices for the enabled hooks that wait for them; how many notices
        that were."""

    async def take(
        self, now: datetime, until: datetime, limit: int, each: int, busy: Collection[int]
    ) -> list[Delivery]:
        """At most `limit` deliveries that are due, at most `each` of one hook and none of the busy ones.

        They are nobody else's until a moment; then whoever took them is taken for dead, and they are due again.
        """

    async def done(self, id: int) -> None:
        """Forget a delivery."""

    async def later(self, id: int, due_at: datetime) -> None:
        """Make a delivery due at another time."""


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What came of a request to somebody else's server. `status` 0: no answer came, and `reason` says why."""

    status: int = 0
    reason: str = ""

    @property
    def taken(self) -> bool:
        """Whether the other side took it."""
        return 200 <= self.status < 300


class Web(Protocol):
    """Other people's servers."""

    async def send(self, request: HookRequest) -> WebAnswer:
        """Send a request and wait for the answer, within a time limit. It never fails: see `WebAnswer`."""


class Reports(Protocol):
    """What happened, as feeds and lists. A feed never passes over a row that is still being written."""

    async def tries_of(self, campaign: CampaignId) -> list[Try]:
        """Every try of a campaign, in the order of their numbers."""

    async def answers_of(self, campaign: CampaignId) -> list[Answer]:
        """Every answer of a campaign, in the order of their numbers."""

    async def answers_of_call(self, attempt: AttemptId) -> list[Answer]:
        """Every answer of a call, in the order of their numbers."""

    async def contacts_of(self, campaign: CampaignId) -> list[ContactStanding]:
        """How every contact of a campaign stands, in the order of its list."""

    async def tries_since(self, tenant: TenantId, dialect: str, since: datetime, limit: int) -> list[Try]:
        """Tries changed at or after a moment, in the order of change.

        A full page of `limit` goes on to the end of its last second, and when that is the second of `since`, to the end
        of the next one that has a row, so that a cursor of whole seconds moves on.
        """

    async def answers_since(self, tenant: TenantId, dialect: str, since: datetime, limit: int) -> list[Answer]:
        """Answers given at or after a moment, in the order of time; pages as in `tries_since`."""


# ------------------------------------------------------------------------------------------------------ money

PREPAID_DIALECT = "mobilgroup"
"""The dialect whose campaigns are paid for from an account, where nobody names another."""


@dataclass(frozen=True, slots=True)
class HoldRow:
    """Somebody who is to be called: the key that the contact will have in its campaign, the number (E.164 without +), and
    how many seconds of talk are to be held for."""

    key: str
    digits: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Held:
    """Money is set aside for a contact."""

    key: str
    price: Money


@dataclass(frozen=True, slots=True)
class NotEnough:
    """Nothing is set aside for a contact. `price` is what it would take; None: no tariff is for its number."""

    key: str
    price: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account has. `available` is `amount` less what is held. A tenant without an account has nothing, in no
    currency, and is charged nothing."""

    amount: Decimal
    currency: str
    available: Decimal
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a contact cost its account, less what was written off."""

    call: Money = NOTHING
    transfer: Money = NOTHING
    sms: Money = NOTHING

    @property
    def total(self) -> Money:
        """All of it."""
        return self.call + self.transfer + self.sms


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the ledger: what it moved, and what the account had after it. Texts that do not apply are empty."""

    id: int
    entry: LedgerEntry
    amount: Money
    balance: Money
    available: Money
    key: str
    """Tells the movement from every other one of the account."""
    dialect: str
    campaign: str
    """The campaign's key."""
    contact: str
    """The contact's key."""
    attempt: AttemptId | None
    service: Service | None
    note: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFor:
    """A hold to be made: the price of a contact, by which tariff."""

    key: str
    price: Money
    tariff: int


class Accounts(Protocol):
    """Accounts of tenants: a ledger of rows that never change, and the holds that are open.

    What is available is the sum of all rows of an account; the balance is the sum of those that are neither `HOLD` nor
    `RELEASE`. Every method that moves money does so in one transaction that has the account to itself, and a movement
    whose key is there already is not made again.
    """

    async def balance(self, tenant: TenantId) -> Balance | None:
        """What an account has; None when the tenant has none."""

    async def may_credit(self, tenant: TenantId, api_key: str) -> bool:
        """Whether the API key of that name may credit the account."""

    async def tariffs(self, tenant: TenantId) -> Mapping[int, Tariff]:
        """The tariffs in force, by their ids."""

    async def move(self, tenant: TenantId, entry: LedgerEntry, amount: Money, note: str, key: str) -> Row | None:
        """Write a credit or a correction; the row, also when it had been written before. None: there is no account.

        Raises `KeyTaken` when the key is that of another amount or entry.
        """

    async def hold(self, tenant: TenantId, dialect: str, campaign: str, rows: Sequence[HoldFor]) -> Mapping[str, Money]:
        """Hold for as many contacts as the account reaches, from the beginning of the list; what is held now, by this call
        or by one before, by the keys of the contacts. Raises `NotFound` and `AccountDisabled`."""

    async def give_back(self, tenant: TenantId, dialect: str, campaign: str) -> int:
        """Release the holds of a campaign that no contact took up; how many."""

    async def clear(self, tenant: TenantId, limit: int) -> int:
        """Put the real charges in the place of at most so many holds whose contacts are over; how many holds that were."""

    async def charges(self, tenant: TenantId, campaign: CampaignId) -> Mapping[str, Charge]:
        """What the contacts of a campaign cost so far, by their keys; those that cost nothing are left out."""

    async def statement(self, tenant: TenantId, before: int | None, limit: int) -> list[Row]:
        """Rows below an id, the latest first; None: from the latest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a call used besides its own talk: a leg to an outside number, an SMS. `ordinal` tells those of one kind in a
    call apart."""

    attempt: AttemptId
    service: Service
    digits: str
    seconds: float = 0.0
    parts: int = 0
    ordinal: int = 1


class Clearing(Protocol):
    """The ledger as the engine sees it. Every method raises `StoreDown` when the database is away."""

    async def overdue(self, *, thorough: bool) -> Sequence[TenantId]:
        """Whose holds wait to be cleared; `thorough`: everybody who has an account."""

    async def clear(self, tenant: TenantId, limit: int, *, thorough: bool) -> int:
        """As `Accounts.clear`. `thorough` also finds what takes a search: contacts left in campaigns that were closed, and
        calls that were placed after their hold was cleared."""

    async def note(self, used: Sequence[Used]) -> None:
        """Keep what calls used, to be charged. A use that is known already, or whose call nobody pays for, is
        passed over."""


# --------------------------------------------------------------------------------------------------- mailings


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


# ----------------------------------------------------------------------------------------------------- set-up

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

    async def caller_numbers(self, tenant: TenantId) -> Mapping[str, WantedCallerNumber]:
        """Numbers that may be shown to those called, by their digits."""

    async def put_caller_number(self, tenant: TenantId, number: WantedCallerNumber) -> None:
        """Add a number, or change its description."""

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


# ---------------------------------------------------------------------------------------------------- dialling


class StoreDown(Exception):
    """The database cannot be reached; nothing was changed, and trying again later helps."""


class StoreRefused(Exception):
    """The database will not take what it was given; nothing was changed, and trying again does not help."""


class NotInCharge(Exception):
    """Another process dials for this database now; whoever gets this must stop dialling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What is saved before a call is placed."""

    attempt: AttemptId
    contact: ContactId
    trunk: str
    number: str
    caller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal: a call as it is after a step, the answers that step recorded, and what is settled.

    The last entry of an attempt has a call that is ENDED. `retry_at` is the contact's next try; None there means that
    the contact is done.
    """

    call: Call
    answers: tuple[RecordAnswer, ...] = ()
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talk_seconds: float = 0.0
    joined_seconds: float = 0.0
    """How long an ended call's callee and the other side heard each other."""
    retry_at: datetime | None = None
    agent: str = ""
    """The key of the agent whom the call was given to last; empty: to none."""
    member: MemberEnd | None = None
    """What an ended call to a member means for it; `retry_at` says nothing then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAttempt:
    """An attempt that a former process left open: the call as last saved and its campaign."""

    call: Call
    campaign: CampaignId | None
    tenant: TenantId
    digits: str
    attempts_made: int
    reserved_at: datetime
    answered_at: datetime | None
    retry: RetryRule
    rules: MemberRules | None = None
    """The rules of the member's campaign; None: no member was called."""
    standing: Member | None = None
    position: int = 0


class Dialling(Protocol):
    """The store as the dialling engine sees it. One process at a time is in charge of a database.

    Every method raises `StoreDown` when the database is away; a write raises `StoreRefused` when it is at fault itself.

    Every write is guarded by the fencing number of the charge; a writer that has lost it gets `NotInCharge` and has
    changed nothing.
    """

    async def take_charge(self) -> bool:
        """Become the process that dials; False when another one is."""

    async def charge_lost(self) -> None:
        """Wait for as long as the charge is held."""

    async def yield_charge(self) -> None:
        """Let another process dial."""

    async def running(self) -> list[Campaign]:
        """Campaigns that are to be dialled. One without a dial prefix has the `DEFAULT_DIAL_PREFIX` of its dialect,
        and the variables of each are the `SPOKEN_SETTINGS`."""

    async def scripts_of(self, campaigns: Sequence[Campaign]) -> Mapping[ScriptId, tuple[int, Script]]:
        """The version number and the current form of the scripts that campaigns name; a missing one is left out."""

    async def members(self, tenant: TenantId, target: str) -> Sequence[str]:
        """The extensions of a queue in their order; a number that is no queue stands for itself."""

    async def routes(self, tenant: TenantId) -> list[Route]:
        """A tenant's routes in their order."""

    async def due(self, campaign: CampaignId, now: datetime, limit: int, openings: Openings = EVERYWHERE) -> list[Due]:
        """Waiting contacts that may be called now where it is open, first the one due longest, then in the order they
        came. A contact whose client is on the line at another number is passed over."""

    async def somebody_due(self, campaign: CampaignId, now: datetime, openings: Openings = EVERYWHERE) -> bool:
        """Whether the time of a waiting contact has come where it is open, whoever is on the line."""

    async def reserve(
        self, campaign: Campaign, script: tuple[ScriptId, int] | None, reservations: Sequence[Reservation]
    ) -> set[AttemptId]:
        """Save attempts before they are dialled; those won.

        A contact that is no longer waiting, or whose client is on the line, is not won; nor is anybody when the
        campaign stopped or its hours were changed. Two contacts of one client must not be asked for at once.
        """

    async def settle_undialled(self, campaign: CampaignId, contacts: Sequence[ContactId], outcome: Outcome) -> None:
        """Close waiting contacts that cannot be called, each with an attempt of that outcome."""

    async def save(self, entries: Sequence[Entry]) -> None:
        """Write journal entries in one transaction: calls, answers, outcomes, the contacts' next tries.

        An ended call that reached its goal closes its client's other contacts that wait, each with an attempt of the
        outcome `ANOTHER_NUMBER`.
        """

    async def close_finished(self, campaigns: Sequence[CampaignId]) -> list[CampaignId]:
        """Close those running campaigns that have nobody left to call and no call under way; those closed."""

    async def open_attempts(self) -> list[OpenAttempt]:
        """Attempts that have no outcome yet."""


# --------------------------------------------------------------------------------------------------------- bus


class Bus(Protocol):
    """Carries facts between operations, engine and pages, also across processes. A fact may be lost."""

    async def announce(self, fact: Fact) -> None:
        """Tell everybody."""

    def listen(self, hear: Callable[[Fact], None]) -> Callable[[], None]:
        """Call `hear` for every fact from now on; the returned function ends that."""


# ------------------------------------------------------------------------------------------------ members and agents


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMember:
    """A member whose time has come. `seen_at` tells whether it was changed since."""

    contact: ContactId
    numbers: tuple[Number, ...]
    variables: Mapping[str, str]
    standing: Member
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReservation:
    """What is saved before a member is called; `standing` has the attempt counted."""

    attempt: AttemptId
    contact: ContactId
    position: int
    standing: Member
    trunk: str
    number: str
    caller: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEnd:
    """What is known of an ended call to a member besides the call itself."""

    settlement: Settlement
    joined_at: datetime | None = None
    wait_seconds: float = 0.0
    """From the answer to the joining, or to the end."""
    campaign: CampaignId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDue:
    """A member whose call's result has come, or is overdue when `report` is None."""

    contact: ContactId
    tenant: TenantId
    rules: MemberRules
    standing: Member
    position: int
    """The number that was called last."""
    agent: str
    """The key of the agent of its last call; empty: none."""
    due_at: datetime | None
    report: Report | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTally:
    """What an agent of a tenant did in a campaign."""

    campaign: CampaignId
    tenant: TenantId
    key: str
    tally: Tally


class MemberDialling(Protocol):
    """The store as the engine sees campaigns of members and their agents. Only the process in charge writes; every method
    raises `StoreDown` as those of `Dialling` do, and a write `NotInCharge`."""

    async def trunks(self, tenant: TenantId) -> Mapping[str, Trunk]:
        """A tenant's trunks by name."""

    async def calendars(self, campaigns: Sequence[Campaign]) -> Mapping[CampaignId, Calendar]:
        """The calendars that campaigns keep to; a campaign whose calendar does not exist is left out."""

    async def counters(self, campaigns: Sequence[Campaign]) -> Mapping[CampaignId, Counters]:
        """What came of campaigns so far; one that has not begun is left out."""

    async def due(
        self,
        campaign: Campaign,
        now: datetime,
        open: Mapping[str, OpenRange],
        limit: int,
        offset: int = 0,
    ) -> list[DueMember]:
        """Members that may be called now, in the campaign's order. Whether a route is free is not looked at."""

    async def left(self, campaign: CampaignId) -> tuple[int, int, datetime | None]:
        """How many members are unfinished, how many of them are in a call or wait for its result, and when the next of the
        others is due."""

    async def reserve(
        self, campaign: Campaign, script: tuple[ScriptId, int], reservations: Sequence[MemberReservation]
    ) -> set[AttemptId]:
        """Save attempts before they are dialled; those won. A member that was changed since it was read is not."""

    async def settle(
        self, settlements: Mapping[ContactId, Settlement], reason: str, by: str, *, awaited: bool
    ) -> set[ContactId]:
        """Write what was decided about members that wait; those that it still applied to. `awaited`: their results were
        waited for, and still are. Whoever gets an end cause is told of, with the reason and who gave it."""

    async def results_due(self, now: datetime, limit: int) -> list[ResultDue]:
        """Members in no call whose result has come or stayed out."""

    async def expired(self, now: datetime, limit: int) -> Mapping[ContactId, Member]:
        """Waiting members whose own time is over."""

    async def waiting(self, campaign: CampaignId, after: ContactId, limit: int) -> Mapping[ContactId, Member]:
        """Waiting members with an id above `after`, in the order of ids."""

    async def close(self, campaign: CampaignId, cause: str) -> bool:
        """Close a running campaign, and note why; False when it does not run any more."""

    async def note(self, campaign: CampaignId, action: str, value: str) -> None:
        """Write a line of a campaign's history. `QUEUE_HUNTING` also begins its running time."""

    async def aim(self, campaign: CampaignId, adjust: int, target: int) -> None:
        """Keep what a pacer decided."""

    async def learnt(self, campaign: CampaignId) -> Mapping[str, Any]:
        """What a campaign's pacer has learnt, as it was kept last; empty: nothing."""

    async def learn(self, campaign: CampaignId, learnt: Mapping[str, Any]) -> None:
        """Keep what a campaign's pacer has learnt."""

    async def new_day(self, campaign: CampaignId, day: date, *, reset: bool) -> bool:
        """It is this day by the campaign's calendar. When it was another one before, what agents did is counted anew, and
        with `reset` all else; whether it was. The first day that is seen is only noted."""

    async def agents(self) -> list[tuple[TenantId, Agent]]:
        """All agents of all tenants."""

    async def tallies(self, campaigns: Sequence[CampaignId]) -> list[AgentTally]:
        """What agents did in these campaigns."""

    async def save_agents(
        self,
        agents: Sequence[tuple[TenantId, Agent]],
        on_break: Collection[tuple[TenantId, str]],
        tallies: Sequence[AgentTally],
    ) -> None:
        """Write what calls left on agents. What they want (their status) stays, but for those who earned a break."""

    async def free_agents(self, kept: Collection[tuple[TenantId, str]]) -> None:
        """Nobody but these extensions is in a call."""
