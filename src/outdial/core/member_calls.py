"""What a call means for the member that was called: the life of the call in, its cause and the member's settlement out."""

from __future__ import annotations

from datetime import datetime

from outdial.core.agent import Offer
from outdial.core.call import Call
from outdial.core.causes import NORMAL_CLEARING, ORIGINATOR_CANCEL, cause_of
from outdial.core.extension import Connection
from outdial.core.members import MemberRules
from outdial.core.outcome import Outcome
from outdial.core.settlement import Ended, Member, Settlement, crashed, given_up, not_dialled, settle

_WITH_AGENT = frozenset({Connection.WAITING, Connection.LEFT, Connection.JOINED})
_OFFERS = {
    Connection.JOINED: Offer.TALKED,
    Connection.BUSY: Offer.BUSY,
    Connection.NO_ANSWER: Offer.NO_ANSWER,
    Connection.REJECTED: Offer.REJECTED,
    Connection.DECLINED: Offer.REJECTED,
    Connection.LEFT: Offer.REJECTED,
    Connection.UNREACHABLE: Offer.UNREACHABLE,
}


def offer_of(connection: Connection | None) -> Offer:
    """How an agent's part in a call ended for the agent; what is no agent's doing is cancelled."""
    return Offer.CANCELLED if connection is None else _OFFERS.get(connection, Offer.CANCELLED)


def was_human(call: Call) -> bool:
    """Whether somebody picked up who, as far as was listened, is no machine."""
    return call.outcome is Outcome.ANSWERED and (call.plan.amd is None or call.verdict is not None)


def cause(call: Call) -> str:
    """The cause of an ended call. One that was hung up while it was listened for a machine counts as cancelled."""
    assert call.outcome is not None
    if call.outcome is Outcome.ANSWERED:
        return NORMAL_CLEARING if was_human(call) else ORIGINATOR_CANCEL
    return cause_of(call.outcome, call.sip_code, call.q850_cause)


def settlement(
    rules: MemberRules,
    member: Member,
    position: int,
    call: Call,
    now: datetime,
    *,
    answered: bool,
    talk_seconds: float,
) -> Settlement:
    """What an ended call to one of its numbers means for a member; `member` has the attempt counted.

    `answered`: somebody picked up, whatever the outcome. `talk_seconds`: from joining, or without agents from the answer
    less the listening.
    """
    rule = rules.rule
    if call.outcome is Outcome.INTERRUPTED:
        return crashed(rule, member, position, answered, now, strict=rules.strict_crash)
    if call.outcome is Outcome.AGENT_UNREACHED and call.connection not in _WITH_AGENT:
        return not_dialled(rule, member, position, now)
    if call.outcome is Outcome.CANCELLED and call.connection not in _WITH_AGENT:
        return given_up(rule, member, position, now)
    ended = Ended(
        cause=cause(call),
        position=position,
        answered=was_human(call),
        joined=call.connection is Connection.JOINED,
        agent_took_part=call.connection in _WITH_AGENT,
        talk_seconds=talk_seconds,
    )
    return settle(rule, member, ended, now)
