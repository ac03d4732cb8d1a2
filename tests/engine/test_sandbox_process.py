"""The sandbox as a child: it starts in time or is said not to, and never stays behind."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from sora_desktop.engine.sandbox_process import Address, SandboxProcess, SandboxStartError


def pretending(script: str) -> list[str]:
    return [sys.executable, "-c", script]


READY = (
    "import json, sys; print(json.dumps({'listening': 'http://127.0.0.1:1/api/v1', 'key': 'k'}), flush=True); "
    "sys.stdin.read(); print('ended', file=sys.stderr)"
)


async def test_it_says_where_it_listens_and_ends_when_its_input_ends(tmp_path: Path) -> None:
    child = SandboxProcess(tmp_path, command=pretending(READY))
    assert await child.start() == Address("http://127.0.0.1:1/api/v1", "k")
    await child.aclose()
    assert "ended" in (tmp_path / "sandbox.log").read_text(), "it was asked before it was killed"
    await child.aclose()


@pytest.mark.parametrize(
    "script",
    ["", "print('nonsense')", "print('{}')", "print('[]')", "import time; time.sleep(60)"],
    ids=["ends", "nonsense", "half", "list", "silent"],
)
async def test_one_that_does_not_start_is_said(tmp_path: Path, script: str) -> None:
    child = SandboxProcess(tmp_path, command=pretending(script), limit=0.5)
    with pytest.raises(SandboxStartError, match=r"sandbox\.log says why"):
        await child.start()
    await child.aclose()


async def test_a_program_that_is_not_there_and_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(SandboxStartError, match="did not start"):
        await SandboxProcess(tmp_path, command=["/nowhere/python"]).start()
    (tmp_path / "file").touch()
    with pytest.raises(SandboxStartError, match="did not start"):
        await SandboxProcess(tmp_path / "file" / "state").start()


async def test_closing_while_it_starts_leaves_no_process_behind(tmp_path: Path) -> None:
    slow = "import sys, pathlib; pathlib.Path('started').touch(); sys.stdin.read(); pathlib.Path('ended').touch()"
    script = slow.replace("Path('", f"Path({str(tmp_path)!r} + '/")
    child = SandboxProcess(tmp_path, command=pretending(script))
    starting = asyncio.create_task(child.start())
    while not (tmp_path / "started").exists():
        await asyncio.sleep(0.01)
    starting.cancel()
    await child.aclose()
    await asyncio.gather(starting, return_exceptions=True)
    assert (tmp_path / "ended").exists()
    with pytest.raises(SandboxStartError):
        await child.start()
