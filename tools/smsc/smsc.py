"""The stand-in of a carrier of SMS as a running program: what it is asked to do, and what it saw.

It knows no more of outdial than any carrier does.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from smsc.fetch import Node, SmscError

SYSTEM_ID, PASSWORD = "outdial", "p:w/%d"
_ANSWER_SECONDS = 30.0
_SERVER = Path(__file__).with_name("server.js")


class Smsc:
    """A carrier on loopback, from `with` to its end. `keys`: a folder with `key.pem` and `cert.pem`, for TLS."""

    def __init__(self, node: Node, modules: Path, keys: Path | None = None) -> None:
        self._scheme = "smpp" if keys is None else "smpps"
        self._process = subprocess.Popen(
            [*node.node, str(_SERVER), SYSTEM_ID, PASSWORD, *([] if keys is None else [str(keys)])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ.get("PATH", ""), "NODE_PATH": str(modules), "LC_ALL": "C.UTF-8"},
        )
        self._events: list[dict[str, Any]] = []
        self._done: queue.Queue[dict[str, Any]] = queue.Queue()
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port: int = self._answer("listening")["port"]

    @property
    def url(self) -> str:
        """How outdial is told of it."""
        return f"{self._scheme}://{SYSTEM_ID}:p%3Aw%2F%25d@127.0.0.1:{self.port}"

    def seen(self, kind: str, to: str = "") -> list[dict[str, Any]]:
        """As `events`, with all that happened before this is asked: what was printed is read a moment later."""
        self.ask()
        return self.events(kind, to)

    def events(self, kind: str, to: str = "") -> list[dict[str, Any]]:
        """What happened of one kind so far, in order; `to`: with messages to that number."""
        with self._changed:
            return [one for one in self._events if one["event"] == kind and (not to or one.get("to") == to)]

    def wait(self, met: Callable[[], Any], what: str, seconds: float = _ANSWER_SECONDS) -> Any:
        """Look after every event until it is true; that. Fails with `what` when the time is over."""
        with self._changed:
            if not self._changed.wait_for(met, seconds):
                raise AssertionError(f"{what}: not within {seconds:g} s; there was {self._events[-20:]}")
            return met()

    def ask(self, **what: Any) -> None:
        """`drop` or `unbind` every session, `letIn` nobody, be `busy`."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        self._answer("done")

    def close(self) -> None:
        """End the program."""
        self._process.terminate()
        self._process.wait(10)
        self._reader.join(10)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, kind: str) -> dict[str, Any]:
        try:
            answer = self._done.get(timeout=_ANSWER_SECONDS)
        except queue.Empty:
            raise SmscError("the carrier of SMS does not answer") from None
        if answer["event"] != kind:
            raise SmscError(f"the carrier of SMS said {answer}, and not {kind}")
        return answer

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            if event["event"] in ("listening", "done"):
                self._done.put(event)
                continue
            with self._changed:
                self._events.append(event)
                self._changed.notify_all()
        self._done.put({"event": "gone"})
