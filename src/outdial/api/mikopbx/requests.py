"""The wire into ours: the bodies of tasks and polls, and the cursor of the feeds.

Clients of this dialect send numbers as strings and strings as numbers, so every scalar is taken in either form; null is the
same as absent, and unknown members are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from outdial.api.mikopbx import php
from outdial.api.mikopbx.contacts import contacts_of, phone_id
from outdial.api.mikopbx.polls import DEFAULT_WAIT_SECONDS, LONGEST_WAIT_SECONDS, Press, Question
from outdial.api.mikopbx.replies import EXTRA_COLUMNS, PRESS_MEMBERS, STATES
from outdial.api.wire import NotJson, from_json
from outdial.core.calendar import MINUTES_OF_DAY, Window
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import NewContact
from outdial.core.errors import Malformed
from outdial.core.ids import ScriptId
from outdial.core.retry import RetryRule

LONGEST_KEY = 500
MOST_LINES = 100_000
MOST_ATTEMPTS = 1000
LONGEST_INTERVAL_SECONDS = 366 * 24 * 3600
LARGEST_ID = (1 << 63) - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME = Decimal(253_402_300_799)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_PREFIX = re.compile(r"\+?[0-9*#]{0,32}")
_CAMPAIGN_STATES = {int(code): state for state, code in STATES.items()}
_COLUMNS = ("crmId", "name", "innerNum", "innerNumType", "maxCountChannels", "state", "dialPrefix", *EXTRA_COLUMNS)


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """A task as it was posted. `posted` are the columns sent, with the JSON types they had; null counts as not sent."""

    key: str
    number: int | None
    posted: Mapping[str, Any]
    contacts: tuple[NewContact, ...] | None
    zone: str
    """The IANA name of the zone of its hours."""

    @property
    def inner(self) -> str:
        """The poll's number, the extension or the queue that is asked for."""
        return php.text(self.posted["innerNum"], "innerNum")

    @property
    def inner_type(self) -> str | None:
        """What kind of inner number it is; None when it was not sent."""
        sent = self.posted.get("innerNumType")
        return None if sent is None else php.text(sent, "innerNumType")

    @property
    def callback(self) -> bool | None:
        """Whether the employee is rung first; None when it was not sent. Raises `Malformed`."""
        sent = self.posted.get("isCallback")
        return None if sent is None else _flag({"isCallback": php.text(sent, "isCallback")}, "isCallback")

    def settings(self, existing: Campaign | None, script: ScriptId | None, calls_per_second: float) -> CampaignSettings:
        """What the campaign becomes: what was sent, over what it was. Raises `Malformed`."""
        before = _NEW if existing is None else existing.settings
        sent = {name: php.text(value, name) for name, value in self.posted.items()}
        stored = {name: text for name, text in sent.items() if name not in ("crmId", "name", "state")}
        wire = {"innerNumType": "exten", "maxCountChannels": "1", "dialPrefix": "", **before.wire, **stored}
        until_signal = _flag(wire, "attemptUntilSignal")
        _flag(wire, "isCallback")
        attempts = _number(wire, "maxAttempt", 1)
        return CampaignSettings(
            name=sent.get("name", before.name),
            state=before.state if "state" not in sent else _state(sent["state"]),
            script=script,
            lines=min(max(_number(wire, "maxCountChannels", 1), 0), MOST_LINES),
            calls_per_second=calls_per_second,
            dial_prefix=dial_prefix(wire["dialPrefix"], "dialPrefix"),
            retry=RetryRule(
                min(max(attempts, 1), MOST_ATTEMPTS),
                min(max(_number(wire, "tryInterval", 60), 0), LONGEST_INTERVAL_SECONDS),
                until_signal,
            ),
            window=Window(
                _minute(wire, "timeStart", 0, MINUTES_OF_DAY - 1),
                _minute(wire, "timeEnd", MINUTES_OF_DAY, MINUTES_OF_DAY),
            ),
            time_zone=self.zone,
            wire=wire,
        )


@dataclass(frozen=True, slots=True)
class PollRequest:
    """A poll as it was posted; `documents` are its questions as they are given back, without their ids."""

    key: str
    number: int | None
    name: str | None
    posted: Mapping[str, Any]
    questions: tuple[Question, ...]
    documents: tuple[dict[str, Any], ...]


_NEW = CampaignSettings(name=None, state=CampaignState.RUNNING, script=None, lines=1, calls_per_second=0)


def task(body: bytes, zone: ZoneInfo) -> TaskRequest:
    """The body of POST /task; `zone` is the zone of its times. Raises `NotJson` and `Malformed`."""
    value = _object(body)
    posted = {name: value[name] for name in _COLUMNS if value.get(name) is not None}
    posted["innerNum"] = _inner_number(posted)
    numbers = value.get("numbers")
    return TaskRequest(
        key=_key(value),
        number=_posted_id(value),
        posted=posted,
        contacts=None if numbers is None else contacts_of(numbers, zone),
        zone=zone.key,
    )


def task_change(body: bytes, id: str, zone: ZoneInfo) -> TaskRequest:
    """The body of PUT /task/{id}: any of the columns. A crmId that says something counts before the id of the path."""
    value = _object(body)
    posted = {name: value[name] for name in _COLUMNS if value.get(name) is not None}
    if "innerNum" in posted:
        posted["innerNum"] = _inner_number(posted)
    return TaskRequest(key=_key(value), number=id_of(id), posted=posted, contacts=None, zone=zone.key)


def signal(body: bytes) -> tuple[dict[str, Any], str, str]:
    """The body of POST /task-signal-close: as it came, the phone's key and the task's id, empty for all tasks."""
    value = _object(body)
    phone = php.text(value.get("phone"), "phone")
    if len(phone) > LONGEST_KEY or not any(character in "0123456789" for character in phone):
        raise Malformed("error phone", field="phone")
    return value, phone_id(phone), php.text(value.get("taskId"), "taskId").strip()


def poll(body: bytes, language: str) -> PollRequest:
    """The body of POST /polling; `language` is that of questions that name none. Raises `NotJson` and `Malformed`."""
    value = _object(body)
    posted = {name: value[name] for name in ("crmId", "name") if value.get(name) is not None}
    questions = [member_of(question, "questions") for question in list_of(value, "questions")]
    return PollRequest(
        key=_key(value),
        number=_posted_id(value),
        name=php.optional_text(value.get("name"), "name"),
        posted=posted,
        questions=tuple(_question(index, question, language) for index, question in enumerate(questions)),
        documents=tuple(_question_document(question, language) for question in questions),
    )


def id_of(text: str) -> int | None:
    """An id of a path or a member; None for what cannot be one."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 19 else -1
    return number if 0 <= number <= LARGEST_ID else None


def since(value: str, decimals: int) -> datetime | None:
    """The first moment whose unix time, cut to so many decimals, is at least `value`; None when no moment is."""
    if not _NUMBER.fullmatch(value):
        return None
    wanted = max(Decimal(value), Decimal(0))
    if wanted > _END_OF_TIME:
        return None
    per_second = 10**decimals
    ticks = int((wanted * per_second).to_integral_value(ROUND_CEILING))
    seconds, rest = divmod(ticks, per_second)
    return _EPOCH + timedelta(seconds=seconds, microseconds=rest * (1_000_000 // per_second))


def _inner_number(posted: Mapping[str, Any]) -> object:
    inner = posted.get("innerNum")
    number = inner.strip() if isinstance(inner, str) else inner
    if number in (None, "", False):
        raise Malformed('Field "innerNum" is required and cannot be empty', field="innerNum")
    return number


def _object(body: bytes) -> dict[str, Any]:
    value = from_json(body)
    if not isinstance(value, dict):
        raise NotJson("an object is wanted", field="body")
    return value


def _key(value: Mapping[str, Any]) -> str:
    """The caller's own id of a thing; empty when the house is to choose one."""
    sent = value.get("crmId")
    if isinstance(sent, dict | list):
        raise Malformed('Field "crmId" must be a string or a number', field="crmId")
    key = "" if php.is_empty(sent) else php.text(sent, "crmId")
    if len(key) > LONGEST_KEY:
        raise Malformed(f'Field "crmId" is longer than {LONGEST_KEY} characters', field="crmId")
    return key


def _posted_id(value: Mapping[str, Any]) -> int | None:
    sent = value.get("id")
    return None if isinstance(sent, dict | list) else id_of(php.text(sent, "id"))


def _number(wire: Mapping[str, Any], name: str, default: int) -> int:
    return default if wire.get(name, "") == "" else php.whole(wire[name], name)


def _minute(wire: Mapping[str, Any], name: str, default: int, latest: int) -> int:
    minute = _number(wire, name, default)
    if not 0 <= minute <= latest:
        raise Malformed(f'Field "{name}" must be minutes of the day from 0 to {latest}', field=name)
    return minute


def _flag(wire: dict[str, Any], name: str) -> bool:
    """A column that is 0 or 1, and shown so."""
    value = _number(wire, name, 0)
    if value not in (0, 1):
        raise Malformed(f'Field "{name}" must be 0 or 1', field=name)
    if name in wire:
        wire[name] = str(value)
    return value == 1


def _state(text: str) -> CampaignState:
    code = 0 if text == "" else php.whole(text, "state")
    if code not in _CAMPAIGN_STATES:
        raise Malformed('Field "state" must be 0 (open), 1 (closed) or 2 (paused)', field="state")
    return _CAMPAIGN_STATES[code]


def dial_prefix(text: str, field: str) -> str:
    """What is dialled before a number. Raises `Malformed`."""
    prefix = text.strip()
    if not _PREFIX.fullmatch(prefix):
        raise Malformed(f'Field "{field}" may hold up to 32 digits, * and # only', field=field)
    return prefix


def _question(index: int, value: Mapping[str, Any], language: str) -> Question:
    name = value.get("questionId")
    return Question(
        name=str(index) if php.is_empty(name) else php.text(name, "questionId"),
        text=php.text(value.get("questionText"), "questionText"),
        file=php.optional_text(value.get("questionFile"), "questionFile"),
        language=php.text(value.get("lang"), "lang") or language,
        wait_seconds=_wait(value.get("timeout")),
        default_press=php.text(value.get("defPress"), "defPress"),
        presses=tuple(_press(member_of(press, "press")) for press in list_of(value, "press")),
        next_question=php.text(value.get("nextQuestion"), "nextQuestion"),
        kind=php.text(value.get("type"), "type"),
    )


def _press(value: Mapping[str, Any]) -> Press:
    label = php.text(value.get("recognizeLabel"), "recognizeLabel")
    return Press(
        key=php.optional_text(value.get("key"), "key"),
        action=php.optional_text(value.get("action"), "action"),
        value=php.optional_text(value.get("value"), "value"),
        value_options=php.optional_text(value.get("valueOptions"), "valueOptions"),
        next_question=php.optional_text(value.get("nextQuestion"), "nextQuestion"),
        label="" if php.is_empty(value.get("needRecognize")) else label,
        response=php.text(value.get("crmResponseTemplate"), "crmResponseTemplate"),
    )


def _wait(value: object) -> int:
    """Seconds of waiting after the prompt; nothing and less than one second stand for the default."""
    seconds = 0 if value is None or value == "" else php.whole(value, "timeout")
    return min(seconds, LONGEST_WAIT_SECONDS) if seconds > 0 else DEFAULT_WAIT_SECONDS


def _question_document(value: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {
        "questionText": php.text(value.get("questionText"), "questionText"),
        "questionFile": php.optional_text(value.get("questionFile"), "questionFile"),
        "lang": php.text(value.get("lang"), "lang") or language,
        "press": [_press_document(press) for press in list_of(value, "press")],
    }


def _press_document(value: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: php.optional_text(value.get(name), name) for name in PRESS_MEMBERS}


def list_of(value: Mapping[str, Any], name: str) -> list[Any]:
    """The elements of a member that is an array; absent, null and an empty text are an empty one."""
    members = value.get(name)
    if members is None or members == "":
        return []
    if not isinstance(members, list):
        raise Malformed(f'Field "{name}" must be an array', field=name)
    return members


def member_of(value: object, name: str) -> dict[str, Any]:
    """One element of an array of objects. Raises `Malformed`."""
    if not isinstance(value, dict):
        raise Malformed(f'Field "{name}" must be an array of objects', field=name)
    return value
