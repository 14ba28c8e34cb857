"""Tasks that connect to an employee or a queue: what is played on answer, and how far a call came, in this dialect's words.

The script of such a task is one node. It is stored beside the polls, under a name of its own, so that it is no poll.
"""

from __future__ import annotations

from outdial.core.call import Connection, Party, State
from outdial.core.contact import Try
from outdial.core.outcome import Outcome
from outdial.core.script.nodes import Connect, Script
from outdial.operations.scripts import ScriptDraft

SCRIPTS = "mikopbx extensions"
"""Where these scripts are kept, as if it were a dialect; the key of one is the extension or queue."""
POLLING = "polling"
"""The one innerNumType that is not answered by people."""

_IN_DIAL_STATE = {
    Connection.BUSY: "BUSY",
    Connection.NO_ANSWER: "NOANSWER",
    Connection.REJECTED: "BUSY",
    Connection.UNREACHABLE: "CHANUNAVAIL",
}


def draft(target: str) -> ScriptDraft:
    """The script that connects whoever answers to an extension or a queue."""
    return ScriptDraft(None, Script("connect", {"connect": Connect(target)}), {})


def is_for_employees(one: Try) -> bool:
    """Whether a try belongs to a task that connects to people."""
    return one.campaign_wire.get("innerNumType") != POLLING


def standing(one: Try) -> tuple[str, str]:
    """The columns `state` and `result` of an answered call."""
    if one.state is not State.ENDED:
        return "startDial", ""
    match one.connection:
        case Connection.NOBODY_FREE:
            return "allUserBusy", "FAIL_USER_BUSY"
        case Connection.BUSY | Connection.NO_ANSWER | Connection.REJECTED | Connection.UNREACHABLE:
            return "endDial", "FAIL_USER_NO_ANSWER"
        case Connection.JOINED:
            return "endCall", _SUCCESS.get(one.ended_by, "SUCCESS")
        case _ if one.outcome is Outcome.INTERRUPTED:
            return "endCall", "FAIL"
        case _:
            return "endCall", "FAIL_CLIENT_H_BEFORE_ANSWER"


def in_dial_state(one: Try) -> str | None:
    """How the employee's leg ended, where the module tells it: not of a transfer, before which the row was closed."""
    if one.state is not State.ENDED or one.connection is None or one.reached_at is not None:
        return None
    if one.connection is Connection.JOINED:
        return "ANSWER" if one.ended_by is Party.EXTENSION else None
    return _IN_DIAL_STATE.get(one.connection)


_SUCCESS: dict[Party | None, str] = {Party.EXTENSION: "SUCCESS_USER_H", Party.CALLEE: "SUCCESS_CLIENT_H"}
