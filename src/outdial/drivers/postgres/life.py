"""A call as it is stored between two steps: what cannot be read off the other columns of its attempt."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from datetime import date
from typing import Any

import asyncpg

from outdial.core.amd import Verdict
from outdial.core.assistant import Line, Speaker
from outdial.core.call import Call, Connection, Party, Plan, State, Way, collected
from outdial.core.ids import AttemptId
from outdial.core.members import Mode
from outdial.core.outcome import Outcome
from outdial.core.script.document import from_document
from outdial.core.script.nodes import HangUp, Script
from outdial.core.script.position import Answering, Phase, Position, Talk
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
        **({"collected": call.collected} if call.collected and at is None else {}),
        **({} if call.plan.today is None else {"today": call.plan.today.isoformat()}),
    }


def call_from(row: asyncpg.Record) -> Call:
    """An open attempt as the call that it was when it was last saved."""
    life = decode(row["life"]) if row["life"] else {}
    at = None if life.get("position") is None else _position_from(life["position"])
    outcome = life.get("outcome")
    ended_by = life.get("ended_by")
    connection = life.get("connection")
    return Call(
        attempt=AttemptId(row["id"]),
        plan=_plan_from(row),
        state=State(row["state"]),
        turn=life.get("turn", 0),
        position=at,
        goals=tuple(life.get("goals", ())),
        collected=life.get("collected", {}) if at is None else collected(at.learned),
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
        record=rules.record if rules else bool(row["record"]),
        outside={number: Way(*way) for number, way in life.get("outside", {}).items()},
        today=date.fromisoformat(life["today"]) if "today" in life else None,
    )


def _position_to(at: Position) -> list[Any]:
    stored = [at.node, at.turn, at.phase, at.plays, at.keys, at.recording, at.recorded, at.learned]
    return stored if at.talk == Talk() else [*stored, _talk_to(at.talk)]


def _position_from(stored: list[Any]) -> Position:
    """What follows the keys is not there in a life that an older release stored."""
    node, turn, phase, plays, keys, *more = stored
    talk = _talk_from(more.pop()) if len(more) == _WITH_TALK else Talk()
    return replace(Position(node, turn, Phase(phase), plays, keys, *more), talk=talk)


_WITH_TALK = 4
"""What follows the keys of a position that has something of the talk."""


def _talk_to(talk: Talk) -> dict[str, Any]:
    return {
        **asdict(talk),
        "lines": [[line.who, line.text] for line in talk.lines],
        "answering": asdict(talk.answering),
    }


def _talk_from(stored: dict[str, Any]) -> Talk:
    """A member that this release does not know, or that an older one did not store, is left out."""
    answering = _known(Answering, stored.pop("answering", {}))
    answering["to_say"] = tuple(answering.get("to_say", ()))
    lines = tuple(Line(Speaker(who), text) for who, text in stored.pop("lines", ()))
    return Talk(**{**_known(Talk, stored), "lines": lines, "answering": Answering(**answering)})


def _known(made: type[Talk | Answering], stored: dict[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(made)}
    return {name: value for name, value in stored.items() if name in names}
