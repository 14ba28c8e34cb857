"""The store in memory under the suite of the ports of dialling."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from contract.dialling import NOW, SCRIPT, DiallingContract, Shop, Store, agent
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import NewContact
from outdial.core.ids import AttemptId, CampaignId, ScriptId, TenantId
from outdial.core.member import NewMember
from outdial.core.members import MemberRules
from outdial.core.transcript import Turn
from outdial.drivers.memory.dialling import MemoryDialling
from outdial.drivers.memory.member_dialling import MemoryMemberDialling
from outdial.drivers.memory.store import MemoryStore
from outdial.drivers.virtual_time import VirtualClock


@dataclass(frozen=True)
class MemoryShop:
    """A store, as the suite fills it."""

    store: MemoryStore
    dialling: MemoryDialling
    members: MemoryMemberDialling
    tenant: TenantId
    campaign: Campaign

    async def add_members(self, members: Sequence[NewMember]) -> None:
        self.store.add_members(self.campaign.id, members)

    async def add_agent(self, key: str) -> None:
        self.store.put_agent(self.tenant, agent(key))

    async def lose_charge(self) -> None:
        self.store.take_charge_away()

    async def talk_of(self, attempt: AttemptId) -> tuple[list[Turn], Mapping[str, str]]:
        return list(self.store.turns.get(attempt, {}).values()), self.store.attempts[attempt].collected


@asynccontextmanager
async def _shop(rules: MemberRules | None, contacts: Sequence[NewContact]) -> AsyncIterator[Store]:
    store = MemoryStore(VirtualClock(NOW))
    dialling = MemoryDialling(store)
    assert await dialling.take_charge()
    tenant, script = TenantId(1), ScriptId(1)
    store.scripts[script] = (1, SCRIPT)
    settings = CampaignSettings(
        name="c", state=CampaignState.RUNNING, script=script, lines=10, calls_per_second=0, members=rules
    )
    campaign = Campaign(id=CampaignId(1), tenant=tenant, dialect="webitel", number=1, key="k", settings=settings)
    store.put_campaign(campaign)
    store.add_contacts(campaign.id, contacts)
    yield MemoryShop(store, dialling, MemoryMemberDialling(dialling, store), tenant, campaign)
    await dialling.yield_charge()


class TestMemoryDialling(DiallingContract):
    @pytest.fixture
    def shop(self) -> Shop:
        return _shop

    def test_one_process_is_in_charge(self) -> None:
        store = MemoryStore(VirtualClock(NOW))
        first, second = MemoryDialling(store).charge, MemoryDialling(store).charge
        assert first.take()
        assert not second.take()
        first.give_up()
        assert second.take()
        assert (first.held, second.held) == (False, True)
