"""Someone to reach in a campaign, and one try at it as reports show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from outdial.core.call import Connection, Party, State
from outdial.core.ids import AttemptId, CampaignId, ContactId
from outdial.core.outcome import Outcome
from outdial.core.sms import SmsStanding


class ContactState(StrEnum):
    """Whether a contact is still to be called."""

    WAITING = "waiting"
    IN_CALL = "in_call"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """A contact as it comes in: one number, its variables, and the first moment it may be called (UTC)."""

    key: str
    """Tells contacts of one campaign apart: a second one with the same key is the same contact."""
    digits: str
    due_at: datetime | None = None
    offset_minutes: int | None = None
    """The contact's clock, from UTC; None: that of the campaign's zone."""
    client: str = ""
    """Contacts of one campaign with the same client are numbers of one person; empty: nobody else's."""
    variables: Mapping[str, str] = field(default_factory=dict)
    wire: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A contact whose time has come, as selection sees it."""

    contact: ContactId
    digits: str
    variables: Mapping[str, str]
    attempts_made: int
    offset_minutes: int | None = None
    client: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One line of a report: a contact and one attempt at it, or none yet.

    `number` identifies the line for ever: a try that waits keeps its number when it becomes an attempt.
    """

    number: int
    campaign: CampaignId
    campaign_number: int
    contact_key: str
    contact_wire: Mapping[str, Any]
    campaign_wire: Mapping[str, Any]
    due_at: datetime | None
    """When the contact was due for this try; None where that was not kept."""
    changed_at: datetime
    ordinal: int
    """1 for the contact's first attempt."""
    attempt: AttemptId | None
    state: State | None
    outcome: Outcome | None
    ended_by: Party | None
    connection: Connection | None
    goals: tuple[str, ...]
    sip_code: int
    q850_cause: int
    reserved_at: datetime | None
    ended_at: datetime | None
    reached_at: datetime | None = None
    """When the dialogue came to the place that makes it a success: what happens later changes nothing of the report. None
    also for calls whose success is being joined with somebody, because how that ended belongs to their result."""
    withdrawn_at: datetime | None = None
    """When somebody outside said that this number need not be called any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStanding:
    """How a contact stands: what came of its last call, and of the way on from there."""

    key: str
    wire: Mapping[str, Any]
    state: ContactState
    attempts: int
    outcome: Outcome | None
    """Of the last call that has ended."""
    connection: Connection | None
    called_at: datetime | None
    """When the last call was placed; None: there was none."""
    talk_seconds: float
    transferred_to: str
    """The number of the outside world that the callee was transferred to; empty: none."""
    joined_seconds: float
    sms: SmsStanding | None = None
    """The last SMS that was sent or tried; None: there was none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a callee entered at a question."""

    number: int
    campaign_number: int
    script_number: int
    contact_key: str
    contact_wire: Mapping[str, Any]
    question: str
    value: str
    keys: str
    """What was pressed; of an answer that was spoken, the path of its recording."""
    label: str
    """What the answer is called where it is repeated to the callee; empty: nothing."""
    attempt: AttemptId
    try_number: int
    reserved_at: datetime
    changed_at: datetime
