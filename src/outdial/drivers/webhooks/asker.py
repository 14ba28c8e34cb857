"""Asks somebody else's server what a dialogue wants to know while the callee waits. It is asked once; an answer that is
late, too large, moved elsewhere or of another form is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import aiohttp

from outdial.core.web_answer import NotInAnswer, wanted_of
from outdial.core.web_request import LONGEST_SECONDS, WebQuestion
from outdial.drivers.webhooks.client import NoWebAnswer, WebClient
from outdial.ports import ConsultationFailed

LARGEST_ANSWER = 64 * 1024
"""Bytes of an answer, unpacked."""


class WebAsker:
    """Implements `outdial.ports.WebQuestions`. `close` gives the connections back."""

    def __init__(self) -> None:
        self._client = WebClient()

    async def ask(self, question: WebQuestion) -> Mapping[str, str]:
        """What was wanted; see the port. Reasons name the host alone: a query holds what callees said."""
        seconds = min(question.seconds, LONGEST_SECONDS)
        if _climbs(question.url):
            raise ConsultationFailed(_of(question, "the address leads elsewhere"))
        try:
            async with self._client.asked(
                *(question.method, question.url, question.headers, question.body.encode(), seconds)
            ) as answer:
                if not 200 <= answer.status < 300:
                    raise ConsultationFailed(_of(question, f"status {answer.status}"))
                content = await _content(answer, question)
            return wanted_of(content, question.into)
        except NoWebAnswer as why:
            raise ConsultationFailed(_of(question, why.kind)) from None
        except NotInAnswer as why:
            raise ConsultationFailed(_of(question, str(why))) from None

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()


async def _content(answer: aiohttp.ClientResponse, question: WebQuestion) -> bytes:
    """All of an answer, where something of it is wanted."""
    content = bytearray()
    if question.into:
        async for chunk in answer.content.iter_any():
            content += chunk
            if len(content) > LARGEST_ANSWER:
                raise ConsultationFailed(_of(question, f"the answer is over {LARGEST_ANSWER} bytes"))
    return bytes(content)


def _climbs(url: str) -> bool:
    """Whether steps such as .. change the path. A variable may hold dots, which no escape takes out of an address."""
    try:
        return any(unquote(step) in (".", "..") for step in urlsplit(url).path.split("/"))
    except ValueError:
        return False  # it is no address at all, and will be found out


def _of(question: WebQuestion, reason: str) -> str:
    try:
        host = urlsplit(question.url).netloc.rpartition("@")[2]
    except ValueError:
        host = "no address"
    return f"{host}: {reason}"
