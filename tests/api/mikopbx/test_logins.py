"""The login by tokens: who gets them, how long they are good, and what ends them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from api.asgi import Caller, Reply
from api.mikopbx.door import Door
from api.mikopbx.test_doors import POLLS, STRANGER
from api.mikopbx.test_doors import log_in as log_in_by_cookie
from operations.house import KEY, LOGIN, PASSWORD
from outdial.api.mikopbx import LOGIN_PREFIX

pytestmark = pytest.mark.slow  # each login costs an argon2 hash

Play = Callable[..., None]
RIGHT = {"login": LOGIN, "password": PASSWORD, "rememberMe": True}


async def log_in(caller: Caller, body: object = RIGHT) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await caller.call("POST", LOGIN_PREFIX + "/auth:login", raw)


async def with_cookie(caller: Caller, verb: str, token: str) -> Reply:
    return await caller.call("POST", f"{LOGIN_PREFIX}/auth:{verb}", headers={"Cookie": f"refreshToken={token}"})


async def status(caller: Caller, token: str) -> int:
    return (await caller.call("GET", POLLS, headers={"Authorization": f"Bearer {token}"})).status


def refresh_token(reply: Reply) -> str:
    return SimpleCookie(reply.headers["set-cookie"])["refreshToken"].value


def access_token(reply: Reply) -> str:
    token: str = reply.json["data"]["accessToken"]
    return token


def test_a_login(at_door: Play) -> None:
    async def story(door: Door) -> None:
        stranger = door.caller(STRANGER)
        for body in (RIGHT, f"login={LOGIN}&password={PASSWORD}".encode()):
            reply = await log_in(stranger, body)
            assert reply.status == 200
            assert list(reply.json) == ["result", "data", "messages", "function", "processor", "pid"]
            data = reply.json["data"]
            assert list(data) == ["accessToken", "tokenType", "expiresIn", "login"]
            assert (data["tokenType"], data["expiresIn"], data["login"]) == ("Bearer", 900, LOGIN)
            cookie = SimpleCookie(reply.headers["set-cookie"])["refreshToken"]
            assert (cookie["httponly"], cookie["max-age"], cookie["samesite"]) == (True, "2592000", "strict")
            assert await status(stranger, access_token(reply)) == 200
        assert await status(stranger, KEY) == 200
        assert access_token(reply) not in await door.house.pool.fetchval(
            "select string_agg(token_hash, '') from logins"
        )

    at_door(story)


def test_logins_that_fail(at_door: Play) -> None:
    async def story(door: Door) -> None:
        wanted: list[tuple[Any, int]] = [
            (b"", 400),
            (b"{", 400),
            (b"[]", 400),
            (b"\xff", 400),
            (b"a" * 200_000, 400),
            ({"login": LOGIN}, 400),
            ({"login": LOGIN, "password": ""}, 400),
            ({"login": [LOGIN], "password": PASSWORD}, 400),
            ({"login": LOGIN, "password": "wrong"}, 401),
            ({"login": "nobody", "password": PASSWORD}, 401),
            (b"login=%00&password=x", 401),
        ]
        for body, code in wanted:
            reply = await log_in(door.caller(STRANGER), body)
            assert reply.status == code, body
            assert "set-cookie" not in reply.headers
            assert (reply.json["result"], reply.json["data"]) == (False, [])
            assert len(reply.json["messages"]["error"]) == 1

    at_door(story)


def test_failures_at_either_door_shut_both(at_door: Play) -> None:
    async def story(door: Door) -> None:
        stranger = door.caller(STRANGER)
        for _ in range(5):
            await log_in_by_cookie(stranger, password="wrong")
            assert (await log_in(stranger, {**RIGHT, "password": "wrong"})).status == 401
        assert (await log_in(stranger)).status == 429
        assert "set-cookie" not in (await log_in_by_cookie(stranger)).headers
        door.house.clock.at += timedelta(seconds=301)
        assert (await log_in(stranger)).status == 200

    at_door(story)


def test_an_access_token_lives_for_a_quarter_of_an_hour(at_door: Play) -> None:
    async def story(door: Door) -> None:
        stranger = door.caller(STRANGER)
        token = access_token(await log_in(stranger))
        door.house.clock.at += timedelta(seconds=899)
        assert await status(stranger, token) == 200
        door.house.clock.at += timedelta(seconds=2)
        assert await status(stranger, token) == 401

    at_door(story)


def test_a_login_is_renewed_once_with_each_token(at_door: Play) -> None:
    async def story(door: Door) -> None:
        stranger = door.caller(STRANGER)
        first = await log_in(stranger)
        second = await with_cookie(stranger, "refresh", refresh_token(first))
        assert (second.status, second.json["data"]["login"]) == (200, LOGIN)
        assert await status(stranger, access_token(second)) == 200
        for token in (refresh_token(first), "", "wrong"):
            assert (await with_cookie(stranger, "refresh", token)).status == 401
        assert (await with_cookie(stranger, "refresh", refresh_token(second))).status == 200
        await door.house.pool.execute("update logins set expires_at = now() - interval '1 second'")
        assert await status(stranger, access_token(second)) == 401

    at_door(story)


def test_logging_out_ends_the_access_token_too(at_door: Play) -> None:
    async def story(door: Door) -> None:
        stranger = door.caller(STRANGER)
        by_cookie, by_token, other = [await log_in(stranger) for _ in range(3)]
        out = await with_cookie(stranger, "logout", refresh_token(by_cookie))
        assert (out.status, out.json["result"]) == (200, True)
        bearer = {"Authorization": f"Bearer {access_token(by_token)}"}
        assert (await stranger.call("POST", LOGIN_PREFIX + "/auth:logout", headers=bearer)).status == 200
        assert (await stranger.call("POST", LOGIN_PREFIX + "/auth:logout")).status == 200
        assert await status(stranger, access_token(by_cookie)) == await status(stranger, access_token(by_token)) == 401
        assert (await with_cookie(stranger, "refresh", refresh_token(by_token))).status == 401
        assert await status(stranger, access_token(other)) == 200

    at_door(story)


def test_forged_tokens(at_door: Play) -> None:
    async def story(door: Door) -> None:
        stranger = door.caller(STRANGER)
        token = access_token(await log_in(stranger))
        head, body, signature = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=="))
        secret = await door.house.pool.fetchval("select value from secrets")
        assert len(secret) == 32

        def made(changes: dict[str, Any], key: bytes = secret, algorithm: str = "HS256") -> str:
            return jwt.encode({"alg": algorithm}, claims | changes, OctKey.import_key(key), algorithms=[algorithm])

        assert await status(stranger, made({})) == 200
        unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
        for forged in (
            made({}, b"another secret of thirty-two byte"),
            made({}, algorithm="HS512"),
            made({"sub": "4"}),
            made({"sub": 4}),
            made({"sub": "00000000-0000-4000-8000-000000000000"}),
            made({"iss": "other"}),
            made({"exp": "never"}),
            f"{unsigned}.{body}.",
            f"{unsigned}.{body}.{signature}",
            f"{head}.{body}.",
            f"{head}.{body}.{signature[:-2]}",
            f"{head}.{body[:-2]}.{signature}",
            "..",
            "a.b.c",
            "é.é.é",
        ):
            assert await status(stranger, forged) == 401, forged

    at_door(story)
