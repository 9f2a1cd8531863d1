"""The program as a process of its own, forked from one that has imported it: importing takes longer than most stories.

What is seen of it is what is seen of `python -m livechat_xmpp`, as the tests of the demo and of faults start it.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # prctl(2): the kernel ends us with our parent, which ends with the tests


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["livechat_xmpp.app", __name__])
    return context


class Forked:
    """A process that runs `livechat_xmpp` with these arguments, its output added to log; used as subprocess.Popen."""

    def __init__(self, arguments: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str]) -> None:
        log.touch()  # there from now on, for who reads it
        self._process = _context().Process(target=_run, args=([*arguments], log, cwd, dict(env)), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        code = self.poll()
        assert code is not None, f"the process {self.pid} has not ended within {timeout} s"
        return code


def _run(arguments: list[str], log: Path, cwd: Path, env: dict[str, str]) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for number, target in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (output, 2)):
        os.dup2(number, target)
    from livechat_xmpp.__main__ import main

    sys.exit(main(arguments))
