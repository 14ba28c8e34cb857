"""Tasks that connect to an employee or a queue: what is played on answer, and how far a call came, in this dialect's words.

The script of such a task is one node. It is stored beside the polls, under a name of its own, so that it is no poll.
"""

from __future__ import annotations

from outdial.core.call import Connection, Party, State
from outdial.core.contact import Try
from outdial.core.outcome import Outcome
from outdial.core.prompt import Slot, Text
from outdial.core.script.nodes import Connect, Script
from outdial.operations.scripts import ScriptDraft

SCRIPTS = "mikopbx extensions"
"""Where these scripts are kept, as if it were a dialect; the key of one is the extension or queue."""
POLLING = "polling"
"""The one innerNumType that is not answered by people."""

CONFIRM_KEY = "1"
"""Pressed by an employee who wants the client to be rung."""
ALERT = "callback_alert_text"
"""The variable that holds what an employee hears before; without it the client is rung at once."""
_ALERT = (Text((Slot(ALERT),), "ru-RU"),)
_CALLBACK = "callback"

_IN_DIAL_STATE = {
    Connection.BUSY: "BUSY",
    Connection.NO_ANSWER: "NOANSWER",
    Connection.REJECTED: "BUSY",
    Connection.UNREACHABLE: "CHANUNAVAIL",
}


def key_of(target: str, *, callback: bool) -> str:
    """The key of the script that connects to a target, by whoever is rung first."""
    return f"{target} {_CALLBACK}" if callback else target


def draft(target: str, *, callback: bool) -> ScriptDraft:
    """The script that connects whoever answers to an extension or a queue; in callback mode that one is rung first."""
    connect = Connect(target, first=True, alert=_ALERT, confirm_key=CONFIRM_KEY) if callback else Connect(target)
    return ScriptDraft(None, Script("connect", {"connect": connect}), {})


def is_for_employees(one: Try) -> bool:
    """Whether a try belongs to a task that connects to people."""
    return one.campaign_wire.get("innerNumType") != POLLING


def standing(one: Try) -> tuple[str, str] | None:
    """The columns `state` and `result` of a call that has come to an employee; None: it has not, or is none."""
    if not is_for_employees(one) or one.state is None:
        return None
    return _callback(one) if one.campaign_wire.get("isCallback") == "1" else _plain(one)


def _plain(one: Try) -> tuple[str, str] | None:
    """The callee was rung first."""
    if one.connection is None and one.outcome is not Outcome.ANSWERED:
        return None
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


def _callback(one: Try) -> tuple[str, str] | None:
    """The employee was rung first; what becomes of the client's own leg is told as that of any other call."""
    if one.state is not State.ENDED:
        return ("startDial", "") if one.connection in (Connection.WAITING, Connection.JOINED) else None
    match one.connection:
        case Connection.NOBODY_FREE:
            return "allUserBusy", "FAIL_USER_BUSY"
        case Connection.DECLINED:
            return "UserCancelCallback", "FAIL_USER_BUSY"
        case Connection.LEFT:
            return "endCall", "FAIL_USER_H_BEFORE_CLIENT_ANSWER"
        case Connection.BUSY | Connection.NO_ANSWER | Connection.REJECTED | Connection.UNREACHABLE:
            return "failedOriginate", "FAIL_USER_NO_ANSWER"
        case Connection.JOINED:
            return "endCall", "SUCCESS"
        case _:
            return None


def in_dial_state(one: Try) -> str | None:
    """How the employee's leg ended, where the module tells it: not of a transfer, before which the row was closed."""
    closed_before = one.reached_at is not None or not is_for_employees(one)
    if one.state is not State.ENDED or one.connection is None or closed_before:
        return None
    if one.connection is Connection.JOINED:
        return "ANSWER" if one.ended_by is Party.EXTENSION else None
    return _IN_DIAL_STATE.get(one.connection)


_SUCCESS: dict[Party | None, str] = {Party.EXTENSION: "SUCCESS_USER_H", Party.CALLEE: "SUCCESS_CLIENT_H"}
