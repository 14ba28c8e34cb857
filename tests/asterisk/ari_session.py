"""A bare ARI session for the tests of the switches: plain REST and the event socket, no driver in between.

It reads events only when a test waits for one; what it passed over stays and can still be waited for.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from asterisk.instance import PrivateAsterisk

Event = dict[str, Any]


class AriSession:
    """One application of its own on one Asterisk; every channel it originates enters that application."""

    def __init__(self, http: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse, application: str) -> None:
        self._http = http
        self._socket = socket
        self._application = application
        self._passed_over: list[Event] = []

    async def request(self, method: str, path: str, body: Event | None = None) -> Any:
        """One request below `/ari/`; an answer that is not 2xx raises."""
        async with self._http.request(method, path, json=body) as reply:
            text = await reply.text()
            assert reply.ok, f"{method} {path}: {reply.status} {text}"
            return await reply.json() if text else None

    async def dial(self, number: str, *, ring_seconds: int = 20, caller: str = "74951234567") -> str:
        """Originate a call through the trunk `carrier`; returns its channel id."""
        channel = uuid.uuid4().hex
        body = {
            "endpoint": f"PJSIP/{number}@carrier",
            "channelId": channel,
            "app": self._application,
            "callerId": caller,
            "timeout": ring_seconds,
            "variables": {"OUTDIAL_APP": self._application},
        }
        await self.request("POST", "channels", body)
        return channel

    async def play(self, channel: str, media: str) -> str:
        """Begin a prompt on a channel; returns the playback's id."""
        answer = await self.request("POST", f"channels/{channel}/play", {"media": media})
        return str(answer["id"])

    async def hang_up(self, channel: str) -> None:
        """End a call."""
        await self.request("DELETE", f"channels/{channel}")

    async def event(
        self, kind: str, *, channel: str | None = None, playback: str | None = None, within: float = 15
    ) -> Event:
        """The first event of this kind, about this channel or playback, not waited for before."""

        def wanted(event: Event) -> bool:
            return (
                event["type"] == kind
                and channel in (None, event.get("channel", {}).get("id"))
                and playback in (None, event.get("playback", {}).get("id"))
            )

        for index, event in enumerate(self._passed_over):
            if wanted(event):
                return self._passed_over.pop(index)
        try:
            async with asyncio.timeout(within):
                while not wanted(event := await self._socket.receive_json()):
                    self._passed_over.append(event)
        except TimeoutError:
            seen = [passed["type"] for passed in self._passed_over]
            raise AssertionError(f"no {kind} within {within} s; seen instead: {seen}") from None
        return event


@asynccontextmanager
async def ari_session(asterisk: PrivateAsterisk) -> AsyncIterator[AriSession]:
    """An open session on a fresh application."""
    application = f"test-{uuid.uuid4().hex}"
    login = {"Authorization": aiohttp.encode_basic_auth(asterisk.ari_user, asterisk.ari_password)}
    async with (
        aiohttp.ClientSession(base_url=f"{asterisk.ari_url}/", headers=login) as http,
        http.ws_connect(f"events?app={application}&subscribeAll=false") as socket,
    ):
        yield AriSession(http, socket, application)
