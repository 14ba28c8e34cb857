"""What an ended call, a result or its absence leaves on members in memory: the contact, its numbers, the attempt, and the
campaign's counters."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from outdial.core.amd import Verdict
from outdial.core.call import Connection
from outdial.core.causes import ABANDONED
from outdial.core.contact import ContactState
from outdial.core.ids import ContactId
from outdial.core.outcome import Outcome
from outdial.core.settlement import Settlement
from outdial.drivers.memory.store import MemoryStore, marked
from outdial.ports import Counters, Entry


def save_end(store: MemoryStore, entry: Entry) -> None:
    """Write what an ended call to a member means for it."""
    end, attempt = entry.member, store.attempts.get(entry.call.attempt)
    assert end is not None
    if attempt is None:
        return
    attempt.end = end
    attempt.trunk = entry.call.way.trunk
    moved = settle(store, attempt.contact, end.settlement, ContactState.IN_CALL, entry.ended_at)
    if moved and end.settlement.end_cause:
        store.ends.append((attempt.contact, "", ""))
    _count(store, entry)


def settle(
    store: MemoryStore,
    contact: ContactId,
    made: Settlement,
    expected: ContactState,
    called_at: datetime | None,
) -> bool:
    """Write the settlement of a contact in the state `expected`; whether it applied.

    Where a result was reported during the call it stands: the end of the call decides nothing, and the report is settled
    next.
    """
    one = store.contacts.get(contact)
    if one is None or one.state is not expected:
        return False
    if expected is ContactState.IN_CALL and one.report is not None:
        store.change(
            one,
            state=ContactState.WAITING,
            next_try_at=called_at,
            result_until=store.clock.now(),
            last_call_at=called_at,
        )
        return False
    store.change(
        one,
        state=ContactState.DONE if made.end_cause else ContactState.WAITING,
        attempts_made=made.member.attempts,
        successes=made.member.successes,
        end_cause=made.end_cause,
        succeeded=made.succeeded,
        next_try_at=made.due_at,
        result_until=made.result_until,
        last_call_at=None if made.given_back else called_at or one.last_call_at,
        report=None if made.result_until is None else one.report,
        numbers=marked(one.numbers, made.member.numbers),
    )
    return True


def _count(store: MemoryStore, entry: Entry) -> None:
    """Add an ended call to the counters of its campaign."""
    call, end = entry.call, entry.member
    assert end is not None
    if end.campaign is None or call.outcome is Outcome.AGENT_UNREACHED:
        return
    if end.campaign not in store.campaigns:
        return
    so_far = store.counters.get(end.campaign, Counters())
    answered = entry.answered_at is not None
    listened = call.plan.amd is not None and answered
    verdict = call.verdict if call.plan.amd is not None else None
    store.counters[end.campaign] = replace(
        so_far,
        calls=so_far.calls + 1,
        succeeded=so_far.succeeded + end.settlement.succeeded,
        failed=so_far.failed + (not answered),
        connected=so_far.connected + answered,
        bridged=so_far.bridged + (call.connection is Connection.JOINED),
        abandoned=so_far.abandoned + (end.settlement.cause == ABANDONED),
        wait_seconds=so_far.wait_seconds + end.wait_seconds,
        human=so_far.human + (verdict is Verdict.HUMAN),
        machine=so_far.machine + (verdict is Verdict.MACHINE),
        not_sure=so_far.not_sure + (verdict is Verdict.NOT_SURE),
        amd_cut=so_far.amd_cut + (listened and verdict is None),
    )
