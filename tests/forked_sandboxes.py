"""A process that has imported the sandbox and forks it: such a start takes a twentieth of the time of a new process.

Linux only. Each process of the tests has one, which ends with it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]

#: False where a process cannot be forked, or where only its parent can wait for it.
CAN_FORK = sys.platform == "linux"

#: Bytes of a request: the arguments and the environment.
_LONGEST_REQUEST = 2**20


class ForkedSandbox:
    """A sandbox that runs, to be used like a `subprocess.Popen`. It is killed at the end of its `with` block."""

    def __init__(self, pid: int, stdin: IO[str], stdout: IO[str]) -> None:
        self.stdin, self.stdout = stdin, stdout
        self._descriptor = os.pidfd_open(pid)

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):  # it has ended
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def wait(self) -> None:
        """Return when it has ended."""
        select.select([self._descriptor], [], [])

    def __enter__(self) -> ForkedSandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.wait()
        os.close(self._descriptor)
        self.stdin.close()
        self.stdout.close()


class _ForkingProcess:
    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._requests.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST_REQUEST)
        with theirs:
            command = [sys.executable, __file__, str(theirs.fileno())]
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])

    def fork(self, arguments: Sequence[str], environ: Mapping[str, str], streams: Sequence[int]) -> int:
        """The id of a new process."""
        request = json.dumps([list(arguments), dict(environ)]).encode()
        with self._turn:
            socket.send_fds(self._requests, [request], list(streams))
            answer = self._requests.recv(64)
        assert answer, "the process that forks sandboxes has ended"
        return int(answer)


_forking_process = cache(_ForkingProcess)


def fork_sandbox(arguments: Sequence[str], environ: Mapping[str, str], stderr: IO[str]) -> ForkedSandbox:
    """Start `sora-desktop sandbox` with these arguments."""
    its_input, stdin = os.pipe()
    stdout, its_output = os.pipe()
    try:
        pid = _forking_process().fork(arguments, environ, [its_input, its_output, stderr.fileno()])
    finally:
        os.close(its_input)
        os.close(its_output)
    return ForkedSandbox(pid, os.fdopen(stdin, "w"), os.fdopen(stdout))


def _fork_on_request(requests: socket.socket) -> None:
    from sora_desktop.sandbox.command import main

    for late in ("uvicorn.protocols.http.h11_impl", "sora_desktop.sandbox.scenery.film"):
        import_module(late)  # the sandbox does so when it starts, and for its first clip

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those who ask for a sandbox wait for it
    while True:
        request, streams, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST, 3)
        if not request:
            return
        pid = os.fork()
        if pid == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            arguments, environ = json.loads(request)
            os.environ.clear()
            os.environ.update(environ)
            sys.exit(main(arguments))
        for stream in streams:
            os.close(stream)
        requests.send(str(pid).encode())


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        _fork_on_request(requests)
