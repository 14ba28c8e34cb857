"""Becomes a program that must not outlive us: gives up root, asks the kernel for a SIGINT at our death, then execs.

Run as a script of its own, `launch.py PARENT UID:GID|- PROGRAM ARGUMENT…`, with the standard library only. A fresh
process does this rather than a hook between fork and exec, which may deadlock where the parent has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Replace this process by the program; exits with 126, the reason on standard error, if it cannot be executed."""
    parent, account, *command = arguments
    os.umask(0o077)
    if account != "-":
        uid, gid = (int(part) for part in account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # Beware: the kernel forgets this wish at a change of user, so it comes after it; an ordinary exec keeps it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the process that started this one is gone")
    # Python ignores SIGPIPE, and an ignored signal stays ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execv(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(126)


if __name__ == "__main__":
    main(sys.argv[1:])
