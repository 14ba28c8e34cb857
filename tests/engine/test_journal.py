"""The journal: what is written together, what a refusal costs, and that nobody goes on before the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

import pytest

from outdial.core.call import Call, Plan, State
from outdial.core.commands import RecordAnswer
from outdial.core.ids import AttemptId, Channel
from outdial.core.script.nodes import HangUp, Script
from outdial.engine.journal import Journal, merged
from outdial.ports import Entry, NotInCharge, StoreDown, StoreRefused

PLAN = Plan("carrier", "79990000000", "", 45.0, Script("end", {"end": HangUp()}), {})


class Pages:
    """A store that keeps what is saved, and fails when it is told to."""

    def __init__(self) -> None:
        self.saved: list[list[Entry]] = []
        self.failures: list[Exception] = []
        self.refused: AttemptId | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def save(self, entries: Sequence[Entry]) -> None:
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)
        if any(entry.call.attempt == self.refused for entry in entries):
            raise StoreRefused("a letter that the database cannot keep")
        self.saved.append(list(entries))


def entry(attempt: AttemptId | None = None, state: State = State.DIALLING, *answers: str) -> Entry:
    call = Call(attempt or AttemptId(str(uuid4())), PLAN, state)
    given = tuple(RecordAnswer(Channel(call.attempt), "1", value, value) for value in answers)
    return Entry(call=call, answers=given)


def write(story: Callable[[Journal, Pages], Awaitable[None]]) -> Pages:
    async def told() -> Pages:
        pages = Pages()
        journal = Journal(pages)  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as group:
            running = group.create_task(journal.run())
            await story(journal, pages)
            running.cancel()
        return pages

    return asyncio.run(told())


def test_what_comes_while_a_batch_is_written_is_the_next_batch() -> None:
    first, *others = [entry() for _ in range(5)]

    async def story(journal: Journal, pages: Pages) -> None:
        pages.open.clear()
        done = [journal.post(first)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        done += [journal.post(other) for other in others]
        assert not any(one.done() for one in done)
        pages.open.set()
        for one in done:
            await one

    assert write(story).saved == [[first], others]


def test_entries_of_one_attempt_are_one_with_all_answers() -> None:
    attempt = AttemptId(str(uuid4()))
    first, other, last = entry(attempt, State.IN_SCRIPT, "1"), entry(), entry(attempt, State.ENDED, "2", "3")
    together = merged([first, other, last])
    assert [one.call.attempt for one in together] == [attempt, other.call.attempt]
    assert together[0].call.state is State.ENDED
    assert [answer.value for answer in together[0].answers] == ["1", "2", "3"]


def test_a_bad_entry_harms_its_own_call_alone() -> None:
    good, bad, better = entry(), entry(), entry()

    async def story(journal: Journal, pages: Pages) -> None:
        pages.refused = bad.call.attempt
        done = [journal.post(one) for one in (good, bad, better)]
        await done[0]
        with pytest.raises(StoreRefused):
            await done[1]
        await done[2]

    assert write(story).saved == [[good], [better]]


def test_a_store_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outdial.engine.journal._RETRY_REAL_SECONDS", 0.0)
    one = entry()

    async def story(journal: Journal, pages: Pages) -> None:
        pages.failures = [StoreDown("gone"), StoreDown("still gone")]
        await journal.write(one)

    assert write(story).saved == [[one]]


def test_a_lost_charge_ends_the_journal() -> None:
    async def told() -> None:
        pages = Pages()
        pages.failures = [NotInCharge("another process")]
        journal = Journal(pages)  # type: ignore[arg-type]
        journal.post(entry())
        with pytest.raises(NotInCharge):
            await journal.run()

    asyncio.run(told())
