"""What stands between outdial and calls through an Asterisk, as findings that say what to do next.

It asks only; nothing is dialled, played or changed, and an outdial that runs on the same Asterisk is not disturbed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from outdial.drivers.asterisk.client import AriRequest, AriUrl, RESTResponse, decode, encode, parse_url
from outdial.drivers.asterisk.configuration import AMD_CONTEXT, APP_VARIABLE

OLDEST_VERSION = 20
RECOMMENDED_VERSION = 22
ANSWER_SECONDS = 5.0

# One of each group must run. What is here is used in every call, or in every transfer.
_NEEDED_MODULES: Mapping[str, tuple[str, ...]] = {
    "SIP calls": ("chan_pjsip",),
    "SDP and RTP": ("res_pjsip_sdp_rtp",),
    "RTP": ("res_rtp_asterisk",),
    "ARI channels": ("res_ari_channels",),
    "ARI playbacks": ("res_ari_playbacks",),
    "playing prompts": ("res_stasis_playback",),
    "transfers": ("res_ari_bridges",),
    "list of our calls": ("res_ari_applications",),
    "prompt files (.wav)": ("format_wav",),
    "timing": ("res_timing_timerfd", "res_timing_pthread", "res_timing_dahdi", "res_timing_kqueue"),
    "G.711 codecs": ("codec_ulaw", "codec_alaw"),
}
_USEFUL_MODULES: Mapping[str, tuple[str, ...]] = {
    "joining two legs without mixing": ("bridge_simple",),
    "keys sent as SIP INFO": ("res_pjsip_dtmf_info",),
    "states of extensions: without them no employee counts as free": ("res_ari_device_states",),
    "G.711 A-law, usual outside North America": ("codec_alaw",),
    "answering-machine detection; it needs an amd.conf": ("app_amd",),
    "settings of answering-machine detection": ("func_strings",),
    "answering-machine detection, the way back": ("app_stasis",),
    "recordings": ("res_stasis_recording",),
    "ARI recordings": ("res_ari_recordings",),
    "recordings of talks": ("chan_bridge_media",),
    "listening: hearing one side of a call": ("res_stasis_snoop",),
    "listening: sound over a WebSocket (Asterisk 22.6 or later)": ("chan_websocket",),
    "listening: the WebSocket itself": ("res_http_websocket",),
}


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    """Calls will not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found and, unless all is well, what to do next."""

    level: Level
    what: str
    next_step: str = ""


async def examine(url: str, trunks: Sequence[str], *, prompts: Path | None = None) -> list[Finding]:
    """Look at the Asterisk at `url` (as for --telephony), the PJSIP endpoints of `trunks`, and the `prompts` folder.

    Whatever is wrong there is a finding; only an address that cannot be read raises `ValueError`.
    """
    address = parse_url(url)
    limits = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    findings: list[Finding] = []
    try:
        async with aiohttp.ClientSession(timeout=limits, headers=address.headers) as http:
            status, info = await _get(http, address, "asterisk/info")
            if status != 200:
                return [refused(address, status)]
            findings += [Finding(Level.OK, f"ARI answers at {address.http}"), version_finding(info)]
            findings.append(await _socket(http, address))
            _, modules = await _get(http, address, "asterisk/modules")
            findings += module_findings(modules)
            _, variable = await _get(http, address, f"asterisk/variable?variable={APP_VARIABLE}")
            findings.append(dialplan_finding(variable))
            for trunk in trunks:
                status, endpoint = await _get(http, address, f"endpoints/PJSIP/{quote(trunk, safe='')}")
                findings.append(trunk_finding(trunk, endpoint if status == 200 else None))
    except (OSError, TimeoutError, aiohttp.ClientError) as error:
        return [*findings, unreachable(address, error)]
    if prompts is not None:
        findings.append(prompts_finding(prompts, address.host, info))
    return findings


async def _get(http: aiohttp.ClientSession, address: AriUrl, path: str) -> tuple[int, Any]:
    async with http.get(f"{address.http}/{path}") as answer:
        text = await answer.text()
        try:
            return answer.status, msgspec.json.decode(text)
        except msgspec.MsgspecError:
            return answer.status, None


async def _socket(http: aiohttp.ClientSession, address: AriUrl) -> Finding:
    """Ask over the WebSocket, as the driver does; in an application of its own, which takes no calls from anybody."""
    params = {"app": f"{address.app}-doctor", "subscribeAll": "false"}
    try:
        async with asyncio.timeout(ANSWER_SECONDS), http.ws_connect(f"{address.http}/events", params=params) as socket:
            await socket.send_frame(encode(AriRequest("GET", "asterisk/ping"), "1"), aiohttp.WSMsgType.TEXT)
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT and isinstance(decode(message.data), RESTResponse):
                    return Finding(Level.OK, "requests over the event WebSocket are answered")
    except (OSError, TimeoutError, aiohttp.ClientError):
        pass
    return Finding(
        Level.ERROR,
        "requests over the event WebSocket are not answered",
        "update Asterisk to 22.4 or later (20.14 and 21.9 know it too), and see that res_http_websocket is loaded",
    )


# --------------------------------------------------------------------------------------------- what answers mean


def unreachable(address: AriUrl, error: BaseException) -> Finding:
    """Nobody answers."""
    return Finding(
        Level.ERROR,
        f"{address.host}:{address.port} does not answer: {str(error) or type(error).__name__}",
        "check that Asterisk runs, that http.conf has enabled=yes with this bindaddr and bindport, and the firewall",
    )


def refused(address: AriUrl, status: int) -> Finding:
    """Somebody answers, but does not let us in."""
    match status:
        case 401 | 403:
            what = f"Asterisk refuses the user {address.user} or the password"
            step = "compare them with ari.conf ([user] with type=user, password=, read_only=no)"
        case 404:
            what = f"there is no ARI at {address.http}"
            step = "set enabled=yes in ari.conf, load res_ari_asterisk; while Asterisk boots, wait a moment"
        case _:
            what = f"{address.http} answers with HTTP status {status}"
            step = "check that this is Asterisk's own HTTP port and not another server's"
    return Finding(Level.ERROR, what, f"{step}; `outdial asterisk-config` prints what is needed")


def version_finding(info: Any) -> Finding:
    """Whether this Asterisk is new enough."""
    version = str(((info or {}).get("system") or {}).get("version") or "")
    number = re.match(r"(?:certified[/-])?(\d+)", version)
    if number is None:
        return Finding(Level.WARNING, f"the version {version!r} is not understood", "22 or later is recommended")
    major = int(number[1])
    if major < OLDEST_VERSION:
        return Finding(Level.ERROR, f"Asterisk {version} is too old", f"install {RECOMMENDED_VERSION} or later")
    if major < RECOMMENDED_VERSION:
        return Finding(
            Level.WARNING,
            f"Asterisk {version} works",
            f"{RECOMMENDED_VERSION} or later is recommended: it tells the SIP codes of refused calls",
        )
    return Finding(Level.OK, f"Asterisk {version}")


def module_findings(modules: Any) -> list[Finding]:
    """Which of the modules that calls need do not run; one finding that all is well otherwise."""
    running = {str(each["name"]).removesuffix(".so") for each in modules or () if each.get("status") == "Running"}
    findings = []
    for level, wanted in ((Level.ERROR, _NEEDED_MODULES), (Level.WARNING, _USEFUL_MODULES)):
        for purpose, names in wanted.items():
            if not running.intersection(names):
                either = " or ".join(names)
                step = f"load {either} in modules.conf, then `asterisk -rx 'module load {names[0]}.so'`"
                findings.append(Finding(level, f"not loaded: {either} ({purpose})", step))
    return findings or [Finding(Level.OK, "all modules that calls need are loaded")]


def dialplan_finding(variable: Any) -> Finding:
    """Whether outdial's dialplan is there, told by the global variable that comes with it."""
    # ARI does not tell contexts.
    if (variable or {}).get("value"):
        return Finding(Level.OK, f"outdial's dialplan is there (the context {AMD_CONTEXT})")
    return Finding(
        Level.WARNING,
        f"the global variable {APP_VARIABLE} is not set, so the context {AMD_CONTEXT} is probably missing: "
        "calls in which people are told from answering machines are hung up then",
        "add what `outdial asterisk-config` prints for extensions.conf, then `asterisk -rx 'dialplan reload'`",
    )


def trunk_finding(trunk: str, endpoint: Any) -> Finding:
    """Whether a trunk can be dialled; `endpoint` is None when Asterisk has none of that name."""
    if endpoint is None:
        return Finding(
            Level.ERROR,
            f"trunk {trunk}: Asterisk has no PJSIP endpoint of this name",
            f"add an [{trunk}] endpoint to pjsip.conf and reload it, or correct the trunk's name",
        )
    match endpoint.get("state"):
        case "online":
            return Finding(Level.OK, f"trunk {trunk}: online")
        case "offline":
            return Finding(
                Level.WARNING,
                f"trunk {trunk}: offline",
                f"the carrier does not answer OPTIONS or is not asked; see `asterisk -rx 'pjsip show endpoint {trunk}'`"
                " for its address and registration; without qualify_frequency this state says nothing",
            )
        case state:
            return Finding(
                Level.WARNING,
                f"trunk {trunk}: its state is {state or 'unknown'}",
                f"set qualify_frequency=60 in the aor of {trunk} to see whether the carrier answers",
            )


def prompts_finding(folder: Path, host: str, info: Any) -> Finding:
    """Whether Asterisk can read what outdial writes, as far as it can be told from here."""
    user = str((((info or {}).get("config") or {}).get("setid") or {}).get("user") or "")
    whom = f"the user {user}" if user else "the user that Asterisk runs as"
    if not _is_local(host):
        return Finding(
            Level.WARNING,
            f"prompts are written to {folder}, and Asterisk is on another machine ({host})",
            f"share the folder so that Asterisk sees it at the same path, readable by {whom}",
        )
    closed = next((part for part in (folder, *folder.parents) if not _open_to_all(part)), None)
    if closed is not None:
        return Finding(
            Level.WARNING,
            f"{closed} is not open to every user; prompts are in {folder}",
            f"check that {whom} may read there: `sudo -u USER ls {folder}`; `chmod o+rx {closed}` opens it",
        )
    return Finding(Level.OK, f"prompts in {folder} can be read by every user of this machine")


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _open_to_all(folder: Path) -> bool:
    try:
        return bool(os.stat(folder).st_mode & stat.S_IXOTH)
    except OSError:
        return False
