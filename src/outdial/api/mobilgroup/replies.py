"""Answers of this dialect: every value is a text, money has a comma here and a point there, and outcomes are Russian."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from outdial.api.mobilgroup.errors import ROW_FAULTS
from outdial.core.call import Connection
from outdial.core.contact import ContactStanding, ContactState
from outdial.core.mailing import Row, RowFault, Sent
from outdial.core.outcome import Outcome
from outdial.core.sms import SmsState
from outdial.operations.mailings import MailingState
from outdial.ports import Charge, Template

_WAITING, _CALLING = "Ожидание", "Вызов"
_FAILED = "Ошибка"
_OUTCOMES = {
    Outcome.ANSWERED: "Успешно",
    Outcome.BUSY: "Занято",
    Outcome.NO_ANSWER: "Нет ответа",
    Outcome.REJECTED: "Отклонено",
    Outcome.UNAVAILABLE: "Недоступен",
    Outcome.INVALID_NUMBER: "Неверный номер",
    Outcome.MACHINE: "Автоответчик",
    Outcome.CANCELLED: "Отменено",
    Outcome.WITHDRAWN: "Отменено",
    Outcome.BLOCKED: "Отменено",
    Outcome.ANOTHER_NUMBER: "Отменено",
    Outcome.AGENT_UNREACHED: "Отменено",
}
_CONNECTIONS = {
    Connection.JOINED: "Успешно",
    Connection.RINGING: _CALLING,
    Connection.BUSY: "Занято",
    Connection.NO_ANSWER: "Нет ответа",
    Connection.REJECTED: "Отклонено",
    Connection.UNREACHABLE: "Недоступен",
}
_SMS = {
    SmsState.SENT: "Отправлено",
    SmsState.DELIVERED: "Доставлено",
    SmsState.UNDELIVERED: "Не доставлено",
}
_NOT_CALLED = {
    RowFault.BAD_PHONE: "Неверный номер",
    RowFault.REPEATED: "Отменено",
    RowFault.BLOCKED: "Отменено",
    RowFault.NO_MONEY: "Отменено",
}


def with_comma(amount: Decimal) -> str:
    """Money as orders and balances show it."""
    return with_point(amount).replace(".", ",")


def with_point(amount: Decimal) -> str:
    """Money as the state of a mailing shows it."""
    return f"{amount:.2f}"


def sent(mailing: Sent) -> dict[str, Any]:
    """The answer to a mailing that was taken on."""
    return {
        "result": "ok",
        "id": str(mailing.number),
        "phones": str(len(mailing.rows)),
        "budget": with_comma(mailing.budget),
        "subscribers": [_row(row) for row in mailing.rows],
    }


def state(mailing: MailingState, zone: ZoneInfo) -> dict[str, Any]:
    """How a mailing stands, with times of the account's zone."""
    return {
        "result": "ok",
        "id": str(mailing.number),
        "phones": str(len(mailing.rows)),
        "budget": with_point(mailing.spent),
        "subscribers": [_standing(row, one, charge, zone) for row, one, charge in mailing.rows],
    }


def template(one: Template) -> dict[str, str]:
    """A template in a list."""
    return {"id": str(one.number), "account": one.account, "name": one.name, "message": one.message}


def listed(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """A list of what the account has."""
    return {"result": "ok", "data": list(rows)}


def _row(row: Row) -> dict[str, str]:
    if row.fault is not None:
        return {"phone": row.phone, "result": "error", "description": ROW_FAULTS[row.fault]}
    return {"phone": row.phone, "result": "ok", "price": with_comma(row.price), "duration": str(row.seconds)}


def _standing(row: Row, one: ContactStanding | None, charge: Charge, zone: ZoneInfo) -> dict[str, Any]:
    if one is None:
        status = _FAILED if row.fault is None else _NOT_CALLED.get(row.fault, _FAILED)
        return _call(row.phone, "", status, 0, 0, Decimal(0))
    called = "" if one.called_at is None else _date(one.called_at, zone)
    shown = _call(row.phone, called, _status(one), one.attempts, _seconds(one.talk_seconds), charge.total)
    if one.transferred_to:
        shown["transfer"] = {
            "number": one.transferred_to,
            "duration": str(_seconds(one.joined_seconds)),
            "price": with_point(charge.transfer),
            "status": _FAILED if one.connection is None else _CONNECTIONS.get(one.connection, _FAILED),
        }
    if one.sms is not None:
        shown["sms"] = {
            "date": _date(one.sms.sent_at, zone),
            "message": one.sms.text,
            "partition": str(one.sms.parts),
            "price": with_point(charge.sms),
            "status": _SMS.get(one.sms.state, _FAILED),
        }
    return shown


def _date(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _call(phone: str, date: str, status: str, attempts: int, seconds: int, price: Decimal) -> dict[str, Any]:
    return {
        "phone": phone,
        "date": date,
        "status": status,
        "attempts": str(attempts),
        "duration": str(seconds),
        "price": with_point(price),
    }


def _status(one: ContactStanding) -> str:
    """A contact that waits for another attempt shows what came of the last one."""
    if one.state is ContactState.IN_CALL:
        return _CALLING
    if one.outcome is None:
        return _WAITING
    return _OUTCOMES.get(one.outcome, _FAILED)


def _seconds(seconds: float) -> int:
    return ceil(round(seconds, 3))
