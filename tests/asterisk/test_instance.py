"""A private Asterisk's own life: it is what it was configured to be, and it never outlives its starter."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asterisk.apt import Mirror, machine_mirrors
from asterisk.fetch import ensure
from asterisk.instance import PrivateAsterisk
from asterisk.prefix import AsteriskError, AsteriskPrefix
from outdial.drivers.asterisk.configuration import SipExtension, SipTrunk, existing_asterisk_text, instance_files
from outdial.drivers.asterisk.modules import module_names

STARTER = """
import sys, threading
from pathlib import Path
from asterisk.instance import PrivateAsterisk
from asterisk.prefix import AsteriskPrefix
asterisk = PrivateAsterisk(AsteriskPrefix(Path(sys.argv[1])))
asterisk.start()
print(asterisk.pid, asterisk.directory, flush=True)
threading.Event().wait()
"""


def test_every_module_loads_and_runs(asterisk: PrivateAsterisk) -> None:
    loaded = asterisk.cli("module show")
    lines = {line.split()[0]: line for line in loaded.splitlines() if line}
    assert len(module_names()) == len(set(module_names()))
    for name in module_names():
        assert "Running" in lines[f"{name}.so"], name
    assert "carrier" in asterisk.cli("pjsip show endpoints")


def test_an_asterisk_dies_with_its_starter(asterisk_prefix: AsteriskPrefix, tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(asterisk_prefix.root)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert starter.stdout is not None
        pid, _, directory = starter.stdout.readline().strip().partition(" ")
        with open(os.pidfd_open(int(pid))) as process:
            starter.send_signal(signal.SIGKILL)
            starter.wait()
            ended, _, _ = select.select([process], [], [], 10)
        shutil.rmtree(directory)
        assert ended, "the Asterisk outlived the process that started it"
    finally:
        starter.kill()
        starter.communicate()


def test_a_taken_sip_port_is_tried_no_further(asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = iter([asterisk.sip_port, 0])
    real = PrivateAsterisk.settings

    def settings(self: PrivateAsterisk) -> object:
        self.sip_port = next(ports) or self.sip_port
        return real(self)

    monkeypatch.setattr(PrivateAsterisk, "settings", settings)
    with PrivateAsterisk(asterisk.prefix) as other:
        assert other.sip_port != asterisk.sip_port
        directory = other.directory
    assert not directory.exists()
    assert next(ports, "both were asked for") == "both were asked for"


def test_values_cannot_break_out_of_their_line(asterisk: PrivateAsterisk) -> None:
    with pytest.raises(ValueError, match="trunk name"):
        SipTrunk(name="a]\n[b", host="127.0.0.1")
    with pytest.raises(ValueError, match="trunk address"):
        SipTrunk(name="a", host="127.0.0.1;comment")
    with pytest.raises(ValueError, match="control character"):
        SipExtension(number="101", password="x\n[general]")
    settings = asterisk.settings()
    assert (
        "password = \\;secret"
        in instance_files(
            type(settings)(
                directory=settings.directory,
                modules=settings.modules,
                data=settings.data,
                http_port=1,
                sip_port=2,
                ari_password=";secret",
            )
        )["etc/ari.conf"]
    )


def test_the_text_for_an_existing_asterisk_is_settings_and_comments() -> None:
    trunk = SipTrunk(name="gate", host="203.0.113.5", username="me", password="pass")
    text = existing_asterisk_text(ari_password="secret", trunk=trunk)
    for line in filter(None, text.splitlines()):
        assert line.startswith((";", "[")) or " = " in line or "=>" in line, line
    for expected in ("---- http.conf", "[outdial]", "password = secret", "contact = sip:203.0.113.5:5060", "AMD("):
        assert expected in text
    assert all(f"load = {name}.so" in text for name in module_names())


def test_mirrors_are_read_from_both_forms_of_apt_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTDIAL_DEBIAN_MIRROR", raising=False)
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(
        "# deb http://old.invalid/debian stable main\n"
        "deb http://other.invalid/packages stable main\n"
        "deb [arch=amd64 signed-by=/keys/one.gpg] http://one.invalid/debian stable main contrib\n"
        "deb http://one.invalid/debian-security stable-security main\n"
        "deb-src http://source.invalid/debian stable main\n"
    )
    (tmp_path / "sources.list.d/two.sources").write_text(
        "Types: deb\nURIs: http://two.invalid/debian/\n# a comment\nSuites: stable stable-updates\n"
        "Components: main\nSigned-By: /keys/two.gpg\n\n"
        "Types: deb\nEnabled: no\nURIs: http://off.invalid/debian\nSuites: stable\nComponents: main\n"
    )
    mirrors = machine_mirrors(tmp_path)
    assert [each.address for each in mirrors] == [
        "http://one.invalid/debian",
        "http://two.invalid/debian/",
        "http://other.invalid/packages",
    ]
    assert [each.keyring for each in mirrors[:2]] == ["/keys/one.gpg", "/keys/two.gpg"]
    monkeypatch.setenv("OUTDIAL_DEBIAN_MIRROR", "http://chosen.invalid/debian")
    assert machine_mirrors(tmp_path) == [Mirror("http://chosen.invalid/debian", mirrors[2].keyring)]


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    with pytest.raises(AsteriskError, match="holds something else"):
        ensure(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
