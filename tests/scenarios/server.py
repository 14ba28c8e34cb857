"""Outdial as its users run it: a process of its own, spoken to over HTTP, stopped by signals."""

from __future__ import annotations

import http.client
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

READY = "outdial ready on "
START_SECONDS = 60.0
MODULE = "/pbxcore/api/module-dialer/v1"


def until(met: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Ask again and again until the answer is true; that answer. Fails with `what` when the time is over."""
    never = threading.Event()
    for _ in range(int(seconds / 0.03)):
        if answer := met():
            return answer
        never.wait(0.03)
    raise AssertionError(f"{what}: not within {seconds:g} s")


class Server:
    """`outdial serve` in a process of its own."""

    def __init__(
        self,
        data: Path,
        *options: str,
        keep: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`keep`: parts of names of `OUTDIAL_…` variables that the server is given; `environment`: others that it is."""
        command = [sys.executable, "-m", "outdial", "serve", "--port", "0", "--data", str(data), *options]
        self.folder = data
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("OUTDIAL_") or any(part in name for part in keep)
        }
        self._environment |= environment or {}
        if database := os.environ.get("OUTDIAL_TEST_DATABASE_URL"):
            self._environment["OUTDIAL_TEST_DATABASE_URL"] = database
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self._environment
        )
        self._said: queue.Queue[str] = queue.Queue()
        self.errors: list[str] = []
        threading.Thread(target=self._read_output, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()
        self.url = self._await_ready()

    def _read_output(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(line)
        self._said.put("")
        self.process.stdout.close()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(self.process.stderr)
        self.process.stderr.close()

    def _await_ready(self) -> str:
        while line := self._said.get(timeout=START_SECONDS):
            if line.startswith(READY):
                return line.removeprefix(READY).strip()
        self.process.wait()
        raise AssertionError("the server did not start:\n" + "".join(self.errors[-40:]))

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """One request to the MikoPBX dialect; the parsed answer."""
        target = urlsplit(self.url)
        assert target.hostname is not None
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
        try:
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            connection.request(method, path if path.startswith("/v1") else MODULE + path, content, headers or {})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def data(self, method: str, path: str, body: Any = None) -> Any:
        """The `data` of an answer that says that all went well."""
        answer = self.ask(method, path, body)
        assert answer["result"] is True, answer
        return answer["data"]

    def apply(self, file: str) -> None:
        """`outdial apply` of a file's text, beside the running server."""
        command = [sys.executable, "-m", "outdial", "apply", "-", "--data", str(self.folder)]
        done = subprocess.run(command, input=file, capture_output=True, text=True, env=self._environment, check=False)
        assert done.returncode == 0, done.stderr

    def finished(self, task: str, seconds: float = 60.0) -> dict[str, Any]:
        """The task once it has closed itself."""

        def closed() -> dict[str, Any] | None:
            found: dict[str, Any] = self.data("GET", f"/task/{task}")
            return found if found["state"] == "1" else None

        try:
            done: dict[str, Any] = until(closed, f"task {task} closes", seconds)
        except AssertionError as late:
            found = self.data("GET", f"/task/{task}")
            open_rows = [row for row in found["results"] if row["closeTime"] == "0"]
            raise AssertionError(f"{late}; open: {open_rows}; log: {''.join(self.errors[-20:])}") from late
        return done

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        """SIGKILL: what a power cut looks like."""
        self.process.kill()
        self.process.wait(timeout=60)
