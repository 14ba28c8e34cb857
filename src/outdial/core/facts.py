"""What the business announces, so that whoever acts on it need not be known by whoever did it.

A fact is a wake-up: it may be lost, and a listener always reads the store again.
"""

from __future__ import annotations

from dataclasses import dataclass

from outdial.core.ids import CampaignId, TenantId


@dataclass(frozen=True, slots=True)
class CampaignChanged:
    """A campaign was made, edited, started, paused, closed or deleted, or its list changed."""

    campaign: CampaignId


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent said what it wants or what it does."""

    tenant: TenantId
    agent: str
    """The agent's key."""


Fact = CampaignChanged | AgentChanged
