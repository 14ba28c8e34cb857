"""Ours into the wire: envelopes, tasks, polls, call rows and answer rows, with the key order and the JSON types of this
dialect. What comes from the store is a string or null there; what was just posted keeps its type.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

from outdial.api.mikopbx import employees
from outdial.api.mikopbx.php import is_empty
from outdial.api.wire import to_json
from outdial.core.call import State
from outdial.core.campaign import Campaign, CampaignState
from outdial.core.contact import Answer, Try
from outdial.core.outcome import Outcome, sip_phrase
from outdial.core.script.nodes import COMPLETED
from outdial.operations.recordings import mp3_of
from outdial.ports import AudioFile, ScriptRecord

MEDIA_TYPE = "application/json; charset=utf-8"
STATES = {CampaignState.RUNNING: "0", CampaignState.CLOSED: "1", CampaignState.PAUSED: "2"}
EXTRA_COLUMNS = ("maxAttempt", "attemptUntilSignal", "timeStart", "timeEnd", "tryInterval", "isCallback")
"""Columns of a task that newer releases have; they are shown on tasks that use them, after the others."""
PRESS_MEMBERS = ("key", "action", "value", "valueOptions", "nextQuestion")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_DIGITS = re.compile(r"[^0-9]")
_BEFORE_ANSWER = frozenset(
    {State.RESERVED, State.SEEKING_FIRST, State.RINGING_FIRST, State.CONFIRMING, State.DIALLING, State.RINGING}
)
_NEVER_DIALLED = frozenset(
    {Outcome.NO_ROUTE, Outcome.NO_SCRIPT, Outcome.ANOTHER_NUMBER, Outcome.WITHDRAWN, Outcome.BLOCKED, Outcome.EXPIRED}
)
_ANOTHER_PHONE = "SUCCESS_ANOTHER_PHONE"
_EXTERNAL_SIGNAL = "SUCCESS_EXTERNAL_SIGNAL"
_DIAL_STATUS = {
    Outcome.BUSY: "BUSY",
    Outcome.REJECTED: "BUSY",
    Outcome.NO_ANSWER: "NOANSWER",
    Outcome.TRUNK_FAILED: "CONGESTION",
    Outcome.INVALID_NUMBER: "CONGESTION",
    Outcome.UNAVAILABLE: "CONGESTION",
    Outcome.FAILED: "CONGESTION",
}

Row = dict[str, str | None]


def envelope(result: bool, data: object = (), messages: object = ()) -> dict[str, Any]:
    """What every answer of the module is wrapped in."""
    return {
        "result": result,
        "data": data,
        "messages": messages,
        "function": "",
        "processor": "",
        "pid": os.getpid(),
    }


def reply(body: Mapping[str, Any], status: int = 200) -> Response:
    """A body as this dialect prints it."""
    return Response(to_json(body, pretty=True), status, media_type=MEDIA_TYPE)


def task(campaign: Campaign) -> dict[str, Any]:
    """A task as it is read from the store."""
    settings = campaign.settings
    columns: dict[str, Any] = {
        "id": str(campaign.number),
        "crmId": campaign.key,
        "name": settings.name,
        "innerNum": settings.wire.get("innerNum"),
        "innerNumType": settings.wire.get("innerNumType", "exten"),
        "maxCountChannels": settings.wire.get("maxCountChannels", str(settings.lines)),
        "state": STATES[settings.state],
        "dialPrefix": settings.wire.get("dialPrefix", ""),
    }
    return columns | {name: settings.wire[name] for name in EXTRA_COLUMNS if name in settings.wire}


def saved_task(campaign: Campaign, posted: Mapping[str, Any]) -> dict[str, Any]:
    """A task just after it was posted: what was sent has the type it was sent with."""
    columns = task(campaign)
    if columns["state"] == "0":
        columns["state"] = 0
    echoed = {name: value for name, value in posted.items() if name in columns and name != "innerNumType"}
    if is_empty(echoed.get("crmId")):
        echoed.pop("crmId", None)
    if echoed.get("state") == "":
        del echoed["state"]
    return columns | echoed


def task_with_results(campaign: Campaign, tries: Iterable[Try], answers: Iterable[Answer]) -> dict[str, Any]:
    """A task with everything that came of it."""
    results = [call_row(one) for one in tries]
    return {**task(campaign), "results": results, "resultsPoling": [answer_row(one) for one in answers]}


def call_row(one: Try) -> Row:
    """A try as a row of call results."""
    wire = one.contact_wire
    state, result = _signalled(one)
    dialled = one.state is not None and one.outcome not in _NEVER_DIALLED
    in_call = dialled and state not in ("CreateTask", "CreateCallFile")
    closed_at = (one.withdrawn_at or one.reached_at or one.ended_at or one.changed_at) if result else None
    return {
        "id": str(one.number),
        "taskId": str(one.campaign_number),
        "phoneId": one.contact_key,
        "phone": wire.get("phone"),
        "linkedId": linked_id(one.reserved_at or one.changed_at, one.number) if in_call else None,
        "callFile": None if state == "CreateTask" else _call_file(one),
        "result": result,
        "outDialState": _dial_status(one) if state == "failedOriginate" else None,
        "inDialState": employees.in_dial_state(one),
        "state": state,
        "verboseCallId": _verbose_call_id(one.number) if in_call else None,
        "cause": _cause(one, state) if result else None,
        "params": wire.get("params"),
        "changeTime": str(_seconds(one.changed_at)),
        "countTry": None,
        "timeCallAllow": _allowed_from(one),
        "closeTime": "0" if closed_at is None else str(_seconds(closed_at)),
        "clientId": wire.get("clientId", ""),
        "attemptNumber": str(one.ordinal),
        "timeOffsetMinutes": wire.get("timeOffsetMinutes"),
    }


def answer_row(one: Answer) -> Row:
    """An answer as a row of poll results."""
    return {
        "id": str(one.number),
        "taskId": str(one.campaign_number),
        "questionCrmId": one.question,
        "pollingId": str(one.script_number),
        "phoneId": one.contact_key,
        "phone": one.contact_wire.get("phone"),
        "result": one.value,
        "exten": one.keys,
        "changeTime": _four_decimals(one.changed_at),
        "verboseCallId": _verbose_call_id(one.try_number),
        "linkedId": linked_id(one.reserved_at, one.try_number),
        "recognizedText": "",
        "recognizeLabel": one.label,
    }


def poll(record: ScriptRecord) -> dict[str, Any]:
    """A poll's line in the list."""
    return {"id": str(record.number), "crmId": record.key, "name": record.name}


def saved_poll(record: ScriptRecord, posted: Mapping[str, Any], *, created: bool) -> dict[str, Any]:
    """A poll just after it was posted; a crmId that the house chose for it is a number."""
    columns = poll(record)
    if not is_empty(posted.get("crmId")):
        columns["crmId"] = posted["crmId"]
    elif created:
        columns["crmId"] = int(record.key)
    if posted.get("name") is not None:
        columns["name"] = posted["name"]
    return columns


def poll_with_questions(record: ScriptRecord) -> dict[str, Any]:
    """A poll with its questions as they were posted. The order of their members is not kept by the store."""
    return {**poll(record), "questions": [_question(stored) for stored in record.wire.get("questions", [])]}


def _question(stored: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: stored[name] for name in ("id", "questionText", "questionFile", "lang")}
    return {**shown, "press": [{name: press[name] for name in PRESS_MEMBERS} for press in stored["press"]]}


def polls_as_table(records: Sequence[ScriptRecord], draw: str) -> dict[str, Any]:
    """The list of polls in the form that a DataTables page asks for."""
    counts = {"draw": draw, "recordsTotal": len(records), "recordsFiltered": 0}
    return envelope(True, [poll(record) for record in records]) | counts


def audio(file: AudioFile) -> dict[str, str]:
    """A sound's line in the list."""
    return {"id": str(file.id), "name": file.name, "path": audio_path(file)}


def audio_path(file: AudioFile) -> str:
    """The path that a poll may name the sound by: of its .mp3 when an .mp3 was uploaded, of its .wav otherwise."""
    return str(mp3_of(file.path) if file.name.lower().endswith(".mp3") else file.path)


def _signalled(one: Try) -> tuple[str, str]:
    """The columns `state` and `result`; a signal from outside closes a row at once and leaves its state alone."""
    if one.outcome is Outcome.WITHDRAWN:
        return "CreateTask", _EXTERNAL_SIGNAL
    state, result = _standing(one)
    return state, result if one.withdrawn_at is None else _EXTERNAL_SIGNAL


def _standing(one: Try) -> tuple[str, str]:
    """The columns `state` and `result`. A poll that reached its end is a success at once and stays one."""
    if one.state is None:
        return "CreateTask", ""
    if to_employee := employees.standing(one):
        return to_employee
    if COMPLETED in one.goals:
        return "EVENT_POLLING_END", "SUCCESS_POLLING"
    if one.state is not State.ENDED:
        waiting = one.state in _BEFORE_ANSWER or (one.state is State.ENDING and one.outcome is not Outcome.ANSWERED)
        return ("CreateCallFile" if waiting else "EVENT_POLLING"), ""
    match one.outcome:
        case Outcome.ANSWERED:
            return "endCall", "FAIL_POLLING"
        case Outcome.INTERRUPTED:
            return "endCall", "FAIL"
        case Outcome.NO_ROUTE:
            return "failedOriginate", "FAIL_ROUTE"
        case Outcome.ANOTHER_NUMBER:
            return _ANOTHER_PHONE, _ANOTHER_PHONE
        case Outcome.TRUNK_FAILED if not one.sip_code:
            return "failedOriginate", "FAIL_PROVIDER"
        case _:
            return "failedOriginate", "FAIL"


def _dial_status(one: Try) -> str | None:
    if one.outcome is None or one.outcome in _NEVER_DIALLED:
        return None
    no_leg = one.outcome is Outcome.TRUNK_FAILED and not one.sip_code
    return "CHANUNAVAIL" if no_leg else _DIAL_STATUS.get(one.outcome)


_WITHOUT_CAUSE = frozenset({"EVENT_POLLING_END", "allUserBusy", "endDial"})


def _cause(one: Try, state: str) -> str | None:
    """What the network said. An answered call that ends has a SIP code seldom, a refused one always."""
    if state in _WITHOUT_CAUSE:
        return None
    if one.sip_code:
        return f"SIP {one.sip_code} {sip_phrase(one.sip_code)}".rstrip()
    return f"Q.850 {one.q850_cause}" if state == "endCall" and one.q850_cause else None


def linked_id(reserved_at: datetime, number: int) -> str:
    """What the rows of a call, and of its answers, are joined by."""
    return f"outdial-{_seconds(reserved_at)}.{number}"


def _verbose_call_id(number: int) -> str:
    return f"[C-{number & 0xFFFFFFFF:08x}]"


def _call_file(one: Try) -> str:
    phone = _NOT_DIGITS.sub("", str(one.contact_wire.get("phone", "")))
    inner = _NOT_DIGITS.sub("", str(one.campaign_wire.get("innerNum", "")))
    return f"dialer-{one.campaign_number}-{phone}-{inner}.call"


def _allowed_from(one: Try) -> str:
    """The time asked for; for a later attempt, the time it waits or waited for."""
    if one.ordinal > 1 and one.due_at is not None:
        return str(_seconds(one.due_at))
    return str(one.contact_wire.get("timeCallAllow", "0"))


def _seconds(moment: datetime) -> int:
    """Unix time, cut to whole seconds."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def _four_decimals(moment: datetime) -> str:
    """Unix time, cut to four decimals, without trailing zeros."""
    seconds, fraction = divmod((moment - _EPOCH) // timedelta(microseconds=100), 10_000)
    return f"{seconds}.{fraction:04d}".rstrip("0").rstrip(".")
