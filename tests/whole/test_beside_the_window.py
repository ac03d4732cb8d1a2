"""A command line beside a running window writes its jobs into the same queue and follows them there."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from program import environment, run, running

OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}


def until_owned(data: Path) -> None:
    """Wait until the window says for which service it works."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if json.loads((data / "owner.json").read_text())["service"]:
                return
        except (OSError, ValueError):
            pass
        time.sleep(0.05)
    raise AssertionError("the window did not come up")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="ends the window by a signal")
def test_the_window_makes_what_the_command_line_asks_for(tmp_path: Path) -> None:
    environ = environment(**OFFSCREEN)
    with running("--sandbox", "--data", tmp_path, environ=environ) as window:
        until_owned(tmp_path)
        told = run("generate", "a red kite", "--json", "--data", tmp_path)
        assert told.status == 0
        assert told.phases[0] == "waiting" and told.phases[-1] == "ready"
        assert "sandbox" in told.complaint, "it is said that no real video is made"
        assert told.files[0].is_file()

        told = run("queue", "pause", "--json", "--data", tmp_path)
        assert (told.status, told.complaint) == (0, "") and json.loads(told.out)["queue"] == "paused"
        waits = run("generate", "a blue kite", "--json", "--data", tmp_path)
        assert waits.status == 3 and waits.phases == ["waiting"] and "queue resume" in waits.complaint
        assert run("queue", "hold", waits.events[-1]["job"], "--data", tmp_path).status == 0
        told = run("queue", "resume", "--data", tmp_path)
        assert told.out == "The queue is open; 0 waiting, 1 on hold.\n"
        assert run("queue", "release", "--data", tmp_path).status == 0
        done = run("resume", "--json", "--data", tmp_path)
        assert (done.status, done.phases[-1]) == (0, "ready")

        second = run("--data", tmp_path, environ=environ)
        assert second.status == 0 and "open already" in second.complaint

        live = environment(SORA_API_KEY="sk_live")
        refused = run("generate", "kite", "--json", "--data", tmp_path, environ=live)
        assert refused.status == 2 and "works with the sandbox" in refused.complaint
        ended = window.end(signal.SIGTERM)
    assert ended.status == 0
    assert "Traceback" not in ended.complaint
    assert run("list", "--json", "--data", tmp_path).out.count("ready") == 2


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the window would ask in a box of its own")
def test_a_window_is_refused_while_a_command_line_is_at_work(tmp_path: Path) -> None:
    with running("generate", "a red kite", "--sandbox", "--json", "--data", tmp_path) as command:
        command.until_phase("rendering")
        window = run("--sandbox", "--data", tmp_path, environ=environment(**OFFSCREEN))
        assert window.status == 2
        assert "command line is at work" in window.complaint and window.complaint.count("\n") == 1
        assert command.end().status == 0
