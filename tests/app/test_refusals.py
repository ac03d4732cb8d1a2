"""What is said when the program cannot begin."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from sora_desktop.app import _why
from sora_desktop.child import SandboxChild, SandboxWouldNotStart
from sora_desktop.store.problems import StoreProblem


def test_the_system_s_words_do_not_stand_alone(tmp_path: Path) -> None:
    full = _why(OSError(28, "No space left on device"), tmp_path)
    assert "Errno" not in full
    assert str(tmp_path) in full and "No space left on device" in full and "--data" in full
    named = _why(OSError(13, "Permission denied", "/somewhere/owner.lock"), tmp_path)
    assert "/somewhere/owner.lock" in named
    assert _why(StoreProblem("It is newer."), tmp_path) == "It is newer."


async def test_a_sandbox_on_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = SandboxChild(tmp_path, command=[sys.executable, "-c", "raise SystemExit(2)"])
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    with pytest.raises(SandboxWouldNotStart, match="is full"):
        await child.start()
    await child.aclose()
