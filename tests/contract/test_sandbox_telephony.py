"""The sandbox switch under the suite of the Telephony port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.telephony import HUMAN_SILENT, Bench, Conversation, TelephonyContract, tell
from outdial.core.commands import HangUp
from outdial.core.events import Answered, HungUp
from outdial.core.extension import ExtensionState
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

    def test_an_extension_may_take_another_call_when_a_callee_answers(self, bench: Bench) -> None:
        async def story(call: Conversation) -> None:
            dialled = await call.dial(HUMAN_SILENT)
            await call.extension_becomes("5", ExtensionState.IDLE)
            await call.hear(dialled, Answered)
            await call.extension_becomes("5", ExtensionState.IN_USE)
            await call.ask(HangUp(dialled))
            await call.hear(dialled, HungUp)
            await call.extension_becomes("5", ExtensionState.IDLE)

        tell(bench, story)
