"""A member of a campaign as it comes in, and as it stands while somebody changes it.

A member is a contact with several numbers. What its caller has to get back as it came stands in a `wire` beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from outdial.core import settlement
from outdial.core.contact import ContactState
from outdial.core.ids import AttemptId, ContactId
from outdial.core.number import Number
from outdial.core.settlement import Report, Settlement

Wire = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """A member as it comes in. Its variables hold those of its campaign as well."""

    key: str
    priority: int = 0
    """The higher goes first."""
    expires_at: datetime | None = None
    """After this moment it is not called any more."""
    variables: Mapping[str, str] = field(default_factory=dict)
    numbers: tuple[tuple[Number, Wire], ...]
    wire: Wire = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMember:
    """A member that nobody else changes meanwhile."""

    id: ContactId
    key: str
    state: ContactState
    standing: settlement.Member
    number_wires: Mapping[int, Wire]
    """By the position of the number."""
    priority: int
    expires_at: datetime | None
    variables: Mapping[str, str]
    wire: Wire
    end_cause: str
    result_until: datetime | None
    """Until then somebody is to say how the last call went."""
    reported: bool
    """It was said while the call was going on, and is settled after it."""
    session: AttemptId | None
    """The last attempt."""

    @property
    def in_call(self) -> bool:
        """Whether somebody is calling it."""
        return self.state is ContactState.IN_CALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """The member is as its caller wants it now."""

    priority: int
    expires_at: datetime | None
    variables: Mapping[str, str]
    wire: Wire
    numbers: tuple[tuple[Number, Wire], ...] | None
    """None: they stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Somebody's word about the last call, as the log of the call shows it."""

    by: str
    at: datetime
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The member goes on, or is over, by a settlement that no call's end made."""

    settlement: Settlement
    reason: str
    by: str
    said: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A result that was said during the call; whoever carries on the call settles it at its end."""

    report: Report
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLate:
    """A result that nobody waits for: it is noted and changes nothing."""

    said: Said


Change = Rewritten | Settled | Reported | TooLate
