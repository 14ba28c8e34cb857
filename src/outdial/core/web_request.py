"""A question to a server on the web, ready to be asked: what is sent, and what of the answer is wanted.

Every variable is in its place already, escaped for where it stands. Who sends it is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_SECONDS = 5.0
LONGEST_SECONDS = 14.0
"""A callee waits meanwhile; shorter than what a dialogue waits for any service."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class WebQuestion:
    """One request. Its answer is taken as JSON where `into` wants something of it."""

    url: str
    """http or https; the host is written in the scenario and never comes out of a variable."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    """The content type of the body among them."""
    body: str = ""
    """Empty: none is sent."""
    into: Mapping[str, str] = field(default_factory=dict)
    """Names of variables, and for each the way to its value in the answer: names of members and numbers of elements,
    from 0, with dots between them, such as `slots.0.time`."""
    seconds: float = DEFAULT_SECONDS
    """How long the whole answer may take."""
