"""What is counted on the floor, and that what leaves it leaves no trace."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.ids import CampaignId, TenantId, TrunkId
from outdial.core.trunk import Trunk
from outdial.engine.floor import Floor, Seat

TENANT = TenantId(1)


def campaign(id: int = 1, rate: float = 0.0, lines: int = 5) -> Campaign:
    settings = CampaignSettings(name=None, state=CampaignState.RUNNING, script=None, lines=lines, calls_per_second=rate)
    return Campaign(id=CampaignId(id), tenant=TENANT, dialect="mikopbx", number=id, key=str(id), settings=settings)


def trunk(lines: int = 3, rate: float = 0.0) -> Trunk:
    return Trunk(TrunkId(1), "carrier", lines, rate, "")


SEATS = st.builds(
    Seat,
    tenant=st.sampled_from([TENANT, TenantId(2)]),
    campaign=st.sampled_from([CampaignId(1), CampaignId(2), None]),
    trunk=st.sampled_from(["carrier", "other"]),
    digits=st.sampled_from(["79990000001", "79990000002"]),
)


@given(st.lists(SEATS))
def test_a_floor_that_everybody_left_is_as_new(seats: list[Seat]) -> None:
    floor = Floor()
    for seat in seats:
        floor.take(seat)
    assert floor.calls == len(seats)
    for seat in seats:
        assert floor.is_on_the_line(seat.tenant, seat.digits)
        floor.leave(seat)
    assert floor.calls == 0
    assert floor.of_campaign(campaign(), 0.0).in_progress == 0
    assert floor.trunk_room(TENANT, trunk(), 0.0) == 3
    assert not any(floor.is_on_the_line(seat.tenant, seat.digits) for seat in seats)


def test_a_trunk_has_room_for_its_lines_and_for_its_rate() -> None:
    floor, wide, slow = Floor(), trunk(lines=2), trunk(lines=50, rate=4.0)
    floor.take(Seat(TENANT, CampaignId(1), "carrier", "79990000001"))
    assert floor.trunk_room(TENANT, wide, 0.0) == 1
    assert floor.trunk_room(TENANT, slow, 0.0) == 1
    assert floor.trunk_room(TENANT, slow, 1.0) == 4
    floor.campaign_rate(campaign(), 1.0)
    for _ in range(4):
        floor.spend(campaign(), slow.name)
    assert floor.trunk_room(TENANT, slow, 1.0) == 0
    assert floor.trunk_rate(TENANT, slow, 1.0).seconds_to_next() > 0


def test_lines_of_one_tenant_are_not_another_s() -> None:
    floor = Floor()
    floor.take(Seat(TenantId(2), CampaignId(9), "carrier", "79990000001"))
    assert floor.trunk_room(TENANT, trunk(), 0.0) == 3
    assert not floor.is_on_the_line(TENANT, "79990000001")


def test_a_campaign_s_rate_begins_anew_when_it_is_changed_or_has_stopped() -> None:
    floor = Floor()
    assert floor.of_campaign(campaign(rate=2.0), 10.0).tokens == 1
    assert floor.of_campaign(campaign(rate=2.0), 11.0).tokens == 2
    assert floor.of_campaign(campaign(rate=5.0), 11.0).tokens == 1
    floor.forget_all_but(set())
    assert floor.of_campaign(campaign(rate=5.0), 20.0).tokens == 1
    assert floor.of_campaign(campaign(rate=0.0), 20.0).tokens is None
