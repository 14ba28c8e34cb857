"""SMS: how a text is cut into parts, when one is due after the calls, and what became of one by what became of its parts.

A text is settled when it is asked for, and each of its parts is a message of its own at the carrier. Who carries them, and
what they cost, is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from outdial.core.outcome import Outcome
from outdial.core.template import Template, filled

MOST_PARTS = 10
"""A text that is longer than so many parts is cut off there."""
UNANSWERED = ""
"""The name of the SMS that follows the last attempt; those of a dialogue have the names of their steps."""

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
_ALONE, _JOINED = 160, 153
_ALONE_WIDE, _JOINED_WIDE = 70, 67
_MISSED = frozenset({Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REJECTED, Outcome.UNAVAILABLE, Outcome.MACHINE})
"""The callee exists and was not reached. What failed on our side or the carrier's says nothing of the callee."""


# ------------------------------------------------------------------------------------------------------------ texts


def is_gsm(text: str) -> bool:
    """Whether a text can do with the GSM alphabet and its extension table (3GPP TS 23.038)."""
    return all(character in _GSM7 or character in _GSM7_EXTENSION for character in text)


def split(text: str) -> tuple[str, ...]:
    """The parts that a text is sent as (3GPP TS 23.038, 23.040).

    In the GSM alphabet one of 160 septets, or several of 153; with any other character one of 70 UTF-16 units, or several
    of 67. A character of the extension table counts as two septets, one outside the basic plane as two units, and neither
    is cut in two. An empty text is one part.
    """
    if is_gsm(text):
        return _split(text, [2 if character in _GSM7_EXTENSION else 1 for character in text], _ALONE, _JOINED)
    return _split(text, [2 if ord(character) > 0xFFFF else 1 for character in text], _ALONE_WIDE, _JOINED_WIDE)


def sms_parts(text: str) -> int:
    """How many messages a text is sent as."""
    return len(split(text))


def written(message: Template, variables: Mapping[str, str]) -> str:
    """A message with its variables as they were given, not put into words, at most MOST_PARTS long."""
    text = filled(message, variables)
    parts = split(text)
    return text if len(parts) <= MOST_PARTS else "".join(parts[:MOST_PARTS])


def _split(text: str, widths: Sequence[int], alone: int, joined: int) -> tuple[str, ...]:
    if sum(widths) <= alone:
        return (text,)
    parts, begun, room = [], 0, joined
    for place, width in enumerate(widths):
        if width > room:
            parts.append(text[begun:place])
            begun, room = place, joined
        room -= width
    return (*parts, text[begun:])


# ---------------------------------------------------------------------------------------------------- when one is due


@dataclass(frozen=True, slots=True)
class Asked:
    """An SMS to whoever was called. An attempt has at most one of each name, however often it is asked for."""

    name: str
    text: str


def after_the_last(
    message: Template | None, variables: Mapping[str, str], outcome: Outcome | None, *, again: bool
) -> tuple[Asked, ...]:
    """What is sent after an attempt: the script's message for those who did not answer, when no other attempt follows."""
    if message is None or again or outcome not in _MISSED:
        return ()
    text = written(message, variables)
    return (Asked(UNANSWERED, text),) if text.strip() else ()


# ------------------------------------------------------------------------------------------------- what became of one


class PartState(StrEnum):
    """Where a part is."""

    WAITING = "waiting"
    SENDING = "sending"
    """It may be at the carrier already; nobody has heard."""
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    """The carrier took it and could not deliver it."""
    REFUSED = "refused"
    LOST = "lost"
    """Nobody knows whether the carrier took it, and it is not sent again."""


class SmsState(StrEnum):
    """Where an SMS is."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    """The carrier took all of it."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    """It was not sent, or not all of it."""
    LOST = "lost"


PENDING = frozenset({SmsState.QUEUED, SmsState.SENDING})
"""What is paid for is not known yet."""
_PAID = frozenset({PartState.ACCEPTED, PartState.DELIVERED, PartState.UNDELIVERED})


def state_of(parts: Sequence[PartState]) -> SmsState:
    """Where an SMS is whose parts are there."""
    found = set(parts)
    for part, state in _WORST_FIRST:
        if part in found:
            return state
    return SmsState.SENT if PartState.ACCEPTED in found else SmsState.DELIVERED


def paid_parts(parts: Sequence[PartState]) -> int:
    """How many parts the carrier took."""
    return sum(part in _PAID for part in parts)


_WORST_FIRST = (
    (PartState.REFUSED, SmsState.FAILED),
    (PartState.LOST, SmsState.LOST),
    (PartState.SENDING, SmsState.SENDING),
    (PartState.WAITING, SmsState.QUEUED),
    (PartState.UNDELIVERED, SmsState.UNDELIVERED),
)
"""A part that is refused ends the rest; one that waits holds up what the others have come to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsStanding:
    """How the SMS of a contact stands: the last one that was sent or tried."""

    text: str
    parts: int
    state: SmsState
    sent_at: datetime
