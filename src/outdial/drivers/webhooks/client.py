"""One HTTP request to somebody else's server, within a time limit: the answer, or the reason why there is none.

Only http and https are spoken, redirects are not followed, and cookies are not kept. Addresses of the own network are
allowed, because that is where CRMs stand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp

_SCHEMES = ("http", "https")


class NoWebAnswer(Exception):
    """No answer came. `kind` says so without a word of what was sent; the message may repeat some of it."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message or kind)
        self.kind = kind


class WebClient:
    """Keeps the connections. Used by one event loop, and closed in it."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def asked(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limit_seconds: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a request, of which the content is still to be read within the same limit. Raises `NoWebAnswer`,
        also out of the block."""
        try:
            if urlsplit(url).scheme.lower() not in _SCHEMES:
                raise NoWebAnswer("neither http nor https")
            async with self._opened().request(
                method,
                url,
                data=body or None,
                headers={"User-Agent": "outdial", **headers},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=limit_seconds),
            ) as answer:
                yield answer
        except TimeoutError:
            raise NoWebAnswer(f"no answer in {limit_seconds:g} seconds") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            name = type(error).__name__
            # Beware: an error of this library may hold the request's headers, so it is not chained.
            raise NoWebAnswer(name, f"{name}: {error}") from None

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session
