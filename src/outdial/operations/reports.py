"""What happened, as lists of one campaign and as feeds of a dialect: read as the store tells it, page by page."""

from __future__ import annotations

from datetime import datetime

from outdial import ports
from outdial.core.contact import Answer, ContactStanding, Try
from outdial.core.ids import AttemptId, CampaignId, TenantId

PAGE = 10_000
"""Rows of a feed at once; a full page goes on to the end of its last second."""


class Reports:
    """Tries and answers."""

    def __init__(self, store: ports.Reports) -> None:
        self._store = store

    async def tries_of(self, campaign: CampaignId) -> list[Try]:
        """Every try of a campaign, oldest first."""
        return await self._store.tries_of(campaign)

    async def answers_of(self, campaign: CampaignId) -> list[Answer]:
        """Every answer of a campaign, oldest first."""
        return await self._store.answers_of(campaign)

    async def answers_of_call(self, attempt: AttemptId) -> list[Answer]:
        """Every answer of a call, oldest first."""
        return await self._store.answers_of_call(attempt)

    async def contacts_of(self, campaign: CampaignId) -> list[ContactStanding]:
        """How every contact of a campaign stands, in the order of its list."""
        return await self._store.contacts_of(campaign)

    async def tries_since(self, tenant: TenantId, dialect: str, since: datetime) -> list[Try]:
        """Tries changed at or after a moment, in the order of change."""
        return await self._store.tries_since(tenant, dialect, since, PAGE)

    async def answers_since(self, tenant: TenantId, dialect: str, since: datetime) -> list[Answer]:
        """Answers given at or after a moment, in the order of time."""
        return await self._store.answers_since(tenant, dialect, since, PAGE)
