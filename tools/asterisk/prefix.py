"""Where an unpacked Asterisk lies and how its programs are started from there.

A prefix is a directory of unpacked Debian packages; nothing in it was installed, so its own dynamic loader
must run the binary with its own libraries. This module knows paths and the command line only: not where a
prefix comes from (fetch.py), not what an instance is configured to do (instance.py).
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# Machine name -> (Debian's multiarch folder, the dynamic loader inside the prefix).
_ARCHITECTURES = {
    "x86_64": ("x86_64-linux-gnu", "usr/lib64/ld-linux-x86-64.so.2"),
    "aarch64": ("aarch64-linux-gnu", "usr/lib/ld-linux-aarch64.so.1"),
}


class AsteriskError(RuntimeError):
    """Asterisk could not be fetched, started or asked; the text says what to do next."""


def default_prefix_directory() -> Path:
    """The folder of OUTDIAL_ASTERISK_PREFIX, else `.cache/asterisk` under the repository's root."""
    chosen = os.environ.get("OUTDIAL_ASTERISK_PREFIX")
    return Path(chosen).expanduser().absolute() if chosen else REPOSITORY / ".cache" / "asterisk"


@dataclass(frozen=True, slots=True)
class AsteriskPrefix:
    """An unpacked Asterisk under `root`; nothing is checked before it is asked to run."""

    root: Path

    @property
    def _multiarch(self) -> tuple[str, str]:
        machine = platform.machine()
        try:
            return _ARCHITECTURES[machine]
        except KeyError:
            known = ", ".join(sorted(_ARCHITECTURES))
            raise AsteriskError(f"no Asterisk can be unpacked for a {machine} machine (only {known})") from None

    @property
    def libraries(self) -> Path:
        """The folder of shared libraries, which also holds `gconv`."""
        return self.root / "usr/lib" / self._multiarch[0]

    @property
    def modules(self) -> Path:
        """The folder of Asterisk's modules: `astmoddir`."""
        return self.libraries / "asterisk/modules"

    @property
    def data(self) -> Path:
        """The folder of sounds and REST descriptions: `astdatadir`."""
        return self.root / "usr/share/asterisk"

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs the prefix's `asterisk` with these arguments."""
        loader = self.root / self._multiarch[1]
        binary = self.root / "usr/sbin/asterisk"
        return [
            str(loader),
            "--library-path",
            str(self.libraries),
            "--argv0",
            "asterisk",
            str(binary),
            *arguments,
        ]

    def environment(self) -> dict[str, str]:
        """The variables `command` needs; the caller's own locale and library paths are left out on purpose."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "GCONV_PATH": str(self.libraries / "gconv"),
            "LC_ALL": "C.UTF-8",
        }

    def version(self) -> str:
        """What `asterisk -V` answers, such as "22.10.1"; raises AsteriskError when it does not run."""
        try:
            done = subprocess.run(
                self.command("-V"),
                env=self.environment(),
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AsteriskError(f"the Asterisk under {self.root} does not run: {error}") from error
        found = re.search(r"^Asterisk (\d+(?:\.\d+)+)", done.stdout)
        if done.returncode != 0 or not found:
            answer = (done.stderr or done.stdout).strip()
            raise AsteriskError(f"the Asterisk under {self.root} does not run: {answer}")
        return found.group(1)
