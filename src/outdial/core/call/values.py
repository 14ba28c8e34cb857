"""What a call is: the plan that was settled at its reservation, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from outdial.core.amd import Amd, Verdict
from outdial.core.call.states import State
from outdial.core.commands import CallCommand
from outdial.core.extension import Connection
from outdial.core.ids import AttemptId, Channel, callee_channel, transfer_channel
from outdial.core.outcome import Outcome
from outdial.core.prompt import is_worded
from outdial.core.script.interpreter import Position
from outdial.core.script.nodes import Connect, Script

TRANSFER_RING_SECONDS = 60.0


class Party(StrEnum):
    """Who ended an answered call."""

    CALLEE = "callee"
    EXTENSION = "extension"
    OUTDIAL = "outdial"


@dataclass(frozen=True, slots=True)
class Way:
    """Where a call goes out: the trunk, what it is given to dial, the number shown."""

    trunk: str
    number: str
    caller: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What was settled at reservation and does not change during the call."""

    trunk: str
    number: str
    """The dial string."""
    caller: str
    ring_seconds: float
    script: Script
    variables: Mapping[str, str]
    callee: str = ""
    """The callee's own number, as an extension is shown it; empty: the dial string."""
    detours: tuple[Way, ...] = ()
    """Tried in turn when the trunk before could not take the call."""
    amd: Amd | None = None
    """How answering machines are told from people; None: whoever answers is taken for a human."""
    record: bool = False
    """Whether what callee and extension say to each other is kept."""
    recordings: str = ""
    """The folder of what is kept."""
    outside: Mapping[str, Way] = field(default_factory=dict)
    """How the numbers of the outside world that the script transfers to are rung; one without a way is not rung."""

    today: date | None = None
    """What day it is where the callee is, for a script in which days are spoken of; None: nobody knows."""

    @property
    def first(self) -> Connect | None:
        """The connection whose extension is rung before the callee; None when the callee is rung first."""
        connect = self.script.connect
        return connect if connect is not None and connect.first else None

    @property
    def shown_to_extensions(self) -> str:
        """The number that an extension sees."""
        return self.callee or self.number

    def recording(self, name: str) -> Path:
        """Where a recording of that name is kept."""
        return Path(self.recordings, name[:2], f"{name}.wav")


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `turn` is the last turn used; `position` is there while the script runs."""

    attempt: AttemptId
    plan: Plan
    state: State = State.RESERVED
    turn: int = 0
    position: Position | None = None
    goals: tuple[str, ...] = ()
    collected: Mapping[str, str] = field(default_factory=dict)
    """Variables that the dialogue came by."""
    answers_given: int = 0
    detour: int = 0
    """How many of the plan's detours were taken."""
    verdict: Verdict | None = None
    """What the listening for a machine came to; None when nobody listened, or it did not come to an end."""
    verdict_cause: str = ""
    verdict_seconds: float = 0.0
    connect_at: str = ""
    """The script's node that connects the call, from the moment at which somebody is looked for."""
    hold_turn: int = 0
    """The turn in which the waiting callee is played something; 0: not in any."""
    transfer_extension: str = ""
    connection: Connection | None = None
    outcome: Outcome | None = None
    """Set as soon as it is known; final when the state is ENDED."""
    ended_by: Party | None = None
    sip_code: int = 0
    q850_cause: int = 0

    @property
    def channel(self) -> Channel:
        """The callee's leg."""
        return callee_channel(self.attempt)

    @property
    def second_channel(self) -> Channel:
        """The extension's leg."""
        return transfer_channel(self.attempt)

    @property
    def way(self) -> Way:
        """Where the call goes out at present."""
        plan = self.plan
        return plan.detours[self.detour - 1] if self.detour else Way(plan.trunk, plan.number, plan.caller)

    @property
    def outside_number(self) -> str:
        """The number of the outside world that the callee was transferred to; empty: none."""
        return self.transfer_extension if self.transfer_extension in self.plan.outside else ""

    @property
    def kept_sound(self) -> str | None:
        """The file in which the talk of callee and extension is kept, or the whole dialogue; None: neither is."""
        talk = self.plan.record and self.connection is Connection.JOINED
        kept = talk or (self.plan.script.recorded and self.was_answered)
        return str(self.plan.recording(self.attempt)) if kept else None

    @property
    def was_answered(self) -> bool:
        """Whether the callee picked up; a call that ended interrupted no longer says."""
        return self.outcome is Outcome.ANSWERED or self.state in _UP


def collected(learned: Mapping[str, str]) -> Mapping[str, str]:
    """What a dialogue came by, without the words in which some of it is spoken."""
    return {name: value for name, value in learned.items() if not is_worded(name)}


_UP = frozenset({State.CLASSIFYING, State.IN_SCRIPT, State.SEEKING, State.TRANSFERRING, State.PARTING, State.JOINED})

Stepped = tuple[Call, list[CallCommand]]
"""A call after a step, and what it asks for."""
