"""An ear is put together in the order that Asterisk allows, whatever order its events come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from outdial.core.commands import Listen
from outdial.core.ids import Channel
from outdial.drivers.asterisk.client import AriClient, AriRequest
from outdial.drivers.asterisk.ears import Ears
from outdial.drivers.asterisk.translate import media_name, snoop_name
from outdial.ports import Recogniser

LEG = Channel("4930645b-407e-4bbf-a8a9-a4d14dbaf487")


class Deaf:
    """A recogniser that understands nothing, and is its own hearing."""

    def open(self, *_: object) -> Deaf:
        return self

    def feed(self, sound: bytes) -> None: ...

    def close(self) -> None: ...


class Socket:
    """A media WebSocket that brings nothing, and stays."""

    def __aiter__(self) -> Socket:
        return self

    async def __anext__(self) -> Any:
        await asyncio.Event().wait()


class Asterisk:
    """What the ears ask for, in order; each request is answered at once."""

    def __init__(self) -> None:
        self.asked: list[AriRequest] = []
        self.connected = asyncio.Event()
        self.joined = asyncio.Event()

    async def ask(self, request: AriRequest) -> dict[str, Any]:
        self.asked.append(request)
        if request.path.endswith("/addChannel"):
            self.joined.set()
        return {"channelvars": {"MEDIA_WEBSOCKET_CONNECTION_ID": "media"}}

    @asynccontextmanager
    async def media(self, _: str) -> AsyncIterator[Socket]:
        self.connected.set()
        yield Socket()


@pytest.mark.parametrize("order", [(snoop_name, media_name), (media_name, snoop_name)])
def test_an_ear_is_joined_once_both_its_channels_are_here(order: Any) -> None:
    async def story() -> None:
        asterisk = Asterisk()
        ears = Ears(
            cast(AriClient, asterisk),
            "app",
            cast(Recogniser, Deaf()),
            post=lambda _: None,
            announce=lambda _: None,
        )
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            ears.begin(tasks)
            ears.listen(Listen(LEG, 1, "ru-RU", ("да",)))
            await asterisk.connected.wait()
            name = asterisk.asked[0].path.rsplit("-", 1)[1]
            first, second = (each(LEG, name) for each in order)
            before = len(asterisk.asked)
            assert ears.arrived(first)
            for _ in range(10):
                await asyncio.sleep(0)
            assert len(asterisk.asked) == before
            assert ears.arrived(second)
            await asterisk.joined.wait()
            ears.close_all()

    asyncio.run(story())
