"""Tells somebody else's server of an event, and says what became of it. No more of an answer is read than it takes to be
polite.
"""

from __future__ import annotations

from outdial.core.hook import HookRequest
from outdial.drivers.webhooks.client import NoWebAnswer, WebClient
from outdial.ports import WebAnswer

LIMIT_SECONDS = 10.0
_MOST_READ = 64 * 1024


class WebSender:
    """Implements `outdial.ports.Web`. `close` gives the connections back."""

    def __init__(self, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit_seconds = limit_seconds
        self._client = WebClient()

    async def send(self, request: HookRequest) -> WebAnswer:
        try:
            async with self._client.asked(
                *(request.method, request.url, request.headers, request.body, self._limit_seconds)
            ) as answer:
                await answer.content.read(_MOST_READ)
                return WebAnswer(status=answer.status, reason=answer.reason or "")
        except NoWebAnswer as why:
            return WebAnswer(reason=str(why))

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()
