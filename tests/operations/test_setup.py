"""Setting a house up on a real database: what is applied twice changes nothing, and a dry run leaves no trace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest

from outdial import setup
from outdial.core.agent import AgentRules, AgentStatus
from outdial.core.calendar import Calendar, Holiday, Opening, WeeklyHours, opening
from outdial.core.errors import KeyTaken, Malformed, NotFound
from outdial.core.ids import TenantId
from outdial.core.script.nodes import HangUp, Script
from outdial.core.wanted import (
    Wanted,
    WantedAgent,
    WantedCalendar,
    WantedKey,
    WantedRoute,
    WantedScript,
    WantedTenant,
    WantedTrunk,
    WantedUser,
)
from outdial.drivers.clock import SystemClock
from outdial.drivers.postgres.access import PostgresAccess
from outdial.drivers.postgres.dialect_settings import PostgresDialectSettings
from outdial.drivers.postgres.domains import PostgresDomains
from outdial.drivers.postgres.pool import open_pool
from outdial.drivers.postgres.scripts import PostgresScripts
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.operations.access import Access, hash_secret
from outdial.operations.domains import Admitted, Domains
from outdial.operations.setup import Change, Setup, Verb
from outdial.ports import Identity

T = TypeVar("T")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TABLES = (
    "tenants",
    "users",
    "api_keys",
    "sessions",
    "trunks",
    "routes",
    "calendars",
    "agents",
    "domain_tokens",
    "counters",
    "scripts",
    "script_versions",
)
CALENDAR = Calendar("Europe/Moscow", (WeeklyHours(1, 540, 1080),), (Holiday(date(2026, 1, 1), True),))

TENANT = WantedTenant(
    name="site",
    time_zone="Europe/Moscow",
    region="RU",
    users=(WantedUser("admin", "adminpassword"),),
    keys=(WantedKey("crm", "crm-key"),),
    trunks=(WantedTrunk("carrier", 10, 2.0, "74951234567"), WantedTrunk("spare", 5, 0.0)),
    routes=(WantedRoute("8[0-9]+", "carrier", 1, "7"), WantedRoute(".*", "spare", caller="+7")),
    calendars=(WantedCalendar("days", "Work days", CALENDAR),),
    agents=(WantedAgent(key="100", extension="100", skills=("english",), status=AgentStatus.AVAILABLE),),
    scripts=(
        WantedScript(
            dialect="native",
            number=4,
            key="greeting",
            name="Greeting",
            script=Script("end", {"end": HangUp()}),
            wire={"parts": [{"text": "a"}, {"text": "b"}]},
            numbered="parts",
        ),
    ),
)


def with_pool(url: str, work: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
    async def run() -> T:
        pool = await open_pool(url, size=2)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


def apply(url: str, *tenants: WantedTenant, **options: bool) -> list[Change]:
    return with_pool(url, lambda pool: Setup(PostgresSetup(pool)).apply(Wanted(tenants), **options))


def stored(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tables that a set-up writes."""

    async def read(pool: asyncpg.Pool) -> dict[str, list[tuple[Any, ...]]]:
        return {table: sorted(map(tuple, await pool.fetch(f"select t::text from {table} t"))) for table in TABLES}

    return with_pool(url, read)


def news(changes: list[Change]) -> list[str]:
    """What is not as before, one line each."""
    return [
        f"{change.verb} {change.kind} {change.name} {', '.join(change.differs)}".strip()
        for change in changes
        if change.verb is not Verb.SAME
    ]


def test_everything_is_added_and_a_second_time_nothing_changes(database_url: str) -> None:
    assert news(apply(database_url, TENANT)) == [
        "added tenant site",
        "added user site/admin",
        "added key site/crm",
        "added trunk site/carrier",
        "added trunk site/spare",
        "added route site/1",
        "added route site/2",
        "added calendar site/days",
        "added agent site/100",
        "added script site/native 4",
    ]
    before = stored(database_url)
    again = apply(database_url, TENANT)
    assert len(again) == 10
    assert news(again) == []
    assert stored(database_url) == before


def test_a_dry_run_tells_what_would_happen_and_leaves_no_trace(database_url: str) -> None:
    nothing = stored(database_url)
    told = apply(database_url, TENANT, dry_run=True)
    assert stored(database_url) == nothing
    assert apply(database_url, TENANT) == told


def test_what_differs_is_changed_and_named(database_url: str) -> None:
    apply(database_url, TENANT)
    other = replace(
        TENANT,
        time_zone="UTC",
        domain="elsewhere",
        users=(WantedUser("admin", "another", role="user"),),
        calendars=(WantedCalendar("days", "Days", replace(CALENDAR, holidays=())),),
        agents=(WantedAgent(key="100", extension="101", rules=AgentRules(ring_seconds=20)),),
        keys=(WantedKey("crm", "another-key"),),
        trunks=(WantedTrunk("carrier", 20, 2.0),),
        routes=(WantedRoute(".*", "carrier"),),
        scripts=(replace(TENANT.scripts[0], name="Hello", key="hello"),),
    )
    assert news(apply(database_url, other)) == [
        "changed tenant site time_zone Europe/Moscow → UTC, domain (none) → elsewhere",
        "changed user site/admin password, role admin → user",
        "changed key site/crm key",
        "changed trunk site/carrier lines 10 → 20, caller 74951234567 → (none)",
        "changed route site/1 pattern 8[0-9]+ → .*, strip 1 → (none), prepend 7 → (none)",
        "removed route site/2",
        "changed calendar site/days name, calendar",
        "changed agent site/100 extension, skills, rules",
        "changed script site/native 4 key, name",
    ]
    assert news(apply(database_url, other)) == []


def test_what_is_stored_and_not_named_stays(database_url: str) -> None:
    apply(database_url, TENANT)
    bare = WantedTenant(name="site", time_zone="Europe/Moscow", region="RU")
    before = stored(database_url)
    assert news(apply(database_url, bare)) == []
    assert stored(database_url) == before
    assert news(apply(database_url, replace(bare, routes=()))) == ["removed route site/1", "removed route site/2"]


def test_a_route_may_name_a_trunk_that_is_stored_already_but_no_other(database_url: str) -> None:
    apply(database_url, TENANT)
    bare = WantedTenant(name="site", time_zone="Europe/Moscow", region="RU")
    apply(database_url, replace(bare, routes=(WantedRoute(".*", "spare"),)))
    before = stored(database_url)
    with pytest.raises(Malformed, match='route 1: there is no trunk "elsewhere"; add it under trunks'):
        apply(database_url, replace(bare, time_zone="UTC", routes=(WantedRoute(".*", "elsewhere"),)))
    assert stored(database_url) == before


def test_settings_of_a_dialect_are_changed_by_name_and_their_values_are_told_to_nobody(database_url: str) -> None:
    def tenant(**settings: str) -> WantedTenant:
        return WantedTenant(name="site", time_zone="UTC", region="RU", settings={"mikopbx": settings})

    async def told(pool: asyncpg.Pool) -> Any:
        id = TenantId(await pool.fetchval("select id from tenants"))
        settings = PostgresDialectSettings(pool)
        assert await settings.of(id, "other") == {}
        return await settings.of(id, "mikopbx")

    first = tenant(crm_url="http://crm/", crm_password="secret", callback_alert_text="")
    assert "secret" not in repr(first)
    assert news(apply(database_url, first)) == ["added tenant site", "added settings site/mikopbx"]
    assert news(apply(database_url, first)) == []
    changed = tenant(crm_password="other", default_dial_prefix="9")
    assert news(apply(database_url, changed, only_missing=True)) == []
    assert news(apply(database_url, changed, dry_run=True)) == news(apply(database_url, changed))
    assert with_pool(database_url, told) == {
        "crm_url": "http://crm/",
        "crm_password": "other",
        "default_dial_prefix": "9",
    }
    cleared = tenant(crm_password="", crm_url="http://crm/")
    assert news(apply(database_url, cleared)) == ["changed settings site/mikopbx crm_password"]
    assert with_pool(database_url, told) == {"crm_url": "http://crm/", "default_dial_prefix": "9"}
    assert news(apply(database_url, tenant())) == []


def test_the_settings_of_the_module_are_read_beside_its_polls() -> None:
    section = "{polls: [{id: 7}], default_dial_prefix: ' 999 ', crm_url: 'https://crm.example/poll?x=1', crm_login: я}"
    (tenant,) = setup.read(f"tenants: [{{name: a, time_zone: UTC, mikopbx: {section}}}]").tenants
    assert [script.number for script in tenant.scripts] == [7]
    assert tenant.settings == {
        "mikopbx": {"default_dial_prefix": "999", "crm_url": "https://crm.example/poll?x=1", "crm_login": "я"}
    }
    (bare,) = setup.read("tenants: [{name: a, time_zone: UTC, mikopbx: {crm_login: ''}}]").tenants
    assert (bare.scripts, bare.settings) == ((), {"mikopbx": {"crm_login": ""}})


def test_only_what_is_missing_is_added_where_that_is_asked(database_url: str) -> None:
    apply(database_url, TENANT)
    other = replace(
        TENANT,
        time_zone="UTC",
        users=(WantedUser("admin", "another"), WantedUser("second", "password")),
        routes=(WantedRoute("1.*", "spare"),),
        scripts=(replace(TENANT.scripts[0], name="Hello"),),
    )
    assert news(apply(database_url, other, only_missing=True)) == ["added user site/second"]


def test_who_may_come_in(database_url: str) -> None:
    hashed = WantedTenant(name="hashed", time_zone="UTC", region="RU")
    apply(database_url, TENANT)

    async def ask(pool: asyncpg.Pool) -> tuple[tuple[Any, ...], Identity | None]:
        access = Access(PostgresAccess(pool), SystemClock())
        identity, token = await access.log_in("admin", "adminpassword", "peer")
        by_key = await access.by_key("crm-key")
        hash = await pool.fetchval("select password_hash from users")
        users = (WantedUser("other", password_hash=hash),)
        keys = (WantedKey("other", key_hash=hash_secret("other-key")),)
        await Setup(PostgresSetup(pool)).apply(Wanted((replace(hashed, users=users, keys=keys),)))
        other, _ = await access.log_in("other", "adminpassword", "peer")
        found = await access.by_key("other-key")
        granted = await access.log_in_for_tokens("admin", "adminpassword", "peer")
        changed = replace(TENANT, users=(WantedUser("admin", "changed"),))
        await Setup(PostgresSetup(pool)).apply(Wanted((changed,)))
        assert await access.by_bearer(granted.access_token) is None, "a new password ends logins by token"
        return (identity, by_key, other, found), await access.by_session(token)

    (identity, by_key, other, found), session = with_pool(database_url, ask)
    site, others = identity.tenant, other.tenant
    assert site != others
    assert (identity, by_key) == (Identity(site, "admin"), Identity(site, "crm"))
    assert (other, found) == (Identity(others, "other"), Identity(others, "other"))
    assert session is None, "a new password ends the user's sessions"


def test_a_login_belongs_to_one_tenant(database_url: str) -> None:
    apply(database_url, TENANT)
    thief = WantedTenant(name="thief", time_zone="UTC", region="RU", users=TENANT.users)
    before = stored(database_url)
    with pytest.raises(KeyTaken, match='the login "admin" belongs to another tenant'):
        apply(database_url, thief)
    assert stored(database_url) == before
    with pytest.raises(KeyTaken, match='the key "mine" is in use under another name'):
        apply(database_url, replace(thief, users=(), keys=(WantedKey("mine", "crm-key"),)))


def test_numbers_given_by_hand_are_never_given_again_and_parts_keep_theirs(database_url: str) -> None:
    apply(database_url, TENANT)
    script = TENANT.scripts[0]
    longer = replace(script, wire={"parts": [{"text": "a"}, {"text": "c"}, {"text": "d"}]})
    apply(database_url, replace(TENANT, scripts=(longer,)))

    async def read(pool: asyncpg.Pool) -> tuple[int, int, int, Any]:
        tenant = TenantId(await pool.fetchval("select id from tenants"))
        scripts = PostgresScripts(pool)
        record = await scripts.by_number(tenant, "native", 4)
        assert record is not None
        version = await pool.fetchval("select version from scripts")
        next_part = await scripts.part_numbers(tenant, "native", 1)
        return await scripts.next_number(tenant, "native"), next_part, version, record.wire

    number, next_part, version, wire = with_pool(database_url, read)
    assert (number, next_part, version) == (5, 4, 2)
    assert wire == {"parts": [{"id": "1", "text": "a"}, {"id": "2", "text": "c"}, {"id": "3", "text": "d"}]}


def test_a_domain_that_is_not_named_stays(database_url: str) -> None:
    apply(database_url, replace(TENANT, domain="elsewhere"))
    changes = apply(database_url, replace(TENANT, domain=""))
    assert {change.verb for change in changes} == {Verb.SAME}
    apply(database_url, WantedTenant(name="other", time_zone="UTC", region="RU", domain=TENANT.name))


def test_a_domain_belongs_to_one_tenant(database_url: str) -> None:
    apply(database_url, TENANT)
    with pytest.raises(KeyTaken, match='another tenant has the domain "site"'):
        apply(database_url, WantedTenant(name="other", time_zone="UTC", region="RU", domain="site"))


def test_the_status_of_an_agent_is_its_own_after_the_first_time(database_url: str) -> None:
    apply(database_url, TENANT)

    async def leave(pool: asyncpg.Pool) -> None:
        await pool.execute("update agents set status = 'On Break'")

    with_pool(database_url, leave)
    assert news(apply(database_url, TENANT)) == []
    apply(database_url, replace(TENANT, agents=(replace(TENANT.agents[0], name="Anna"),)))
    (row,) = stored(database_url)["agents"]
    assert "On Break" in row[0]
    assert "Anna" in row[0]


def test_a_token_of_a_domain_is_made_and_only_its_id_is_kept(database_url: str) -> None:
    apply(database_url, replace(TENANT, domain="site.example"))

    async def make(pool: asyncpg.Pool) -> tuple[str, Admitted]:
        life, clock = timedelta(days=1), SystemClock()
        token = await Setup(PostgresSetup(pool)).create_domain_token("site", "crm", life, clock.now())
        return token, await Domains(PostgresDomains(pool), Access(PostgresAccess(pool), clock), clock).admit(token, "")

    token, admitted = with_pool(database_url, make)
    assert (admitted.domain, admitted.role) == ("site.example", "admin")
    assert token.split(".")[2] not in str(stored(database_url))
    with pytest.raises(NotFound, match='there is no tenant "elsewhere"; known: site'):
        with_pool(
            database_url,
            lambda pool: Setup(PostgresSetup(pool)).create_domain_token(
                "elsewhere", "x", timedelta(days=1), SystemClock().now()
            ),
        )


def test_a_key_is_made_once_and_only_its_hash_is_kept(database_url: str) -> None:
    apply(database_url, TENANT)

    async def make(pool: asyncpg.Pool) -> tuple[str, object]:
        key = await Setup(PostgresSetup(pool)).create_key("site", "second")
        return key, await Access(PostgresAccess(pool), SystemClock()).by_key(key)

    key, identity = with_pool(database_url, make)
    assert identity is not None
    assert key not in str(stored(database_url))
    with pytest.raises(KeyTaken, match='has a key "second" already'):
        with_pool(database_url, make)
    with pytest.raises(NotFound, match='there is no tenant "elsewhere"; known: site'):
        with_pool(database_url, lambda pool: Setup(PostgresSetup(pool)).create_key("elsewhere", "x"))


def test_the_demo_data_is_loaded_once_and_what_users_changed_stays(database_url: str) -> None:
    first = with_pool(database_url, setup.load_demo)
    assert {change.verb for change in first} == {Verb.ADDED}

    async def change(pool: asyncpg.Pool) -> None:
        await pool.execute("update scripts set name = 'Mine' where number = 7")

    with_pool(database_url, change)
    before = stored(database_url)
    assert {change.verb for change in with_pool(database_url, setup.load_demo)} == {Verb.SAME}
    assert stored(database_url) == before


def test_the_demo_data_has_what_the_first_requests_name() -> None:
    (tenant,) = setup.read(setup.demo_text()).tenants
    assert [(script.dialect, script.number) for script in tenant.scripts] == [
        *[("mikopbx", 7), ("mikopbx", 9)],
        *[("mobilgroup phrases", 1), ("mobilgroup phrases", 2), ("mobilgroup", 1), ("mobilgroup", 2)],
    ]
    assert tenant.users == (WantedUser("admin", "adminpassword"), WantedUser("demo", "demo"))
    assert tenant.keys == (WantedKey("demo", "demo-key"),)
    assert tenant.domain == "site"
    assert [trunk.name for trunk in tenant.trunks] == ["carrier", "testDialer"]
    (calendar,) = tenant.calendars
    assert (calendar.key, calendar.name) == ("594225b53c1956000b41db7b", "WorksDay")
    for minute in range(7 * 1440):
        assert opening(calendar.calendar, NOW + timedelta(minutes=minute)) is Opening.OPEN
    assert [agent.key for agent in tenant.agents] == [*map(str, range(100, 110)), "200"]
    assert {agent.skills for agent in tenant.agents} == {("english",)}
    assert [agent.key for agent in tenant.agents if agent.status is AgentStatus.AVAILABLE] == ["100", "200"]
    example = Path(__file__).parents[2] / "examples" / "demo.yaml"
    assert example.read_text(encoding="utf-8") == setup.demo_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tenants: [", "line 1, column 11: "),
        ("tenants: []\ntenants: []", 'line 2, column 1: "tenants" is there twice'),
        ("a: !!python/name:os.system x", "line 1, column 4: could not determine a constructor"),
        ("tenants: &t [*t]", "tenants.0: members with a name are wanted"),
        ("tenants: [{name: a, time_zone: UTC, mikopbx: []}]", "tenants.0.mikopbx: members with a name are wanted"),
        ("tenants: [{name: a, time_zone: UTC, mikopbx: {polls: {}, x: 1}}]", "tenants.0.mikopbx: members with a name"),
        ("tenants: [{name: a, time_zone: UTC, mikopbx: {polls: 7}}]", "tenants.0.mikopbx.polls: a list is wanted"),
        (
            "tenants: [{name: a, time_zone: UTC, mikopbx: {default_dial_prefix: 99}}]",
            "tenants.0.mikopbx.default_dial_prefix: a text is wanted: put it in quotes",
        ),
        (
            "tenants: [{name: a, time_zone: UTC, mikopbx: {default_dial_prefix: 9w9}}]",
            'tenants.0.mikopbx.default_dial_prefix: Field "default_dial_prefix" may hold up to 32 digits',
        ),
        *(
            (
                f"tenants: [{{name: a, time_zone: UTC, mikopbx: {{crm_url: '{url}'}}}}]",
                "tenants.0.mikopbx.crm_url: an addr",
            )
            for url in (
                "crm.example",
                "ftp://crm",
                "http://",
                "http://[",
                "http://crm:x/",
                "http://crm/a b",
                "file:///e",
            )
        ),
        (
            "tenants: [{name: a, time_zone: UTC, mikopbx: {crm_url: 'http://me:secret@crm/'}}]",
            "tenants.0.mikopbx.crm_url: a login has members of its own",
        ),
        (
            'tenants: [{name: a, time_zone: UTC, mikopbx: {crm_password: "a\\0b"}}]',
            "tenants.0.mikopbx.crm_password: a text of at most 2000 printable characters is wanted",
        ),
        ("tenants: [{name: a, time_zone: UTC, mikopbx: {polls: [{}]}}]", "tenants.0.mikopbx.polls.0.id: the number"),
        (
            "tenants: [{name: a, time_zone: UTC, mikopbx: {polls: [{id: 1, name: 2024-01-01, questions: 5}]}}]",
            'tenants.0.mikopbx.polls.0.questions: Field "questions" must be an array',
        ),
        (
            "tenants: [{name: a, time_zone: UTC, mikopbx: {polls: [{id: 1, questions: [{questionFile: /a.mp3}]}]}}]",
            "tenants.0.mikopbx.polls.0: a sound is named as it was uploaded",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where(text: str, told: str) -> None:
    with pytest.raises(Malformed) as refused:
        setup.read(text)
    assert refused.value.message.startswith(told)


PROJECTS = """
tenants:
  - name: site
    time_zone: Europe/Moscow
    caller_numbers:
      - {number: "74951234567"}
      - {id: 5, number: "74951234568"}
      - {number: "74951234569"}
    is74:
      projects:
        - id: 1
          name: "Опросы"
          time_zone: Europe/Moscow
          scenarios:
            - id: 951
              name: "Запись"
              start_blocks: [{id: 10, next: hello, parameters: [{name: name, required: true}]}]
              blocks:
                hello: {say: "Здравствуйте, {{name}}!"}
"""


def test_projects_are_applied_twice_and_change_as_the_file_does(database_url: str) -> None:
    def done(text: str) -> list[str]:
        async def work(pool: asyncpg.Pool) -> list[Change]:
            return await Setup(PostgresSetup(pool)).apply(setup.read(text))

        return news(with_pool(database_url, work))

    async def told(pool: asyncpg.Pool) -> tuple[list[int], list[int]]:
        numbers = await pool.fetch("select number from caller_numbers order by digits")
        versions = await pool.fetch("select version from script_versions order by version")
        return [row["number"] for row in numbers], [row["version"] for row in versions]

    assert done(PROJECTS) == [
        "added tenant site",
        *(f"added caller number site/7495123456{last}" for last in "789"),
        "added project site/1",
        "added scenario site/1/951",
    ]
    assert done(PROJECTS) == []
    assert with_pool(database_url, told) == ([1, 5, 6], [1])
    other = PROJECTS.replace("Здравствуйте", "Привет").replace("Опросы", "Прочее")
    assert done(other) == ["changed project site/1 name", "changed scenario site/1/951 document, starts"]
    assert with_pool(database_url, told) == ([1, 5, 6], [1, 2])
    with pytest.raises(KeyTaken):
        done(PROJECTS.replace("id: 5", "id: 6"))


def test_an_id_of_a_caller_number_is_there_once() -> None:
    with pytest.raises(Malformed, match="the same id of a caller number is there 2 times: 5"):
        setup.read(PROJECTS.replace('- {number: "74951234569"}', '- {id: 5, number: "74951234569"}'))
