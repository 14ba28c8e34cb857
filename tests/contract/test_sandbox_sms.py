"""The suite of carriers of SMS on the sandbox, and its witness."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from contract.sms import CarrierOfSms, Office, Play, at_work, part
from outdial.drivers.felt_clock import FeltClock
from outdial.drivers.sandbox.sms import SandboxSms
from outdial.ports import Accepted


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "dialled.jsonl"


@pytest.fixture
def play(log: Path) -> Play:
    def played(story: Callable[[Office], Coroutine[None, None, None]]) -> None:
        async def told() -> None:
            carrier = SandboxSms(FeltClock(1000.0), log)
            try:
                await at_work(carrier, story)
            finally:
                carrier.close()

        asyncio.run(told())

    return played


class TestSandbox(CarrierOfSms):
    pass


def test_the_witness_sees_every_part_that_was_taken(play: Play, log: Path) -> None:
    async def story(office: Office) -> None:
        assert isinstance(await office.carrier.submit(part("70000100001", "Привет")), Accepted)
        await office.carrier.submit(part("70000700001"))

    play(story)
    (line,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert (line["number"], line["sms"], line["part"], line["of"]) == ("70000100001", "Привет", 1, 1)
