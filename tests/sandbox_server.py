"""A sandbox in a process of its own, for tests of the whole: `with sandbox("--tiny", "--speed", "50") as there: …`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]


class Create(TypedDict):
    """A create that the service accepted, as it stands now. Credits."""

    prompt: str
    task_id: str
    model: str
    status: str
    charged: int
    refunded: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What reached the sandbox: requests per call (refused and harmed ones too), and each create that was accepted."""

    counts: dict[str, int]
    creates: list[Create]
    #: The hosts (`127.0.0.1:4711`) under which requests with an Authorization header came.
    key_came_to: list[str]


@dataclass(frozen=True, slots=True)
class Address:
    """Where the sandbox listens, the key that it takes, and its process (to kill it, or to see that it lives)."""

    base_url: str
    origin: str
    key: str
    process: subprocess.Popen[str]

    def seen(self) -> Seen:
        """Ask the sandbox; needs no key and counts against no limit."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.origin}/sandbox/seen", timeout=10) as answer:
            told = json.load(answer)
        return Seen(told["counts"], told["creates"], told["key_came_to"])


@contextmanager
def sandbox(*options: str, script: Sequence[dict[str, object]] = ()) -> Iterator[Address]:
    """Start one with these options (a free port unless they say otherwise) and faults; it ends with the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-test-")))
        command = [sys.executable, "-m", "sora_desktop.sandbox", "--port", "0", "--with-parent", *options]
        if script:
            faults = folder / "faults.json"
            faults.write_text(json.dumps(list(script)), "utf-8")
            command += ["--script", str(faults)]
        complaints = stack.enter_context((folder / "stderr").open("w+", encoding="utf-8"))
        process = stack.enter_context(
            subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, text=True
            )
        )
        stack.callback(_end, process)
        assert process.stdout is not None
        line = process.stdout.readline()
        complaints.seek(0)
        assert line, f"the sandbox did not start: {complaints.read()}"
        said = json.loads(line)
        parts = urlsplit(said["listening"])
        yield Address(said["listening"], f"{parts.scheme}://{parts.netloc}", said["key"], process)


def _end(process: subprocess.Popen[str]) -> None:
    """End of input is the polite request to end; a child that does not hear it is killed."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
