"""The limits of a trunk hold, whatever a task asks for, and the server says what a task waits for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.conftest import read_log
from scenarios.polls import SHORT_POLL, number
from scenarios.server import Server, until

TRUNK = """
tenants:
  - name: demo
    time_zone: Europe/Moscow
    trunks:
      - {name: carrier, lines: %d, calls_per_second: %s}
"""


def test_a_trunk_s_lines_are_never_exceeded_and_a_task_says_that_it_waits_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTDIAL_MIKOPBX_CALLS_PER_SECOND", "0")
    log = tmp_path / "dialled.jsonl"
    server = Server(tmp_path / "data", "--demo", "--speed", "20", "--sandbox-log", str(log), keep=("MIKOPBX",))
    (tmp_path / "trunk.yaml").write_text(TRUNK % (2, 0))
    command = [sys.executable, "-m", "outdial", "apply", str(tmp_path / "trunk.yaml"), "--data", str(tmp_path / "data")]
    applied = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "lines 200 → 2" in applied.stdout
    poll = server.data("POST", "/polling", SHORT_POLL)["id"]
    numbers = [number("12", 20 + index) for index in range(8)]
    body = {"innerNum": poll, "innerNumType": "polling", "maxCountChannels": 8, "numbers": numbers}
    task = server.data("POST", "/task", body)["id"]
    calls, reasons = set(), set()

    def over() -> bool:
        health = server.ask("GET", "/v1/health")
        calls.add(health["calls"])
        reasons.update(waiting["reason"] for waiting in health["waiting"])
        return bool(server.data("GET", f"/task/{task}")["state"] == "1")

    until(over, "the task is over")
    assert max(calls) == 2
    assert "the trunk's lines or calls per second are used up" in reasons
    assert sorted(call["number"] for call in read_log(log)) == sorted(numbers)
    assert server.stop() == 0
