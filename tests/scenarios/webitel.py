"""A client of the Webitel door, as a CRM has one: logged in, with dialers, members and agents."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from scenarios.server import until

CALENDAR = "594225b53c1956000b41db7b"
AGENTS = [str(number) for number in range(100, 110)]
EVERYONE = r"^\+?(7\d{10})$"


class Webitel:
    """One login at a running server."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._headers = {"Content-Type": "application/json"}
        _, login = self.ask("POST", "/login", {"username": "admin@site", "password": "adminpassword"})
        self._headers |= {"X-Access-Token": login["token"], "X-Key": login["key"]}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One request; status and parsed answer."""
        assert self._target.hostname is not None
        connection = http.client.HTTPConnection(self._target.hostname, self._target.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body).encode(), self._headers)
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to a request that goes well."""
        status, answer = self.ask(method, path, body)
        assert (status, answer["status"]) == (200, "OK"), answer
        return answer

    def agents(self, status: str, *extensions: str) -> None:
        """Let agents say what they want; all of them where none is named."""
        for each in extensions or AGENTS:
            self.ok("POST", f"/api/v2/callcenter/agent/{each}/status", {"status": status})

    def agent(self, extension: str) -> dict[str, Any]:
        """An agent as the switch's columns show it."""
        (row,) = self.ok("GET", f"/api/v2/callcenter/agent/{extension}")["info"]
        return dict(row)

    def dialer(self, type: str, agents: list[str] | None = None, **changes: Any) -> str:
        """Make a dialer; its id. `parameters` and `agentParams` are added to what it has anyway."""
        parameters = {"limit": 30, "maxTryCount": 1, "intervalTryCount": 5, "originateTimeout": 20, "minBillSec": 0}
        destination = {
            "gwName": "carrier",
            "gwProto": "sip",
            "dialString": "$1",
            "limit": 30,
            "enabled": True,
            "order": 0,
        }
        body = {
            "name": type,
            "type": type,
            "calendar": {"id": CALENDAR},
            "resources": [{"dialedNumber": EVERYONE, "destinations": [destination]}],
            "agents": AGENTS if agents is None else agents,
            "agentStrategy": "longest-idle-agent",
            "communications": {"types": []},
            **changes,
            "parameters": {**parameters, **changes.get("parameters", {})},
            "agentParams": {"callTimeout": 4, "wrapUpTime": 1, **changes.get("agentParams", {})},
        }
        (id,) = self.ok("POST", "/api/v2/dialer", body)["data"]["insertedIds"]
        return str(id)

    def add(self, dialer: str, *numbers: str, **member: Any) -> list[str]:
        """Members with one number each; their ids."""
        members = [{"name": number, "communications": [{"number": number}], **member} for number in numbers]
        return list(self.ok("POST", f"/api/v2/dialer/{dialer}/members", members)["data"]["insertedIds"])

    def start(self, dialer: str) -> None:
        """Let it dial."""
        assert self.ok("PUT", f"/api/v2/dialer/{dialer}/state/1") == {"status": "OK"}

    def stop(self, dialer: str) -> None:
        """Let it dial no more."""
        self.ok("PUT", f"/api/v2/dialer/{dialer}/state/3")

    def of(self, dialer: str) -> dict[str, Any]:
        """A dialer as it stands."""
        return dict(self.ok("GET", f"/api/v2/dialer/{dialer}")["data"])

    def members(self, dialer: str) -> dict[str, dict[str, Any]]:
        """Its members by their first number."""
        found = self.ok("GET", f"/api/v2/dialer/{dialer}/members?limit=1000")["data"]
        return {member["communications"][0]["number"]: member for member in found}

    def finished(self, dialer: str, seconds: float = 90.0) -> dict[str, dict[str, Any]]:
        """The members of a dialer that has come to its end."""

        def over() -> bool:
            found = self.of(dialer)
            return found["state"] == 4 and not found["active"]

        try:
            until(over, f"dialer {dialer} is complete", seconds)
        except AssertionError as late:
            left = [m | {"_log": m["_log"][:2]} for m in self.members(dialer).values() if not m["_endCause"]]
            raise AssertionError(f"{late}: {self.of(dialer)['stats']}; unfinished: {left[:3]}") from late
        return self.members(dialer)
