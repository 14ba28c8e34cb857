"""The first file of a multipart body, as a stream: nothing of it touches a disk or is held in memory on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from outdial.api.wire import chunks, drain
from outdial.core.errors import Malformed


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in. `content` has to be read to its end."""

    name: str
    """As the client sent it: it may hold a path."""
    content: AsyncIterator[bytes]


async def first_file(request: Request, limit: int) -> Upload | None:
    """The first part that has a file name; None when there is none or the body is not multipart.

    Raises `Malformed` for a broken body and `TooLarge` for one over `limit` bytes, also while `content` is read.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        await drain(request.stream())
        return None
    stream = chunks(request, limit)
    try:
        reader = _FirstFile(options[b"boundary"])
        async for chunk in stream:
            reader.feed(chunk)
            if reader.name is not None:
                return Upload(reader.name, _content(reader, stream))
    except (Malformed, FormParserError) as error:
        await drain(stream)
        raise Malformed(f"the multipart body is broken: {error}", field="body") from error
    return None


async def _content(reader: _FirstFile, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if data := reader.take():
        yield data
    async for chunk in stream:
        try:
            reader.feed(chunk)
        except FormParserError as error:
            await drain(stream)
            raise Malformed(f"the multipart body is broken: {error}", field="body") from error
        if data := reader.take():
            yield data
    if not reader.complete:
        raise Malformed("the multipart body ends in the middle of the file", field="body")


class _FirstFile:
    """Hears the parser's callbacks: which part is the file, and its bytes."""

    def __init__(self, boundary: bytes) -> None:
        self.name: str | None = None
        self.complete = False
        self._taking = False
        self._header = b""
        self._value = b""
        self._data: list[bytes] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
            },
        )

    def feed(self, chunk: bytes) -> None:
        """Read on. Raises `FormParserError`."""
        self._parser.write(chunk)

    def take(self) -> bytes:
        """What came in of the file since the last call."""
        data = b"".join(self._data)
        self._data.clear()
        return data

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition" and self.name is None:
            _, options = parse_options_header(self._value)
            if b"filename" in options:
                self.name = options[b"filename"].decode("utf-8", "replace")
                self._taking = True
        self._header = self._value = b""

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._taking:
            self._data.append(data[start:end])

    def _part_end(self) -> None:
        if self._taking:
            self._taking = False
            self.complete = True
