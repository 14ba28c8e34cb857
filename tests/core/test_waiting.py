"""Answered callees who wait for an agent: what they hear, whom they are given, and how long."""

from __future__ import annotations

from core.stories import ATTEMPT, CALLEE, EXTENSION, RING_SECONDS, failed, gone, heard, tell, text
from outdial.core.amd import Amd, Verdict
from outdial.core.call import AMD_GUARD_SECONDS, LONGEST_CALL_SECONDS, Call, Connection, Party, Plan, State, Way
from outdial.core.commands import (
    Classify,
    Dial,
    HangUp,
    Join,
    ReleaseExtension,
    Ringback,
    SeekExtension,
    SetTimer,
    Speak,
    StopPlaying,
)
from outdial.core.events import (
    Answered,
    Classified,
    ExtensionFound,
    HungUp,
    Placed,
    Resumed,
    Timer,
    TimerElapsed,
)
from outdial.core.outcome import Outcome
from outdial.core.prompt import Words
from outdial.core.script.interpreter import PROMPT_GUARD_SECONDS
from outdial.core.script.nodes import Connect, Script

WAITING = Connect("", wait_seconds=10.0, keep_seeking=True)
WITH_MUSIC = Connect("", wait_seconds=10.0, keep_seeking=True, hold=text("la la"))
MUSIC = Speak(CALLEE, 1, (Words("la la", "ru-RU", "", personal=False),))
UP = (Placed(CALLEE), Answered(CALLEE))


def placed(node: Connect, amd: Amd | None = None, detours: tuple[Way, ...] = ()) -> Call:
    """A call that looks for an agent when it is answered, just saved."""
    script = Script("connect", {"connect": node})
    return Call(ATTEMPT, Plan("carrier", "7999", "7495", RING_SECONDS, script, {}, amd=amd, detours=detours))


def _limit(turn: int) -> SetTimer:
    return SetTimer(CALLEE, Timer.CALL_LIMIT, turn, LONGEST_CALL_SECONDS)


def test_an_answered_callee_waits_and_hears_a_ringing_tone() -> None:
    call = tell(
        placed(WAITING),
        Placed(CALLEE),
        (
            Answered(CALLEE),
            [
                _limit(0),
                SeekExtension(CALLEE, 1, "", 10.0),
                SetTimer(CALLEE, Timer.WAIT, 1, 10.0),
                Ringback(CALLEE),
            ],
        ),
    )
    assert call.state is State.SEEKING


def test_music_goes_round_until_the_two_are_joined() -> None:
    call = tell(placed(WITH_MUSIC), *UP, (heard(1), [MUSIC]), ExtensionFound(CALLEE, 1, "101"), (heard(1), [MUSIC]))
    tell(call, (Answered(EXTENSION), [StopPlaying(CALLEE, 1), Join(CALLEE, EXTENSION)]))


def test_music_that_cannot_be_played_gives_way_to_a_ringing_tone() -> None:
    call = tell(placed(WITH_MUSIC), *UP, (failed(1), [Ringback(CALLEE)]))
    assert call.hold_turn == 0


def test_an_agent_who_does_not_answer_is_followed_by_another() -> None:
    call = tell(
        placed(WAITING),
        *UP,
        ExtensionFound(CALLEE, 1, "101"),
        (
            HungUp(EXTENSION, 486, 17),
            [ReleaseExtension(CALLEE, "101", Connection.BUSY), SeekExtension(CALLEE, 3, "", 10.0)],
        ),
        ExtensionFound(CALLEE, 3, "102"),
        Answered(EXTENSION),
    )
    assert (call.state, call.transfer_extension) == (State.JOINED, "102")


def test_an_agent_who_rings_out_is_hung_up_before_the_next_one_is_sought() -> None:
    call = tell(
        placed(WAITING),
        *UP,
        ExtensionFound(CALLEE, 1, "101"),
        (TimerElapsed(CALLEE, Timer.RING, 2), [HangUp(EXTENSION)]),
        (Answered(EXTENSION), []),
        (
            HungUp(EXTENSION, 487, 0),
            [ReleaseExtension(CALLEE, "101", Connection.NO_ANSWER), SeekExtension(CALLEE, 3, "", 10.0)],
        ),
    )
    assert call.state is State.SEEKING


def test_nobody_waits_longer_than_the_campaign_allows() -> None:
    seeking = tell(placed(WAITING), *UP)
    for waiting in (seeking, tell(seeking, ExtensionFound(CALLEE, 1, "101"))):
        call = tell(waiting, TimerElapsed(CALLEE, Timer.WAIT, 1))
        assert (call.state, call.connection, call.ended_by) == (State.ENDING, Connection.NOBODY_FREE, Party.OUTDIAL)
        assert tell(call, gone()).outcome is Outcome.ANSWERED


def test_whoever_is_given_up_hears_why_first() -> None:
    node = Connect("", wait_seconds=10.0, keep_seeking=True, hold=text("la la"), farewell=text("sorry"))
    sorry = Speak(CALLEE, 3, (Words("sorry", "ru-RU", "", personal=False),))
    rung = tell(placed(node), *UP, ExtensionFound(CALLEE, 1, "101"))
    call = tell(
        rung,
        (
            TimerElapsed(CALLEE, Timer.WAIT, 1),
            [
                StopPlaying(CALLEE, 1),
                HangUp(EXTENSION),
                sorry,
                SetTimer(CALLEE, Timer.TURN, 3, PROMPT_GUARD_SECONDS),
            ],
        ),
        (Answered(EXTENSION), []),
        (HungUp(EXTENSION, 487, 0), []),
    )
    assert (call.state, call.connection) == (State.PARTING, Connection.NOBODY_FREE)
    for over in (heard(3), failed(3), TimerElapsed(CALLEE, Timer.TURN, 3)):
        assert tell(call, over).state is State.ENDING
    left = tell(call, gone())
    assert (left.state, left.outcome, left.ended_by) == (State.ENDED, Outcome.ANSWERED, Party.CALLEE)


def test_a_callee_who_waits_is_sought_for_again_after_a_restart() -> None:
    waiting = tell(placed(WAITING), *UP)
    call = tell(waiting, Resumed(CALLEE, up=True))
    assert (call.state, call.turn) == (State.SEEKING, 2)


AMD = Amd(total_analysis=5000)
LISTENED = (_limit(1), Classify(CALLEE, 1, AMD), SetTimer(CALLEE, Timer.TURN, 1, 5.0 + AMD_GUARD_SECONDS))


def classified(verdict: Verdict) -> Classified:
    """What the listening came to."""
    return Classified(CALLEE, 1, verdict, "cause", 2.0)


def test_whoever_answers_is_listened_to_first() -> None:
    call = tell(placed(WAITING, AMD), Placed(CALLEE), (Answered(CALLEE), LISTENED))
    assert call.state is State.CLASSIFYING
    human = tell(call, classified(Verdict.HUMAN))
    assert (human.state, human.verdict, human.verdict_seconds) == (State.SEEKING, Verdict.HUMAN, 2.0)


def test_a_machine_is_hung_up() -> None:
    call = tell(placed(WAITING, AMD), *UP, classified(Verdict.MACHINE))
    assert call.state is State.ENDING
    assert tell(call, gone()).outcome is Outcome.MACHINE


def test_whoever_cannot_be_told_is_taken_for_a_human_where_the_campaign_says_so() -> None:
    allowed = tell(placed(WAITING, AMD), *UP, classified(Verdict.NOT_SURE))
    assert allowed.state is State.SEEKING
    refused = tell(placed(WAITING, Amd(allow_not_sure=False)), *UP, classified(Verdict.NOT_SURE))
    assert (refused.state, refused.outcome) == (State.ENDING, Outcome.MACHINE)


def test_a_switch_that_never_says_is_not_waited_for() -> None:
    call = tell(placed(WAITING, AMD), *UP, TimerElapsed(CALLEE, Timer.TURN, 1))
    assert (call.state, call.verdict) == (State.SEEKING, Verdict.NOT_SURE)


def test_a_callee_who_hangs_up_while_listened_to_was_answered_without_a_verdict() -> None:
    call = tell(placed(WAITING, AMD), *UP, gone())
    assert (call.outcome, call.verdict, call.ended_by) == (Outcome.ANSWERED, None, Party.CALLEE)


def test_a_trunk_that_fails_is_followed_by_the_next_way_and_a_busy_callee_is_not() -> None:
    ways = (Way("second", "8999", "8495"), Way("third", "9999", "9495"))
    start = tell(placed(WAITING, detours=ways), Placed(CALLEE))
    second = tell(
        start, (gone(503, 34), [Dial(CALLEE, "second", "8999", "8495", 50.0), SetTimer(CALLEE, Timer.RING, 0, 45.0)])
    )
    assert second.way == ways[0]
    assert tell(second, gone(486, 17)).outcome is Outcome.BUSY
    spent = tell(second, gone(503, 34), gone(0, 38))
    assert (spent.state, spent.outcome, spent.way) == (State.ENDED, Outcome.TRUNK_FAILED, ways[1])
