"""What a house should hold, as a file says it: tenants with their users, keys, trunks, routes, agents and scripts.

A plain document is read here into frozen values, and everything that is wrong with it is told at once, each fault with
the path to it. Where the document comes from, and what the store holds already, is not known here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from outdial.core.agent import AgentRules, AgentStatus
from outdial.core.calendar import Calendar, Holiday
from outdial.core.dialstring import check_dial_string, digits_of, is_diallable
from outdial.core.do_not_call import Blocked, canonical
from outdial.core.errors import Malformed, NotDiallable
from outdial.core.money import LARGEST, NOTHING, Money, Tariff, rounded
from outdial.core.project import WantedProject
from outdial.core.script import check, document
from outdial.core.script.nodes import Script
from outdial.core.section import LONGEST_TEXT, REQUIRED, Faults, Faulty, Section, refuse, weekly_hours, zone_of

MOST_LINES = 100_000
MOST_CALLS_PER_SECOND = 10_000.0
MOST_STRIPPED = 32
MOST_NO_ANSWERS = 1000
LARGEST_NUMBER = (1 << 53) - 1
LONGEST_PATTERN = 1000
LONGEST_STEP = 3600

_REGION = re.compile(r"[A-Z]{2}")
_NAME = _DOMAIN = _TRUNK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_ROLE = re.compile(r"admin|user")
_DIALECT = re.compile(r"[a-z][a-z0-9]*")
_KEY = re.compile(r"[\x21-\x7e]+")
_CURRENCY = re.compile(r"[A-Za-z]{1,16}")
_PREFIX = re.compile(r"[0-9]{1,15}")
_FINEST = Decimal("0.0000000001")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ARGON2 = re.compile(r"\$argon2(?:id|i|d)\$[\x21-\x7e]+")
_AGENT_SECONDS = {
    "ring_seconds": 60.0,
    "wrap_up_seconds": 0.0,
    "busy_delay_seconds": 0.0,
    "reject_delay_seconds": 0.0,
    "no_answer_delay_seconds": 0.0,
}
"""The members of an agent's rules that are seconds, and what they are when nobody says."""


@dataclass(frozen=True, slots=True)
class WantedUser:
    """A login with its password, in clear or as an argon2 hash; the other one is empty."""

    login: str
    password: str = field(default="", repr=False)
    password_hash: str = field(default="", repr=False)
    role: str = "admin"


@dataclass(frozen=True, slots=True)
class WantedKey:
    """An API key under a name, in clear or as the hex digits of its sha256; the other one is empty."""

    name: str
    key: str = field(default="", repr=False)
    key_hash: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class WantedTrunk:
    """A way out, by its name at the switch. `calls_per_second` 0: no limit."""

    name: str
    lines: int
    calls_per_second: float
    caller: str = ""


@dataclass(frozen=True, slots=True)
class WantedRoute:
    """What numbers leave through which trunk; the fields are those of `core.trunk.Route`."""

    pattern: str
    trunk: str
    strip: int = 0
    prepend: str = ""
    caller: str = ""


@dataclass(frozen=True, slots=True)
class WantedQueue:
    """A number that stands for several extensions, of which the first free one is rung."""

    number: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WantedCalendar:
    """A calendar under the key that campaigns know it by."""

    key: str
    name: str
    calendar: Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAgent:
    """Somebody at an extension. `status` is that of a new agent; later it is the agent's own to say."""

    key: str
    extension: str
    name: str = ""
    skills: tuple[str, ...] = ()
    rules: AgentRules = AgentRules()
    status: AgentStatus = AgentStatus.LOGGED_OUT


@dataclass(frozen=True, slots=True)
class WantedCallerNumber:
    """A number that may be shown to those called: digits with the country's code, without a +."""

    digits: str
    description: str = ""
    number: int = 0
    """What callers know it by; 0: the one that it has, or the next free one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAccount:
    """What a tenant pays from. `opening` is credited once. `tariffs` are in the order of their prefixes, `credited_by` the
    names of the API keys that may credit it."""

    currency: str
    enabled: bool = True
    opening: Money = NOTHING
    tariffs: tuple[Tariff, ...] = ()
    credited_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedScript:
    """A script under the number and the key that its dialect and its callers know it by."""

    dialect: str
    number: int
    key: str
    name: str | None
    script: Script
    wire: Mapping[str, Any] = field(default_factory=dict)
    """What the dialect has to give back as it came."""
    numbered: str = ""
    """The member of `wire` whose elements each get an `id` of their own when they are stored; empty: none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedDialect:
    """What a tenant's section in a dialect's own form wants: scripts, projects, and what the dialect is told.

    A setting that is not named stays as it is; an empty one is taken away.
    """

    scripts: tuple[WantedScript, ...] = ()
    projects: tuple[WantedProject, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTenant:
    """A tenant and what it should have. Without a `domain` it keeps its own, or has its name; its routes and its account it
    keeps where they are None."""

    name: str
    time_zone: str
    region: str
    domain: str = ""
    users: tuple[WantedUser, ...] = ()
    keys: tuple[WantedKey, ...] = ()
    trunks: tuple[WantedTrunk, ...] = ()
    routes: tuple[WantedRoute, ...] | None = None
    queues: tuple[WantedQueue, ...] = ()
    caller_numbers: tuple[WantedCallerNumber, ...] = ()
    do_not_call: tuple[Blocked, ...] = ()
    calendars: tuple[WantedCalendar, ...] = ()
    agents: tuple[WantedAgent, ...] = ()
    scripts: tuple[WantedScript, ...] = ()
    projects: tuple[WantedProject, ...] = ()
    account: WantedAccount | None = None
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """What each dialect is told, as in `WantedDialect`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that a file wants."""

    tenants: tuple[WantedTenant, ...]


DialectReader = Callable[[object], WantedDialect]
"""Reads a tenant's section that is written in a dialect's own form. Raises `Malformed` with the path inside of it."""


def from_document(document: object, dialects: Mapping[str, DialectReader]) -> Wanted:
    """What a document of plain values wants. `dialects`: the sections of a tenant that are in a dialect's own form.

    Raises `Malformed` with every fault, one a line; its `field` is the path of the first. An unknown member is a fault.
    """
    faults: Faults = []
    top = Section("", document, faults)
    tenants = tuple(_tenant(members, dialects) for members in top.each("tenants"))
    top.finish()
    _refuse_repeats(tenants, faults)
    refuse(faults)
    return Wanted(tenants)


def _tenant(members: Section, dialects: Mapping[str, DialectReader]) -> WantedTenant:
    sections = {dialect: _dialect_section(members, dialect, read) for dialect, read in dialects.items()}
    name, time_zone = members.text("name"), zone_of(members)
    tenant = WantedTenant(
        name=name,
        time_zone=time_zone,
        region=members.shaped("region", _REGION, "a country code of two capital letters, such as RU,", "RU"),
        domain=members.shaped("domain", _DOMAIN, "a domain of letters, digits, dots, dashes and underlines", ""),
        users=tuple(_user(user) for user in members.each("users", ())),
        keys=tuple(_key(key) for key in members.each("keys", ())),
        trunks=tuple(_trunk(trunk) for trunk in members.each("trunks", ())),
        routes=tuple(_route(route) for route in members.each("routes", ())) if members.has("routes") else None,
        queues=tuple(_queue(queue) for queue in members.each("queues", ())),
        caller_numbers=tuple(_caller_number(number) for number in members.each("caller_numbers", ())),
        do_not_call=tuple(_blocked(number) for number in members.each("do_not_call", ())),
        calendars=tuple(_calendar(calendar, time_zone) for calendar in members.each("calendars", ())),
        agents=tuple(_agent(agent) for agent in members.each("agents", ())),
        scripts=(
            *(_script(script) for script in members.each("scripts", ())),
            *(script for section in sections.values() for script in section.scripts),
        ),
        projects=tuple(project for section in sections.values() for project in section.projects),
        account=_account(members),
        settings={dialect: section.settings for dialect, section in sections.items() if section.settings},
    )
    members.finish()
    return tenant


def _user(members: Section) -> WantedUser:
    members.one_of("password", "password_hash")
    user = WantedUser(
        login=members.text("login"),
        password=members.text("password", ""),
        password_hash=members.shaped("password_hash", _ARGON2, "an argon2 hash, $argon2id$…,", ""),
        role=members.shaped("role", _ROLE, "admin or user", "admin"),
    )
    members.finish()
    return user


def _key(members: Section) -> WantedKey:
    members.one_of("key", "key_hash")
    key = WantedKey(
        name=members.text("name"),
        key=members.shaped("key", _KEY, "a key of ASCII letters, digits and signs without spaces", ""),
        key_hash=members.shaped("key_hash", _SHA256, "a sha256 of 64 hex digits", ""),
    )
    members.finish()
    return key


def _trunk(members: Section) -> WantedTrunk:
    trunk = WantedTrunk(
        name=members.shaped("name", _TRUNK_NAME, "a name of letters, digits, dots, dashes and underlines"),
        lines=members.number("lines", 1, MOST_LINES),
        calls_per_second=float(members.number("calls_per_second", 0, MOST_CALLS_PER_SECOND, whole=False)),
        caller=_caller(members),
    )
    members.finish()
    return trunk


def _route(members: Section) -> WantedRoute:
    route = WantedRoute(
        pattern=_pattern(members),
        trunk=members.text("trunk"),
        strip=members.number("strip", 0, MOST_STRIPPED, 0),
        prepend=_diallable(members, "prepend", check_dial_string),
        caller=_caller(members),
    )
    members.finish()
    return route


def _queue(members: Section) -> WantedQueue:
    number = _diallable(members, "number", digits_of, REQUIRED)
    listed = members.take("members")
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) for one in listed):
        members.fault("members", "a list of extensions in quotes is wanted")
        listed = []
    elif not all(is_diallable(one) for one in listed) or len(set(listed)) < len(listed):
        members.fault("members", "extensions are digits, and each is there once")
    members.finish()
    return WantedQueue(number, tuple(listed))


def _caller_number(members: Section) -> WantedCallerNumber:
    wanted = WantedCallerNumber(
        _diallable(members, "number", digits_of, REQUIRED),
        members.text("description", "", longest=LONGEST_TEXT),
        members.number("id", 1, LARGEST_NUMBER) if members.has("id") else 0,
    )
    members.finish()
    return wanted


def _blocked(members: Section) -> Blocked:
    wanted = Blocked(
        canonical(_diallable(members, "number", digits_of, REQUIRED)), members.text("note", "", longest=LONGEST_TEXT)
    )
    members.finish()
    return wanted


def _calendar(members: Section, time_zone: str) -> WantedCalendar:
    zone = zone_of(members, "") or time_zone
    hours = tuple(one for row in members.each("hours") for one in weekly_hours(row))
    holidays = tuple(_holiday(row) for row in members.each("holidays", ()))
    key = members.shaped("key", _NAME, "a key of letters, digits, dots, dashes and underlines")
    wanted = WantedCalendar(key, members.text("name"), Calendar(zone, hours, holidays))
    members.finish()
    return wanted


def _holiday(members: Section) -> Holiday:
    day = members.take("date")
    if isinstance(day, str):
        with suppress(ValueError):
            day = date.fromisoformat(day)
    if not isinstance(day, date) or isinstance(day, datetime):
        members.fault("date", "a date such as 2026-01-01 is wanted")
        day = date.min
    holiday = Holiday(day, _yes(members, "every_year", False), members.text("name", ""))
    members.finish()
    return holiday


def _agent(members: Section) -> WantedAgent:
    key = members.shaped("key", _NAME, "a key of letters, digits, dots, dashes and underlines")
    skills = members.take("skills", [])
    if not isinstance(skills, list) or not all(isinstance(skill, str) and _storable(skill) for skill in skills):
        members.fault("skills", "a list of texts is wanted")
        skills = []
    wanted = WantedAgent(
        key=key,
        extension=_diallable(members, "extension", digits_of, key),
        name=members.text("name", ""),
        skills=tuple(sorted(set(skills))),
        rules=_rules(members),
        status=_status(members),
    )
    members.finish()
    return wanted


def _rules(members: Section) -> AgentRules:
    sent = members.mapping("rules")
    if sent is None:
        return AgentRules()
    longest = 24 * 3600
    seconds = {
        name: float(sent.number(name, 0, longest, default, whole=False)) for name, default in _AGENT_SECONDS.items()
    }
    rules = AgentRules(**seconds, most_no_answers=sent.number("most_no_answers", 0, MOST_NO_ANSWERS, 0))
    sent.finish()
    return rules


def _status(members: Section) -> AgentStatus:
    try:
        return AgentStatus(members.text("status", AgentStatus.LOGGED_OUT))
    except ValueError:
        members.fault("status", f"one of {', '.join(status.value for status in AgentStatus)} is wanted")
        return AgentStatus.LOGGED_OUT


def _account(members: Section) -> WantedAccount | None:
    sent = members.mapping("account")
    if sent is None:
        return None
    keys = sent.take("credited_by", [])
    if not isinstance(keys, list) or not all(isinstance(key, str) and _storable(key) for key in keys):
        sent.fault("credited_by", "a list of names of API keys is wanted")
        keys = []
    tariffs = [_tariff(tariff) for tariff in sent.each("tariffs")]
    opening = _amount(sent, "opening")
    if opening != rounded(opening):
        sent.fault("opening", "an amount with at most two places is wanted")
    account = WantedAccount(
        currency=sent.shaped("currency", _CURRENCY, "the name of a currency in up to 16 letters, such as Rub,"),
        enabled=_yes(sent, "enabled", True),
        opening=rounded(opening),
        tariffs=tuple(sorted(tariffs, key=lambda tariff: tariff.prefix)),
        credited_by=tuple(sorted(set(keys))),
    )
    _repeats(sent.at("tariffs"), "prefix", [tariff.prefix or "(all)" for tariff in tariffs], sent.faults)
    sent.finish()
    return account


def _tariff(members: Section) -> Tariff:
    tariff = Tariff(
        prefix=members.shaped("prefix", _PREFIX, "the first digits of numbers, without a +,", ""),
        per_second=_amount(members, "per_second"),
        first_step_seconds=members.number("first_step_seconds", 1, LONGEST_STEP, 1),
        step_seconds=members.number("step_seconds", 1, LONGEST_STEP, 1),
        per_sms_part=_amount(members, "per_sms_part"),
        connection=_amount(members, "connection"),
    )
    members.finish()
    return tariff


def _amount(members: Section, name: str) -> Decimal:
    """An amount of zero or more. A number of YAML has the digits that it was written with; more than ten are refused."""
    value = members.take(name, 0)
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(InvalidOperation):
            amount = Decimal(str(value))
            if amount.is_finite() and 0 <= amount < LARGEST and amount == amount.quantize(_FINEST):
                return amount.normalize() + 0 if amount else NOTHING
    members.fault(name, "an amount such as 2.50 is wanted, not below zero")
    return NOTHING


def _yes(members: Section, name: str, default: bool) -> bool:
    value = members.take(name, default)
    if not isinstance(value, bool):
        members.fault(name, "yes or no is wanted")
    return value is True


def _pattern(members: Section) -> str:
    pattern: str = members.text("pattern", longest=LONGEST_PATTERN)
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        members.fault("pattern", f"it is no regular expression: {error}")
    return pattern


def _caller(members: Section) -> str:
    """A number to be shown to those called; a leading + stays, because some carriers want it."""
    return _diallable(members, "caller", lambda text: ("+" if text.startswith("+") else "") + digits_of(text))


def _diallable(members: Section, name: str, read: Callable[[str], str], default: Any = "") -> str:
    written: str = members.text(name, default)
    try:
        return read(written) if written else ""
    except NotDiallable as error:
        members.fault(name, error.message)
        return ""


def _script(members: Section) -> WantedScript:
    number = members.number("number", 1, LARGEST_NUMBER)
    wanted = WantedScript(
        dialect=members.shaped("dialect", _DIALECT, "a dialect's name in small letters"),
        number=number,
        key=members.text("key", str(number)),
        name=members.text("name", None),
        script=_dialogue(members),
    )
    members.finish()
    return wanted


def _dialogue(members: Section) -> Script:
    written = members.take("script")
    if written is REQUIRED:
        return Script("", {})
    try:
        script = document.from_document(written)
    except Malformed as error:
        members.fault(f"script.{error.field}".rstrip("."), error.message.removeprefix(f"{error.field}: "))
        return Script("", {})
    for found in check.faults(script):
        members.fault(f"script.{found.path}", found.message)
    if not _storable(document.to_document(script)):
        members.fault("script", "it holds characters that no database stores")
    return script


def _dialect_section(members: Section, dialect: str, read: DialectReader) -> WantedDialect:
    section = members.take(dialect, None)
    if section is None:
        return WantedDialect()
    try:
        made = read(section)
    except Faulty as error:
        for path, message in error.faults:
            members.fault(f"{dialect}.{path}", message)
        return WantedDialect()
    except Malformed as error:
        members.fault(f"{dialect}.{error.field}".rstrip("."), error.message)
        return WantedDialect()
    for script in made.scripts:
        if not _storable([script.key, script.name, script.wire, document.to_document(script.script)]):
            members.fault(dialect, f"script {script.number} holds characters that no database stores")
    for project, scenarios in made.projects:
        if not _storable([project.name, *(scenario.document for scenario in scenarios)]):
            members.fault(dialect, f"project {project.number} holds characters that no database stores")
    return made


def _refuse_repeats(tenants: Sequence[WantedTenant], faults: Faults) -> None:
    """Names are unique: those of tenants, logins and keys in the whole house, the others within their tenant."""
    _repeats("tenants", "tenant name", [tenant.name for tenant in tenants], faults)
    domains = {tenant.name: tenant.domain or tenant.name for tenant in tenants}
    _repeats("tenants", "domain", list(domains.values()), faults)
    _repeats("tenants", "login", [user.login for tenant in tenants for user in tenant.users], faults)
    keys = [key.key or key.key_hash for tenant in tenants for key in tenant.keys]
    _repeats("tenants", "API key", keys, faults, secret=True)
    for index, tenant in enumerate(tenants):
        path = f"tenants.{index}"
        _repeats(path, "name of a key", [key.name for key in tenant.keys], faults)
        _repeats(path, "trunk", [trunk.name for trunk in tenant.trunks], faults)
        _repeats(path, "caller number", [number.digits for number in tenant.caller_numbers], faults)
        _repeats(path, "number not to be called", [number.digits for number in tenant.do_not_call], faults)
        _repeats(path, "id of a caller number", [str(one.number or "") for one in tenant.caller_numbers], faults)
        _repeats(path, "calendar", [calendar.key for calendar in tenant.calendars], faults)
        _repeats(path, "agent", [agent.key for agent in tenant.agents], faults)
        _repeats(path, "queue", [queue.number for queue in tenant.queues], faults)
        _repeats(path, "script number", [f"{script.dialect} {script.number}" for script in tenant.scripts], faults)
        _repeats(path, "script key", [f"{script.dialect} {script.key}" for script in tenant.scripts], faults)


def _repeats(path: str, kind: str, values: Sequence[str], faults: Faults, *, secret: bool = False) -> None:
    for value, count in Counter(values).items():
        if value and count > 1:
            faults.append((path, f"the same {kind} is there {count} times" + ("" if secret else f": {value}")))


def _storable(value: object) -> bool:
    """Whether every text in a tree can be stored as UTF-8 without NUL."""
    match value:
        case str():
            return "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
        case Mapping():
            return all(_storable(key) and _storable(member) for key, member in value.items())
        case list() | tuple():
            return all(_storable(element) for element in value)
        case _:
            return True
