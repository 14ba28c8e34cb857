"""The embedded server as its user meets it: real servers, real kills, awkward folders."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
import structlog

import outdial
from outdial.drivers.postgres import launch
from outdial.drivers.postgres.embedded import (
    EmbeddedPostgres,
    EmbeddedPostgresError,
    EmbeddedSettings,
    running_dsn,
)
from outdial.drivers.postgres.embedded_folder import shipped_programs

pytestmark = pytest.mark.slow
AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can become another user")
NOBODY = pwd.getpwnam("nobody")

OWNER = """
import asyncio, json, sys
from pathlib import Path
import asyncpg
from outdial.drivers.postgres import launch
from outdial.drivers.postgres.embedded import EmbeddedPostgres, EmbeddedSettings

async def own(folder, launcher):
    if launcher:
        launch.__file__ = launcher
    server = EmbeddedPostgres(Path(folder), EmbeddedSettings(durable=False))
    dsn = await server.start()
    connection = await asyncpg.connect(dsn)
    await connection.execute("create table if not exists kept (word text); insert into kept values ('committed')")
    print(json.dumps({"dsn": dsn}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await connection.close()
    await server.stop()

asyncio.run(own(*sys.argv[1:]))
"""


@asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the server on this folder, for as long as the block lasts."""
    server = EmbeddedPostgres(folder, EmbeddedSettings(**{"durable": False, **settings}))
    connection = await asyncpg.connect(await server.start())
    try:
        yield connection
    finally:
        await connection.close()
        await server.stop()


async def words(folder: Path) -> list[str]:
    """What the table `kept` holds, read in a start of its own."""
    async with serving(folder) as connection:
        return [row["word"] for row in await connection.fetch("select word from kept")]


async def keep(folder: Path, **settings: Any) -> None:
    """Put a row into the table `kept`, in a start of its own."""
    async with serving(folder, **settings) as connection:
        await connection.execute("create table if not exists kept (word text); insert into kept values ('committed')")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cluster that was never written to."""
    folder = tmp_path_factory.mktemp("made") / "postgres"
    asyncio.run(start_and_stop(folder))
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of that folder for one test, which so is spared the making."""
    copied = shutil.copytree(made, tmp_path / "postgres")
    if AS_ROOT:
        for path in (copied / "cluster", *(copied / "cluster").rglob("*")):
            os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    return copied


async def start_and_stop(folder: Path, **settings: Any) -> None:
    async with serving(folder, **settings):
        pass


@contextmanager
def owner(folder: Path, launcher: str = "", command: list[str] | None = None, **popen: Any) -> Iterator[Any]:
    """Another outdial on this folder, which has committed one row."""
    process = subprocess.Popen(
        [*(command or [sys.executable]), "-c", OWNER, str(folder), launcher],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **popen,
    )
    with process:
        assert process.stdout is not None
        lines = (line for line in process.stdout if line.startswith("{"))
        answer = next(lines, None)
        assert answer is not None, "it ended before its server was ready"
        process.answer = json.loads(answer)  # type: ignore[attr-defined]
        try:
            yield process
        finally:
            process.kill()


def server_of(folder: Path) -> int:
    """A descriptor of the server's process, readable once it has ended."""
    return os.pidfd_open(int((folder / "cluster" / "postmaster.pid").read_text().split()[0]))


def ended(process: int, within: float) -> bool:
    """Whether the process of this descriptor ends in time."""
    poll = select.poll()
    poll.register(process, select.POLLIN)
    result = bool(poll.poll(within * 1000))
    os.close(process)
    return result


def test_a_second_start_finds_what_the_first_one_committed(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "postgres"
    asyncio.run(keep(folder))
    assert asyncio.run(words(folder)) == ["committed"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_server_is_private_and_set_up_as_promised(tmp_path: Path) -> None:
    async def story() -> Path:
        server = EmbeddedPostgres(tmp_path, EmbeddedSettings(shared_buffers_mib=16))
        assert running_dsn(tmp_path) is None
        dsn = await server.start()
        assert running_dsn(tmp_path) == dsn
        sockets = Path(parse_qs(urlsplit(dsn).query)["host"][0])
        assert [mode(path) for path in (sockets, tmp_path / "cluster", tmp_path / "password")] == [0o700, 0o700, 0o600]
        assert len(os.fsencode(sockets / ".s.PGSQL.5432")) <= 103
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(dsn, password="guessed")

        connection = await asyncpg.connect(dsn)
        settings = {
            row["name"]: row["setting"] for row in await connection.fetch("select name, setting from pg_settings")
        }
        found = await connection.fetchrow(
            "select lower('ЖЁLTY') low, pg_encoding_to_char(encoding) encoding, datcollate, rolsuper"
            " from pg_database, pg_roles where datname = current_database() and rolname = current_user"
        )
        await connection.close()
        assert tuple(found) == ("жёlty", "UTF8", "C", False)
        expected = {"listen_addresses": "", "synchronous_commit": "on", "fsync": "on", "wal_compression": "pglz"}
        expected |= {"max_connections": "200", "data_checksums": "on", "logging_collector": "on", "TimeZone": "UTC"}
        assert {name: settings[name] for name in expected} == expected
        assert len(list((tmp_path / "cluster" / "log").glob("*.log"))) == 1

        await server.stop()
        await server.stop()
        assert running_dsn(tmp_path) is None
        return sockets

    assert not asyncio.run(story()).exists()


def test_after_a_kill_of_its_owner_the_server_ends_by_itself_and_keeps_what_was_committed(folder: Path) -> None:
    with owner(folder) as process:
        server = server_of(folder)
        process.kill()
        assert ended(server, within=10)
    assert asyncio.run(words(folder)) == ["committed"]


def test_a_server_that_outlived_its_owner_is_ended_by_the_next_start(folder: Path, tmp_path: Path) -> None:
    launcher = tmp_path / "launcher.py"
    launcher.write_text(Path(launch.__file__).read_text().replace("_PR_SET_PDEATHSIG, signal.SIGINT", "0, 0"))
    with owner(folder, str(launcher)) as process:
        server = server_of(folder)
        process.kill()
    assert asyncio.run(words(folder)) == ["committed"]
    assert ended(server, within=0)


def test_a_recorded_process_that_is_another_program_by_now_is_left_alone(folder: Path) -> None:
    asyncio.run(keep(folder))
    account = (folder / "cluster").stat()
    identity = {"user": account.st_uid, "group": account.st_gid, "extra_groups": []} if AS_ROOT else {}
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, cwd="/", **identity) as stranger:  # type: ignore[call-overload]
        record = folder / "cluster" / "postmaster.pid"
        record.write_text(f"{stranger.pid}\n/elsewhere\n1\n5432\n/tmp\n\n  1  1\nready   \n")
        assert running_dsn(folder) is None
        assert asyncio.run(words(folder)) == ["committed"]
        assert stranger.poll() is None


def test_a_server_that_ends_by_itself_is_noticed_and_recovers_at_the_next_start(folder: Path) -> None:
    async def story() -> None:
        server = EmbeddedPostgres(folder)
        connection = await asyncpg.connect(await server.start())
        await connection.execute("create table if not exists kept (word text); insert into kept values ('committed')")
        os.kill(int((folder / "cluster" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        with pytest.raises(EmbeddedPostgresError, match=r"ended by itself \(code -9\)"):
            await server.watch()
        connection.terminate()
        await server.stop()

    asyncio.run(story())
    with structlog.testing.capture_logs() as logs:
        assert asyncio.run(words(folder)) == ["committed"]
    assert logs[-1]["event"] == "embedded_postgres_ready"
    assert "automatic recovery" in "".join(path.read_text() for path in (folder / "cluster" / "log").iterdir())


def test_watching_ends_quietly_when_we_stop_the_server(folder: Path) -> None:
    async def story() -> None:
        server = EmbeddedPostgres(folder, EmbeddedSettings(durable=False))
        await server.start()
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(server.watch(), name="watch")
            await server.stop()

    asyncio.run(story())


def test_a_second_owner_is_told_who_holds_the_folder(folder: Path) -> None:
    with owner(folder) as process:
        assert running_dsn(folder) == process.answer["dsn"]
        with pytest.raises(EmbeddedPostgresError, match=rf"in use by another outdial, process {process.pid}\b"):
            asyncio.run(words(folder))
        process.communicate("stop\n")
        assert process.returncode == 0
    assert asyncio.run(words(folder)) == ["committed"]


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that every user can reach, as pytest's own is not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@needs_root
def test_as_root_below_closed_directories_nothing_is_opened_and_all_works(tmp_path: Path, public: Path) -> None:
    closed = tmp_path / "закрытая папка"
    closed.mkdir(mode=0o700)
    shipped = shipped_programs()
    programs = closed / shipped.parent.name / shipped.name
    shutil.copytree(shipped, programs, symlinks=True, ignore=shutil.ignore_patterns("include"))
    shutil.copytree(f"{shipped.parent}.libs", f"{programs.parent}.libs")
    folder = closed / ("длинное имя " * 9) / 'it\'s "quoted"' / "postgres"

    async def story() -> None:
        async with serving(folder, programs=programs, program_copies=public) as connection:
            await connection.execute("create table if not exists kept (word text); insert into kept values ('again')")

    asyncio.run(story())
    copied = {path: path.stat().st_mtime_ns for path in public.iterdir()}
    asyncio.run(story())
    assert {path: path.stat().st_mtime_ns for path in public.iterdir()} == copied
    assert len(copied) == 1
    assert asyncio.run(words(folder)) == ["again", "again"]
    assert mode(closed) == 0o700
    assert mode(folder) == 0o700
    assert (folder / "cluster").stat().st_uid == NOBODY.pw_uid


@needs_root
def test_as_root_copies_of_the_programs_that_others_may_change_are_refused(tmp_path: Path, public: Path) -> None:
    (tmp_path / "programs").symlink_to(shipped_programs())
    public.chmod(0o777)
    with pytest.raises(EmbeddedPostgresError, match="open to changes by others: remove it"):
        asyncio.run(start_and_stop(tmp_path / "postgres", programs=tmp_path / "programs", program_copies=public))


@needs_root
def test_an_ordinary_user_runs_it_as_himself_and_root_may_take_it_over(public: Path) -> None:
    os.chown(public, NOBODY.pw_uid, NOBODY.pw_gid)
    places = [str(Path(package.__file__).parents[1]) for package in (outdial, asyncpg)]
    environment = {"HOME": str(public), "PATH": os.defpath, "PYTHONPATH": ":".join(places)}
    nobody = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": [], "cwd": public, "env": environment}
    python = python_of(nobody)
    if python is None:
        pytest.skip("an ordinary user can execute no interpreter here, or cannot read this code")
    folder = public / "data" / "postgres"
    with owner(folder, command=[python], **nobody) as process:
        server = server_of(folder)
        process.kill()
        assert ended(server, within=10)
    assert asyncio.run(words(folder)) == ["committed"]
    assert {path.owner() for path in folder.iterdir()} == {"nobody"}


def python_of(user: dict[str, Any]) -> str | None:
    """An interpreter of our version with which this user can import our code."""
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        with suppress(OSError):
            if subprocess.run([python, "-c", OWNER.partition("async def")[0]], check=False, **user).returncode == 0:
                return python
    return None


def test_a_cluster_of_another_major_version_is_refused(tmp_path: Path) -> None:
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("16\n")
    if AS_ROOT:
        os.chown(cluster, NOBODY.pw_uid, NOBODY.pw_gid)
    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 16, .* PostgreSQL 18"):
        asyncio.run(words(tmp_path))


def test_a_start_that_fails_shows_the_servers_last_words(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"(?s)while it was starting .*shared_buffers.*start outdial again"):
        asyncio.run(start_and_stop(folder, shared_buffers_mib=2**40))
    asyncio.run(keep(folder))


def test_a_lost_password_is_named(folder: Path) -> None:
    (folder / "password").unlink()
    with pytest.raises(EmbeddedPostgresError, match="restore that file"):
        asyncio.run(words(folder))


def test_an_interrupted_start_leaves_no_process_and_the_next_one_begins_anew(tmp_path: Path) -> None:
    async def interrupted() -> None:
        server = EmbeddedPostgres(tmp_path, EmbeddedSettings(progress_seconds=0))
        async with asyncio.timeout(None) as limit:

            def interrupt(logger: Any, method: str, entry: dict[str, Any]) -> dict[str, Any]:
                if entry.get("doing") == "creating the cluster" and limit.when() is None:
                    limit.reschedule(0)
                return entry

            with structlog.testing.capture_logs(processors=[interrupt]):
                await server.start()

    with pytest.raises(TimeoutError):
        asyncio.run(interrupted())
    assert (tmp_path / "cluster.new").exists()
    assert not (tmp_path / "cluster").exists()
    asyncio.run(keep(tmp_path))


def test_a_long_wait_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, progress_seconds=0):
            pass

    with structlog.testing.capture_logs() as logs:
        asyncio.run(story())
    told = [entry for entry in logs if entry["event"] == "embedded_postgres_waits"]
    assert {"creating the cluster", "starting the server", "stopping"} <= {entry["doing"] for entry in told}
    assert all({"seconds", "last_words"} <= set(entry) for entry in told)


def test_each_test_has_a_migrated_database_of_its_own(databases: Any, database_url: str) -> None:
    async def tables(url: str) -> int:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("create table only_here ()")
            return int(await connection.fetchval("select count(*) from alembic_version"))
        finally:
            await connection.close()

    assert asyncio.run(tables(database_url)) == 1
    with databases.fresh() as other:
        assert asyncio.run(tables(other)) == 1
