"""Whatever a client does to a task, in whatever order: a number is dialled once for each time it was put on the list,
never after its row is finished and never while it is on the line, and no row stays open."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.conftest import Floor
from scenarios.polls import SHORT_POLL, number
from scenarios.server import Server, until

_fresh = count(1000)
CALLEES = [number("01", 13), number("12", 60), number("13", 30)]
"""One who is done at once, one who talks on, and one who lets it ring: calls that last while the task changes."""
_END = re.compile(r"^(\S+) .*\bcall\.ended\b.*\battempt=(\S+)")

A_MILLISECOND = timedelta(milliseconds=1)
"""What the witness cuts its times to."""

POST = st.tuples(st.just("post"), st.sets(st.integers(0, 2), min_size=1), st.sampled_from([None, 0, 1, 2]))
PUT = st.tuples(st.just("put"), st.just(frozenset()), st.sampled_from([0, 1, 2]))
DELETE = st.tuples(st.just("delete"), st.just(frozenset()), st.none())
HISTORIES = st.lists(POST | POST | PUT | DELETE, min_size=2, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HISTORIES)
def test_no_history_of_a_task_dials_too_often_or_sticks(sandbox_floor: Floor, history: list) -> None:  # type: ignore[type-arg]
    server = sandbox_floor.server
    poll = server.data("POST", "/polling", {**SHORT_POLL, "crmId": "laws"})["id"]
    phones = [f"{next(_fresh)}{callee}" for callee in CALLEES]
    key = f"laws {phones[0]}"
    listed: set[str] = set()
    put_on_the_list: Counter[str] = Counter()
    task = ""
    for kind, chosen, state in [*history, ("post", {0, 1, 2}, 0)]:
        if kind == "post":
            wanted = {phones[index] for index in chosen}
            put_on_the_list.update(wanted - listed)
            listed = wanted
            body = {"crmId": key, "innerNum": poll, "innerNumType": "polling", "maxCountChannels": 2}
            body |= {"numbers": sorted(wanted)} | ({} if state is None else {"state": state})
            task = server.data("POST", "/task", body)["id"]
        elif kind == "put" and task:
            server.data("PUT", f"/task/{task}", {"state": state})
        elif kind == "delete" and task:
            server.data("DELETE", f"/task/{task}")
            task, listed = "", set()
    done = server.finished(task)
    assert {row["phone"] for row in done["results"]} == listed
    assert all(row["closeTime"] != "0" and row["result"] for row in done["results"])
    calls = [call for call in sandbox_floor.witness() if call["number"] in phones]
    dialled = Counter(call["number"] for call in calls)
    assert all(dialled[phone] <= put_on_the_list[phone] for phone in phones), (dialled, put_on_the_list)
    assert all(dialled[phone] >= 1 for phone in listed)

    ended = until(lambda: (found := ends(server)).keys() >= {call["channel"] for call in calls} and found, "calls end")
    for phone in phones:
        begun = [(datetime.fromisoformat(call["time"]), call["channel"]) for call in calls if call["number"] == phone]
        for (_, before), (again, _) in pairwise(begun):
            assert ended[before] <= again + A_MILLISECOND, f"{phone} was on the line when it was dialled again"


def ends(server: Server) -> dict[str, datetime]:
    """When each call was over, by the server's log."""
    found = (_END.search(line) for line in list(server.errors))
    return {end[2]: datetime.fromisoformat(end[1]).astimezone(UTC) for end in found if end}
