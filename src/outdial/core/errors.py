"""How outdial says no. Each error has a stable code and speaks of the business; a dialect renders it on the wire."""

from __future__ import annotations


class OutdialError(Exception):
    """A request that cannot be met; nothing was changed.

    `field` names the part of the request at fault, in the words of our own model, or is empty.
    """

    code = "refused"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(OutdialError):
    """What was asked for does not exist, or belongs to another tenant."""

    code = "not_found"


class Malformed(OutdialError):
    """A value has the wrong type or form; `field` is the path to it."""

    code = "malformed"


class KeyTaken(OutdialError):
    """Something with this key was made meanwhile; trying again finds it."""

    code = "key_taken"


class NotDiallable(Malformed):
    """A phone number holds something that no telephone can dial."""

    code = "not_diallable"


class NotAudio(Malformed):
    """An uploaded file holds no sound that can be decoded."""

    code = "not_audio"


class NotStored(OutdialError):
    """What was sent could not be put into a file here; the caller did nothing wrong."""

    code = "not_stored"


class NotSpreadsheet(Malformed):
    """An uploaded file is no spreadsheet that can be read."""

    code = "not_spreadsheet"


class TooLarge(Malformed):
    """A body, a list or a file is over its limit."""

    code = "too_large"


class NotAuthenticated(OutdialError):
    """Nobody known is asking."""

    code = "not_authenticated"


class TooManyTries(NotAuthenticated):
    """Too many failed logins from one address; asking again later helps."""

    code = "too_many_tries"


class NotAllowed(OutdialError):
    """Somebody known asks for what is not theirs to ask."""

    code = "not_allowed"


class NotEnoughMoney(OutdialError):
    """The account reaches for none of what was asked."""

    code = "not_enough_money"


class AccountDisabled(OutdialError):
    """The account is closed to new business."""

    code = "account_disabled"
