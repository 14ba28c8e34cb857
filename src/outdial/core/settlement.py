"""What becomes of a member when a call ends, when its result is reported or stays out, and when somebody takes it out.

An attempt is counted when it is reserved; a settlement leaves it counted or gives it back. The rules are those of Webitel
engine 3.10. Members are not chosen here, and nothing here knows which agent or route was used.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from outdial.core import number as numbers_of
from outdial.core.causes import (
    ABANDONED,
    MANAGER_REQUEST,
    MAX_TRY_COUNT,
    MEMBER_EXPIRED,
    NO_COMMUNICATIONS,
    NORMAL_CLEARING,
    ORIGINATOR_CANCEL,
    PROCESS_CRASH,
    CauseLists,
)
from outdial.core.number import Number
from outdial.core.retry import INTERRUPTED_REST_SECONDS

_LONGEST_REST_SECONDS = 100 * 365 * 86400.0
"""A time of day is still representable after this many seconds, whatever was asked for."""


@dataclass(frozen=True, slots=True)
class MemberRule:
    """How often and when a campaign tries its members, and what it calls a success. Times are in seconds."""

    max_attempts: int
    """Attempts at all numbers together; 0 is one attempt."""
    interval_seconds: float
    min_talk_seconds: float = 0.0
    """A shorter talk is no success; it does not matter when a result is waited for."""
    result_seconds: float | None = None
    """How long after a call with an agent its result is waited for; None: results are not asked for."""
    retry_abandoned: bool = False
    """Whether who was abandoned is called again; otherwise that ends the member."""
    by_number: bool = False
    """Whether attempts within a range of hours are counted for each number instead of for each type."""
    needs_agent: bool = False
    causes: CauseLists = field(default_factory=CauseLists)
    successes_needed: int = 1
    give_back_late_results: bool = True
    """Whether an attempt whose result stayed out does not count."""

    @property
    def limit(self) -> int:
        """The attempts that a member has; never less than one."""
        return max(1, self.max_attempts)

    @property
    def waits_for_results(self) -> bool:
        """Whether a call with an agent is judged by its caller; a broadcast never is."""
        return self.needs_agent and self.result_seconds is not None


@dataclass(frozen=True, slots=True)
class Member:
    """How a member stands; the attempt in question is counted already."""

    attempts: int
    successes: int
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that is over."""

    cause: str
    position: int
    """The number that was called."""
    answered: bool
    """A human picked up; who hung up while a machine was listened for did not."""
    joined: bool
    """The callee and an agent heard each other."""
    agent_took_part: bool
    """An agent answered, whether or not the callee did."""
    talk_seconds: float
    """With an agent: from joining to the end. Without: from the answer, less the time of listening for a machine."""
    terminated: bool = False
    """The call was cut off because somebody took the member out."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is to be stored. The member is finished when there is an `end_cause`; then all its numbers are shut."""

    member: Member
    due_at: datetime | None
    """When it may be called again; None: it is finished."""
    end_cause: str = ""
    """Empty: the member goes on."""
    succeeded: bool = False
    """The member is finished and is not to be revived: it was reached, or somebody took it out."""
    result_until: datetime | None = None
    """The member is not called before its result came or this moment passed; None: no result is waited for."""
    given_back: bool = False
    """The attempt does not count any more."""
    cause: str = ""
    """The cause that the log of the call shows."""


@dataclass(frozen=True, slots=True)
class Report:
    """A call's result as its caller reports it."""

    success: bool
    next_after_seconds: float | None = None
    """Seconds to the next attempt, 0: at once; None, negative or no number: the rule's interval."""
    stop: Literal["all"] | frozenset[str] | None = None
    """Numbers never to be called again."""
    reset_retries: bool = False
    next_number: str | None = None
    """The number to be called next; the member goes on for it even when its attempts are used up."""


def settle(rule: MemberRule, member: Member, ended: Ended, now: datetime) -> Settlement:
    """What a call's end means. The first rule that fits decides (Webitel engine 3.10).

    Unlike there, attempts that are used up always end a member, even where results are waited for. A result that was
    reported during the call stands as it was settled then: the call's end is not settled on top of it.
    """
    if ended.terminated:
        return replace(terminated(member), cause=MANAGER_REQUEST)
    called = replace(member, numbers=numbers_of.called(member.numbers, ended.position, now))
    next_due = _after(now, rule.interval_seconds)

    if rule.needs_agent and ended.answered and not ended.joined:
        if rule.retry_abandoned:
            return _again_or_exhausted(rule, called, next_due, ABANDONED)
        return _finished(called, ABANDONED, ABANDONED)
    if rule.waits_for_results and (ended.joined or ended.agent_took_part):
        return Settlement(called, next_due, result_until=_after(now, rule.result_seconds or 0.0), cause=ended.cause)
    if ended.cause in rule.causes.minus:
        return _given_back(rule, member, ended.position, next_due, ended.cause)
    if ended.cause in rule.causes.ok and (ended.joined or not rule.needs_agent):
        if ended.talk_seconds < rule.min_talk_seconds:
            return _again_or_exhausted(rule, called, next_due, ended.cause)
        reached = replace(called, successes=called.successes + 1)
        if reached.successes < rule.successes_needed:
            return _again_or_exhausted(rule, reached, next_due, ended.cause)
        return _finished(reached, ended.cause, ended.cause, succeeded=True)
    if ended.cause in rule.causes.error and ended.cause not in rule.causes.retry:
        shut = replace(called, numbers=numbers_of.closed(called.numbers, ended.position))
        if not _has_open(shut):
            return _finished(shut, ended.cause, ended.cause)
        return _again_or_exhausted(rule, shut, next_due, ended.cause)
    return _again_or_exhausted(rule, called, next_due, ended.cause)


def not_dialled(rule: MemberRule, member: Member, position: int, now: datetime) -> Settlement:
    """Nothing was dialled, for want of a route or an agent: the attempt is given back, and the member is due at once."""
    return _given_back(rule, member, position, now, "")


def given_up(rule: MemberRule, member: Member, position: int, now: datetime) -> Settlement:
    """We hung up before anybody answered, because no agent would have been there: the attempt is given back, and the
    callee, who may have heard it ring, has the usual rest."""
    return _given_back(rule, member, position, _after(now, rule.interval_seconds), ORIGINATOR_CANCEL)


def crashed(
    rule: MemberRule,
    member: Member,
    ended_position: int,
    answered: bool,
    now: datetime,
    *,
    strict: bool = False,
) -> Settlement:
    """The call's fate is unknown, because we or the switch went away in the middle of it.

    It counts if it was answered, and is given back otherwise; either way the callee, who may still be on the line, has a
    rest first. `strict`: the member is finished, as in Webitel engine 3.10.
    """
    called = replace(member, numbers=numbers_of.called(member.numbers, ended_position, now))
    if strict:
        return _finished(called, PROCESS_CRASH, PROCESS_CRASH)
    rested = _after(now, max(rule.interval_seconds, INTERRUPTED_REST_SECONDS))
    if answered:
        return _again_or_exhausted(rule, called, rested, PROCESS_CRASH)
    return _given_back(rule, member, ended_position, rested, PROCESS_CRASH)


def reported(rule: MemberRule, member: Member, report: Report, now: datetime) -> Settlement:
    """What a reported result means.

    A number to be called next keeps the member going whatever else was decided, with one attempt beyond the limit if all
    are used up. Numbers are stopped first, so that "stop all, call this one" leaves this one.
    """
    if report.success:
        return _finished(replace(member, successes=member.successes + 1), NORMAL_CLEARING, "", succeeded=True)
    numbers, attempts = member.numbers, member.attempts
    if report.stop is not None:
        numbers = numbers_of.stopped(numbers, report.stop)
    if report.reset_retries:
        numbers, attempts = numbers_of.uncounted(numbers), 0
    end_cause = ""
    if attempts >= rule.limit:
        end_cause, numbers = MAX_TRY_COUNT, numbers_of.all_closed(numbers)
    elif not any(number.open for number in numbers):
        end_cause = NO_COMMUNICATIONS
    standing = Member(attempts, member.successes, numbers)
    if report.next_number:
        standing, end_cause = replace(standing, numbers=numbers_of.with_next(numbers, report.next_number)), ""
    if end_cause:
        return _finished(standing, end_cause, "")
    wait = report.next_after_seconds
    return Settlement(standing, _after(now, rule.interval_seconds if wait is None or not wait >= 0 else wait))


def result_overdue(
    rule: MemberRule, member: Member, position: int, now: datetime, due_at: datetime | None
) -> Settlement:
    """The result of a call stayed out. The due time that the call's end set stays; without one the member is due now.

    By default the attempt is given back and its number is the first of its equals; otherwise it counts.
    """
    due = now if due_at is None else due_at
    if not rule.give_back_late_results:
        return _again_or_exhausted(rule, member, due, "")
    return _given_back(rule, member, position, due, "", first_next=True)


def terminated(member: Member) -> Settlement:
    """Somebody took the member out; it counts as done, so that it is not revived."""
    return _finished(member, MANAGER_REQUEST, "", succeeded=True)


def expired(member: Member) -> Settlement:
    """The member's own time is over."""
    return _finished(member, MEMBER_EXPIRED, "")


def barred(member: Member, digits: Collection[str], now: datetime) -> Settlement:
    """Some of the member's numbers must not be called: they are shut, and the member goes on with the others."""
    return _again(replace(member, numbers=numbers_of.stopped(member.numbers, digits)), now, "")


def revived(member: Member) -> Member:
    """The member as if it had never been called, but for numbers that were stopped. Its successes stay."""
    return Member(0, member.successes, numbers_of.revived(member.numbers))


def _again_or_exhausted(rule: MemberRule, member: Member, due_at: datetime, cause: str) -> Settlement:
    if member.attempts >= rule.limit:
        return _finished(member, MAX_TRY_COUNT, cause)
    return _again(member, due_at, cause)


def _again(member: Member, due_at: datetime, cause: str) -> Settlement:
    if not _has_open(member):
        return _finished(member, NO_COMMUNICATIONS, cause)
    return Settlement(member, due_at, cause=cause)


def _given_back(
    rule: MemberRule, member: Member, position: int, due_at: datetime, cause: str, *, first_next: bool = False
) -> Settlement:
    numbers = numbers_of.given_back(member.numbers, position, by_number=rule.by_number, first_next=first_next)
    refunded = Member(max(0, member.attempts - 1), member.successes, numbers)
    return replace(_again(refunded, due_at, cause), given_back=True)


def _finished(member: Member, end_cause: str, cause: str, *, succeeded: bool = False) -> Settlement:
    shut = replace(member, numbers=numbers_of.all_closed(member.numbers))
    return Settlement(shut, None, end_cause, succeeded, cause=cause)


def _has_open(member: Member) -> bool:
    return any(number.open for number in member.numbers)


def _after(now: datetime, seconds: float) -> datetime:
    """A moment later; no number of seconds is none."""
    lasting = 0.0 if math.isnan(seconds) else min(max(0.0, seconds), _LONGEST_REST_SECONDS)
    return now + timedelta(seconds=lasting)
