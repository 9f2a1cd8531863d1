"""Run a program as the service's unit confines it: `python confined.py UNIT PROGRAM ARGUMENT...`

Of the unit it applies what can be applied without systemd as the system's manager, which tests do not have: the
filter of system calls, the address families, no new privileges, and no memory that is written and executed.
"""

from __future__ import annotations

import ctypes
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 38, 65
SCMP_ACT_ALLOW, SCMP_ACT_EPERM, SCMP_CMP_EQ = 0x7FFF0000, 0x00050000 | 1, 4


class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def values(unit: str, name: str) -> list[str]:
    """Return what the unit says of a setting, a line each."""
    return re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)


def calls_of(group: str) -> Iterator[str]:
    """Yield the system calls of a group such as @system-service, those of the groups in it too."""
    if not group.startswith("@"):
        yield group
        return
    listed = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True)
    for word in listed.stdout.split("\n"):
        if word.startswith("    ") and not word.strip().startswith("#"):
            yield from calls_of(word.strip())


def allowed(unit: str) -> set[str]:
    """Return the system calls that the unit leaves."""
    found = set(calls_of("@default"))  # systemd always leaves these
    for line in values(unit, "SystemCallFilter"):
        calls = {call for group in line.lstrip("~").split() for call in calls_of(group)}
        found = found - calls if line.startswith("~") else found | calls
    return found


def confine(unit: str) -> None:
    """Confine this process, for good."""
    libc, seccomp = ctypes.CDLL(None, use_errno=True), ctypes.CDLL("libseccomp.so.2")
    assert values(unit, "NoNewPrivileges") == values(unit, "MemoryDenyWriteExecute") == ["yes"]
    for option in (PR_SET_NO_NEW_PRIVS, PR_SET_MDWE):
        if libc.prctl(option, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), f"prctl {option}")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(seccomp.seccomp_init(SCMP_ACT_EPERM))
    names = {call: seccomp.seccomp_syscall_resolve_name(call.encode()) for call in allowed(unit)}
    families = [getattr(socket, name) for line in values(unit, "RestrictAddressFamilies") for name in line.split()]
    for call, number in names.items():
        if number < 0:  # not of this architecture
            continue
        for family in families if call == "socket" else [None]:
            rule = [] if family is None else [Comparison(0, SCMP_CMP_EQ, family, 0)]
            if seccomp.seccomp_rule_add_array(
                rules, SCMP_ACT_ALLOW, number, len(rule), (Comparison * 1)(*rule) if rule else None
            ):
                raise OSError(f"no rule for {call}")
    if seccomp.seccomp_load(rules):
        raise OSError("the filter was not taken")


if __name__ == "__main__":
    confine(Path(sys.argv[1]).read_text("utf-8"))
    os.execvp(sys.argv[2], sys.argv[2:])
