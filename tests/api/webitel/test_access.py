"""Who may come in, by which token, for how long, and whose things are seen then."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from api.asgi import Caller
from api.webitel.entrance import CALENDAR, LARGEST_BODY, NOBODY, Entrance
from operations.house import KEY, LOGIN, PASSWORD, ROOT_PASSWORD

Play = Callable[..., None]
HASHES = pytest.mark.slow  # a login costs an argon2 hash
WHO = "/api/v2/whoami"
TOKENS = "/api/v2/domains/site/settings/token"
HERE = {"username": f"{LOGIN}@site", "password": PASSWORD}
DAYS = {"name": "Days", "accept": []}


async def log_in(entrance: Entrance, **changes: Any) -> dict[str, Any]:
    reply = await entrance.call("POST", "/login", {**HERE, **changes}, NOBODY)
    assert reply.status == 200, reply.body
    opened: dict[str, Any] = reply.json
    return opened


async def said(entrance: Entrance, token: str, **headers: str) -> str:
    """How a token is refused."""
    reply = await entrance.call("GET", WHO, token=token, **headers)
    assert reply.status == 401, reply.body
    assert list(reply.json) == ["status", "info"]
    info: str = reply.json["info"]
    return info


async def signed(entrance: Entrance, claims: dict[str, Any], algorithm: str = "HS256") -> str:
    """A token with the house's own signature."""
    secret = await entrance.house.pool.fetchval("select value from secrets where name = 'domain tokens'")
    return jwt.encode({"typ": "JWT", "alg": algorithm}, claims, OctKey.import_key(secret), algorithms=[algorithm])


@HASHES
def test_a_session_is_its_token_with_its_key_wherever_they_stand(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        opened = await log_in(entrance)
        token, key = opened["token"], opened["key"]
        assert (await entrance.call("GET", WHO, token=token, X_Key=key)).json["id"] == "admin@site"
        by_query = await entrance.call("GET", f"{WHO}?access_token={token}&x_key={key}", token=NOBODY)
        assert by_query.json["id"] == "admin@site"
        in_body = {"access_token": token, "x_key": key}
        assert (await entrance.call("GET", WHO, in_body, NOBODY)).json["id"] == "admin@site"
        both = await entrance.call("GET", f"{WHO}?access_token={token}&x_key={key}", in_body, "wrong", X_Key="wrong")
        assert both.json["id"] == "admin@site"
        assert await said(entrance, token) == "Invalid Token or Key"
        assert await said(entrance, token, X_Key="no uuid") == "Invalid User"
        other = await log_in(entrance)
        assert other["key"] != key
        entrance.house.clock.at += timedelta(seconds=1)
        later = await log_in(entrance)
        assert await said(entrance, later["token"], X_Key=key) == "Invalid User"

    at_entrance(story)


@HASHES
def test_a_session_lives_a_hundred_days(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        opened = await log_in(entrance)
        assert opened["expires"] == round((entrance.house.clock.now() + timedelta(days=100)).timestamp() * 1000)
        entrance.house.clock.at += timedelta(days=100, milliseconds=-1)
        assert (await entrance.call("GET", WHO, token=opened["token"], X_Key=opened["key"])).status == 200
        entrance.house.clock.at += timedelta(milliseconds=1)
        assert await said(entrance, opened["token"], X_Key=opened["key"]) == "Token Expired"

    at_entrance(story)


@HASHES
def test_root_has_the_password_of_the_settings_and_a_new_one_ends_the_sessions(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        opened = await log_in(entrance, username="root", password=ROOT_PASSWORD)
        assert (await entrance.call("GET", WHO, token=opened["token"], X_Key=opened["key"])).json["domain"] is None
        domains = entrance.house.operations.domains
        domains._root_password = "another"
        assert await said(entrance, opened["token"], X_Key=opened["key"]) == "Invalid User"
        domains._root_password = ""
        assert (await entrance.call("POST", "/login", {"username": "root", "password": ""}, NOBODY)).status == 401

    at_entrance(story)


@HASHES
def test_a_login_may_bear_its_domain_in_full(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        hash = await entrance.house.pool.fetchval("select password_hash from users")
        add = "insert into users (tenant_id, login, password_hash, role) values ($1, 'admin@other', $2, 'user')"
        await entrance.house.pool.execute(add, entrance.house.other_tenant, hash)
        opened = await log_in(entrance, username="admin@other")
        assert (opened["username"], opened["domain"], opened["roleName"]) == ("admin@other", "other", "user")
        assert (opened["role"], opened["acl"]) == (0, {})
        reply = await entrance.call("GET", "/api/v2/calendars", token=opened["token"], X_Key=opened["key"])
        assert reply.status == 403

    at_entrance(story)


@HASHES
@pytest.mark.parametrize(
    "changes",
    [
        {"username": "admin"},
        {"username": "@site"},
        {"username": "admin@"},
        {"username": "nobody@site"},
        {"username": "adm\x00in@site"},
        {"password": None},
        {"password": ["adminpassword"]},
        {"password": ""},
    ],
)
def test_a_failed_login(at_entrance: Play, changes: dict[str, Any]) -> None:
    async def story(entrance: Entrance) -> None:
        reply = await entrance.call("POST", "/login", {**HERE, **changes}, NOBODY)
        assert reply.status in (400, 401)
        assert reply.json["status"] == "error"
        assert await entrance.house.pool.fetchval("select count(*) from domain_sessions") == 0

    at_entrance(story)


@HASHES
def test_ten_failures_shut_every_login_for_five_minutes(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        for _ in range(10):
            assert (await entrance.call("POST", "/login", {**HERE, "password": "wrong"}, NOBODY)).status == 401
        shut = await entrance.call("POST", "/login", HERE, NOBODY)
        assert (shut.status, shut.json["status"]) == (429, "error")
        entrance.house.clock.at += timedelta(seconds=301)
        await log_in(entrance)

    at_entrance(story)


def test_a_token_of_a_program_is_good_while_it_is_kept_and_enabled(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        until = round((entrance.house.clock.now() + timedelta(hours=1)).timestamp() * 1000)
        made = (await entrance.call("POST", TOKENS, {"expire": until, "role": "admin"})).json
        token, path = made["token"], f"{TOKENS}/{made['data']['uuid']}"
        head, claims, _ = token.split(".")
        assert json.loads(_decoded(head)) == {"typ": "JWT", "alg": "HS256"}
        assert list(json.loads(_decoded(claims)).items()) == [
            ("id", made["data"]["uuid"]),
            ("exp", until),
            ("d", "site"),
            ("t", "domain"),
            ("v", 2),
        ]
        who = (await entrance.call("GET", WHO, token=token)).json
        assert (who["id"], who["expires"]) == (f"{made['data']['uuid']}@site", until)
        await entrance.data("PATCH", path, {"enabled": False})
        assert await said(entrance, token) == "Not found token"
        await entrance.data("PATCH", path, {"enabled": True})
        assert await entrance.data("PATCH", path, {"enabled": True}) == {"ok": 1, "nModified": 0, "n": 1}
        assert (await entrance.call("GET", WHO, token=token)).status == 200
        entrance.house.clock.at += timedelta(hours=1)
        assert await said(entrance, token) == "Token Expired"
        await entrance.house.pool.execute("delete from domain_tokens where id = $1", made["data"]["uuid"])
        assert await said(entrance, token) == "Token Expired"
        assert await said(entrance, entrance.stranger + "x") == "Invalid token"

    at_entrance(story)


def test_only_our_own_signature_is_believed(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        id = await entrance.house.pool.fetchval("select id::text from domain_tokens order by created_at limit 1")
        until = round((entrance.house.clock.now() + timedelta(hours=1)).timestamp() * 1000)
        claims = {"id": id, "exp": until, "d": "site", "t": "domain", "v": 2}
        assert (await entrance.call("GET", WHO, token=await signed(entrance, claims))).status == 200
        unsigned = f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(claims)}."
        others = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(b"k" * 32), algorithms=["HS256"])
        for token in [unsigned, others, await signed(entrance, claims, "HS512"), "a.b.c", "..", "x", "é.ñ.c"]:
            assert await said(entrance, token) == "Invalid token"
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"exp": None}, "Invalid token"),
            ({"exp": True}, "Invalid token"),
            ({"exp": "later"}, "Invalid token"),
            ({"exp": until / 1000}, "Token Expired"),
            ({"d": "other"}, "Not found token"),
            ({"d": None}, "Not found token"),
            ({"id": "x"}, "Not found token"),
            ({"id": 5}, "Not found token"),
            ({"t": "session"}, "Invalid Token or Key"),
        ]
        for changes, text in wrong:
            assert await said(entrance, await signed(entrance, {**claims, **changes})) == text, changes

    at_entrance(story)


def test_an_api_key_of_the_house_stands_for_its_tenant(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        who = (await entrance.call("GET", WHO, token=KEY)).json
        assert (who["id"], who["domain"], who["roleName"]) == ("demo@site", "site", "admin")
        assert await said(entrance, KEY + "x") == "Invalid token"

    at_entrance(story)


def test_a_tenant_may_have_another_domain_than_its_name(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        await entrance.house.pool.execute("update tenants set domain = 'site.example' where name = 'site'")
        assert await said(entrance, entrance.admin) == "Not found token"
        assert (await entrance.call("GET", WHO, token=KEY)).json["id"] == "demo@site.example"

    at_entrance(story)


def test_the_domain_of_a_token_always_wins(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        made = await entrance.data("POST", "/api/v2/calendars?domain=other", {**DAYS, "domain": "other"})
        assert made["ops"][0]["domain"] == "site"
        assert await entrance.data("GET", "/api/v2/calendars?domain=site", token=entrance.stranger) == []
        id = made["insertedIds"][0]
        for method, body in [("PUT", DAYS), ("DELETE", None)]:
            changed = await entrance.data(method, f"/api/v2/calendars/{id}", body, entrance.stranger)
            assert changed["n"] == 0
        assert len(await entrance.data("GET", "/api/v2/calendars")) == 1

    at_entrance(story)


def test_what_is_shared_with_nobody(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        for method, path in [
            ("GET", "/api/v2/calendars"),
            ("GET", f"/api/v2/calendars/{CALENDAR}"),
            ("POST", "/api/v2/calendars"),
            ("PUT", f"/api/v2/calendars/{CALENDAR}"),
            ("DELETE", f"/api/v2/calendars/{CALENDAR}"),
            ("GET", "/api/v2/callcenter/agent"),
            ("GET", "/api/v2/callcenter/agent/100"),
            ("POST", "/api/v2/callcenter/agent/100/status"),
            ("POST", "/api/v2/callcenter/agent/100/state"),
            ("GET", "/api/v2/hooks"),
            ("POST", "/api/v2/hooks"),
            ("GET", TOKENS),
            ("POST", TOKENS),
        ]:
            nobody = await entrance.call(method, path, token=NOBODY)
            assert (nobody.status, nobody.json["info"]) == (401, "Invalid token"), path
            powerless = await entrance.call(method, path, token=entrance.user)
            assert (powerless.status, powerless.json["info"]) == (403, "Permission denied!"), path

    at_entrance(story)


def test_the_manners_of_the_vendors_server(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        asked = await entrance.call("OPTIONS", "/api/v2/calendars", token=NOBODY, Origin="http://crm.example")
        assert (asked.status, asked.body) == (200, b"")
        assert asked.headers["access-control-allow-origin"] == "http://crm.example"
        assert asked.headers["access-control-allow-methods"] == "GET, PUT, POST, PATCH, DELETE, OPTIONS"
        assert asked.headers["access-control-allow-headers"] == "Content-type, Accept, X-Access-Token, X-Key"
        answer = await entrance.call("GET", "/api/v2/calendars/", Origin="http://crm.example")
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "http://crm.example")
        assert answer.headers["x-powered-by"] == "Webitel"
        assert "access-control-allow-origin" not in (await entrance.call("GET", WHO)).headers

    at_entrance(story)


@pytest.mark.parametrize("path", ["/api/v2/nowhere", "/login/site?code=1", "/api/v1/domains", "/logout/x", "/api/v2"])
def test_a_path_of_ours_that_nobody_serves(at_entrance: Play, path: str) -> None:
    async def story(entrance: Entrance) -> None:
        reply = await entrance.call("GET", path)
        assert (reply.status, reply.json) == (404, {"status": "error", "info": f"{path} not found."})

    at_entrance(story)


def test_nobody_is_told_what_there_is_not(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        assert (await entrance.call("GET", "/api/v2/nowhere", token=NOBODY)).status == 401

    at_entrance(story)


@pytest.mark.parametrize(
    "path", ["/", "/loginx", "/api/v3/dialer", "/api", "/apiv2", "/pbxcore/api/v3/x", "/v1/health"]
)
def test_other_paths_stay_what_they_are_without_this_dialect(at_entrance: Play, path: str) -> None:
    async def story(entrance: Entrance) -> None:
        for method in ("GET", "POST"):
            reply = await entrance.call(method, path)
            assert (reply.status, reply.body) == (200, b"another application")
            assert "x-powered-by" not in reply.headers

    at_entrance(story)


@pytest.mark.parametrize(
    ("body", "info"),
    [
        (b"{", "Unexpected end of JSON input"),
        (b'{"name": x}', "Unexpected token x in JSON at position 9"),
        (b"true", "Unexpected token t in JSON at position 0"),
        (b'"text"', 'Unexpected token " in JSON at position 0'),
        (b'{"name":"\xd0"}', None),
        (b'{"name":"a\\u0000b"}', None),
        (b"[" * 5000, None),
    ],
)
def test_a_body_that_is_no_json(at_entrance: Play, body: bytes, info: str | None) -> None:
    async def story(entrance: Entrance) -> None:
        reply = await entrance.call("POST", "/api/v2/calendars", body, Content_Type="application/json")
        assert (reply.status, reply.json["status"]) == (400, "error")
        assert info is None or reply.json["info"] == info

    at_entrance(story)


def test_a_body_over_the_limit(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        large = json.dumps({**DAYS, "description": "x" * LARGEST_BODY}).encode()
        caller = Caller(entrance.application)
        halves = [large[:100], large[100:]]
        reply = await caller.call("POST", "/api/v2/calendars", halves, {"X-Access-Token": entrance.admin})
        assert (reply.status, reply.json) == (413, {"status": "error", "info": "request entity too large"})
        assert caller.left == 0

    at_entrance(story)


@HASHES
def test_a_form_will_do_for_a_login(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        form = f"username=admin%40site&password={PASSWORD}".encode()
        kind = "application/x-www-form-urlencoded"
        assert (await entrance.call("POST", "/login", form, NOBODY, Content_Type=kind)).status == 200
        raw = json.dumps(HERE).encode()
        assert (await entrance.call("POST", "/login", raw, NOBODY, Content_Type=kind)).status == 200

    at_entrance(story)


def test_the_page_for_programmers(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        page = await entrance.call("GET", "/api/v2/openapi.json", token=NOBODY)
        assert page.status == 200
        assert {"/login", "/logout", "/api/v2/calendars", "/api/v2/hooks/{id}"} <= set(page.json["paths"])

    at_entrance(story)


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
