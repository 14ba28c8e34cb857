"""A limit of so many a second, as a token bucket: a value that is asked with the time and gives the next value."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Rate:
    """Tokens grow by `per_second` up to one second's worth, at least one. 0 or less, or no finite number: no limit."""

    per_second: float
    tokens: float = 1.0
    filled_at: float = 0.0
    """Seconds on the caller's monotonic clock."""

    @property
    def unlimited(self) -> bool:
        """Whether any number may be taken at any time."""
        return not 0 < self.per_second < math.inf

    def at(self, now: float) -> Rate:
        """The bucket as it is at a later moment; an earlier one adds nothing."""
        if self.unlimited:
            return self
        grown = self.tokens + max(0.0, now - self.filled_at) * self.per_second
        return replace(self, tokens=min(grown, max(1.0, self.per_second)), filled_at=max(now, self.filled_at))

    def available(self) -> int | None:
        """Whole tokens in the bucket; None when there is no limit."""
        return None if self.unlimited else int(self.tokens + 1e-9)

    def take(self, count: int) -> Rate:
        """The bucket after so many were used."""
        return self if self.unlimited else replace(self, tokens=self.tokens - count)

    def seconds_to_next(self) -> float:
        """How long until a token is there; 0 when one is."""
        if self.unlimited or self.tokens >= 1.0:
            return 0.0
        return (1.0 - self.tokens) / self.per_second
