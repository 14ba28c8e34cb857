"""Servers that scenarios share. The same scenarios run on the sandbox and on Asterisk: a switch is a parameter."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from drivers.model_stand_in import ModelStandIn
from drivers.stand_in import babbles
from scenarios.server import Server
from scenarios.waits import begin_at_once
from smsc.smsc import Smsc

SANDBOX_SPEED = "200"


@dataclass(frozen=True)
class Floor:
    """A running server and a witness of what it dialled."""

    server: Server
    switch: str
    witness: Any
    begun: dict[str, str] = field(default_factory=dict)
    """Tasks that last for a minute or more, by name: begun early and looked at late."""

    def dialled(self) -> list[str]:
        """Numbers as the far end saw them, in order."""
        return [call["number"] for call in self.witness()]


@pytest.fixture(scope="session")
def model() -> Iterator[ModelStandIn]:
    """The language model of the servers that scenarios share. Who wants an answer of it sets its moves before a call."""
    stand_in, loop = ModelStandIn(babbles(b"nobody said what to answer", 503)), asyncio.new_event_loop()
    serving = threading.Thread(target=loop.run_forever, name="model")
    serving.start()
    asyncio.run_coroutine_threadsafe(stand_in.__aenter__(), loop).result(30)
    yield stand_in
    asyncio.run_coroutine_threadsafe(stand_in.__aexit__(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    serving.join()
    loop.close()


@pytest.fixture(scope="session")
def outside(smsc_of_session: Smsc, model: ModelStandIn) -> dict[str, str]:
    """What a server is told of the carrier of SMS and of the model."""
    assistant = {"OUTDIAL_ASSISTANT_URL": model.address, "OUTDIAL_ASSISTANT_MODEL": "m"}
    return {**with_sms(smsc_of_session), **assistant}


@pytest.fixture(scope="session")
def sandbox_floor(tmp_path_factory: pytest.TempPathFactory, outside: dict[str, str]) -> Iterator[Floor]:
    """A server on the sandbox, many times faster than life."""
    folder = tmp_path_factory.mktemp("sandbox")
    log = folder / "dialled.jsonl"
    options = ("--demo", "--speed", SANDBOX_SPEED, "--sandbox-log", str(log))
    server = Server(folder / "data", *options, environment=outside)
    floor = Floor(server, "sandbox", lambda: read_log(log))
    begin_at_once(floor)
    yield floor
    assert server.stop() == 0, "".join(server.errors[-20:])


@pytest.fixture(scope="session")
def asterisk_floor(
    tmp_path_factory: pytest.TempPathFactory, asterisk: Any, carrier: Any, outside: dict[str, str]
) -> Iterator[Floor]:
    """A server on a real Asterisk that calls a carrier over SIP."""
    folder = tmp_path_factory.mktemp("asterisk")
    options = ("--demo", "--telephony", asterisk.telephony_url)
    server = Server(folder / "data", *options, environment=outside)
    floor = Floor(server, "asterisk", carrier.calls)
    begin_at_once(floor)
    yield floor
    assert server.stop() == 0, "".join(server.errors[-20:])


@pytest.fixture(params=["sandbox", pytest.param("asterisk", marks=pytest.mark.asterisk)])
def floor(request: pytest.FixtureRequest) -> Floor:
    """Each switch in turn."""
    found: Floor = request.getfixturevalue(f"{request.param}_floor")
    return found


def with_sms(smsc: Smsc) -> dict[str, str]:
    """What a server is told of a carrier of SMS."""
    return {"OUTDIAL_SMS": smsc.url, "OUTDIAL_SMS_SOURCE": "Outdial", "OUTDIAL_SMS_PER_SECOND": "0"}


def read_log(log: Path) -> list[dict[str, str]]:
    """The sandbox's witness."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
