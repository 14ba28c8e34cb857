"""What an Asterisk must be told before outdial can drive it: a private instance's whole tree, or the pieces to add.

Everything here is a pure function of frozen values; nothing is written, started or asked. It does not know
ARI's requests and events, nor where an Asterisk comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from outdial.core.amd import Amd
from outdial.drivers.asterisk.modules import MODULES
from outdial.drivers.asterisk.pjsip import (
    INBOUND_CONTEXT,
    Options,
    SipExtension,
    SipTrunk,
    extension_conf,
    transport_conf,
    trunk_conf,
)
from outdial.drivers.asterisk.syntax import HOST, NAME, check, right_side, section

__all__ = [
    "AMD_CONTEXT",
    "APP_VARIABLE",
    "ARI_USER",
    "INBOUND_CONTEXT",
    "AsteriskInstance",
    "Country",
    "SipExtension",
    "SipTrunk",
    "amd_variables",
    "existing_asterisk_text",
    "extensions_conf",
    "instance_files",
    "instance_folders",
]

ARI_USER = "outdial"
AMD_CONTEXT = "outdial-amd"
APP_VARIABLE = "OUTDIAL_APP"
"""Names the application that a channel comes back to; as a global variable it tells that outdial's dialplan is there."""

Country = Literal["ru", "us"]

# Messages nobody reads cost about a fifth of Asterisk's time in a call. Security events stay: without them Asterisk
# logs an error for each registration of a telephone.
_DECLINED_MESSAGES = (
    "ast_channel_varset_type",
    "cel_generic_type",
    "ast_test_suite_message_type",
    "stasis_test_message_type",
    "ast_rtp_rtcp_sent_type",
    "ast_rtp_rtcp_received_type",
)

# Call-progress tones: Russia by the national standard, the United States by the Precise Tone Plan.
_TONES: dict[Country, Options] = {
    "ru": [
        ("ringcadence", "1000,4000"),
        ("dial", "425"),
        ("ring", "425/1000,0/4000"),
        ("busy", "425/350,0/350"),
        ("congestion", "425/175,0/175"),
        ("callwaiting", "425/200,0/5000"),
        ("dialrecall", "425/400,0/40"),
        ("record", "1400/400,0/15000"),
        ("info", "950/330,1400/330,1800/330,0/1000"),
    ],
    "us": [
        ("ringcadence", "2000,4000"),
        ("dial", "350+440"),
        ("ring", "440+480/2000,0/4000"),
        ("busy", "480+620/500,0/500"),
        ("congestion", "480+620/250,0/250"),
        ("callwaiting", "440/300,0/10000"),
        ("dialrecall", "!350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,350+440"),
        ("record", "1400/500,0/15000"),
        ("info", "!950/330,!1400/330,!1800/330,0"),
    ],
}

# Milliseconds, but for the threshold (mean amplitude, 0..32767) and the words: more of them is a machine.
_AMD: Options = [
    ("initial_silence", 2500),
    ("greeting", 1500),
    ("after_greeting_silence", 800),
    ("total_analysis_time", 5000),
    ("min_word_length", 100),
    ("between_words_silence", 50),
    ("maximum_number_of_words", 3),
    ("silence_threshold", 256),
    ("maximum_word_length", 5000),
]

# A verdict is of no use to anybody when outdial has been away for longer.
_LONGEST_ABSENCE_SECONDS = 60

# Files that Asterisk or a loaded module opens, and complains about when they are missing.
_EMPTY_FILES = (
    "acl", "ccss", "chan_websocket", "features", "pjproject", "statsd", "udptl", "websocket_client",
)  # fmt: skip

_FOLDERS = (
    "etc", "log", "run", "lib", "db", "keys", "keys/keys", "cache", "spool", "spool/recording", "spool/monitor",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskInstance:
    """A private Asterisk: everything it reads and writes is under `directory`, its ports are its own.

    `modules` and `data` are Asterisk's own folders (astmoddir, astdatadir). SIP and RTP listen on
    `sip_address`, HTTP on loopback only. `dialplan` replaces outdial's extensions.conf; `extra_modules` are
    loaded besides outdial's list; `hold_music` is a folder of sounds for the music class `default`.
    """

    directory: Path
    modules: Path
    data: Path
    http_port: int
    sip_port: int
    ari_password: str
    ari_user: str = ARI_USER
    rtp_first: int = 10_000
    rtp_last: int = 20_000
    sip_address: str = "127.0.0.1"
    external_address: str | None = None
    trunks: tuple[SipTrunk, ...] = ()
    extensions: tuple[SipExtension, ...] = ()
    country: Country = "ru"
    open_files: int = 20_000
    transmit_silence: bool = True
    extra_modules: tuple[str, ...] = ()
    dialplan: str | None = None
    hold_music: Path | None = None

    def __post_init__(self) -> None:
        check("ARI user", self.ari_user, NAME)
        check("SIP address", self.sip_address, HOST)
        check("external address", self.external_address, HOST)
        for text in (self.ari_password, *map(str, (self.directory, self.modules, self.data, self.hold_music or ""))):
            right_side(text)


def instance_folders() -> tuple[str, ...]:
    """The folders an instance's directory must hold before it starts, parents first."""
    return _FOLDERS


def instance_files(settings: AsteriskInstance) -> dict[str, str]:
    """The files of a private instance: name relative to its directory -> content.

    Asterisk is started with `-C <directory>/etc/asterisk.conf`; every other path is in that file.
    """
    files = {
        "asterisk.conf": _asterisk_conf(settings),
        "logger.conf": "[general]\ndateformat = %F %T.%3q\n\n[logfiles]\nmessages.log => notice,warning,error\n",
        "modules.conf": "[modules]\nautoload = no\n"
        + _load_lines()
        + "".join(f"load = {name}.so\n" for name in settings.extra_modules),
        "http.conf": _http_conf(settings.http_port),
        "ari.conf": _ari_conf(settings.ari_user, settings.ari_password),
        "pjsip.conf": transport_conf(settings.sip_address, settings.sip_port, settings.external_address)
        + "".join(map(trunk_conf, settings.trunks))
        + "".join(map(extension_conf, settings.extensions)),
        "rtp.conf": section(
            "general",
            [("rtpstart", settings.rtp_first), ("rtpend", settings.rtp_last), ("icesupport", "no")],
        ),
        "stasis.conf": _stasis_conf(),
        "amd.conf": section("general", _AMD),
        "indications.conf": _indications_conf(settings.country),
        "extensions.conf": extensions_conf() if settings.dialplan is None else settings.dialplan,
        "musiconhold.conf": _musiconhold_conf(settings.hold_music),
        "cdr.conf": "[general]\nenable = no\n",
        "cel.conf": "[general]\nenable = no\n",
        "manager.conf": "[general]\nenabled = no\n",
        **{f"{name}.conf": "" for name in _EMPTY_FILES},
    }
    return {f"etc/{name}": content for name, content in files.items()}


def extensions_conf() -> str:
    """The dialplan outdial relies on: a detour to answering-machine detection, and a refusal of inbound calls.

    A channel that ARI's continue sends to `outdial-amd,s,1` comes back into the application named by its
    variable OUTDIAL_APP (`outdial` where it has none) with the arguments `amd`, AMDSTATUS, AMDCAUSE; it waits
    for an application that is away. The channel's variables AMD_INITIAL_SILENCE, AMD_GREETING and so on change
    this call's analysis; where one is missing amd.conf rules.
    """
    arguments = ",".join(f"${{{name}}}" for name in amd_variables(Amd()))
    return (
        f"[globals]\n{APP_VARIABLE} = outdial\n\n[{AMD_CONTEXT}]\n"
        f"exten => s,1,AMD({arguments})\n"
        f" same => n(back),Stasis(${{{APP_VARIABLE}}},amd,${{AMDSTATUS}},${{AMDCAUSE}})\n"
        ' same => n,GotoIf($["${STASISSTATUS}" != "FAILED"]?gone)\n'
        " same => n,Set(AMD_TRIES=$[0${AMD_TRIES} + 1])\n"
        f" same => n,GotoIf($[${{AMD_TRIES}} >= {_LONGEST_ABSENCE_SECONDS}]?gone)\n"
        " same => n,Wait(1)\n"
        " same => n,Goto(back)\n"
        " same => n(gone),Hangup()\n\n"
        f"[{INBOUND_CONTEXT}]\nexten => _[+*#0-9a-zA-Z]!,1,Hangup(21)\n"
    )


def amd_variables(amd: Amd) -> dict[str, int]:
    """The variables of a channel that say how it is analysed, in the order of AMD()'s own arguments."""
    return {
        "AMD_INITIAL_SILENCE": amd.initial_silence,
        "AMD_GREETING": amd.greeting,
        "AMD_AFTER_GREETING_SILENCE": amd.after_greeting_silence,
        "AMD_TOTAL_ANALYSIS_TIME": amd.total_analysis,
        "AMD_MINIMUM_WORD_LENGTH": amd.min_word,
        "AMD_BETWEEN_WORDS_SILENCE": amd.between_words_silence,
        "AMD_MAXIMUM_NUMBER_OF_WORDS": amd.max_words,
        "AMD_SILENCE_THRESHOLD": amd.silence_threshold,
        "AMD_MAXIMUM_WORD_LENGTH": amd.max_word,
    }


def existing_asterisk_text(
    *,
    ari_password: str,
    ari_user: str = ARI_USER,
    http_address: str = "127.0.0.1",
    http_port: int = 8088,
    trunk: SipTrunk | None = None,
) -> str:
    """What to add to an Asterisk that is already there, file by file; all but the settings is a comment.

    `trunk` None prints an example of one.
    """
    check("ARI user", ari_user, NAME)
    check("HTTP address", http_address, HOST)
    shown = trunk or SipTrunk(
        name="carrier", host="sip.example.com", username="login", password="password", register=True
    )
    options: Options = [("transmit_silence", "yes"), ("maxfiles", 20_000)]
    pieces = (
        _comment(
            "What outdial needs from an Asterisk 22 or newer. Add each piece to the file named above it, usually in",
            "/etc/asterisk; where a web interface owns that file, to the *_custom.conf beside it. Then run",
            "",
            "  asterisk -rx 'core restart gracefully'",
            f"  outdial serve --telephony ari://{ari_user}:PASSWORD@{http_address}:{http_port}",
        ),
        _file(
            "http.conf",
            "ARI's requests and events; keep it off the public network.",
            _http_conf(http_port, http_address),
        ),
        _file("ari.conf", "outdial's user.", _ari_conf(ari_user, ari_password)),
        _file(
            "pjsip.conf",
            f"A trunk, dialled as PJSIP/<number>@{shown.name}; the transport is the one you have.",
            trunk_conf(shown),
        ),
        _file(
            "extensions.conf",
            "Answering-machine detection, and a context that refuses calls from the trunk.",
            extensions_conf(),
        ),
        _file("amd.conf", "app_amd does not load without this file.", section("general", _AMD)),
        _file(
            "stasis.conf",
            "Saves about a fifth of a call's CPU time; leave out what something else reads.",
            _stasis_conf(),
        ),
        _file("asterisk.conf", "A waiting callee hears silence, not nothing.", section("options", options)),
        _file(
            "modules.conf",
            "For autoload=no; with autoload=yes only check that no noload names one of these.",
            _load_lines(),
        ),
        _comment(
            "",
            "Prompts are files that outdial writes and Asterisk opens: both run on one machine or share that folder,",
            "and Asterisk's user may read it. Recordings are fetched over ARI.",
            "One outdial drives one ARI application: a second connection of the same name takes its calls over.",
            "sessionlimit counts HTTP connections; Asterisk's own 100 are too few for a busy dialer.",
            "Every call takes two ports of rtp.conf's range; the carrier must reach them.",
        ),
    )
    return "\n".join(pieces)


def _comment(*lines: str) -> str:
    return "".join(f"; {line}".rstrip() + "\n" for line in lines)


def _file(name: str, why: str, content: str) -> str:
    return f"; ---- {name} ----\n; {why}\n{content.rstrip()}\n"


def _asterisk_conf(settings: AsteriskInstance) -> str:
    home = settings.directory
    directories: Options = [
        ("astetcdir", home / "etc"),
        ("astmoddir", settings.modules),
        ("astvarlibdir", home / "lib"),
        ("astdbdir", home / "db"),
        ("astkeydir", home / "keys"),
        ("astdatadir", settings.data),
        ("astagidir", home / "lib"),
        ("astspooldir", home / "spool"),
        ("astrundir", home / "run"),
        ("astlogdir", home / "log"),
        ("astcachedir", home / "cache"),
        ("astsbindir", home / "lib"),
    ]
    options: Options = [
        ("transmit_silence", "yes" if settings.transmit_silence else "no"),
        ("maxfiles", settings.open_files),
        ("live_dangerously", "no"),
        ("defaultlanguage", "en"),
    ]
    return section("directories", directories) + section("options", options)


def _load_lines() -> str:
    return "".join(
        f"; {purpose}\n" + "".join(f"load = {name}.so\n" for name in names) for purpose, names in MODULES.items()
    )


def _http_conf(port: int, address: str = "127.0.0.1") -> str:
    options: Options = [
        ("enabled", "yes"),
        ("bindaddr", address),
        ("bindport", port),
        ("sessionlimit", 4000),
        ("session_inactivity", 120_000),
        ("session_keep_alive", 120_000),
        ("enable_static", "no"),
        ("enable_status", "no"),
    ]
    return section("general", options)


def _ari_conf(user: str, password: str) -> str:
    general = section("general", [("enabled", "yes"), ("pretty", "no"), ("websocket_write_timeout", 5000)])
    return general + section(user, [("type", "user"), ("read_only", "no"), ("password", password)])


def _musiconhold_conf(folder: Path | None) -> str:
    return "" if folder is None else section("default", [("mode", "files"), ("directory", folder)])


def _stasis_conf() -> str:
    declined = [("decline", name) for name in _DECLINED_MESSAGES]
    return section("taskpool", [("max_size", 50)]) + section("declined_message_types", declined)


def _indications_conf(country: Country) -> str:
    return section("general", [("country", country)]) + section(country, [("description", country), *_TONES[country]])
