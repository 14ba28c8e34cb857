"""Sends one HTTP request to somebody else's server, within a time limit, and says what became of it.

Only http and https are spoken, redirects are not followed, cookies are not kept, and no more of an answer is read than it
takes to be polite. Addresses of the own network are allowed, because that is where CRMs stand.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import aiohttp

from outdial.core.hook import HookRequest
from outdial.ports import WebAnswer

LIMIT_SECONDS = 10.0
_MOST_READ = 64 * 1024
_SCHEMES = ("http", "https")


class WebSender:
    """Implements `outdial.ports.Web`. `close` gives the connections back."""

    def __init__(self, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit = aiohttp.ClientTimeout(total=limit_seconds)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HookRequest) -> WebAnswer:
        try:
            if urlsplit(request.url).scheme.lower() not in _SCHEMES:
                return WebAnswer(reason="neither http nor https")
            async with self._opened().request(
                request.method,
                request.url,
                data=request.body or None,
                headers={"User-Agent": "outdial", **request.headers},
                allow_redirects=False,
            ) as answer:
                await answer.content.read(_MOST_READ)
                return WebAnswer(status=answer.status, reason=answer.reason or "")
        except TimeoutError:
            return WebAnswer(reason=f"no answer in {self._limit.total:g} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return WebAnswer(reason=f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._limit, cookie_jar=aiohttp.DummyCookieJar())
        return self._session
