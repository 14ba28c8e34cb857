"""One name for each kind of identifier, so that the type check tells them apart."""

from __future__ import annotations

from typing import NewType

TenantId = NewType("TenantId", int)
CampaignId = NewType("CampaignId", int)
ContactId = NewType("ContactId", int)
ScriptId = NewType("ScriptId", int)
TrunkId = NewType("TrunkId", int)

AttemptId = NewType("AttemptId", str)
"""A UUID of 36 characters. It is also the channel id of the callee's leg at the switch."""

Channel = NewType("Channel", str)
"""A leg at the switch: an attempt's id, or that id with the prefix of its second leg."""

_ATTEMPT_ID_LENGTH = 36
_TRANSFER_PREFIX = "2-"
"""In front: Asterisk takes an id for taken when a channel's id begins with it, and either leg may be the first."""


def callee_channel(attempt: AttemptId) -> Channel:
    """The leg of the person called."""
    return Channel(attempt)


def transfer_channel(attempt: AttemptId) -> Channel:
    """The leg of the extension that an answered call is transferred to."""
    return Channel(_TRANSFER_PREFIX + attempt)


def attempt_of(channel: Channel) -> AttemptId:
    """The attempt that a leg belongs to."""
    return AttemptId(channel[-_ATTEMPT_ID_LENGTH:])
