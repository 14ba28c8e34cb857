"""An Asterisk that runs beside its caller: own folder, own free ports, gone when it is stopped or its starter dies.

It knows how to start, ask and stop one; what it is configured to do comes from outdial.drivers.asterisk.configuration,
and whom it calls is its caller's matter.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import random
import resource
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from asterisk.prefix import AsteriskError, AsteriskPrefix
from outdial.drivers.asterisk.configuration import (
    ARI_USER,
    AsteriskInstance,
    SipExtension,
    SipTrunk,
    instance_files,
    instance_folders,
)

BOOT_SECONDS = 30.0
STOP_SECONDS = 8.0
OPEN_FILES = 20_000

# Below the range the system hands out by itself, so that no client's port is in the way.
_PORTS = range(22_000, 32_000)
_RTP_PORTS = range(10_000, 22_000)
_LONGEST_SOCKET_PATH = 107  # sun_path, less its closing zero

# PR_SET_PDEATHSIG survives the exec, so the Asterisk itself dies with its starter. SIGKILL, because an Asterisk that
# boots loses a SIGTERM. The second line: the starter may have died before prctl.
_DIE_WITH_STARTER = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); "
    "os.getppid() == int(sys.argv[1]) or os._exit(1); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)


class PortTaken(AsteriskError):
    """Another program holds a port that was free a moment ago."""


class PrivateAsterisk:
    """One Asterisk of a prefix, under a short temporary folder. Use it as a context manager, or `start` and `stop`.

    `trunks` and `extensions` are its SIP peers; `rtp_ports` is the size of its RTP range, two ports for each call;
    `keep_directory` leaves its folder behind. The thread that starts it must live as long as it is wanted: the kernel
    ends the Asterisk when that thread ends.
    """

    def __init__(
        self,
        prefix: AsteriskPrefix,
        *,
        trunks: Sequence[SipTrunk] = (),
        extensions: Sequence[SipExtension] = (),
        rtp_ports: int = 2000,
        keep_directory: bool = False,
    ) -> None:
        self.prefix = prefix
        self.ari_user = ARI_USER
        self.ari_password = secrets.token_hex(12)
        self.http_port = 0
        self.sip_port = 0
        self._trunks = tuple(trunks)
        self._extensions = tuple(extensions)
        self._rtp_ports = rtp_ports
        self._keep_directory = keep_directory
        self._directory: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def directory(self) -> Path:
        """The folder of everything it reads and writes; it exists from `start` to `stop`."""
        if self._directory is None:
            raise AsteriskError("this Asterisk is not running: start it first")
        return self._directory

    @property
    def log(self) -> Path:
        """The file of its notices, warnings and errors."""
        return self.directory / "log/messages.log"

    @property
    def running(self) -> bool:
        """Whether it was started and lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id; raises AsteriskError when it is not running."""
        if self._process is None or self._process.poll() is not None:
            raise AsteriskError("this Asterisk does not run")
        return self._process.pid

    @property
    def ari_url(self) -> str:
        """The base address of its REST interface, such as `http://127.0.0.1:8088/ari`."""
        return f"http://127.0.0.1:{self.http_port}/ari"

    @property
    def telephony_url(self) -> str:
        """The address outdial takes as --telephony."""
        return f"ari://{self.ari_user}:{self.ari_password}@127.0.0.1:{self.http_port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and return when it is fully booted and its ports are its own; raises AsteriskError."""
        if self._process is not None:
            raise AsteriskError("this Asterisk was started already")
        for attempts_left in (2, 1, 0):
            try:
                self._spawn()
                self._await_ready()
            except PortTaken:
                self.stop()
                if not attempts_left:
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                return

    def stop(self) -> None:
        """End it, politely first, and remove its folder; harmless when it does not run."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        directory, self._directory = self._directory, None
        if directory is not None and not self._keep_directory:
            shutil.rmtree(directory, ignore_errors=True)

    def cli(self, command: str) -> str:
        """Run one command of Asterisk's console and return what it prints."""
        done = subprocess.run(
            self.prefix.command("-C", str(self.directory / "etc/asterisk.conf"), "-rx", command),
            env=self.prefix.environment(),
            capture_output=True,
            text=True,
            timeout=BOOT_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise AsteriskError(f"the console command {command!r} failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout.strip()

    def device_state(self, device: str) -> str:
        """What it says of a device such as `PJSIP/101`, in its own words: `NOT_INUSE`, `UNAVAILABLE`, ..."""
        try:
            status, told = self._get(f"deviceStates/{quote(device, safe='')}")
        except (OSError, http.client.HTTPException) as error:
            raise AsteriskError(f"the state of {device} is not told: {error}") from error
        if status != http.client.OK:
            raise AsteriskError(f"the state of {device} is not told: HTTP status {status}")
        return str(json.loads(told)["state"])

    def settings(self) -> AsteriskInstance:
        """What it is configured to do; a subclass may replace parts of it."""
        first = random.randrange(_RTP_PORTS.start, max(_RTP_PORTS.stop - self._rtp_ports, _RTP_PORTS.start + 1), 2)
        hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        unlimited = hard_limit == resource.RLIM_INFINITY
        return AsteriskInstance(
            directory=self.directory,
            modules=self.prefix.modules,
            data=self.prefix.data,
            http_port=self.http_port,
            sip_port=self.sip_port,
            ari_user=self.ari_user,
            ari_password=self.ari_password,
            rtp_first=first,
            rtp_last=first + self._rtp_ports - 1,
            trunks=self._trunks,
            extensions=self._extensions,
            open_files=OPEN_FILES if unlimited else min(OPEN_FILES, hard_limit),
        )

    def files(self) -> dict[str, str]:
        """Its configuration: name relative to its folder -> content; a subclass may add to it."""
        return instance_files(self.settings())

    def _spawn(self) -> None:
        self._directory = _short_directory()
        self.sip_port = free_port(socket.SOCK_DGRAM)
        self.http_port = free_port(socket.SOCK_STREAM)
        for folder in instance_folders():
            (self._directory / folder).mkdir(mode=0o700)
        for name, content in self.files().items():
            (self._directory / name).write_text(content, encoding="utf-8")
        asterisk = self.prefix.command("-C", str(self._directory / "etc/asterisk.conf"), "-f", "-n")
        with (self._directory / "log/console.log").open("wb") as console:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _DIE_WITH_STARTER, str(os.getpid()), *asterisk],
                env=self.prefix.environment(),
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C of the terminal is its starter's to handle
            )

    def _await_ready(self) -> None:
        # Fully booted comes after the first good answer: before it, a SIGTERM would be lost.
        process = self._process
        assert process is not None
        deadline = time.monotonic() + BOOT_SECONDS
        while not (self._answers() and self._fully_booted()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
                raise AsteriskError(
                    f"Asterisk ended while it started (code {process.returncode}):\n{self._last_words()}"
                )
            if time.monotonic() > deadline:
                raise AsteriskError(f"Asterisk did not boot in {BOOT_SECONDS:.0f} s:\n{self._last_words()}")
        complaints = self.log.read_text(encoding="utf-8", errors="replace")
        if "could not be started" in complaints:
            raise PortTaken(f"UDP port {self.sip_port} was taken:\n{self._last_words()}")
        if "Error loading module" in complaints:
            raise AsteriskError(
                "Asterisk lacks modules or their libraries; fetch everything it depends on: "
                f"python3 tools/asterisk/fetch.py --full --refresh '{self.prefix.root}'\n{self._last_words()}"
            )

    def _answers(self) -> bool:
        """Whether ARI answers our own password; 404 comes before ARI is loaded."""
        try:
            status, _ = self._get("asterisk/ping")
        except (OSError, http.client.HTTPException):
            return False
        if status == http.client.UNAUTHORIZED:
            raise PortTaken(f"another Asterisk answers on TCP port {self.http_port}")
        return status == http.client.OK

    def _get(self, path: str) -> tuple[int, bytes]:
        login = base64.b64encode(f"{self.ari_user}:{self.ari_password}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=2)
        try:
            connection.request("GET", f"/ari/{path}", headers={"Authorization": f"Basic {login}"})
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def _fully_booted(self) -> bool:
        try:
            return "fully booted" in self.cli("core waitfullybooted")
        except AsteriskError:  # its console's socket is not there yet
            return False

    def _last_words(self) -> str:
        parts = [self.directory / "log" / name for name in ("console.log", "messages.log")]
        text = "".join(part.read_text(encoding="utf-8", errors="replace") for part in parts if part.exists())
        return "\n".join(text.splitlines()[-20:])


def _short_directory() -> Path:
    """A fresh folder whose path leaves room for the name of a UNIX socket."""
    directory = Path(tempfile.mkdtemp(prefix="oda-"))
    if len(os.fsencode(directory / "run/asterisk.ctl")) > _LONGEST_SOCKET_PATH:
        directory.rmdir()
        directory = Path(tempfile.mkdtemp(prefix="oda-", dir="/tmp"))
    return directory


def free_port(kind: socket.SocketKind) -> int:
    """A port of loopback that nobody listens on at this moment."""
    for port in random.sample(_PORTS, 200):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AsteriskError("no free port between 22000 and 32000")
