"""What happened, as feeds and lists."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from outdial.core.contact import Answer, ContactStanding, Try
from outdial.core.ids import AttemptId, CampaignId, TenantId


class Reports(Protocol):
    """What happened, as feeds and lists. A feed never passes over a row that is still being written."""

    async def tries_of(self, campaign: CampaignId) -> list[Try]:
        """Every try of a campaign, in the order of their numbers."""

    async def answers_of(self, campaign: CampaignId) -> list[Answer]:
        """Every answer of a campaign, in the order of their numbers."""

    async def answers_of_call(self, attempt: AttemptId) -> list[Answer]:
        """Every answer of a call, in the order of their numbers."""

    async def contacts_of(self, campaign: CampaignId) -> list[ContactStanding]:
        """How every contact of a campaign stands, in the order of its list."""

    async def tries_since(self, tenant: TenantId, dialect: str, since: datetime, limit: int) -> list[Try]:
        """Tries changed at or after a moment, in the order of change.

        A full page of `limit` goes on to the end of its last second, and when that is the second of `since`, to the end
        of the next one that has a row, so that a cursor of whole seconds moves on.
        """

    async def answers_since(self, tenant: TenantId, dialect: str, since: datetime, limit: int) -> list[Answer]:
        """Answers given at or after a moment, in the order of time; pages as in `tries_since`."""
