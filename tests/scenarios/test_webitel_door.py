"""A CRM at the Webitel door of a running server: it comes in with a token from the command line, hears of its dialers over a
WebSocket, and is told of an ended member even when the server was killed in between.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from scenarios.server import Server, until

KEY = "demo-key"
CALENDAR = "594225b53c1956000b41db7b"
DIALER = {"name": "door", "type": "Voice Broadcasting", "calendar": {"id": CALENDAR, "name": "WorksDay"}}
EVENT = "CUSTOM->engine::dialer_member_end"


def ask(server: Server, method: str, path: str, body: Any = None, token: str = KEY) -> Any:
    """One request; the parsed answer to a request that was taken."""
    target = urlsplit(server.url)
    assert target.hostname is not None
    connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
    try:
        content = None if body is None else json.dumps(body).encode()
        connection.request(method, path, content, {"X-Access-Token": token, "Content-Type": "application/json"})
        answer = connection.getresponse()
        read = json.loads(answer.read())
        assert answer.status == 200, read
        return read
    finally:
        connection.close()


def made(answer: Any) -> str:
    id: str = answer["data"]["insertedIds"][0]
    return id


@contextmanager
def crm(port: int, told: queue.Queue[Any]) -> Iterator[None]:
    """A CRM that takes everything it is told."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", port), Taking)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def key_of(data: Path) -> str:
    """The token that the command line prints."""
    command = [sys.executable, "-m", "outdial", "key", "create", "--dialect", "webitel", "--tenant", "demo"]
    made = subprocess.run(
        [*command, "--name", "crm", "--data", str(data)], capture_output=True, text=True, check=True, timeout=60
    )
    return made.stdout.strip()


async def _states(server: Server, token: str, id: str) -> list[int]:
    """The states of a dialer that is started and stopped, as they are told."""
    async with (
        aiohttp.ClientSession(headers={"X-Access-Token": token}) as session,
        session.ws_connect(server.url + "/api/v2/events") as events,
        asyncio.timeout(60),
    ):
        states = []
        for state in (1, 3):
            async with session.put(f"{server.url}/api/v2/dialer/{id}/state/{state}") as answer:
                assert await answer.json() == {"status": "OK"}
            told = await events.receive_json()
            assert (told["Event-Name"], told["Dialer-Id"]) == ("DC::CHANGE_STATE", id)
            states.append(told["State"])
        return states


def test_a_crm_is_told_of_what_happens_also_across_a_crash(tmp_path: Path) -> None:
    data, told, port = tmp_path / "data", queue.Queue[Any](), free_port()
    server = Server(data, "--demo", "--speed", "200")
    try:
        token = key_of(data)
        assert ask(server, "GET", "/api/v2/whoami", token=token)["domain"] == "site"
        running = made(ask(server, "POST", "/api/v2/dialer", {**DIALER, "parameters": {"eternalQueue": True}}))
        assert asyncio.run(_states(server, token, running)) == [1, 3]
        hook = {
            "event": EVENT,
            "action": {"type": "web", "method": "POST", "url": f"http://127.0.0.1:{port}/ended"},
            "customBody": True,
            "rawBody": '{"member": "${id}", "cause": "${endCause}"}',
            "retries": 100,
            "delay": 600,
        }
        ask(server, "POST", "/api/v2/hooks", hook)
        dialer = made(ask(server, "POST", "/api/v2/dialer", DIALER))
        member = {"name": "Ivan", "communications": [{"number": "70000100001"}]}
        id = made(ask(server, "POST", f"/api/v2/dialer/{dialer}/members", member))
        ask(server, "PUT", f"/api/v2/dialer/{dialer}/members/{id}/terminate")
        until(lambda: any("hook.failed" in line for line in server.errors), "a try at a CRM that is away")
        server.kill()
        server = Server(data, "--demo", "--speed", "200")
        with crm(port, told):
            assert told.get(timeout=60) == {"member": id, "cause": "MANAGER_REQUEST"}
            until(lambda: any("hook.told" in line for line in server.errors), "the delivery is noted")
        assert told.empty()
    finally:
        assert server.stop() == 0, "".join(server.errors[-20:])
