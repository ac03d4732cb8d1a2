"""Messages that cannot be deleted are obeyed once; messages that make no sense are kept and reported."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from drills.program_runs import DiskState, ProgramRunner, post_requests
from drills.service import prompts, running_service

from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.inbox import Inbox

#: Several times the seconds between two reads of the inbox, on the fast clock.
SOME_READS = 0.5


@contextmanager
def _cannot_be_deleted(files: Sequence[Path]) -> Iterator[None]:
    """Makes the files immutable where that can be done; root is not stopped by permissions."""
    if (
        not shutil.which("chattr")
        or subprocess.run(["chattr", "+i", *files], capture_output=True, check=False).returncode
    ):
        pytest.skip("needs root, and a file system with immutable files")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *files], check=True)


def test_a_message_that_cannot_be_deleted_is_obeyed_once(runner: ProgramRunner, tmp_path: Path) -> None:
    data = tmp_path / "data"
    folder = DataFolder.at(data)
    with running_service(tmp_path / "service") as service:
        post_requests(data, service.base_url, prompts(1))
        Inbox(folder.inbox).post({"paused": False})
        with _cannot_be_deleted(list(folder.inbox.iterdir())):
            for _ in range(2):
                assert runner.run("resume", "--json", "--data", data, environ=service.environ).status == 0
            assert len(service.creates) == 1
            settings = json.loads(folder.settings_file.read_bytes()) if folder.settings_file.exists() else {}
            folder.settings_file.write_text(json.dumps({**settings, "paused": True}))  # as the user does in the window
            with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
                time.sleep(SOME_READS)
                assert run.end().status == 0
            assert json.loads(folder.settings_file.read_bytes())["paused"], (
                "the message was obeyed over the user's pause"
            )
        DiskState.read(data).check_against(service.creates)


def test_a_message_that_makes_no_sense_is_kept(runner: ProgramRunner, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service") as service:
        post_requests(data, service.base_url, prompts(1))
        inbox = DataFolder.at(data).inbox
        contents = {"1.json": b"{half", "2.json": b'{"jobs": ["?"]}', "3.json": b'{"paused": "yes", "hold": 7}'}
        for name, content in contents.items():
            (inbox / name).write_bytes(content)
        result = runner.run("resume", "--json", "--data", data, environ=service.environ)
        result.check()
        assert result.status == 0 and len(service.creates) == 1
        for name, content in contents.items():
            assert (inbox / f"{name}.failed").read_bytes() == content
            assert f"{name}.failed" in result.errors
