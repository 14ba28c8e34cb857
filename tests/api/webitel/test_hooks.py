"""Hooks of this dialect: what a document means, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from core.generated import JSON, spoilt
from outdial.api.webitel.calendars import calendar_of
from outdial.api.webitel.errors import Refused
from outdial.api.webitel.hooks import hook_of
from outdial.core.calendar import Calendar
from outdial.core.hook import MEMBER_ENDED, Comparison, Condition, Hook, request_of

ACTION = {"type": "web", "method": "POST", "url": "http://crm.example:8080/ended?a=1"}
FULL: dict[str, Any] = {
    "event": "CUSTOM->engine::dialer_member_end",
    "enable": True,
    "action": {**ACTION, "method": "put"},
    "customBody": True,
    "rawBody": "${id}",
    "map": {"endCause": "cause", "id": None},
    "fields": ["id"],
    "filter": {"endCause": {"operation": "!=", "value": "USER_BUSY"}, "currentProbe": {"operation": ">", "value": 1}},
    "headers": {"Content-Type": "text/plain", "X-Number": 5},
    "retries": "3",
    "delay": 30,
    "auth": {"enabled": False},
}
CALENDAR = {
    "name": "Days",
    "accept": [{"weekDay": 1, "startTime": 540, "endTime": 1020}],
    "except": [{"name": "New Year", "date": 1767225600000, "repeat": 1}],
    "timeZone": {"id": "Europe/Kiev"},
    "startDate": 1767225600000,
}


def read(**members: Any) -> Hook:
    return hook_of({"event": "e", "action": ACTION, **members})


def test_what_a_document_means() -> None:
    assert hook_of(FULL) == Hook(
        event=MEMBER_ENDED,
        url=ACTION["url"],
        method="PUT",
        conditions=(
            Condition("endCause", Comparison.UNEQUAL, "USER_BUSY"),
            Condition("currentProbe", Comparison.GREATER, "1"),
        ),
        names={"endCause": "cause", "id": ""},
        fields=("id",),
        headers={"Content-Type": "text/plain", "X-Number": "5"},
        template="${id}",
        retries=3,
        delay_seconds=30,
    )


def test_little_is_enough() -> None:
    assert read() == Hook(event="e", url=ACTION["url"])
    assert read(enable=False).enabled is False
    assert read(customBody=True).template == ""
    assert read(customBody=False, rawBody="${id}").template is None
    assert read(customBody=True, rawBody={"id": "${id}"}).template == '{"id":"${id}"}'
    assert read(filter=[{"name": "a", "operation": "reg", "value": "^x"}]).conditions[0].field == "a"


@pytest.mark.parametrize(
    ("members", "info"),
    [
        ({"event": None}, "Event is required."),
        ({"event": " "}, "Event is required."),
        ({"action": None}, "Action url is required."),
        ({"action": "http://crm/"}, "Bad request: action is not valid."),
        ({"action": {**ACTION, "type": "mail"}}, "Bad request: action.type is not valid."),
        ({"action": {**ACTION, "method": "TRACE"}}, "Bad request: action.method is not valid."),
        ({"action": {**ACTION, "method": ["GET"]}}, "Bad request: action.method is not valid."),
        ({"action": {**ACTION, "url": "ftp://crm/"}}, "Bad request: action.url is not valid."),
        ({"action": {**ACTION, "url": "http:///ended"}}, "Bad request: action.url is not valid."),
        ({"action": {**ACTION, "url": "http://crm:99999/"}}, "Bad request: action.url is not valid."),
        ({"action": {**ACTION, "url": "http://[::bad/"}}, "Bad request: action.url is not valid."),
        ({"action": {**ACTION, "url": "http://crm/\r\nX: y"}}, "Bad request: action.url is not valid."),
        ({"headers": {"X-A": "b\r\nX-C: d"}}, "Bad request: headers.X-A is not valid."),
        ({"headers": {"X A": "b"}}, "Bad request: headers.X A is not valid."),
        ({"headers": []}, None),
        ({"headers": ["X-A"]}, "Bad request: headers is not valid."),
        ({"map": "endCause"}, "Bad request: map is not valid."),
        ({"fields": "endCause"}, "Bad request: fields is not valid."),
        ({"filter": "endCause"}, "Bad request: filter is not valid."),
        ({"filter": {"endCause": "USER_BUSY"}}, "Bad request: filter.endCause is not valid."),
        ({"filter": {"a": {"operation": "reg", "value": "("}}}, "Bad request: filter.a.value is not valid."),
        ({"filter": {"a": {"operation": "reg", "value": "x" * 1001}}}, "Bad request: filter.a.value is not valid."),
        ({"retries": -1}, "Bad request: retries is not valid."),
        ({"retries": 101}, "Bad request: retries is not valid."),
        ({"retries": True}, "Bad request: retries is not valid."),
        ({"delay": "soon"}, "Bad request: delay is not valid."),
        ({"delay": 86401}, "Bad request: delay is not valid."),
    ],
)
def test_what_is_refused(members: dict[str, Any], info: str | None) -> None:
    if info is None:
        assert read(**members) == read()
        return
    with pytest.raises(Refused) as refused:
        read(**members)
    assert (refused.value.status, refused.value.message) == (400, info)


@given(spoilt(FULL))
def test_a_hook_with_one_spoilt_value_is_understood_or_refused(document: Any) -> None:
    with suppress(Refused):
        request_of(hook_of(document if isinstance(document, dict) else {}), {"id": "1", "endCause": "x"})


@given(spoilt(CALENDAR))
def test_a_calendar_with_one_spoilt_value_is_understood_or_refused(document: Any) -> None:
    with suppress(Refused):
        assert isinstance(calendar_of(document if isinstance(document, dict) else {}, "UTC"), Calendar)


@given(JSON)
def test_any_members_are_understood_or_refused(value: Any) -> None:
    for members in ({"filter": value}, {"map": value}, {"headers": value}, {"retries": value}, {"rawBody": value}):
        with suppress(Refused):
            read(customBody=True, **members)
    for members in ({"accept": value}, {"except": value}, {"timeZone": value}, {"startDate": value}):
        with suppress(Refused):
            calendar_of({**CALENDAR, **members}, "UTC")
