"""What a power cut leaves, and what the next start makes of it: no recorded answer is lost, nobody is dialled twice, no
row stays open."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from asterisk.carrier import Carrier
from asterisk.instance import PrivateAsterisk
from scenarios.conftest import read_log
from scenarios.polls import SHORT_POLL, number
from scenarios.server import Server, until

LINES = 6


def start_task(server: Server, poll: dict[str, Any], numbers: list[str], **fields: Any) -> str:
    made = server.data("POST", "/polling", poll)
    body = {"innerNum": made["id"], "innerNumType": "polling", "numbers": numbers, **fields}
    task: str = server.data("POST", "/task", body)["id"]
    return task


def given(server: Server, task: str) -> set[tuple[str, str, str]]:
    rows = server.data("GET", f"/task/{task}")["resultsPoling"]
    return {(row["phone"], row["questionCrmId"], row["result"]) for row in rows}


def test_a_kill_in_mid_poll_loses_no_answer_and_dials_nobody_twice(tmp_path: Path) -> None:
    log = tmp_path / "dialled.jsonl"
    options = ("--demo", "--speed", "20", "--sandbox-log", str(log))
    numbers = [number("01", 13000 + index) for index in range(30)]
    server = Server(tmp_path / "data", *options)
    task = start_task(server, SHORT_POLL, numbers, maxCountChannels=LINES)
    before = until(lambda: len(answers := given(server, task)) >= 8 and answers, "answers come in")
    server.kill()

    server = Server(tmp_path / "data", *options)
    done = server.finished(task)
    assert before <= given(server, task)
    dialled = Counter(call["number"] for call in read_log(log))
    assert set(dialled.values()) == {1}
    # A call that was saved and not placed yet is settled like one that was lost: nobody can tell the two apart.
    ends = {row["phone"]: (row["result"], row["state"]) for row in done["results"]}
    assert {ends[phone] for phone in numbers if phone not in dialled} <= {("FAIL", "endCall")}
    assert len(numbers) - len(dialled) < LINES
    assert set(ends) == set(numbers)
    assert {result for result, _ in ends.values()} <= {"SUCCESS_POLLING", "FAIL_POLLING", "FAIL"}
    assert server.stop() == 0


def test_a_stop_lets_calls_end_and_leaves_the_rest_for_the_next_start(tmp_path: Path) -> None:
    log = tmp_path / "dialled.jsonl"
    options = ("--demo", "--speed", "20", "--sandbox-log", str(log), "--drain", "30")
    numbers = [number("01", 13000 + index) for index in range(12)]
    server = Server(tmp_path / "data", *options)
    task = start_task(server, SHORT_POLL, numbers, maxCountChannels=3)
    until(lambda: given(server, task), "an answer")
    assert server.stop() == 0
    dialled = len(read_log(log))
    assert dialled < len(numbers)

    server = Server(tmp_path / "data", *options)
    done = server.finished(task)
    assert {row["result"] for row in done["results"]} == {"SUCCESS_POLLING"}
    assert Counter(call["number"] for call in read_log(log)) == Counter(numbers)
    assert server.stop() == 0


@pytest.mark.asterisk
def test_a_call_that_stands_at_asterisk_is_carried_on_after_a_kill(
    tmp_path: Path, asterisk: PrivateAsterisk, carrier: Carrier
) -> None:
    long_poll = {
        "questions": [
            {
                "questionText": "Please listen to this long question before you press the key one on your telephone. "
                * 2,
                "lang": "en-US",
                "press": [{"key": "1", "action": "answer", "value": "yes"}],
            }
        ]
    }
    # An application of its own: the server of the other scenarios has calls there.
    options = ("--demo", "--telephony", f"{asterisk.telephony_url}/crash")
    phone = "88" + number("01", 1)
    server = Server(tmp_path / "data", *options)
    task = start_task(server, long_poll, [phone])
    until(
        lambda: server.data("GET", f"/task/{task}")["results"][0]["state"] == "EVENT_POLLING",
        "the poll is being played",
    )
    server.kill()

    server = Server(tmp_path / "data", *options)
    done = server.finished(task)
    assert [row["result"] for row in done["results"]] == ["SUCCESS_POLLING"]
    assert [row["result"] for row in done["resultsPoling"]] == ["yes"]
    assert [call["number"] for call in carrier.calls()].count(phone) == 1
    assert server.stop() == 0
