"""The sandbox switch under the suite of the Telephony port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.telephony import Bench, TelephonyContract
from outdial.drivers.felt_clock import FeltClock
from outdial.drivers.sandbox.switch import SandboxSwitch
from outdial.ports import Telephony

SPEED = 100.0


@asynccontextmanager
async def _sandbox() -> AsyncIterator[Telephony]:
    switch = SandboxSwitch(FeltClock(SPEED), seed=1)
    try:
        yield switch
    finally:
        await switch.close()


class TestSandboxTelephony(TelephonyContract):
    @pytest.fixture(params=["", "9", "+"], ids=["plain", "prefix", "plus"])
    def bench(self, tmp_path: Path, request: pytest.FixtureRequest) -> Bench:
        return Bench(
            switch=_sandbox,
            second=1 / SPEED,
            folder=tmp_path,
            trunk="carrier",
            caller="74951234567",
            dial_prefix=request.param,
        )
