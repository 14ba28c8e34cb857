"""A call in progress as the engine knows it, and what the journal writes of it. Where events come from, and who carries
commands out, is not known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from outdial.core.call import Call, State
from outdial.core.commands import CallCommand, RecordAnswer, SendSms
from outdial.core.events import CallEvent
from outdial.core.member_calls import settlement
from outdial.core.retry import RetryRule, seconds_to_next_try
from outdial.core.script.nodes import COMPLETED
from outdial.core.settlement import Member
from outdial.core.sms import after_the_last
from outdial.engine import metrics
from outdial.engine.desk import Team
from outdial.engine.floor import Seat
from outdial.engine.timers import Timers
from outdial.engine.transcripts import Transcript
from outdial.ports import Clock, Entry, MemberEnd


@dataclass(frozen=True, slots=True)
class Called:
    """The member whom a call goes to, with the attempt counted, and the campaign as its agents see it."""

    team: Team
    standing: Member
    position: int


@dataclass(slots=True)
class Line:
    """One call in progress and what the engine knows about it besides."""

    call: Call
    seat: Seat
    retry: RetryRule
    attempts_made: int
    mailbox: asyncio.Queue[CallEvent]
    group: asyncio.TaskGroup
    called: Called | None = None
    """None: the contact has one number and is no member."""
    timers: Timers = field(init=False)
    answered_at: datetime | None = None
    answered_moment: float | None = None
    """The monotonic clock at the answer."""
    agent: str = ""
    """The key of the agent whom the call was given to last."""
    joined_at: datetime | None = None
    joined_moment: float | None = None
    """The monotonic clock when the callee and an agent began to hear each other."""
    heard_answer_at: float | None = None
    """The event loop's time at the answer, until the first prompt was commanded."""
    transcript: Transcript | None = None
    """None: nobody writes down what is said."""


def entry_of(line: Line, commands: Sequence[CallCommand], clock: Clock) -> Entry:
    """What a step of a call is written down as; one that has ended with what that means for its contact or member."""
    answers = tuple(command for command in commands if isinstance(command, RecordAnswer))
    messages = tuple(command.asked for command in commands if isinstance(command, SendSms))
    if answers:
        metrics.ANSWERS.inc(len(answers))
    turns = () if line.transcript is None else line.transcript.turns(commands)
    if line.call.state is not State.ENDED:
        return Entry(
            call=line.call,
            answers=answers,
            turns=turns,
            answered_at=line.answered_at,
            agent=line.agent,
            messages=messages,
        )
    now = clock.monotonic()
    talked = 0.0 if line.answered_moment is None else now - line.answered_moment
    retry_at, plan = None if line.called else _retry_at(line, clock), line.call.plan
    missed = after_the_last(*(plan.script.unanswered, plan.variables, line.call.outcome), again=retry_at is not None)
    return Entry(
        call=line.call,
        answers=answers,
        turns=turns,
        messages=messages if line.called else (*messages, *missed),
        answered_at=line.answered_at,
        ended_at=clock.now(),
        talk_seconds=talked,
        joined_seconds=0.0 if line.joined_moment is None else now - line.joined_moment,
        retry_at=retry_at,
        agent=line.agent,
        member=None if line.called is None else _member_end(line, line.called, talked, clock),
    )


def _member_end(line: Line, called: Called, talked: float, clock: Clock) -> MemberEnd:
    """What an ended call means for its member. The rule's seconds are felt ones, the store's those of the wall."""
    now, moment = clock.now(), clock.monotonic()
    scale = (clock.after(1000.0) - now).total_seconds() / 1000.0
    rules, rule = called.team.rules, called.team.rules.rule
    result = None if rule.result_seconds is None else rule.result_seconds * scale
    rule = replace(rule, interval_seconds=rule.interval_seconds * scale, result_seconds=result)
    waited_until = moment if line.joined_moment is None else line.joined_moment
    with_agent = 0.0 if line.joined_moment is None else moment - line.joined_moment
    alone = max(0.0, talked - line.call.verdict_seconds)
    return MemberEnd(
        settlement=settlement(
            *(replace(rules, rule=rule), called.standing, called.position, line.call, now),
            answered=line.answered_at is not None,
            talk_seconds=with_agent if rule.needs_agent else alone,
        ),
        joined_at=line.joined_at,
        wait_seconds=0.0 if line.answered_moment is None else max(0.0, waited_until - line.answered_moment),
        campaign=line.seat.campaign,
    )


def _retry_at(line: Line, clock: Clock) -> datetime | None:
    assert line.call.outcome is not None
    succeeded = COMPLETED in line.call.goals
    seconds = seconds_to_next_try(line.retry, line.call.outcome, line.attempts_made, succeeded)
    return None if seconds is None else clock.after(seconds)
