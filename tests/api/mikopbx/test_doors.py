"""Who may come in: by cookie, by key, by being on the same machine; and how a stranger is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from api.asgi import Caller, Reply
from api.mikopbx.door import Door
from operations.house import KEY, LOGIN, PASSWORD
from outdial.api.mikopbx import API_PREFIX, CABINET_PREFIX

Play = Callable[..., None]
STRANGER = "203.0.113.7"
POLLS = API_PREFIX + "/polling"


REST = [
    ("GET", "/task"),
    ("PUT", "/task/1"),
    ("DELETE", "/task/1"),
    ("DELETE", "/polling/1"),
    ("POST", "/task-signal-close"),
    ("POST", "/client"),
    ("DELETE", "/client/1"),
    ("GET", "/client-by-phone/1"),
    ("POST", "/upload-xls"),
    ("POST", "/crm-test"),
]


async def log_in(caller: Caller, login: str = LOGIN, password: str = PASSWORD) -> Reply:
    form = f"&login={login}&password={password}&".encode()
    return await caller.call("POST", CABINET_PREFIX + "/session/start", form, {"X-Requested-With": "XMLHttpRequest"})


def test_a_session(at_door: Play) -> None:
    async def story(door: Door) -> None:
        stranger = door.caller(STRANGER)
        reply = await log_in(stranger)
        assert reply.body == b'{"success":true,"reload":false,"message":[]}'
        line = reply.headers["set-cookie"]
        token = SimpleCookie(line)["PHPSESSID"].value
        for cookie in [f"PHPSESSID={token}", line, f"a=b; PHPSESSID={token}", f"x=1, {line}", f'PHPSESSID="{token}"']:
            assert (await stranger.call("GET", POLLS, headers={"Cookie": cookie})).status == 200, cookie
        for cookie in ["", "PHPSESSID=", "PHPSESSID=" + token[:-1], f"XPHPSESSID={token}", "PHPSESSID=\x00"]:
            assert (await stranger.call("GET", POLLS, headers={"Cookie": cookie})).status == 401, cookie

    at_door(story)


def test_a_session_ends_after_an_idle_hour(at_door: Play) -> None:
    async def story(door: Door) -> None:
        stranger = door.caller(STRANGER)
        line = (await log_in(stranger)).headers["set-cookie"]
        assert await door.house.pool.fetchval("select idle_seconds from sessions") == 3600
        await door.house.pool.execute("update sessions set expires_at = now() + interval '1 minute'")
        assert (await stranger.call("GET", POLLS, headers={"Cookie": line})).status == 200
        left = await door.house.pool.fetchval("select expires_at - now() from sessions")
        assert left > timedelta(minutes=59)
        await door.house.pool.execute("update sessions set expires_at = now() - interval '1 second'")
        assert (await stranger.call("GET", POLLS, headers={"Cookie": line})).status == 401

    at_door(story)


@pytest.mark.parametrize(
    ("login", "password"),
    [(LOGIN, "wrong"), ("nobody", PASSWORD), ("", ""), (LOGIN, ""), ("%00", PASSWORD), ("%FF", PASSWORD)],
)
def test_a_failed_login(at_door: Play, login: str, password: str) -> None:
    async def story(door: Door) -> None:
        reply = await log_in(door.caller(STRANGER), login, password)
        assert reply.status == 200
        assert "set-cookie" not in reply.headers
        assert list(reply.json) == ["success", "reload", "message"]
        assert (reply.json["success"], reply.json["reload"]) == (False, False)
        assert len(reply.json["message"]["error"]) == 1

    at_door(story)


def test_a_login_without_a_form(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for body in (b"", b"{}", b"\xff", b"a" * 200_000):
            reply = await door.caller(STRANGER).call("POST", CABINET_PREFIX + "/session/start", body)
            assert reply.json["success"] is False
        reply = await door.caller(STRANGER).call("GET", CABINET_PREFIX + "/session/start")
        assert reply.status == 404

    at_door(story)


def test_ten_failures_shut_the_door_for_five_minutes(at_door: Play) -> None:
    async def story(door: Door) -> None:
        stranger = door.caller(STRANGER)
        for _ in range(10):
            assert (await log_in(stranger, password="wrong")).json["success"] is False
        shut = await log_in(stranger)
        assert "set-cookie" not in shut.headers
        assert shut.json["success"] is True
        assert shut.json["reload"].endswith("session/index")
        assert "error" in shut.json["message"]
        assert "set-cookie" in (await log_in(door.caller("203.0.113.8"))).headers
        door.house.clock.at += timedelta(seconds=301)
        assert "set-cookie" in (await log_in(stranger)).headers

    at_door(story)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("127.0.0.1", 200),
        ("::1", 200),
        ("127.0.0.2", 401),
        ("127.1.2.3", 401),
        ("::ffff:127.0.0.1", 401),
        ("10.0.0.1", 401),
        (STRANGER, 401),
        (None, 401),
    ],
)
def test_who_needs_no_login(at_door: Play, address: str | None, status: int) -> None:
    async def story(door: Door) -> None:
        claims = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"}
        assert (await door.caller(address).call("GET", POLLS, headers=claims)).status == status

    at_door(story)


def test_the_exemption_can_be_switched_off(at_door: Play) -> None:
    async def story(door: Door) -> None:
        assert (await door.local.call("GET", POLLS)).status == 401
        line = (await log_in(door.local)).headers["set-cookie"]
        assert (await door.local.call("GET", POLLS, headers={"Cookie": line})).status == 200

    at_door(story, mikopbx_loopback_exempt=False)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {KEY}", 200),
        (f"bearer  {KEY} ", 200),
        ("Bearer wrong", 401),
        ("Bearer", 401),
        (f"Basic {KEY}", 401),
        (KEY, 401),
    ],
)
def test_keys(at_door: Play, header: str, status: int) -> None:
    async def story(door: Door) -> None:
        assert (await door.caller(STRANGER).call("GET", POLLS, headers={"Authorization": header})).status == status

    at_door(story)


def test_a_wrong_key_fails_on_this_machine_too(at_door: Play) -> None:
    async def story(door: Door) -> None:
        assert (await door.local.call("GET", POLLS, headers={"Authorization": "Bearer wrong"})).status == 401

    at_door(story)


def test_what_a_stranger_is_told(at_door: Play) -> None:
    async def story(door: Door) -> None:
        stranger = door.caller(STRANGER)
        for method, path in [
            ("GET", "/polling"),
            ("POST", "/task"),
            ("GET", "/task/1"),
            ("DELETE", "/audio/1.mp3"),
            *REST,
        ]:
            reply = await stranger.call(method, API_PREFIX + path, [b"{", b"}" * 70_000, b""])
            assert reply.status == 401
            assert stranger.left == 0
            assert reply.json["messages"] == {"error": ["The user isn't authenticated."]}
            assert reply.json["errors"] == ["The user isn't authenticated."]
            assert list(reply.json) == [
                *("result", "data", "messages", "function", "processor", "pid", "errors"),
            ]

    at_door(story)


def test_tenants_do_not_see_each_other(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.house.pool.execute("update api_keys set tenant_id = $1", door.house.other_tenant)
        await door.data("/polling", {"name": "ours"})
        await door.data("/task", {"innerNum": "1", "innerNumType": "polling", "numbers": ["79520000001"]})
        await door.upload("1.mp3", b"sound")
        other = door.caller(STRANGER)

        async def data(path: str) -> object:
            return (await other.call("GET", API_PREFIX + path, headers={"Authorization": f"Bearer {KEY}"})).json["data"]

        await door.eventually("/results/0", 1)
        assert await data("/polling") == {"results": []}
        assert await data("/polling/1") == []
        assert await data("/task/1000000001") == []
        assert await data("/results/0") == {"results": []}
        assert await data("/audio") == []

    at_door(story)


def test_the_pages_of_the_api(at_door: Play) -> None:
    async def story(door: Door) -> None:
        described = (await door.local.call("GET", API_PREFIX + "/openapi.json")).json
        assert "/task/{id}" in described["paths"]
        assert (await door.local.call("GET", API_PREFIX + "/docs")).status == 200

    at_door(story)
