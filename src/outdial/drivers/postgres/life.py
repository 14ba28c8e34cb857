"""A call as it is stored between two steps: what cannot be read off the other columns of its attempt."""

from __future__ import annotations

from typing import Any

import asyncpg

from outdial.core.amd import Verdict
from outdial.core.call import Call, Connection, Party, Plan, State, Way
from outdial.core.ids import AttemptId
from outdial.core.members import Mode
from outdial.core.outcome import Outcome
from outdial.core.script.document import from_document
from outdial.core.script.interpreter import Phase, Position
from outdial.core.script.nodes import HangUp, Script
from outdial.drivers.postgres.pool import decode
from outdial.drivers.postgres.rows import members_from

DEFAULT_RING_SECONDS = 45.0
"""For an attempt whose campaign has been deleted meanwhile."""

_NO_SCRIPT = Script("end", {"end": HangUp()})


def life_to(call: Call) -> dict[str, Any] | None:
    """The column `life`; an ended call needs none."""
    if call.state is State.ENDED:
        return None
    at = call.position
    return {
        "turn": call.turn,
        "position": None if at is None else _position_to(at),
        "answers_given": call.answers_given,
        "detours": [[way.trunk, way.number, way.caller] for way in call.plan.detours],
        "detour": call.detour,
        "outside": {number: [way.trunk, way.number, way.caller] for number, way in call.plan.outside.items()},
        "verdict": call.verdict,
        "verdict_cause": call.verdict_cause,
        "verdict_seconds": call.verdict_seconds,
        "connect_at": call.connect_at,
        "hold_turn": call.hold_turn,
        "transfer_extension": call.transfer_extension,
        "outcome": call.outcome,
        "ended_by": call.ended_by,
        "connection": call.connection,
        "goals": call.goals,
    }


def call_from(row: asyncpg.Record) -> Call:
    """An open attempt as the call that it was when it was last saved."""
    life = decode(row["life"]) if row["life"] else {}
    position = life.get("position")
    outcome = life.get("outcome")
    ended_by = life.get("ended_by")
    connection = life.get("connection")
    return Call(
        attempt=AttemptId(row["id"]),
        plan=_plan_from(row),
        state=State(row["state"]),
        turn=life.get("turn", 0),
        position=None if position is None else _position_from(position),
        goals=tuple(life.get("goals", ())),
        answers_given=life.get("answers_given", 0),
        detour=life.get("detour", 0),
        verdict=None if life.get("verdict") is None else Verdict(life["verdict"]),
        verdict_cause=life.get("verdict_cause", ""),
        verdict_seconds=life.get("verdict_seconds", 0.0),
        connect_at=life.get("connect_at", ""),
        hold_turn=life.get("hold_turn", 0),
        transfer_extension=life.get("transfer_extension", ""),
        outcome=None if outcome is None else Outcome(outcome),
        ended_by=None if ended_by is None else Party(ended_by),
        connection=None if connection is None else Connection(connection),
    )


def _plan_from(row: asyncpg.Record) -> Plan:
    rules = members_from(row["members"]) if row["members"] else None
    life = decode(row["life"]) if row["life"] else {}
    return Plan(
        trunk=row["trunk"],
        number=row["number"],
        caller=row["caller"],
        ring_seconds=row["ring_seconds"] or DEFAULT_RING_SECONDS,
        script=from_document(decode(row["document"])) if row["document"] else _NO_SCRIPT,
        variables=decode(row["variables"]) if row["variables"] else {},
        callee=row["digits"],
        detours=tuple(Way(*way) for way in life.get("detours", ())),
        amd=None if rules is None or rules.mode is Mode.PROGRESSIVE else rules.amd,
        record=rules.record if rules else False,
        outside={number: Way(*way) for number, way in life.get("outside", {}).items()},
    )


def _position_to(at: Position) -> list[Any]:
    return [at.node, at.turn, at.phase, at.plays, at.keys, at.recording, at.recorded, at.learned]


def _position_from(stored: list[Any]) -> Position:
    """What follows the keys is not there in a life that an older release stored."""
    node, turn, phase, plays, keys, *more = stored
    return Position(node, turn, Phase(phase), plays, keys, *more)
