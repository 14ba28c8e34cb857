"""Put an Asterisk 22 that runs in place into a folder: `python3 tools/asterisk/fetch.py DEST`.

It downloads Debian's packages through the machine's own apt sources and unpacks them: no root, no install,
nothing outside DEST and its temporary sibling. DEST is either absent, complete, or as it was before: the work
is done beside it and renamed.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if not __package__:  # run as a file: the folder above this one must be importable
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from asterisk.apt import PrivateApt, machine_mirrors
from asterisk.prefix import AsteriskError, AsteriskPrefix, default_prefix_directory

SUITE = "sid"
MARKER = "outdial-prefix.json"
OLDEST_MAJOR = 22

_ASTERISK = ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-gsm")
# What the modules of outdial's load list link to; the whole closure is five times as large.
_LIBRARIES = (
    "libc6", "libgcc-s1", "libstdc++6", "libxml2-16", "libxslt1.1", "libsqlite3-0", "libssl3t64", "libjansson4",
    "liburiparser1", "libuuid1", "libcrypt1", "libsystemd0", "libcap2", "libedit2", "zlib1g", "libzstd1", "libtinfo6",
    "libbsd0", "libmd0", "libgsm1", "libopus0", "libspeex1", "libspeexdsp1", "libsrtp2-1", "libnss3", "libnspr4",
    "libpopt0",
)  # fmt: skip
_UNNEEDED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/bug", "usr/share/lintian")
# The packages name a voice's folder; a language's name is a link that only a real installation makes.
_VOICES = {"en": "en_US_f_Allison", "ru": "ru_RU_f_IvrvoiceRU"}

Say = Callable[[str], None]


def ensure(destination: Path, *, full: bool = False, refresh: bool = False, say: Say = print) -> AsteriskPrefix:
    """A prefix that runs, at `destination`: fetched when it is not there yet.

    `full` takes the whole dependency closure at once (else only when the lean set cannot be had); `refresh`
    replaces what is there by today's packages. Raises AsteriskError with advice. Two callers at once: one
    fetches, the other waits.
    """
    destination = destination.expanduser().absolute()
    prefix = AsteriskPrefix(destination)
    if not refresh and _marked(destination):
        return prefix
    if ":" in str(destination):
        raise AsteriskError(f"{destination}: a library path cannot hold a colon; choose another folder")
    try:
        if not refresh and (destination / "usr/sbin/asterisk").is_file():
            say(f"found Asterisk {_checked_version(prefix)} in {destination}")
            return prefix
        destination.parent.mkdir(parents=True, exist_ok=True)
        with _locked(destination):
            if refresh or not _marked(destination):
                _check_replaceable(destination)
                _fetch(destination, full, say)
    except OSError as error:
        raise AsteriskError(f"{error}: choose another folder, or set OUTDIAL_ASTERISK_PREFIX to one") from error
    return prefix


def _marked(destination: Path) -> bool:
    try:
        marker = json.loads((destination / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(marker, dict) and "version" in marker


def _check_replaceable(destination: Path) -> None:
    if destination.exists() and not destination.is_dir():
        raise AsteriskError(f"{destination} is not a folder; choose another DEST")
    if not destination.is_dir() or not any(destination.iterdir()):
        return
    if not (destination / MARKER).exists() and not (destination / "usr/sbin/asterisk").exists():
        raise AsteriskError(f"{destination} holds something else than an Asterisk; choose another DEST or empty it")


@contextmanager
def _locked(destination: Path) -> Iterator[None]:
    with (destination.parent / f".{destination.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(destination: Path, full: bool, say: Say) -> None:
    started = time.monotonic()
    for left_over in destination.parent.glob(f".{destination.name}.partial-*"):
        shutil.rmtree(left_over, ignore_errors=True)  # under the lock nobody works in it any more
    partial = Path(tempfile.mkdtemp(prefix=f".{destination.name}.partial-", dir=destination.parent))
    try:
        apt = _opened_apt(partial / "apt", say)
        root = partial / "root"
        kind = "full"
        if not full:
            try:
                version = _unpacked(apt, root, False, say)
                kind = "lean"
            except AsteriskError as error:
                say(f"the lean set of packages will not do ({error}); taking everything Asterisk depends on")
        if kind == "full":
            shutil.rmtree(root, ignore_errors=True)
            version = _unpacked(apt, root, True, say)
        marker = {"version": version, "packages": kind, "suite": SUITE}
        (root / MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")
        root.chmod(0o755)
        if destination.exists():
            destination.rename(partial / "replaced")
        root.rename(destination)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    megabytes = sum(path.lstat().st_size for path in destination.rglob("*")) / 1e6
    say(f"Asterisk {version} is ready in {destination} ({megabytes:.0f} MB, {time.monotonic() - started:.0f} s)")


def _opened_apt(folder: Path, say: Say) -> PrivateApt:
    """An apt on the first of the machine's mirrors that has the suite."""
    mirrors = machine_mirrors()
    failures: list[str] = []
    for mirror in mirrors:
        say(f"reading the package list of Debian {SUITE} from this machine's mirror")
        apt = PrivateApt(folder, mirror, SUITE)
        try:
            apt.update()
        except AsteriskError as error:
            failures.append(str(error))
        else:
            return apt
    reason = "; ".join(failures) if failures else "no apt source with a component `main` was found"
    raise AsteriskError(
        f"no mirror of this machine serves Debian {SUITE} ({reason}). Name one in OUTDIAL_DEBIAN_MIRROR (where the "
        "machine is no Debian, install the package debian-archive-keyring too), or set OUTDIAL_ASTERISK_PREFIX to a "
        "folder where Asterisk 22 is already unpacked"
    )


def _unpacked(apt: PrivateApt, root: Path, full: bool, say: Say) -> str:
    """Download and unpack one set of packages under `root`, and return the version that runs there."""
    say(f"downloading Asterisk and {'all its dependencies' if full else 'the libraries it links to'}")
    if full:
        apt.download_closure(_ASTERISK)
    else:
        apt.download((*_ASTERISK, *_LIBRARIES))
    root.mkdir()
    say(f"unpacked {apt.unpack(root)} packages")
    for folder in _UNNEEDED:
        shutil.rmtree(root / folder, ignore_errors=True)
    sounds = AsteriskPrefix(root).data / "sounds"
    for language, voice in _VOICES.items():
        if (sounds / voice).is_dir() and not (sounds / language).exists():
            (sounds / language).unlink(missing_ok=True)
            (sounds / language).symlink_to(voice)
    return _checked_version(AsteriskPrefix(root))


def _checked_version(prefix: AsteriskPrefix) -> str:
    version = prefix.version()
    if int(version.partition(".")[0]) < OLDEST_MAJOR:
        raise AsteriskError(f"the Asterisk in {prefix.root} is {version}: outdial needs {OLDEST_MAJOR} or newer")
    return version


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Fetch an Asterisk 22 that runs in place, without root.")
    parser.add_argument(
        "destination", nargs="?", type=Path, metavar="DEST", default=default_prefix_directory(),
        help="the folder to put it in (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--full", action="store_true", help="take the whole dependency closure at once")
    parser.add_argument("--refresh", action="store_true", help="replace what is there by today's packages")
    chosen = parser.parse_args(arguments)
    try:
        prefix = ensure(
            chosen.destination, full=chosen.full, refresh=chosen.refresh, say=lambda line: print(line, flush=True)
        )
        print(f"Asterisk {prefix.version()}: {prefix.root}")
    except AsteriskError as error:
        print(f"fetch.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
