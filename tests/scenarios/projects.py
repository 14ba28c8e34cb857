"""Projects of the IS74 dialect as a caller of it sees them: orders for a day that is far from over, and reports."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scenarios.conftest import Floor
from scenarios.server import until

NOON = 12


def ask(floor: Floor, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
    """One request with the key of the demo tenant."""
    target = urlsplit(floor.server.url)
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
    try:
        connection.request(method, path, json.dumps(body).encode(), {"Authorization": "Bearer demo-key", **headers})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def noon_somewhere() -> tuple[str, str]:
    """A zone in which it is about noon, so that the ends of its day are far away, and the date there."""
    now = datetime.now(UTC)
    ahead = (NOON - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}", f"{now + timedelta(hours=ahead):%Y-%m-%d}"


def order(floor: Floor, project: int, start: int, caller_number: int, phones: list[dict[str, Any]]) -> int:
    """A campaign of one try for each phone, today by the clock of `noon_somewhere`; its number."""
    _, day = noon_somewhere()
    body = {
        "campaign": {
            "project_id": project,
            "start_block_id": start,
            "schedule": {
                "date": day,
                "start_time": "00:01",
                "end_time": "23:59",
                "periods": {"id": 1, "title": "Однократно"},
                "attempts": {"id": 1, "title": "1"},
                "interval": "5",
            },
            "phone_id": caller_number,
        },
        "phones": phones,
    }
    status, answer = ask(floor, "POST", "/api/campaigns", body)
    assert status == 200, answer
    campaign = json.loads(answer)["campaign"]["id"]
    assert type(campaign) is int
    return campaign


def question(scenario: int, start: int, campaign: int, *columns: str) -> dict[str, Any]:
    """A report on the last minutes, in the order of phones."""
    now = datetime.now(UTC)
    return {
        "analytics_filter": {
            "scenario_id": scenario,
            "start_block_id": start,
            "outgoing_campaign_id": campaign,
            "date_start": (now - timedelta(minutes=10)).isoformat(),
            "date_end": (now + timedelta(hours=1)).isoformat(),
        },
        "columns": [{"name": "phone_number", "sorting": "asc"}, *({"name": name} for name in columns)],
    }


def report(floor: Floor, project: int, asked: dict[str, Any]) -> Any:
    """The report as it stands."""
    status, answer = ask(floor, "POST", f"/api/analytics/{project}/report", asked)
    assert status == 200, answer
    return json.loads(answer)


def finished(floor: Floor, project: int, asked: dict[str, Any], calls: int) -> Any:
    """The report once so many calls are over."""

    def over() -> Any:
        found = report(floor, project, asked)
        ended = [row for row in found["data"] if row["call_status"] != "В процессе"]
        return found if len(ended) == calls else None

    return until(over, f"{calls} calls are over", 90.0)
