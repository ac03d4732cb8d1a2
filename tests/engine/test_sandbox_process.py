"""The sandbox as a child process: a failed start is reported, and no process is left behind."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest
from waiting import until

from sora_desktop.engine.sandbox_process import SandboxAddress, SandboxProcess, SandboxStartError


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


READY = (
    "import json, sys; print(json.dumps({'listening': 'http://127.0.0.1:1/api/v1', 'key': 'k'}), flush=True); "
    "sys.stdin.read(); print('ended', file=sys.stderr)"
)


async def test_the_address_is_read_and_the_process_ends_with_its_input(tmp_path: Path) -> None:
    child = SandboxProcess(tmp_path, command=python(READY))
    assert await child.start() == SandboxAddress("http://127.0.0.1:1/api/v1", "k")
    await child.aclose()
    assert "ended" in (tmp_path / "sandbox.log").read_text(), "the process was killed, not asked to end"
    await child.aclose()


@pytest.mark.parametrize(
    "script",
    ["", "print('nonsense')", "print('{}')", "print('[]')", "import time; time.sleep(60)"],
    ids=["ends", "nonsense", "half", "list", "silent"],
)
async def test_a_failed_start_is_reported(tmp_path: Path, script: str) -> None:
    child = SandboxProcess(tmp_path, command=python(script), timeout=0.5)
    with pytest.raises(SandboxStartError, match=r"See .*sandbox\.log"):
        await child.start()
    await child.aclose()


async def test_a_missing_program_and_an_impossible_folder_are_reported(tmp_path: Path) -> None:
    with pytest.raises(SandboxStartError, match="did not start"):
        await SandboxProcess(tmp_path, command=["/nowhere/python"]).start()
    (tmp_path / "file").touch()
    with pytest.raises(SandboxStartError, match="did not start"):
        await SandboxProcess(tmp_path / "file" / "state").start()


async def test_a_sandbox_on_a_full_disk_reports_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = SandboxProcess(tmp_path, command=python("raise SystemExit(2)"))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    with pytest.raises(SandboxStartError, match="is full"):
        await child.start()
    await child.aclose()


async def test_closing_during_the_start_leaves_no_process_behind(tmp_path: Path) -> None:
    slow = "import sys, pathlib; pathlib.Path('started').touch(); sys.stdin.read(); pathlib.Path('ended').touch()"
    script = slow.replace("Path('", f"Path({str(tmp_path)!r} + '/")
    child = SandboxProcess(tmp_path, command=python(script))
    starting = asyncio.create_task(child.start())
    await until(lambda: (tmp_path / "started").exists() or starting.done(), 0.01)
    starting.cancel()
    await child.aclose()
    await asyncio.gather(starting, return_exceptions=True)
    assert (tmp_path / "ended").exists()
    with pytest.raises(SandboxStartError):
        await child.start()
