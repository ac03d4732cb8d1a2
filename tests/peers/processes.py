"""Programs of others: installed once, outside this folder, and run."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import appdirs
from filelock import FileLock
from waiting import wait_until

#: Seconds until a program must answer: several times what it takes on two busy cores.
START_PATIENCE = 180.0


class PeerMissing(Exception):
    """The program cannot be had here. The message says why."""


def installed(name: str, requirements: Sequence[str], more: Sequence[str] = ()) -> Path:
    """The folder of an environment with these packages. The first call downloads and installs them.

    `more`: packages that are installed without what they need. The environment is kept in the user's cache, or in the
    folder that SORA_DESKTOP_PEERS names. Raises PeerMissing if PyPI cannot be reached, AssertionError if PyPI is there
    and the installation fails all the same.
    """
    folder = Path(os.environ.get("SORA_DESKTOP_PEERS") or Path(appdirs.user_cache_dir("sora-desktop")) / "peers")
    environment = folder / f"{name}-python{sys.version_info[0]}.{sys.version_info[1]}"
    complete = environment / "complete"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{environment}.lock"):
        if not complete.exists():
            _make_environment(environment, requirements, more)
            complete.touch()
    return environment


def _make_environment(environment: Path, requirements: Sequence[str], more: Sequence[str]) -> None:
    made = _ran(sys.executable, "-m", "venv", "--clear", str(environment))
    assert made.returncode == 0, made.stderr
    pip = (str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input")
    named = _ran(*pip, "index", "versions", "pip", "--timeout", "20", "--retries", "1")
    if named.returncode:
        reason = (named.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise PeerMissing(f"{environment.name} cannot be installed, since PyPI cannot be reached: {reason}")
    for packages in (requirements, ("--no-deps", *more) if more else ()):
        if packages:
            done = _ran(*pip, "install", "--quiet", "--timeout", "60", *packages)
            assert done.returncode == 0, f"{packages} could not be installed:\n{done.stderr}"


def _ran(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


@contextmanager
def served(command: Sequence[str], folder: Path, port: int, alive: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Run a server in the folder until the end. Yields its log. `alive`: a path that answers 200 once it is up."""
    log = folder / "server.log"
    whole = {**os.environ, "NO_PROXY": "127.0.0.1", "HOME": str(folder), **environ}
    whole.pop("PYTHONPATH", None)  # this program's own packages
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=whole, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_until(lambda: process.poll() is not None or _is_alive(port, alive), START_PATIENCE)
            assert process.poll() is None, f"the server ended: {log.read_text('utf-8', 'replace')[-2000:]}"
            yield log
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_alive(port: int, path: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError), opener.open(f"http://127.0.0.1:{port}{path}", timeout=5):
        return True
    return False


def free_port() -> int:
    """A port that is free now. The servers cannot choose one by themselves and say which."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
