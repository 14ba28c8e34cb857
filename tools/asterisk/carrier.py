"""The carrier and everyone it reaches: a second Asterisk whose callees behave as the sandbox's number plan says.

`7000BBPPPPP` behaves by BB with the parameter PPPPP, an extension of three to five digits by its last one, the operator of
the demo data talks and leaves, and any other number is a human who presses 1 and stays.

It is real SIP, RTP and RFC 4733; it keeps its own list of the calls it got.
The telephones of a switch's employees stand here too: they register with it, and are called as any extension.
"""

from __future__ import annotations

import csv
import dataclasses
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TypedDict

from asterisk.instance import PrivateAsterisk, free_port
from asterisk.prefix import AsteriskError, AsteriskPrefix
from outdial.drivers.asterisk.configuration import AsteriskInstance, SipExtension, SipTrunk
from outdial.drivers.asterisk.syntax import section

CONTEXT = "carrier"
CALL_LIMIT_SECONDS = 900
OPERATOR, OPERATOR_SECONDS = "74950000012", 4
"""Whom a voice script of the demo data transfers to, and how long that one talks: somebody has to end such a call."""
REGISTRATION_SECONDS = 10.0

# The room stays in the air while a human listens for a prompt, because a call without RTP tells answering-machine
# detection nothing. It must be off while he waits for the prompt's end: a caller who plays nothing may send no RTP at
# all, and WaitForSilence takes missing frames for silence only when no generator keeps the channel's clock running.
# For the same reason this Asterisk does not transmit silence by itself. Answer(,i) does not wait for media, which such
# a caller would not send.
_DIALPLAN = """\
[{context}]
exten => _[+*#0-9]!,1,Set(asked=${{FILTER(0-9*#+,${{EXTEN}})}})
 same => n,Set(FILE({witness},,,al,u)=${{STRFTIME(,,%s.%3q)}},${{asked}},${{CALLERID(num)}})
 same => n,Set(TIMEOUT(absolute)={limit})
 same => n,Set(dialled=${{FILTER(0-9,${{EXTEN}})}})
 same => n,GotoIf($[${{LEN(${{dialled}})}} >= 3 & ${{LEN(${{dialled}})}} <= 5]?agent,s,1)
 same => n,Set(digits=1)
 same => n,GotoIf($[${{LEN(${{dialled}})}} < 11]?human,s,1)
 same => n,Set(number=${{dialled:-11}})
 same => n,Set(stay={operator_seconds})
 same => n,GotoIf($["${{number}}" = "{operator}"]?guest,s,1)
 same => n,Set(stay=)
 same => n,Set(behaviour=behaviour-${{number:4:2}})
 same => n,GotoIf($["${{number:0:4}}" != "7000" | ${{DIALPLAN_EXISTS(${{behaviour}},s,1)}} = 0]?human,s,1)
 same => n,Set(parameter=$[${{number:6}} + 0])
 same => n,Set(digits=${{IF($[${{parameter}} = 0]?:${{parameter}})}})
 same => n,Goto(${{behaviour}},s,1)

; As the last digit says; one that ends in 4 hums, and one that ends in 1, 2 or 3 presses a key when asked something.
[agent]
exten => s,1,Set(last=${{dialled:-1}})
 same => n,GotoIf($[${{last}} = 8]?behaviour-05,s,1)
 same => n,GotoIf($[${{last}} = 9]?behaviour-04,s,1)
 same => n,GotoIf($[${{last}} = 7]?behaviour-06,s,1)
 same => n,Set(ring=1)
 same => n,Set(sends=${{IF($[${{last}} = 4]?hum:hello)}})
 same => n,Set(digits=${{IF($[${{last}} = 1 | ${{last}} = 2]?1:${{IF($[${{last}} = 3]?0:)}})}})
 same => n,GotoIf($[${{last}} != 6]?human,s,1)
 same => n,Set(stay=2)
 same => n,Goto(guest,s,1)

; Rings, answers, and after each prompt presses or says the next of `digits`; then stays. Who speaks says the last of them
; after every prompt that follows. Who `interrupts` says the first into the prompt.
[human]
exten => s,1,Ringing()
 same => n,Wait(${{IF($["${{ring}}" = ""]?0.5:${{ring}})}})
 same => n,Answer(,i)
 same => n,StartMusicOnHold(${{IF($["${{sends}}" = ""]?hello:${{sends}})}})
 same => n(question),GotoIf($["${{digits}}" = ""]?stay)
 same => n,WaitForNoise(60,1,300)
 same => n,GotoIf($["${{WAITSTATUS}}" != "NOISE"]?stay)
 same => n,GotoIf($["${{interrupts}}" = "yes"]?interrupt)
 same => n,StopMusicOnHold()
 same => n,WaitForSilence(700,1,120)
 same => n,GotoIf($["${{speaks}}" = "yes"]?speak)
 same => n,SendDTMF(${{digits:0:1}})
 same => n,Goto(answered)
 same => n(speak),Playback({sounds}/word-${{digits:0:1}})
 same => n,Set(digits=${{IF($[${{LEN(${{digits}})}} > 1]?${{digits:1}}:${{digits}})}})
 same => n,Goto(listen)
 same => n(interrupt),Set(interrupts=)
 same => n,Wait(2)
 same => n,StopMusicOnHold()
 same => n,Goto(speak)
 same => n(answered),Set(digits=${{digits:1}})
 same => n(listen),StartMusicOnHold(room)
 same => n,Goto(question)
 same => n(stay),Wait({limit})
 same => n,Hangup(16)

; Rings, answers, stays for `stay` seconds, hangs up.
[guest]
exten => s,1,Ringing()
 same => n,Wait(${{IF($["${{ring}}" = ""]?0.5:${{ring}})}})
 same => n,Answer(,i)
 same => n,StartMusicOnHold(hello)
 same => n,Wait(${{stay}})
 same => n,Hangup(16)

[behaviour-01]
exten => s,1,Goto(human,s,1)

[behaviour-02]
exten => s,1,Set(stay=${{IF($[${{parameter}} = 0]?{limit}:${{parameter}})}})
 same => n,Goto(guest,s,1)

[behaviour-03]
exten => s,1,Set(digits=9${{digits}})
 same => n,Goto(human,s,1)

[behaviour-04]
exten => s,1,PJSIPHangup(486)

[behaviour-05]
exten => s,1,Ringing()
 same => n,Wait({limit})

[behaviour-06]
exten => s,1,PJSIPHangup(603)

[behaviour-07]
exten => s,1,PJSIPHangup(404)

[behaviour-08]
exten => s,1,PJSIPHangup(480)

[behaviour-09]
exten => s,1,PJSIPHangup(503)

[behaviour-10]
exten => s,1,Ringing()
 same => n,Wait(0.5)
 same => n,Answer(,i)
 same => n,Playback({sounds}/greeting)
 same => n,Playback({sounds}/beep)
 same => n,StartMusicOnHold(room)
 same => n,Wait({limit})

[behaviour-11]
exten => s,1,Set(stay=$[${{parameter}} / 1000])
 same => n,Goto(guest,s,1)

[behaviour-12]
exten => s,1,Ringing()
 same => n,Wait(0.5)
 same => n,Answer(,i)
 same => n,Set(TIMEOUT(absolute)=${{parameter}})
 same => n(talk),Playback({sounds}/talk)
 same => n,Goto(talk)
exten => T,1,Hangup(16)

[behaviour-13]
exten => s,1,Set(ring=${{parameter}})
 same => n,Set(digits=1)
 same => n,Goto(human,s,1)

[behaviour-14]
exten => s,1,Set(speaks=yes)
 same => n,Set(interrupts=${{IF($["${{digits:0:1}}" = "9"]?yes:)}})
 same => n,Set(digits=${{IF($["${{interrupts}}" = "yes"]?${{digits:1}}:${{digits}})}})
 same => n,Goto(human,s,1)

[behaviour-15]
exten => s,1,Ringing()
 same => n,Wait(0.5)
 same => n,Answer(,i)
 same => n,Playback({sounds}/fax-answer)
 same => n(tone),Playback({sounds}/fax)
 same => n,Goto(tone)

[behaviour-16]
exten => s,1,Set(calls=$[0${{DB(busy/${{number}})}} + 1])
 same => n,Set(DB(busy/${{number}})=${{calls}})
 same => n,GotoIf($[${{calls}} <= ${{parameter}}]?behaviour-04,s,1)
 same => n,Set(digits=1)
 same => n,Goto(human,s,1)

[behaviour-17]
exten => s,1,Ringing()
 same => n,Wait(0.5)
 same => n,Answer(,i)
 same => n,Wait({limit})
"""


EMPLOYEES = range(100, 110)
"""The extensions that telephones stand at."""
_TELEPHONES = "telephones.conf"
_TELEPHONE_TRANSPORT = "telephones"


def _telephone(extension: SipExtension, switch_port: int) -> str:
    """A registration that brings the extension's calls to the dialplan under its number."""
    number, switch = extension.number, f"127.0.0.1:{switch_port}"
    name = f"telephone-{number}"
    auth = [("type", "auth"), ("auth_type", "digest"), ("username", number), ("password", extension.password)]
    registration = [
        ("type", "registration"),
        ("transport", _TELEPHONE_TRANSPORT),
        ("outbound_auth", name),
        ("server_uri", f"sip:{switch}"),
        ("client_uri", f"sip:{number}@{switch}"),
        ("contact_user", number),
        ("retry_interval", "1"),
        ("max_random_initial_delay", "0"),
    ]
    return section(name, auth) + section(name, registration)


class Call(TypedDict):
    """One call as the carrier saw it arrive: when (Unix seconds), the number as dialled, the caller's number."""

    time: float
    number: str
    caller: str


class Carrier(PrivateAsterisk):
    """The far side of a trunk: it takes calls from loopback at its `sip_port`, without a password."""

    def __init__(self, prefix: AsteriskPrefix, *, rtp_ports: int = 2000, keep_directory: bool = False) -> None:
        anyone = SipTrunk(name="anyone", host=None, match=("127.0.0.1",), context=CONTEXT)
        super().__init__(prefix, trunks=[anyone], rtp_ports=rtp_ports, keep_directory=keep_directory)
        self.employees = tuple(SipExtension(number=str(number), password=secrets.token_hex(8)) for number in EMPLOYEES)

    def trunk(self, name: str = "carrier") -> SipTrunk:
        """The trunk to this carrier as another Asterisk's configuration wants it."""
        # The port is matched too: on loopback every peer has the same address.
        return SipTrunk(name=name, host="127.0.0.1", port=self.sip_port, match=(f"127.0.0.1:{self.sip_port}",))

    def staff(self, switch: PrivateAsterisk) -> None:
        """Register the telephones of `employees`, which `switch` has as extensions, and return when all are there.

        Raises AsteriskError when one of them is not let in.
        """
        telephones = "".join(_telephone(each, switch.sip_port) for each in self.employees)
        (self.directory / "etc" / _TELEPHONES).write_text(telephones, encoding="utf-8")
        # A change in a file that is included is seen when the whole of res_pjsip is read again.
        for module in ("res_pjsip", "res_pjsip_outbound_registration"):
            self.cli(f"module reload {module}.so")
        deadline = time.monotonic() + REGISTRATION_SECONDS
        away = [each.number for each in self.employees]
        while away:
            if time.monotonic() > deadline:
                raise AsteriskError(f"no telephone came to stand at {', '.join(away)}; see {switch.log}")
            time.sleep(0.02)
            away = [number for number in away if switch.device_state(f"PJSIP/{number}") != "NOT_INUSE"]

    def calls(self) -> list[Call]:
        """Every call that reached the carrier so far, oldest first, whatever became of it."""
        if not self._witness.exists():
            return []
        with self._witness.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) >= 3]
        return [Call(time=float(row[0]), number=row[1], caller=row[2]) for row in rows]

    def forget(self) -> None:
        """Forget the calls so far and how often each number was busy."""
        self._witness.unlink(missing_ok=True)
        self.cli("database deltree busy")

    def settings(self) -> AsteriskInstance:
        """As any private Asterisk, with the callees for a dialplan."""
        dialplan = _DIALPLAN.format(
            context=CONTEXT,
            witness=self._witness,
            sounds=self._sounds,
            limit=CALL_LIMIT_SECONDS,
            operator=OPERATOR,
            operator_seconds=OPERATOR_SECONDS,
        )
        return dataclasses.replace(
            super().settings(), dialplan=dialplan, transmit_silence=False, extra_modules=("func_db",)
        )

    def files(self) -> dict[str, str]:
        """The configuration, and the sounds its callees make."""
        self._sounds.mkdir()
        program = Path(__file__).with_name("sounds.py")
        done = subprocess.run(
            [sys.executable, str(program), str(self._sounds)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise AsteriskError(f"the callees' sounds could not be made: {done.stderr.strip()}")
        room = f"entry = {self._sounds}/room\n"
        hello = f"entry = {self._sounds}/hello\n{room * (CALL_LIMIT_SECONDS // 30 + 1)}"
        music = f"[hello]\nmode = playlist\n{hello}\n[room]\nmode = playlist\n{room}"
        music += f"[hum]\nmode = playlist\nentry = {self._sounds}/hum\n"
        files = {**super().files(), "etc/musiconhold.conf": music, f"etc/{_TELEPHONES}": ""}
        # From a port of their own: what comes from the carrier's is known by it as the trunk's.
        transport = [("type", "transport"), ("protocol", "udp"), ("bind", f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}")]
        files["etc/pjsip.conf"] += section(_TELEPHONE_TRANSPORT, transport) + f"#include {_TELEPHONES}\n"
        return files

    @property
    def _witness(self) -> Path:
        return self.directory / "calls.csv"

    @property
    def _sounds(self) -> Path:
        return self.directory / "sounds"
