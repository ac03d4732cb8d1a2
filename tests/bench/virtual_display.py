"""A virtual X display for programs that open windows."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def virtual_display() -> Iterator[dict[str, str]]:
    """The environment of a program that draws on an Xvfb of its own, which ends with the block."""
    if shutil.which("Xvfb") is None:
        raise SystemExit("Xvfb is not installed (Debian: apt-get install xvfb).")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"]
    with (
        tempfile.TemporaryDirectory(prefix="bench-compiled-") as compiled,
        subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server,
    ):
        os.close(writing)
        with os.fdopen(reading) as number:
            display = number.readline().strip()
        try:
            if not display:
                raise SystemExit("Xvfb did not start.")
            environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
            yield {
                **environ,
                "PYTHONPYCACHEPREFIX": compiled,  # compiled in the first run, like an installed program
                "SORA_DESKTOP_STATE": compiled,  # not the user's own
                "DISPLAY": f":{display}",
                "QT_QPA_PLATFORM": "xcb",
                "QT_SCALE_FACTOR": "1",
                "PYTHONPATH": str(
                    Path(__file__).parents[2]
                ),  # the program of this checkout, even if another one is installed
            }
        finally:
            server.terminate()


@contextmanager
def managed_display() -> Iterator[dict[str, str]]:
    """As `virtual_display`, with a window manager, so that a new window has the keyboard."""
    if shutil.which("openbox") is None:
        raise SystemExit("openbox is not installed (Debian: apt-get install openbox).")
    with virtual_display() as environ, subprocess.Popen(["openbox"], env=environ, stderr=subprocess.DEVNULL) as manager:
        try:
            yield environ
        finally:
            manager.terminate()
            manager.wait()
