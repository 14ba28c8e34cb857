"""What is taken up after a restart goes on in the house as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.stories import ATTEMPT, CALLEE, SPEECH
from outdial.core.call import Call, Plan, State
from outdial.core.events import Resumed
from outdial.core.ids import CampaignId, Channel, TenantId
from outdial.core.retry import RetryRule
from outdial.core.script.interpreter import Phase, Position
from outdial.drivers.clock import SystemClock
from outdial.engine.recovery import Recovery
from outdial.ports import OpenAttempt


class Left:
    """A switch with one call that stands, the store that has it open, and the board that it is put on."""

    ready = True

    def __init__(self, call: Call) -> None:
        self.call = call
        self.opened: list[tuple[Call, object]] = []

    async def open_attempts(self) -> list[OpenAttempt]:
        now = datetime.now(UTC)
        settled: dict[str, Any] = {"reserved_at": now, "answered_at": now, "retry": RetryRule(), "attempts_made": 1}
        return [
            OpenAttempt(call=self.call, campaign=CampaignId(1), tenant=TenantId(1), digits="79990000000", **settled)
        ]

    async def standing(self) -> Mapping[Channel, bool]:
        return {CALLEE: True}

    async def begin(self) -> None:
        """There are no agents."""

    async def freed(self) -> None:
        """There are no agents."""

    def knows(self, attempt: object) -> bool:
        return False

    def open(self, group: object, call: Call, *rest: Any, **named: Any) -> None:
        self.opened.append((call, rest[-1]))


def test_a_call_that_is_recorded_is_recorded_where_this_house_keeps_recordings() -> None:
    plan = Plan("carrier", "79990000000", "", 45.0, SPEECH, {})
    call = Call(ATTEMPT, plan, State.IN_SCRIPT, 2, Position("speak", 2, Phase.RECORDING, recording=2))
    left = Left(call)

    async def told() -> None:
        async with asyncio.TaskGroup() as group:
            recovery = Recovery(left, left, left, SystemClock(), "/data/recordings")  # type: ignore[arg-type]
            await recovery.at_start(group, left)  # type: ignore[arg-type]

    asyncio.run(told())
    ((taken, first),) = left.opened
    assert (taken.plan.recordings, taken.position, first) == (
        "/data/recordings",
        call.position,
        Resumed(CALLEE, up=True),
    )
