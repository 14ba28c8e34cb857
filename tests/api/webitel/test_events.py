"""The events of dialers over a WebSocket: who may hear them, what is told, and what is not worth telling."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from api.webitel.entrance import NOBODY, Entrance

Play = Callable[..., None]
EVENTS = "/api/v2/events"
DIALERS = "/api/v2/dialer"
OFFICE = [{"weekDay": day, "startTime": 540, "endTime": 1080} for day in range(1, 8)]


class Socket:
    """The other side of a WebSocket."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def next(self) -> Any:
        """The next message of the server; what is told as its value."""
        message = await self.received.get()
        return json.loads(message["text"]) if message["type"] == "websocket.send" else message


@asynccontextmanager
async def connected(entrance: Entrance, token: str | None = None, query: str = "") -> AsyncIterator[Socket]:
    """A WebSocket to the events, until it leaves."""
    socket = Socket()
    headers = [(b"x-access-token", (entrance.admin if token is None else token).encode())]
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": EVENTS,
        "raw_path": EVENTS.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": headers if not query else [],
        "client": ("127.0.0.1", 40000),
        "server": ("pbx", 80),
        "subprotocols": [],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }
    await socket.sent.put({"type": "websocket.connect"})
    async with asyncio.TaskGroup() as group:
        served = group.create_task(entrance.application(scope, socket.sent.get, socket.received.put))
        yield socket
        await socket.sent.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(10):
            await served


async def dialer(entrance: Entrance, token: str | None = None) -> str:
    """A dialer that does not run, with a calendar of office hours; its id."""
    calendar = await entrance.data("POST", "/api/v2/calendars", {"name": "Office", "accept": OFFICE}, token)
    body = {
        "name": "myDialer",
        "type": "Voice Broadcasting",
        "calendar": {"id": calendar["insertedIds"][0]},
        "parameters": {"eternalQueue": True},
    }
    id: str = (await entrance.data("POST", DIALERS, body, token))["insertedIds"][0]
    return id


async def put(entrance: Entrance, id: str, state: int) -> None:
    assert (await entrance.call("PUT", f"{DIALERS}/{id}/state/{state}")).json == {"status": "OK"}


def test_what_becomes_of_a_dialer_is_told_in_order(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        id = await dialer(entrance)
        async with connected(entrance) as socket:
            assert (await socket.next())["type"] == "websocket.accept"
            await put(entrance, id, 1)
            assert list((await socket.next()).items()) == [
                ("Event-Name", "DC::CHANGE_STATE"),
                ("Dialer-Id", id),
                ("Dialer-Name", "myDialer"),
                ("Active", True),
                ("Cause", "QUEUE_HUNTING"),
                ("State", 1),
                ("Event-Calling-Function", "ready"),
                ("Type", "Voice Broadcasting"),
                ("Members-Count", 0),
                ("Event-Domain", "site"),
            ]
            await put(entrance, id, 1)
            entrance.house.clock.at += timedelta(hours=12)
            await entrance.data("PUT", f"{DIALERS}/{id}", {"description": "changed"})
            told = await socket.next()
            assert (told["State"], told["Cause"], told["Active"]) == (2, "QUEUE_SLEEP", True)
            await put(entrance, id, 3)
            told = await socket.next()
            assert (told["State"], told["Cause"], told["Active"]) == (3, "QUEUE_STOP", False)
            assert told["Event-Calling-Function"] == "end"
            await entrance.data("DELETE", f"{DIALERS}/{id}")
            told = await socket.next()
            assert (told["Dialer-Id"], told["Event-Calling-Function"]) == (id, "removed")
            assert socket.received.empty()
        assert entrance.house.bus.listeners == []

    at_entrance(story)


def test_a_domain_hears_of_its_own_dialers_only(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        id = await dialer(entrance)
        async with connected(entrance, entrance.stranger) as stranger, connected(entrance) as own:
            await stranger.next()
            await own.next()
            await put(entrance, id, 1)
            assert (await own.next())["State"] == 1
            await put(entrance, id, 3)
            assert (await own.next())["State"] == 3
            assert stranger.received.empty()

    at_entrance(story)


def test_a_token_in_the_query_will_do(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        async with connected(entrance, query=f"access_token={entrance.admin}") as socket:
            assert (await socket.next())["type"] == "websocket.accept"
            await socket.sent.put({"type": "websocket.receive", "text": "hello"})

    at_entrance(story)


@pytest.mark.parametrize(("who", "status"), [("nobody", 401), ("user", 403)])
def test_nobody_else_is_let_in(at_entrance: Play, who: str, status: int) -> None:
    async def story(entrance: Entrance) -> None:
        async with connected(entrance, NOBODY if who == "nobody" else entrance.user) as socket:
            refused = await socket.next()
            assert (refused["type"], refused["status"]) == ("websocket.http.response.start", status)
            assert json.loads((await socket.next())["body"])["status"] == "error"

    at_entrance(story)
