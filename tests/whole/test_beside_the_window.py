"""A command beside an open window adds its jobs to the window's queue and follows them."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from program import environment, run, running
from waiting import wait_until

from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.lock import OwnerFile

OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}


def service_of_owner(data: Path) -> str:
    """The name of the service to which the owner of the data folder is connected; empty if it is not."""
    note = OwnerFile(DataFolder.at(data).owner_file).read()
    return "" if note is None else note.service


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="ends the window with a signal")
def test_the_window_runs_the_jobs_of_the_command_line(tmp_path: Path) -> None:
    environ = environment(**OFFSCREEN)
    with running("--sandbox", "--data", tmp_path, environ=environ) as window:
        wait_until(lambda: service_of_owner(tmp_path), seen="the window has not connected")
        result = run("generate", "a red kite", "--json", "--data", tmp_path)
        assert result.status == 0
        assert result.phases[0] == "waiting" and result.phases[-1] == "ready"
        assert "sandbox" in result.stderr, "the user is told that the sandbox renders it"
        assert result.files[0].is_file()

        result = run("queue", "pause", "--json", "--data", tmp_path)
        assert (result.status, result.stderr) == (0, "") and json.loads(result.stdout)["queue"] == "paused"
        waits = run("generate", "a blue kite", "--json", "--data", tmp_path)
        assert waits.status == 3 and waits.phases == ["waiting"] and "queue resume" in waits.stderr
        assert run("queue", "hold", waits.events[-1]["job"], "--data", tmp_path).status == 0
        result = run("queue", "resume", "--data", tmp_path)
        assert result.stdout == "The queue is open: 0 waiting, 1 on hold.\n"
        assert run("queue", "release", "--data", tmp_path).status == 0
        done = run("resume", "--json", "--data", tmp_path)
        assert (done.status, done.phases[-1]) == (0, "ready")

        second = run("--data", tmp_path, environ=environ)
        assert second.status == 0 and "already open" in second.stderr

        live = environment(SORA_API_KEY="sk_live")
        refused = run("generate", "kite", "--json", "--data", tmp_path, environ=live)
        assert refused.status == 2 and "uses the sandbox" in refused.stderr
        ended = window.end(signal.SIGTERM)
    assert ended.status == 0
    assert "Traceback" not in ended.stderr
    assert run("list", "--json", "--data", tmp_path).stdout.count("ready") == 2


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the refusal opens a message box")
def test_a_window_does_not_open_while_a_command_line_runs(tmp_path: Path) -> None:
    with running("generate", "a red kite", "--sandbox", "--json", "--data", tmp_path) as command:
        command.until_phase("rendering")
        window = run("--sandbox", "--data", tmp_path, environ=environment(**OFFSCREEN))
        assert window.status == 2
        assert "in use by a command line" in window.stderr and window.stderr.count("\n") == 1
        assert command.end().status == 0
