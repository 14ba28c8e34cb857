"""Logins: with the words of this dialect, at a path that another dialect has as well."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from api.is74.entrance import Door, campaign
from operations.house import LOGIN, PASSWORD

Play = Callable[..., None]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
RIGHT = {"login": LOGIN, "password": PASSWORD}


@pytest.mark.parametrize("path", ["/login", "/login/"])
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (json.dumps(RIGHT), {}),
        (json.dumps({"email": LOGIN, "password": PASSWORD}), {}),
        (urlencode(RIGHT), FORM),
        (urlencode({"email": LOGIN, "password": PASSWORD}), FORM),
    ],
)
def test_a_login_gives_a_token_that_is_good(at_door: Play, path: str, body: str, headers: dict[str, str]) -> None:
    async def story(door: Door) -> None:
        reply = await door.post(path, body.encode(), headers)
        assert reply.status == 200
        assert reply.json | {"token": ""} == {"token": "", "token_type": "Bearer", "expires_in": 3600}
        shown = {"Authorization": f"bearer {reply.json['token']}"}
        assert (await door.post("/api/campaigns", campaign(), shown)).status == 200

    at_door(story)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"login": LOGIN, "password": "wrong"}, 401),
        ({"login": "nobody", "password": PASSWORD}, 401),
        ({"login": LOGIN}, 422),
        ({"login": 5, "password": ["x"]}, 422),
    ],
)
def test_who_is_not_known_does_not_come_in(at_door: Play, body: dict[str, str], status: int) -> None:
    async def story(door: Door) -> None:
        reply = await door.post("/login", json.dumps(body).encode())
        assert reply.status == status
        assert "message" in reply.json

    at_door(story)


def test_after_ten_wrong_passwords_an_address_waits(at_door: Play) -> None:
    async def story(door: Door) -> None:
        wrong = {"login": LOGIN, "password": "wrong"}
        assert [(await door.post("/login", wrong)).status for _ in range(11)] == [401] * 10 + [429]

    at_door(story)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
@pytest.mark.parametrize("path", ["/api/campaigns", "/api/analytics/1/report", "/api/campaigns/"])
def test_without_a_token_there_is_nothing(at_door: Play, path: str, headers: dict[str, str]) -> None:
    async def story(door: Door) -> None:
        reply = await door.post(path, b"{broken", headers)
        assert (reply.status, reply.json) == (401, {"message": "Unauthenticated."})

    at_door(story)


def test_a_login_with_a_user_name_is_the_other_dialects(at_door: Play) -> None:
    async def story(door: Door) -> None:
        known = await door.post("/login", {"username": f"{LOGIN}@site", "password": PASSWORD})
        assert (known.status, known.json["domain"]) == (200, "site")
        assert known.headers["x-powered-by"] == "Webitel"
        for other in (b"", b"{", b"[1]", b"x" * 100_000, json.dumps({"username": "a", "login": "b"}).encode()):
            reply = await door.caller.call("POST", "/login", [other[:10], other[10:]], {})
            assert reply.headers["x-powered-by"] == "Webitel"

    at_door(story)
