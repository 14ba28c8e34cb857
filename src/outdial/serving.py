"""The life of the server process: its doors, its signals, and the order in which it begins and ends.

The engine is told to stop first, and the doors close when it has. What is behind the doors is not known here.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn

from outdial.app import House, database, house
from outdial.settings import Settings, StartError
from outdial.setup import load_demo

_BACKLOG = 2048
_HTTP_CLOSE_SECONDS = 5


class _Doors(uvicorn.Server):
    """The HTTP server. Signals are ours; `opened` is called once it answers."""

    def __init__(self, config: uvicorn.Config, opened: Callable[[], None]) -> None:
        super().__init__(config)
        self._opened = opened

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._opened()


async def serve(settings: Settings, opened: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT, then drain. `opened` is given the address once it answers.

    Raises `StartError` when the address is taken.
    """
    door = _listening_socket(settings)
    host, port = door.getsockname()[:2]
    async with database(settings) as store, house(settings, store) as made:
        if settings.demo:
            await load_demo(made.pool)
        gc.freeze()  # what has been loaded stays: a full collection that walked over it would hold up the event loop
        config = uvicorn.Config(
            made.http,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # the loopback exemption goes by the true peer
            timeout_graceful_shutdown=_HTTP_CLOSE_SECONDS,
        )
        doors = _Doors(config, lambda: opened(f"http://{_in_url(host)}:{port}"))
        await _run(made, doors, door)


async def _run(made: House, doors: _Doors, door: socket.socket) -> None:
    """The engine is told to stop first; the doors close when it has, so that a client may watch the drain."""
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, made.engine.stop)
    async with asyncio.TaskGroup() as group:
        around = [group.create_task(_forever(run), name=name) for name, run in made.around.items()]
        serving = group.create_task(doors.serve([door]), name="http")
        await made.engine.run()
        doors.should_exit = True
        await serving
        for task in around:
            task.cancel()


async def _forever(run: Callable[[], Awaitable[None]]) -> None:
    await run()


def _listening_socket(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((settings.host, settings.port))
    except OSError as error:
        door.close()
        raise StartError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}. Choose another with --port."
        ) from error
    door.listen(_BACKLOG)
    return door


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
