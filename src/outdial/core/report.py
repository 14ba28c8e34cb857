"""A question about the calls of one campaign: which columns, which rows, in which order, and how many of them.

Every column has a kind, and every value a text, which is what most filters look at. Where calls are kept, and in which words
a caller asks, is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from outdial.core.ids import CampaignId, ScriptId, TenantId

TRUE_TEXTS = tuple(form for word in ("true", "yes", "да") for form in (word, word.capitalize(), word.upper())) + ("1",)
"""The texts that count as true."""
IN_PROGRESS = "in_progress"
"""Stands in the place of an outcome while a call has none."""


class Kind(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    NUMBER = "number"
    DATETIME = "datetime"
    """A moment, as ISO 8601 to the second, by the clock of the report."""
    DIALOG = "dialog"
    """The turns of a call; its text is that of the turns, one a line. Of keys it is the keys in brackets, `[12]`."""
    GOAL = "goal"
    """Whether a goal was reached; its text is true or false."""


class Source(StrEnum):
    """Where the values of a column come from."""

    FIELD = "field"
    """A `Standard`."""
    PARAMETER = "parameter"
    """A variable that the contact came with."""
    VARIABLE = "variable"
    """A variable that the dialogue came by."""
    GOAL = "goal"


class Standard(StrEnum):
    """What every call has."""

    PHONE_NUMBER = "phone_number"
    CAMPAIGN_NAME = "campaign_name"
    CALL_DATE = "call_date"
    """When the call was begun."""
    CALL_STATUS = "call_status"
    ATTEMPT = "attempt"
    """1 for the contact's first call."""
    DURATION = "duration"
    """Whole seconds from the call's beginning to its end."""
    TALK_DURATION = "talk_duration"
    """Whole seconds from the answer to the end."""
    HANGUP_BY = "hangup_by"
    DIALOG = "dialog"
    RECORDING = "recording"
    """The URL of what was recorded; none where nothing was."""

    @property
    def kind(self) -> Kind:
        """What its values are."""
        match self:
            case Standard.CALL_DATE:
                return Kind.DATETIME
            case Standard.ATTEMPT | Standard.DURATION | Standard.TALK_DURATION:
                return Kind.NUMBER
            case Standard.DIALOG:
                return Kind.DIALOG
            case _:
                return Kind.TEXT


@dataclass(frozen=True, slots=True)
class Field:
    """One value of every call."""

    source: Source
    name: str

    @property
    def kind(self) -> Kind:
        """What its values are."""
        match self.source:
            case Source.FIELD:
                return Standard(self.name).kind
            case Source.GOAL:
                return Kind.GOAL
            case _:
                return Kind.TEXT


class Test(StrEnum):
    """What a value must be for its row to stay."""

    __test__ = False  # it is no test of pytest

    EQUAL = "equal"
    """The text is the same; of a number, the number."""
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    IS_EMPTY = "is_empty"
    """There is no value, or one without a text; a goal was not reached."""
    NOT_EMPTY = "not_empty"
    IS_TRUE = "is_true"
    """A goal was reached, a number is not 0, a text is one of `TRUE_TEXTS`, a moment or a dialogue is there."""
    NOT_TRUE = "not_true"

    @property
    def compares(self) -> bool:
        """Whether it needs something to compare with."""
        return self in (Test.EQUAL, Test.CONTAINS, Test.STARTS_WITH, Test.ENDS_WITH)


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one field. `number` is `value` as a number, where a number is to be equal to it."""

    field: Field
    test: Test
    value: str = ""
    number: Decimal | None = None


@dataclass(frozen=True, slots=True)
class By:
    """An order by one field; texts by their code points, what has no value before everything else. `as_number`: texts that
    are numbers by their value, and others as if they had none."""

    field: Field
    descending: bool = False
    as_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A report as it is wanted. Rows keep every filter; those that no order tells apart come in the order of time."""

    tenant: TenantId
    campaign: CampaignId
    campaign_name: str
    script: ScriptId
    """Of a campaign that plays another one there are no rows."""
    since: datetime
    until: datetime
    """Both belong to it."""
    time_zone: str
    fields: Sequence[Field]
    filters: Sequence[Filter] = ()
    order: Sequence[By] = ()
    limit: int | None = None
    offset: int = 0
    statuses: Mapping[str, str] = field(default_factory=dict)
    """How an outcome, or `IN_PROGRESS`, is told; one that is missing is told by its own name."""
    parties: Mapping[str, str] = field(default_factory=dict)
    """How it is told who hung up; empty for one that is missing."""
    recordings: str = ""
    """What the URL of a recording begins with; the call's id and `.wav` follow."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all rows that keep the filters, whatever part of them is read."""

    count: int
    seconds: int

    @property
    def average_seconds(self) -> int:
        """Rounded; 0 when there are no rows."""
        return round(self.seconds / self.count) if self.count else 0


Row = Sequence[str | int | bool | None]
"""Values in the order of the question's fields. A dialogue is a JSON array of objects of who, text, time and block."""
