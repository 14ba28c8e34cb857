"""Apply files: what they may say, and how each fault is told with its path."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from outdial.core.agent import AgentRules, AgentStatus
from outdial.core.calendar import Calendar, Holiday, WeeklyHours
from outdial.core.errors import Malformed
from outdial.core.script.nodes import COMPLETED, Goal, HangUp, Script
from outdial.core.wanted import (
    Wanted,
    WantedAgent,
    WantedCalendar,
    WantedDialect,
    WantedKey,
    WantedRoute,
    WantedScript,
    WantedTenant,
    WantedTrunk,
    WantedUser,
    from_document,
)

SCRIPT = {
    "start": "done",
    "nodes": {"done": {"node": "goal", "name": COMPLETED, "next": "end"}, "end": {"node": "hang up"}},
}
FULL: dict[str, Any] = {
    "tenants": [
        {
            "name": "site",
            "time_zone": "Asia/Yekaterinburg",
            "region": "KZ",
            "domain": "site.example",
            "users": [{"login": "admin", "password": "secret one", "role": "user"}],
            "keys": [{"name": "crm", "key": "secret-two"}],
            "trunks": [{"name": "carrier-1", "lines": 30, "calls_per_second": 2.5, "caller": "+7 (495) 123-45-67"}],
            "routes": [{"pattern": "8[0-9]{10}", "trunk": "carrier-1", "strip": 1, "prepend": "7"}],
            "calendars": [
                {
                    "key": "594225b53c1956000b41db7b",
                    "name": "WorksDay",
                    "hours": [{"days": [1, 2], "start": "09:30", "end": 1080}, {"days": [6]}],
                    "holidays": [
                        {"date": "2026-01-01", "name": "New Year", "every_year": True},
                        {"date": date(2026, 3, 9)},
                    ],
                }
            ],
            "agents": [
                {"key": "100", "name": "Anna", "skills": ["english", "art"], "status": "Available"},
                {"key": "b", "extension": "101", "rules": {"ring_seconds": 20, "most_no_answers": 2}},
            ],
            "scripts": [{"dialect": "native", "number": 3, "name": "Short", "script": SCRIPT}],
        }
    ]
}


def read(document: object) -> Wanted:
    return from_document(document, {})


def faults(document: object, **dialects: Any) -> list[str]:
    with pytest.raises(Malformed) as refused:
        from_document(document, dialects)
    assert refused.value.field
    return refused.value.message.splitlines()


def changed(path: str, value: object) -> dict[str, Any]:
    """FULL with something else at a path."""
    document = copy.deepcopy(FULL)
    *way, last = path.split(".")
    at: Any = document
    for name in way:
        at = at[int(name)] if isinstance(at, list) else at[name]
    at[last] = value
    return document


CALENDAR = Calendar(
    "Asia/Yekaterinburg",
    (WeeklyHours(1, 570, 1080), WeeklyHours(2, 570, 1080), WeeklyHours(6, 0, 1440)),
    (Holiday(date(2026, 1, 1), True, "New Year"), Holiday(date(2026, 3, 9), False)),
)


def test_everything_that_a_tenant_may_have() -> None:
    script = Script("done", {"done": Goal(COMPLETED, "end"), "end": HangUp()})
    assert read(FULL) == Wanted(
        (
            WantedTenant(
                name="site",
                time_zone="Asia/Yekaterinburg",
                region="KZ",
                domain="site.example",
                users=(WantedUser("admin", "secret one", role="user"),),
                keys=(WantedKey("crm", "secret-two"),),
                trunks=(WantedTrunk("carrier-1", 30, 2.5, "+74951234567"),),
                routes=(WantedRoute("8[0-9]{10}", "carrier-1", 1, "7"),),
                calendars=(WantedCalendar("594225b53c1956000b41db7b", "WorksDay", CALENDAR),),
                agents=(
                    WantedAgent(
                        key="100",
                        extension="100",
                        name="Anna",
                        skills=("art", "english"),
                        status=AgentStatus.AVAILABLE,
                    ),
                    WantedAgent(key="b", extension="101", rules=AgentRules(ring_seconds=20, most_no_answers=2)),
                ),
                scripts=(WantedScript(dialect="native", number=3, key="3", name="Short", script=script),),
            ),
        )
    )


def test_a_name_and_a_zone_are_enough() -> None:
    (tenant,) = read({"tenants": [{"name": "site", "time_zone": "UTC", "users": None}]}).tenants
    assert tenant == WantedTenant(name="site", time_zone="UTC", region="RU")


def test_no_routes_and_an_empty_list_of_them_are_different_wishes() -> None:
    assert read(changed("tenants.0.routes", None)).tenants[0].routes is None
    assert read(changed("tenants.0.routes", [])).tenants[0].routes == ()


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("tenants", "site", "tenants: a list is wanted, not a text"),
        ("tenants.0.time_zone", "Mars/Olympus", "tenants.0.time_zone: there is no time zone 'Mars/Olympus'"),
        ("tenants.0.time_zone", "../../etc/passwd", "tenants.0.time_zone: there is no time zone"),
        ("tenants.0.region", False, "tenants.0.region: a text is wanted, not yes or no: put it in quotes"),
        ("tenants.0.region", "Russia", "tenants.0.region: a country code of two capital letters"),
        ("tenants.0.users.0.login", None, "tenants.0.users.0.login: it is missing"),
        ("tenants.0.users.0.login", "a\x00b", "tenants.0.users.0.login: a text of 1 to 500 printable characters"),
        ("tenants.0.users.0.password", None, "tenants.0.users.0: password or password_hash is wanted, and not both"),
        ("tenants.0.users.0.password_hash", "$argon2id$x", "tenants.0.users.0: password or password_hash is wanted"),
        ("tenants.0.keys.0.key", "two words", "tenants.0.keys.0.key: a key of ASCII letters, digits and signs"),
        ("tenants.0.trunks.0.name", "a/b", "tenants.0.trunks.0.name: a name of letters, digits, dots"),
        ("tenants.0.trunks.0.lines", 0, "tenants.0.trunks.0.lines: a whole number from 1 to 100000 is wanted"),
        ("tenants.0.trunks.0.lines", True, "tenants.0.trunks.0.lines: a whole number"),
        ("tenants.0.trunks.0.calls_per_second", float("nan"), "tenants.0.trunks.0.calls_per_second: a number from 0"),
        ("tenants.0.trunks.0.caller", 74951234567, "tenants.0.trunks.0.caller: a text is wanted, not a number"),
        ("tenants.0.trunks.0.caller", "74951@x", 'tenants.0.trunks.0.caller: "74951@x" is not a phone number'),
        ("tenants.0.routes.0.pattern", "8(", "tenants.0.routes.0.pattern: it is no regular expression: missing )"),
        ("tenants.0.routes.0.prepend", "8,w", "tenants.0.routes.0.prepend: '8,w' may not be dialled"),
        ("tenants.0.routes.0.strip", -1, "tenants.0.routes.0.strip: a whole number from 0 to 32 is wanted"),
        ("tenants.0.scripts.0.number", 1.5, "tenants.0.scripts.0.number: a whole number"),
        ("tenants.0.scripts.0.script", {}, "tenants.0.scripts.0.script.nodes: it is missing"),
        ("tenants.0.scripts.0.script.start", "x", 'tenants.0.scripts.0.script.start: there is no node "x"'),
        ("tenants.0.scripts.0.script.nodes.done.name", "\x00", "tenants.0.scripts.0.script: it holds characters that"),
        ("tenants.0.domain", "a b", "tenants.0.domain: a domain of letters, digits, dots"),
        ("tenants.0.users.0.role", "root", "tenants.0.users.0.role: admin or user is wanted"),
        ("tenants.0.calendars.0.time_zone", "Mars", "tenants.0.calendars.0.time_zone: there is no time zone 'Mars'"),
        ("tenants.0.calendars.0.hours", None, "tenants.0.calendars.0.hours: it is missing"),
        ("tenants.0.calendars.0.hours.0.days", [0], "tenants.0.calendars.0.hours.0.days: a list of weekdays is wanted"),
        ("tenants.0.calendars.0.hours.0.start", "24:01", "tenants.0.calendars.0.hours.0.start: a time from 00:00"),
        (
            "tenants.0.calendars.0.holidays.0.date",
            "2026-02-30",
            "tenants.0.calendars.0.holidays.0.date: a date such as",
        ),
        ("tenants.0.calendars.0.holidays.0.every_year", 1, "tenants.0.calendars.0.holidays.0.every_year: yes or no"),
        ("tenants.0.agents.0.key", "1 0", "tenants.0.agents.0.key: a key of letters, digits, dots"),
        ("tenants.0.agents.0.skills", "english", "tenants.0.agents.0.skills: a list of texts is wanted"),
        ("tenants.0.agents.0.status", "Away", "tenants.0.agents.0.status: one of Available, Available (On Demand), On"),
        ("tenants.0.agents.1.rules", 5, "tenants.0.agents.1.rules: members with a name are wanted, not a number"),
        (
            "tenants.0.agents.1.rules.ring_seconds",
            -1,
            "tenants.0.agents.1.rules.ring_seconds: a number from 0 to 86400",
        ),
        ("tenants.0.robots", [], "tenants.0.robots: there is no such section or member here; known: name, time_zone,"),
        ("queues", [], "queues: there is no such section or member here; known: tenants"),
    ],
)
def test_a_fault_is_told_with_its_path(path: str, value: object, told: str) -> None:
    (line,) = faults(changed(path, value))
    assert line.startswith(told)


@pytest.mark.parametrize("document", [None, [], "text", {"tenants": ["x"]}])
def test_what_has_no_members_is_no_file(document: object) -> None:
    assert "members with a name are wanted" in faults(document)[0]


def test_all_faults_are_told_at_once_and_no_secret_with_them() -> None:
    document = changed("tenants.0.trunks.0.lines", "many")
    document["tenants"].append(copy.deepcopy(FULL["tenants"][0]))
    told = faults(document)
    assert told == [
        "tenants.0.trunks.0.lines: a whole number from 1 to 100000 is wanted",
        "tenants: the same tenant name is there 2 times: site",
        "tenants: the same login is there 2 times: admin",
        "tenants: the same API key is there 2 times",
    ]
    assert "secret" not in repr(read(FULL))


def test_names_within_a_tenant_are_unique() -> None:
    document = copy.deepcopy(FULL)
    tenant = document["tenants"][0]
    for section in ("keys", "trunks", "calendars", "agents", "scripts"):
        tenant[section] = tenant[section] * 2
    assert {line.split(":")[1].strip() for line in faults(document)} == {
        "the same API key is there 2 times",
        "the same name of a key is there 2 times",
        "the same trunk is there 2 times",
        "the same calendar is there 2 times",
        "the same agent is there 2 times",
        "the same script number is there 2 times",
        "the same script key is there 2 times",
    }


def test_domains_are_unique_in_the_whole_house() -> None:
    document = {
        "tenants": [{"name": "site", "time_zone": "UTC"}, {"name": "other", "time_zone": "UTC", "domain": "site"}]
    }
    assert faults(document) == ["tenants: the same domain is there 2 times: site"]


def test_a_dialect_reads_its_own_section() -> None:
    made = WantedScript(dialect="foreign", number=7, key="7", name=None, script=Script("end", {"end": HangUp()}))

    def section(value: object) -> WantedDialect:
        if value != "as it likes":
            raise Malformed("something else is wanted", field="polls.0")
        return WantedDialect(scripts=(made,), settings={"crm_url": "https://crm"})

    document = changed("tenants.0.foreign", "as it likes")
    tenant = from_document(document, {"foreign": section}).tenants[0]
    assert (tenant.scripts[1], tenant.settings) == (made, {"foreign": {"crm_url": "https://crm"}})
    wrong = changed("tenants.0.foreign", "otherwise")
    assert faults(wrong, foreign=section) == ["tenants.0.foreign.polls.0: something else is wanted"]
    assert faults(document)[0].startswith("tenants.0.foreign: there is no such section")
