"""A SIP callee that answers at once and notes when the first sound of a prompt reaches it: the stopwatch of the benchmark.

It speaks just enough of RFC 3261 to be called by an Asterisk on this machine, and looks at RTP payloads itself.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

_ULAW_SILENCE = frozenset((0x7F, 0xFF, 0xFE, 0x7E))
_RTP_HEADER_BYTES = 12
_HEADER = re.compile(r"^(Via|From|To|Call-ID|CSeq|Record-Route):.*$", re.MULTILINE | re.IGNORECASE)


@dataclass
class Answered:
    """One answered call, in seconds of the performance counter."""

    at: float
    first_sound: float | None = None


class _Rtp(asyncio.DatagramProtocol):
    def __init__(self, call: Answered) -> None:
        self._call = call

    def datagram_received(self, data: bytes, addr: object) -> None:
        if self._call.first_sound is None and not _ULAW_SILENCE.issuperset(data[_RTP_HEADER_BYTES:]):
            self._call.first_sound = time.perf_counter()


@dataclass
class Callee(asyncio.DatagramProtocol):
    """Answers every INVITE that comes to its port. `media` makes what the RTP of a call goes to instead of the stopwatch."""

    media: Callable[[], asyncio.DatagramProtocol] | None = None
    calls: dict[str, Answered] = field(default_factory=dict)
    _transport: asyncio.DatagramTransport | None = None
    _media: list[asyncio.DatagramTransport] = field(default_factory=list)
    _answering: asyncio.Queue[tuple[str, tuple[str, int]]] = field(default_factory=asyncio.Queue)

    async def open(self) -> int:
        """Listen on a free port of the loopback address; the port."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def close(self) -> None:
        """Stop listening."""
        for transport in [*self._media, *([self._transport] if self._transport else [])]:
            transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode(errors="replace")
        method = text.split(" ", 1)[0]
        if method == "INVITE":
            self._answering.put_nowait((text, addr))
        elif method in ("BYE", "OPTIONS", "CANCEL"):
            self._send(_answer(text), addr)

    async def run(self) -> None:
        """Answer calls until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            text, addr = await self._answering.get()
            call_id = _field(text, "Call-ID")
            if call_id in self.calls:
                continue
            call = self.calls[call_id] = Answered(time.perf_counter())
            media, _ = await loop.create_datagram_endpoint(
                self.media or partial(_Rtp, call), local_addr=("127.0.0.1", 0)
            )
            self._media.append(media)
            answer = _answer(text, _sdp(media.get_extra_info("sockname")[1]), self._port())
            call.at = time.perf_counter()
            self._send(answer, addr)

    def _port(self) -> int:
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def _send(self, text: str, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(text.encode(), addr)


def _field(text: str, name: str) -> str:
    found = re.search(rf"^{name}:\s*(.*?)\r?$", text, re.MULTILINE | re.IGNORECASE)
    return found.group(1) if found else ""


def _answer(request: str, sdp: str = "", port: int = 0) -> str:
    """200 OK to a request, with the headers that a response repeats."""
    head = request.split("\r\n\r\n", 1)[0]
    repeated = [line.group(0).rstrip() for line in _HEADER.finditer(head)]
    lines = [
        line if not line.lower().startswith("to:") or "tag=" in line else f"{line};tag=callee" for line in repeated
    ]
    contact = [f"Contact: <sip:callee@127.0.0.1:{port}>", "Content-Type: application/sdp"] if sdp else []
    return "\r\n".join(["SIP/2.0 200 OK", *lines, *contact, f"Content-Length: {len(sdp)}", "", sdp])


def _sdp(port: int) -> str:
    return (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
    )
