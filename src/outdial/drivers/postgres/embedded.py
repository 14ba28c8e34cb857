"""Runs our own PostgreSQL from the binaries of a wheel: on a private socket, as an ordinary user, for as long as we live.

One outdial holds a folder at a time. After a crash of ours the kernel ends the server; where it cannot, the next start
does, before it goes on with the same data. Knows nothing of outdial's tables.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import asyncpg
import structlog

from outdial.drivers.postgres import embedded_folder, launch
from outdial.drivers.postgres.embedded_folder import PORT, Account, EmbeddedPostgresError, Folder

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "EmbeddedSettings", "running_dsn"]

_ROLE = "outdial"
_DATABASE = "outdial"
_OWNER = "postgres"

_POLL_SECONDS = 0.02
_WATCH_SECONDS = 0.5
_KILL_SECONDS = 10.0
_LOGS_KEPT = 5
_LAST_WORDS = 15

_SCRAM_ITERATIONS = 64
"""The usual 4096 protect guessable passwords and cost each new connection milliseconds; ours has 192 random bits."""

_HERE = "/proc/self/cwd"
"""What the server calls its own directory, where the kernel offers it: a name that no unreachable parent, space or
letter of the real path can spoil, because it is started inside."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EmbeddedSettings:
    """How the server is run; the defaults suit a machine that serves outdial and little else."""

    user: str = "nobody"
    """Whom it runs as when we are root and no cluster exists yet."""
    shared_buffers_mib: int = 128
    max_connections: int = 200
    durable: bool = True
    """False: a crash of the machine may cost the whole cluster (for tests)."""
    stop_seconds: float = 60.0
    """How long a fast shutdown may take before it is cut short, to be recovered from at the next start."""
    progress_seconds: float = 3.0
    """How often a long wait is logged."""
    programs: Path | None = None
    """An installation of PostgreSQL 18 (with bin, lib, share); None: the wheel's."""
    program_copies: Path = Path("/var/cache/outdial")
    """Where root keeps a copy of the installation if the server's user cannot reach it."""


class EmbeddedPostgres:
    """One server on one folder. Not to be started twice; `stop` may be called at any time and more than once."""

    def __init__(self, directory: Path, settings: EmbeddedSettings | None = None) -> None:
        self._folder = Folder(directory.absolute())
        self._settings = settings or EmbeddedSettings()
        self._lock: int | None = None
        self._account: Account | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> str:
        """Start the server, made at first use; returns the URL of its database, for asyncpg and libpq.

        Waits for as long as recovery takes, and logs that it does. Beware: the server ends with the thread that calls
        this. Raises `EmbeddedPostgresError`.
        """
        folder = self._folder
        folder.create()
        self._lock = folder.hold()
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.stop)
            self._account = folder.account(self._settings.user)
            programs = await self._programs()
            password = folder.password()
            if not folder.cluster.exists():
                await self._make_cluster(programs, password)
            folder.check_version()
            await self._end_leftovers()
            sockets = folder.make_socket_directory(self._account)
            folder.thin_logs(_LOGS_KEPT)
            await self._serve(programs, sockets)
            await self._prepare_database(sockets, password)
            undo.pop_all()
        return _dsn(sockets, password)

    async def stop(self) -> None:
        """Shut the server down, ending its connections, and give the folder back. Returns when it has ended."""
        self._stopping.set()
        if self._process is not None:
            await self._end(self._process)
            self._process = None
        if self._lock is not None:
            self._folder.remove_socket_directory()
            os.close(self._lock)
            self._lock = None

    async def watch(self) -> None:
        """Returns after `stop`; raises `EmbeddedPostgresError` if the server ends by itself."""
        process = self._process
        while process is not None and process.poll() is None and not self._stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_WATCH_SECONDS):
                    await self._stopping.wait()
        if process is not None and not self._stopping.is_set():
            raise EmbeddedPostgresError(
                f"PostgreSQL ended by itself (code {process.returncode}). {self._last_words()}\nStart outdial again: "
                "the server recovers what was committed."
            )

    async def _programs(self) -> Path:
        """An installation that the server's user can execute."""
        programs = self._settings.programs or embedded_folder.shipped_programs()
        if self._account is None or await self._executable(programs):
            return programs
        _log.info("embedded_postgres_copies_programs", source=str(programs), into=str(self._settings.program_copies))
        copied = await asyncio.to_thread(embedded_folder.copy_programs, programs, self._settings.program_copies)
        if not await self._executable(copied):
            raise EmbeddedPostgresError(
                f"The server's user cannot execute {programs}, nor its copy {copied}. {self._last_words()}\nInstall "
                "outdial outside of private directories (for example in /opt), or run it as an ordinary user."
            )
        return copied

    async def _executable(self, programs: Path) -> bool:
        command = [str(programs / "bin" / "initdb"), "-V"]
        return await self._run("trying the programs", command, self._folder.root) == 0

    async def _make_cluster(self, programs: Path, password: str) -> None:
        """Create the cluster, all or nothing."""
        folder = self._folder
        _log.info("embedded_postgres_creates_cluster", path=str(folder.cluster))
        folder.begin_cluster(self._account)
        command = [str(programs / "bin" / "initdb"), "-D", _called(folder.unfinished), "-U", _OWNER]
        # The builtin provider knows upper and lower case of every alphabet, on every system alike; libc's C does not.
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--data-checksums", "--auth=scram-sha-256", "--pwfile=/dev/stdin"]
        command += ["-c", f"scram_iterations={_SCRAM_ITERATIONS}"]
        if not self._settings.durable:
            command += ["--no-sync"]
        with tempfile.TemporaryFile() as file:
            file.write(password.encode())
            file.seek(0)
            if self._account:
                os.fchown(file.fileno(), self._account.uid, self._account.gid)
            code = await self._run("creating the cluster", command, folder.unfinished, file)
        if code != 0:
            raise EmbeddedPostgresError(
                f"The database folder could not be made in {folder.root} (code {code}). {self._last_words()}\nPut right "
                "what this names (often a full disk), then start outdial again: it begins anew."
            )
        folder.finish_cluster()

    async def _end_leftovers(self) -> None:
        """End what an outdial that died has left running on this folder, and clear what could hold up a start."""
        folder = self._folder
        leftovers = folder.residents()
        postmaster, _ = folder.postmaster()
        if leftovers:
            _log.warning("embedded_postgres_ends_leftover_server", processes=leftovers)
            first = ([postmaster], signal.SIGINT) if postmaster in leftovers else (leftovers, signal.SIGTERM)
            for (processes, number), seconds in (
                (first, self._settings.stop_seconds),
                ((leftovers, signal.SIGQUIT), _KILL_SECONDS),
            ):
                for process in processes:
                    _signal(process, number)
                if await self._until(lambda: not folder.residents(), "ending the leftover server", seconds):
                    break
            else:
                raise EmbeddedPostgresError(
                    f"A server left on {folder.root} does not end: kill {' '.join(map(str, folder.residents()))}, then "
                    "start outdial again."
                )
        folder.forget_postmaster()

    async def _serve(self, programs: Path, sockets: Path) -> None:
        """Start the server and wait until it takes connections."""
        folder = self._folder
        command = [str(programs / "bin" / "postgres"), "-D", _called(folder.cluster)]
        for name, value in _parameters(self._settings, sockets, folder.mark()).items():
            command += ["-c", f"{name}={value}"]
        process = self._process = self._spawn(command, folder.cluster)
        await self._until(
            lambda: folder.postmaster() == (process.pid, "ready") or process.poll() is not None,
            "starting the server",
        )
        if process.returncode is not None:
            raise EmbeddedPostgresError(
                f"PostgreSQL ended while it was starting (code {process.returncode}). {self._last_words()}\nPut right "
                f"what this names, then start outdial again. The whole log is in {folder.cluster / 'log'}."
            )
        _log.info("embedded_postgres_ready", process=process.pid, socket=str(sockets))

    async def _prepare_database(self, sockets: Path, password: str) -> None:
        """Make our role and database, unless they exist. The role is no superuser: what it is asked stays inside."""
        try:
            connection = await asyncpg.connect(
                host=str(sockets), port=PORT, user=_OWNER, password=password, database="postgres"
            )
            try:
                if not await connection.fetchval("select count(*) from pg_roles where rolname = $1", _ROLE):
                    await connection.execute(f"create role {_ROLE} login createdb password '{password}'")
                if not await connection.fetchval("select count(*) from pg_database where datname = $1", _DATABASE):
                    await connection.execute(f"create database {_DATABASE} owner {_ROLE}")
            finally:
                await connection.close()
        except asyncpg.InvalidPasswordError as error:
            raise EmbeddedPostgresError(
                f"{self._folder.root / 'password'} is not the password of this database: restore that file from where "
                "the folder was copied."
            ) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise EmbeddedPostgresError(
                f"PostgreSQL started but does not answer: {error}. {self._last_words()}\nStart outdial again."
            ) from error

    async def _run(self, doing: str, command: list[str], directory: Path, stdin: IO[bytes] | None = None) -> int:
        """Run a program to its end, in a directory, as the server's user; its exit code."""
        process = self._process = self._spawn(command, directory, stdin)
        await self._until(lambda: process.poll() is not None, doing)
        self._process = None
        return process.wait()

    def _spawn(self, command: list[str], directory: Path, stdin: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        account = f"{self._account.uid}:{self._account.gid}" if self._account else "-"
        launcher = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), account]
        kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        said = self._folder.open_private("start.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        try:
            return subprocess.Popen(
                launcher + command,
                cwd=directory,
                env={"PATH": os.defpath, "LC_ALL": "C", **kept},
                stdin=stdin or subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,  # a Ctrl-C at our terminal must not end the server before us
            )
        finally:
            os.close(said)

    async def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            if not await self._until(lambda: process.poll() is not None, "stopping", self._settings.stop_seconds):
                _log.warning("embedded_postgres_stop_cut_short", seconds=self._settings.stop_seconds)
                process.send_signal(signal.SIGQUIT)
                if not await self._until(lambda: process.poll() is not None, "stopping at once", _KILL_SECONDS):
                    process.kill()
        process.wait()

    async def _until(self, done: Callable[[], bool], doing: str, seconds: float | None = None) -> bool:
        """Wait until it is done and log that we do; False if it is not after `seconds`."""
        begun = time.monotonic()
        told = begun
        while not done():
            now = time.monotonic()
            if seconds is not None and now - begun > seconds:
                return False
            if now - told >= self._settings.progress_seconds:
                told = now
                last = self._folder.last_words(1)
                _log.info("embedded_postgres_waits", doing=doing, seconds=round(now - begun), last_words=last)
            await asyncio.sleep(_POLL_SECONDS)
        return True

    def _last_words(self) -> str:
        return f"Its last words:\n{self._folder.last_words(_LAST_WORDS)}"


def running_dsn(directory: Path) -> str | None:
    """The URL of the server that another process runs on this folder; None if none is ready.

    Raises `EmbeddedPostgresError` if the folder is another user's.
    """
    folder = Folder(directory.absolute())
    try:
        os.close(folder.open_private("lock", os.O_RDONLY))
    except FileNotFoundError:
        return None
    process, state = folder.postmaster()
    sockets = folder.socket_directory()
    if state != "ready" or sockets is None or process not in folder.residents():
        return None
    return _dsn(sockets, folder.password())


def _dsn(sockets: Path, password: str) -> str:
    return f"postgresql://{_ROLE}:{password}@/{_DATABASE}?host={quote(str(sockets))}&port={PORT}"


def _called(directory: Path) -> str:
    return _HERE if Path(_HERE).exists() else str(directory)


def _signal(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)


def _parameters(settings: EmbeddedSettings, sockets: Path, mark: str) -> dict[str, Any]:
    """The server's parameters. Given at every start rather than written once, so that they are this version's."""
    quoted = str(sockets).replace('"', '""')
    parameters: dict[str, Any] = {
        "cluster_name": mark,
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": f'"{quoted}"',
        "unix_socket_permissions": "0700",
        "scram_iterations": _SCRAM_ITERATIONS,
        "max_connections": settings.max_connections,
        "shared_buffers": f"{settings.shared_buffers_mib}MB",
        "wal_compression": "on",
        "synchronous_commit": "on",
        "random_page_cost": 1.1,
        "max_logical_replication_workers": 0,
        # A report must not take the processors from the dialling, nor fill a container's small /dev/shm.
        "max_parallel_workers_per_gather": 0,
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%a ",
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "postgresql-%Y%m%dT%H%M%S.log",
        "log_rotation_age": 0,
        "log_rotation_size": "10MB",
    }
    if not settings.durable:
        parameters |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    return parameters
