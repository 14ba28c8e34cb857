"""What is going on at this moment, as far as limits care: calls by campaign and trunk, numbers on the line, rates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

from outdial.core.campaign import Campaign
from outdial.core.ids import CampaignId, TenantId
from outdial.core.pacing import Floor as PacingFloor
from outdial.core.rate import Rate
from outdial.core.trunk import Trunk

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Seat:
    """What one call takes up on the floor."""

    tenant: TenantId
    campaign: CampaignId | None
    trunk: str
    digits: str
    gateway: str = ""
    """The campaign's own gateway; empty: it has none."""


class Floor:
    """Counts seats. Only the process in charge has one, so it is exact."""

    def __init__(self) -> None:
        self._of_campaign: Counter[CampaignId | None] = Counter()
        self._of_trunk: Counter[tuple[TenantId, str]] = Counter()
        self._of_gateway: Counter[tuple[CampaignId | None, str]] = Counter()
        self._on_the_line: Counter[tuple[TenantId, str]] = Counter()
        self._campaign_rates: dict[CampaignId, Rate] = {}
        self._trunk_rates: dict[tuple[TenantId, str], Rate] = {}

    @property
    def calls(self) -> int:
        """Calls in progress."""
        return self._of_campaign.total()

    def take(self, seat: Seat) -> None:
        """A call begins."""
        self._of_campaign[seat.campaign] += 1
        self._of_trunk[seat.tenant, seat.trunk] += 1
        self._of_gateway[seat.campaign, seat.gateway] += 1
        self._on_the_line[seat.tenant, seat.digits] += 1

    def leave(self, seat: Seat) -> None:
        """A call is over."""
        _decrease(self._of_campaign, seat.campaign)
        _decrease(self._of_trunk, (seat.tenant, seat.trunk))
        _decrease(self._of_gateway, (seat.campaign, seat.gateway))
        _decrease(self._on_the_line, (seat.tenant, seat.digits))

    def calls_of(self, campaign: CampaignId) -> int:
        """Calls of a campaign in progress."""
        return self._of_campaign[campaign]

    def take_line(self, tenant: TenantId, trunk: str) -> None:
        """A call uses one more line of a trunk, for a leg to the outside world."""
        self._of_trunk[tenant, trunk] += 1

    def leave_line(self, tenant: TenantId, trunk: str) -> None:
        """That line is free again."""
        _decrease(self._of_trunk, (tenant, trunk))

    def of_gateway(self, campaign: CampaignId, gateway: str) -> int:
        """Calls of a campaign through one of its own gateways."""
        return self._of_gateway[campaign, gateway]

    def is_on_the_line(self, tenant: TenantId, digits: str) -> bool:
        """Whether a number is being called, in whatever campaign."""
        return (tenant, digits) in self._on_the_line

    def of_campaign(self, campaign: Campaign, now: float) -> PacingFloor:
        """A campaign's floor at a moment of the monotonic clock."""
        rate = self.campaign_rate(campaign, now)
        return PacingFloor(campaign.settings.lines, self._of_campaign[campaign.id], rate.available())

    def campaign_rate(self, campaign: Campaign, now: float) -> Rate:
        """A campaign's rate at a moment; a changed limit begins anew."""
        rate = self._campaign_rates.get(campaign.id)
        if rate is None or rate.per_second != campaign.settings.calls_per_second:
            rate = Rate(campaign.settings.calls_per_second, filled_at=now)
        self._campaign_rates[campaign.id] = rate = rate.at(now)
        return rate

    def trunk_room(self, tenant: TenantId, trunk: Trunk, now: float) -> int:
        """Calls that a trunk can take now, by its lines and its rate."""
        lines = max(0, trunk.lines - self._of_trunk[tenant, trunk.name])
        tokens = self.trunk_rate(tenant, trunk, now).available()
        return lines if tokens is None else max(0, min(lines, tokens))

    def trunk_rate(self, tenant: TenantId, trunk: Trunk, now: float) -> Rate:
        """A trunk's rate at a moment."""
        rate = self._trunk_rates.get((tenant, trunk.name))
        if rate is None or rate.per_second != trunk.calls_per_second:
            rate = Rate(trunk.calls_per_second, filled_at=now)
        self._trunk_rates[tenant, trunk.name] = rate = rate.at(now)
        return rate

    def spend(self, campaign: Campaign, trunk: str) -> None:
        """A call is placed: it uses a token of its campaign and one of its trunk."""
        self._campaign_rates[campaign.id] = self._campaign_rates[campaign.id].take(1)
        self._trunk_rates[campaign.tenant, trunk] = self._trunk_rates[campaign.tenant, trunk].take(1)

    def forget_all_but(self, campaigns: set[CampaignId]) -> None:
        """Drop the rates of campaigns that no longer run."""
        self._campaign_rates = {id: rate for id, rate in self._campaign_rates.items() if id in campaigns}


def _decrease(counter: Counter[K], key: K) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
