"""Whatever a client does to a task, in whatever order: a number is dialled once for each time it was put on the list,
never after its row is finished, and no row stays open."""

from __future__ import annotations

from collections import Counter
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.conftest import Floor
from scenarios.polls import SHORT_POLL

_fresh = count(10000)

POST = st.tuples(st.just("post"), st.sets(st.integers(0, 2), min_size=1), st.sampled_from([None, 0, 1, 2]))
PUT = st.tuples(st.just("put"), st.just(frozenset()), st.sampled_from([0, 1, 2]))
DELETE = st.tuples(st.just("delete"), st.just(frozenset()), st.none())
HISTORIES = st.lists(POST | POST | PUT | DELETE, min_size=1, max_size=8)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HISTORIES)
def test_no_history_of_a_task_dials_too_often_or_sticks(sandbox_floor: Floor, history: list) -> None:  # type: ignore[type-arg]
    server = sandbox_floor.server
    poll = server.data("POST", "/polling", {**SHORT_POLL, "crmId": "laws"})["id"]
    phones = [f"700001{next(_fresh):05d}" for _ in range(3)]
    key = f"laws {phones[0]}"
    listed: set[str] = set()
    put_on_the_list: Counter[str] = Counter()
    task = ""
    for kind, chosen, state in [*history, ("post", {0}, 0)]:
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
    dialled = Counter(number for number in sandbox_floor.dialled() if number in phones)
    assert all(dialled[phone] <= put_on_the_list[phone] for phone in phones), (dialled, put_on_the_list)
    assert all(dialled[phone] >= 1 for phone in listed)
