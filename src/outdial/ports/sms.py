"""SMS: the carrier that takes them, and the queue in which they wait for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

NO_SMS = "SMS is not configured: OUTDIAL_SMS names no carrier"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsPart:
    """One message at the carrier: part `place` of `of`, which share the `reference` when there are several."""

    digits: str
    """E.164 without +."""
    text: str
    """Short enough for one message, in the alphabet that all parts are sent in."""
    gsm: bool
    """Whether that is the GSM alphabet; else it is UCS-2."""
    place: int = 1
    of: int = 1
    reference: int = 0
    """0 to 255."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier took a part and knows it by that id."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier will not have a part, now or later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """The carrier did not take a part, and may take it later: it is too busy, or away."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """A part was on its way and no answer came: nobody knows whether the carrier took it."""

    reason: str


SmsAnswer = Accepted | Refused | Postponed | Unheard


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a part that the carrier had taken."""

    message_id: str
    delivered: bool
    error: str = ""
    """Why it was not delivered, in the carrier's words."""


TakeReceipt = Callable[[Receipt], Awaitable[bool]]
"""Keeps a receipt; False: it could not be kept now."""


class Sms(Protocol):
    """A carrier of SMS.

    Parts may be handed over side by side. Each is answered once, within a minute; what stands between two answers is the
    carrier's business. A receipt may come before the answer that gives its message id.
    """

    async def run(self, take: TakeReceipt) -> None:
        """Keep in touch with the carrier for as long as this runs, and hand over receipts, each until `take` is true."""

    async def submit(self, part: SmsPart) -> SmsAnswer:
        """Hand a part over and wait for the answer. It never fails: see `SmsAnswer`."""

    @property
    def ready(self) -> bool:
        """Whether parts can be handed over now. It turns true again by itself when the carrier is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsJob:
    """An SMS that was taken from the queue, with those of its parts that the carrier has not yet."""

    id: int
    digits: str
    parts: Mapping[int, str]
    """Texts by their places, which begin with 1."""
    of: int
    gsm: bool


class SmsQueue(Protocol):
    """The SMS that were asked for; many processes take from it, and no two of them the same.

    Whoever takes one says before anything is sent that it may be sent from now on. An SMS whose taker is dead is never
    sent again: what of it was answered stands, and the rest is `LOST`. Every method raises `StoreDown` when the database
    is away.
    """

    async def take(self, now: datetime, until: datetime, limit: int) -> list[SmsJob]:
        """At most so many SMS that are due. They are nobody else's until that moment.

        Those to numbers that must not be called, and those that nobody took for a day, are failed meanwhile.
        """

    async def answered(self, id: int, answers: Mapping[int, SmsAnswer], again_at: datetime) -> None:
        """Keep what the carrier said to the parts of an SMS that was taken, by their places; a part without an answer was
        not handed over. What was postponed or not handed over is due again at a moment, unless another part was refused
        or is lost. What the carrier took is noted for its charge in the same write."""

    async def abandoned(self, now: datetime) -> int:
        """Settle those whose takers are dead; how many."""

    async def receive(self, receipt: Receipt) -> None:
        """Keep a receipt, also one whose message id nobody knows yet."""


def job_parts(job: SmsJob) -> Sequence[tuple[int, SmsPart]]:
    """The parts of a job as the carrier is given them, in order."""
    return [
        (
            place,
            SmsPart(digits=job.digits, text=text, gsm=job.gsm, place=place, of=job.of, reference=job.id % 256),
        )
        for place, text in sorted(job.parts.items())
    ]
