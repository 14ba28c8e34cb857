"""Start a private Asterisk and a carrier for it, say how to point outdial at them, and stay until Ctrl-C.

`python tools/asterisk/run.py [--prefix DIR]`; Asterisk is fetched first when it is not there.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

if not __package__:  # run as a file: the folder above this one must be importable
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from asterisk.carrier import Carrier
from asterisk.fetch import ensure
from asterisk.instance import PrivateAsterisk
from asterisk.prefix import AsteriskError, default_prefix_directory


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="A private Asterisk with a carrier of simulated callees.")
    parser.add_argument(
        "--prefix",
        type=Path,
        default=default_prefix_directory(),
        help="the folder of the unpacked Asterisk (default: %(default)s)",
    )
    parser.add_argument(
        "--calls", type=int, default=500, help="calls at once to leave ports for (default: %(default)s)"
    )
    parser.add_argument("--keep", action="store_true", help="leave the folders with their logs behind")
    chosen = parser.parse_args(arguments)
    left = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: left.set())
    ports = max(2 * chosen.calls, 100)
    try:
        prefix = ensure(chosen.prefix, say=lambda line: print(line, flush=True))
        with (
            Carrier(prefix, rtp_ports=ports, keep_directory=chosen.keep) as carrier,
            PrivateAsterisk(
                prefix,
                trunks=[carrier.trunk()],
                extensions=carrier.employees,
                rtp_ports=ports,
                keep_directory=chosen.keep,
            ) as asterisk,
        ):
            carrier.staff(asterisk)
            employees = f"{carrier.employees[0].number}-{carrier.employees[-1].number}"
            print(
                f"Asterisk {prefix.version()} is ready: ARI on {asterisk.ari_url}, log {asterisk.log}\n"
                f"its trunk `carrier` reaches callees: 7000BBPPPPP; log {carrier.log}\n"
                f"telephones of employees stand at {employees}\n\n"
                f"  outdial serve --telephony {asterisk.telephony_url}\n\nCtrl-C ends both.",
                flush=True,
            )
            while not left.wait(1.0):
                for name, switch in (("Asterisk", asterisk), ("carrier", carrier)):
                    if not switch.running:
                        raise AsteriskError(f"the {name} ended by itself; run again with --keep and read its log")
    except AsteriskError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
