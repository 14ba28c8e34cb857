"""A private apt beside the machine's own: it downloads packages of another suite into a folder and unpacks them.

It reads the machine's own sources to learn which mirror serves this machine and with which key, and changes
nothing outside its folder, so it needs no root. It does not know what the packages are for.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from asterisk.prefix import AsteriskError

_KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
)
# How the machine reaches its mirror (proxies, certificates) is carried over; its hooks and paths are not.
_CARRIED_SETTINGS = re.compile(r"^Acquire::(http|https|Retries|ForceIPv4|ForceIPv6)\b")


@dataclass(frozen=True, slots=True)
class Mirror:
    """One archive address with the keyring that signs it (None: apt's own trusted keys)."""

    address: str
    keyring: str | None


def machine_mirrors(sources: Path = Path("/etc/apt")) -> list[Mirror]:
    """The archives this machine installs from, most likely Debian ones first, security archives left out.

    OUTDIAL_DEBIAN_MIRROR, where set, replaces them all: it is how a machine that is not a Debian names a
    mirror.
    """
    keyring = next((path for path in _KEYRINGS if Path(path).is_file()), None)
    chosen = os.environ.get("OUTDIAL_DEBIAN_MIRROR")
    if chosen:
        return [Mirror(chosen, keyring)]
    found: dict[str, Mirror] = {}
    lists = [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*.list"))]
    for path in lists:
        if path.is_file():
            for mirror in _one_line_mirrors(path.read_text(encoding="utf-8", errors="replace")):
                found.setdefault(mirror.address, mirror)
    for path in sorted((sources / "sources.list.d").glob("*.sources")):
        for mirror in _stanza_mirrors(path.read_text(encoding="utf-8", errors="replace")):
            found.setdefault(mirror.address, mirror)
    mirrors = [Mirror(each.address, each.keyring or keyring) for each in found.values()]
    return sorted(mirrors, key=lambda each: "debian" not in each.address.rstrip("/").rsplit("/", 1)[-1])


def _serves(suite: str, components: Sequence[str]) -> bool:
    return "main" in components and not suite.endswith(("-security", "/updates", "/"))


def _one_line_mirrors(text: str) -> Iterator[Mirror]:
    """Entries of the form `deb [options] address suite component...`."""
    for line in text.splitlines():
        entry = re.match(
            r"\s*deb\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<address>\S+)\s+(?P<suite>\S+)\s+(?P<rest>[^#]*)",
            line,
        )
        if entry and _serves(entry["suite"], entry["rest"].split()):
            key = re.search(r"(?:^|\s)signed-by=(/\S+)", entry["options"] or "", re.IGNORECASE)
            yield Mirror(entry["address"], key[1] if key else None)


def _stanza_mirrors(text: str) -> Iterator[Mirror]:
    """Entries of the deb822 form: paragraphs of `Field: value`, where a line that begins with a space continues."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace():
                fields[name] = f"{fields.get(name, '')} {line.strip()}"
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in (
            "no",
            "false",
            "0",
        ):
            continue
        suites, components = fields.get("suites", "").split(), fields.get("components", "").split()
        if any(_serves(suite, components) for suite in suites):
            key = fields.get("signed-by", "")
            for address in fields.get("uris", "").split():
                yield Mirror(address, key if key.startswith("/") else None)


class PrivateApt:
    """An apt whose lists, cache and status live in `folder`, bound to one mirror and one suite."""

    def __init__(self, folder: Path, mirror: Mirror, suite: str) -> None:
        self.folder = folder
        self.packages = folder / "packages"
        shutil.rmtree(folder, ignore_errors=True)
        for part in ("state/lists/partial", "cache/archives/partial", "packages", "conf.d"):
            (folder / part).mkdir(parents=True)
        (folder / "status").touch()
        signed = f"[signed-by={mirror.keyring}] " if mirror.keyring else ""
        (folder / "sources.list").write_text(f"deb {signed}{mirror.address} {suite} main\n", encoding="utf-8")
        self._environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        configuration = folder / "apt.conf"
        configuration.touch(mode=0o600)  # a carried proxy setting may hold a password
        configuration.write_text(self._carried() + self._settings(), encoding="utf-8")
        self._environment["APT_CONFIG"] = str(configuration)

    def _carried(self) -> str:
        dump = self._run(["apt-config", "dump"], "apt's own settings could not be read")
        return "".join(f"{line}\n" for line in dump.splitlines() if _CARRIED_SETTINGS.match(line))

    def _settings(self) -> str:
        user = pwd.getpwuid(os.getuid()).pw_name
        values = {
            "Dir::State": self.folder / "state",
            "Dir::State::lists": self.folder / "state/lists",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Parts": self.folder / "conf.d",
            "Dir::Etc::Main": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Dir::Log": self.folder,
            "APT::Sandbox::User": user,
            "APT::Install-Recommends": "false",
            "Acquire::Languages": "none",
            # A mirror that stands still keeps an old Release file: its signature still proves it.
            "Acquire::Check-Valid-Until": "false",
            "Debug::NoLocking": "true",
        }
        return "".join(f'{name} "{value}";\n' for name, value in values.items())

    def _run(self, command: list[str], complaint: str) -> str:
        try:
            done = subprocess.run(
                command, env=self._environment, cwd=self.packages, capture_output=True, text=True, check=False
            )
        except FileNotFoundError as error:
            raise AsteriskError(
                f"{command[0]} is not on this machine: use a Debian or a derivative, or set OUTDIAL_ASTERISK_PREFIX "
                "to a folder where Asterisk 22 is already unpacked"
            ) from error
        if done.returncode != 0:
            lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("E:", "Err:", "W:"))]
            raise AsteriskError(f"{complaint}: " + "; ".join(lines[-4:] or done.stderr.splitlines()[-4:]))
        return done.stdout

    def update(self) -> None:
        """Read the suite's package list; a mirror that fails is an error, never an older list."""
        self._run(["apt-get", "-o", "APT::Update::Error-Mode=any", "update"], "the package list could not be read")

    def download(self, names: Sequence[str]) -> None:
        """Fetch exactly these packages into `packages`; fails when one of the names is unknown."""
        self._run(["apt-get", "download", *names], "the packages could not be downloaded")

    def download_closure(self, names: Sequence[str]) -> None:
        """Fetch these packages and everything they depend on into `packages`."""
        self._run(["apt-get", "--yes", "--download-only", "install", *names], "the packages could not be downloaded")
        for package in (self.folder / "cache/archives").glob("*.deb"):
            package.rename(self.packages / package.name)

    def unpack(self, root: Path) -> int:
        """Unpack every downloaded package under `root`; returns how many there were."""
        packages = sorted(self.packages.glob("*.deb"))
        for package in packages:
            self._run(["dpkg-deb", "-x", str(package), str(root)], f"{package.name} could not be unpacked")
        return len(packages)
