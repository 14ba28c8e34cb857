"""A call that is stored in the middle of its dialogue comes back as it was, also as an older release stored it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from core.generated import HISTORIES, lived, plans
from core.stories import ATTEMPT
from outdial.core.assistant import Line, Speaker
from outdial.core.call import Call, State
from outdial.core.script.document import to_document
from outdial.core.script.position import Phase, Position, Talk
from outdial.drivers.postgres.life import call_from, life_to


def stored(call: Call) -> dict[str, Any]:
    """The row that the store has of a call."""
    plan = call.plan
    return {
        "id": call.attempt,
        "state": call.state.value,
        "life": json.dumps(life_to(call)),
        "trunk": plan.trunk,
        "number": plan.number,
        "caller": plan.caller,
        "ring_seconds": plan.ring_seconds,
        "document": json.dumps(to_document(plan.script)),
        "variables": json.dumps(plan.variables),
        "digits": plan.callee,
        "members": None,
        "record": plan.record,
    }


@given(plans(), HISTORIES)
def test_every_call_comes_back_as_it_was(plan, history) -> None:
    """But for what its campaign's rules say, and where this house keeps recordings."""
    for moment in lived(plan, history):
        after = moment.after
        if after.state is not State.ENDED:
            back = call_from(stored(after))  # type: ignore[arg-type]
            kept = replace(back.plan, amd=plan.amd, recordings=plan.recordings)
            assert replace(back, plan=kept, sip_code=after.sip_code, q850_cause=after.q850_cause) == after


@pytest.mark.parametrize(
    ("life", "position"),
    [
        (["q", 3, "waiting", 2, "12"], Position("q", 3, Phase.WAITING, 2, "12")),
        (
            [
                "l",
                5,
                "speaking",
                1,
                "",
                0,
                "",
                {"x": "1"},
                {"noted": 2, "lines": [["callee", "да"]], "later": 1},
            ],
            Position(
                "l", 5, Phase.SPEAKING, learned={"x": "1"}, talk=Talk(noted=2, lines=(Line(Speaker.CALLEE, "да"),))
            ),
        ),
        (["r", 5, "recording", 1, "4", 2, "", {}], Position("r", 5, Phase.RECORDING, 1, "4", 2)),
        (
            ["r", 5, "keeping", 1, "4", 0, "/a.wav", {"x": "1"}],
            Position("r", 5, Phase.KEEPING, 1, "4", 0, "/a.wav", {"x": "1"}),
        ),
    ],
)
def test_positions_of_this_release_and_of_older_ones(life: list[Any], position: Position) -> None:
    row = {
        **dict.fromkeys(("trunk", "number", "caller", "digits"), ""),
        **dict.fromkeys(("ring_seconds", "document", "variables", "members", "record")),
        "id": ATTEMPT,
        "state": "in_script",
        "life": json.dumps({"turn": life[1], "position": life}),
    }
    assert call_from(row).position == position  # type: ignore[arg-type]
