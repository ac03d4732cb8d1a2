"""The end of the program: it waits for an answer that names a paid video, and for nothing that does not come."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from bench.virtual_display import virtual_display
from drills.program_runs import DiskState, ProgramRunner, post_requests
from drills.service import prompts, running_service
from program import descendants, is_alive
from waiting import PATIENCE, wait_until

from sora_desktop.store.data_folder import DataFolder

#: A create that is answered after more real seconds than the program waits on its clock.
TOO_LATE: dict[str, object] = {"call": "create", "fault": "delay", "value": 8.0, "after": True}


@pytest.mark.parametrize(
    "signals",
    [
        (signal.SIGINT, signal.SIGINT, signal.SIGINT),
        (signal.SIGTERM, signal.SIGHUP),
        (signal.SIGHUP, signal.SIGTERM),
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP"],
)
def test_signals_do_not_cut_the_wait_for_an_answer(
    runner: ProgramRunner, tmp_path: Path, signals: tuple[signal.Signals, ...]
) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service") as service:
        post_requests(data, service.base_url, prompts(2))
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            with service.held_answers_to("create"):
                wait_until(lambda: len(service.creates) == 1)
                for number in signals:
                    os.kill(run.pid, number)
                    wait_until(lambda: "Waiting up to" in run.errors)
                    time.sleep(0.1)  # the first signal says so, the others have to arrive before the answer
            result = run.end()
        result.check()
        assert result.status == 3
        waiting, kept = result.errors.splitlines()
        assert waiting.startswith("sora-desktop: Waiting up to 1") and "its video could be lost" in waiting
        counts = "sora-desktop: Interrupted. 1 video is queued and not sent. 1 video is paid for and kept. Run `"
        assert kept.startswith(counts) and kept.endswith(" resume` to continue.")
        assert DiskState.read(data).phases == {"rendering": 1, "waiting": 1}, "what it claims is on disk"
        assert len(service.creates) == 1, "nothing was sent after the signal"
        assert runner.run("resume", "--json", "--data", data, environ=service.environ).status == 0
        state = DiskState.read(data)
        state.check_against(service.creates)
        assert state.phases == {"ready": 2} and len(service.creates) == 2


@pytest.mark.parametrize(
    "end",
    [
        "broken pipes",
        pytest.param("no screen", marks=pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")),
    ],
)
def test_the_window_waits_for_an_answer(tmp_path: Path, end: str) -> None:
    """After several signals, also if nobody reads what it prints, and after its X server has died."""
    data = tmp_path / "data"
    with running_service(tmp_path / "service") as service, ExitStack() as display:
        post_requests(data, service.base_url, prompts(1))
        environ = {**service.environ, "QT_QPA_PLATFORM": "offscreen"}
        if end == "no screen":
            screen = display.enter_context(virtual_display())
            environ |= {name: screen[name] for name in ("DISPLAY", "QT_QPA_PLATFORM")}
        command = [sys.executable, "-m", "sora_desktop", "--data", str(data)]
        reading, writing = os.pipe()
        with (
            subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing) as window,
            os.fdopen(reading, encoding="utf-8") as printed,
        ):
            os.close(writing)
            try:
                with service.held_answers_to("create"):
                    wait_until(lambda: len(service.creates) == 1)
                    children = descendants(window.pid)
                    if end == "broken pipes":
                        printed.close()
                    if end == "no screen":
                        display.close()
                        time.sleep(1.0)
                    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                        window.send_signal(number)
                        time.sleep(0.2)  # enough to end if it did not wait; a slow machine only tests less
                        assert window.poll() is None
                assert window.wait(PATIENCE) == 0
                assert printed.closed or not printed.read()
            finally:
                window.kill()
        wait_until(lambda: not any(map(is_alive, children)))
        state = DiskState.read(data)
        assert state.phases == {"rendering": 1} and not state.parts and len(service.creates) == 1
        assert not DataFolder.at(data).owner_file.exists(), "it was closed to the end"
        assert "Traceback" not in (DataFolder.at(data).logs / "sora-desktop.log").read_text("utf-8")


@pytest.mark.parametrize("command", ["resume", "generate"])
def test_a_rejected_key_ends_the_command(runner: ProgramRunner, tmp_path: Path, command: str) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service", speed=1.0) as service:
        wrong_key = {**service.environ, "SORA_API_KEY": "sk_wrong"}
        with runner.start("generate", "kite 0", "--json", "--data", data, environ=service.environ) as run:
            run.until("rendering")
        arguments = ["resume"] if command == "resume" else ["generate", "kite 1"]
        result = runner.run(*arguments, "--json", "--data", data, environ=wrong_key)
        result.check()
        assert result.status == 3 and "key" in result.errors
        assert DiskState.read(data).phases["rendering"] == 1 and len(service.creates) == 1


def test_an_answer_that_never_comes_is_called_unknown(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    if not long:
        pytest.skip("only in the long form")
    data = tmp_path / "data"
    with running_service(tmp_path / "service", TOO_LATE) as service:
        post_requests(data, service.base_url, prompts(1))
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            wait_until(lambda: len(service.creates) == 1)
            os.kill(run.pid, signal.SIGTERM)
            result = run.end()
        assert result.status == 3
        assert "1 request without an answer on disk: its outcome is unknown." in result.errors
        assert DiskState.read(data).phases == {"unconfirmed": 1}
        runner.run("resume", "--json", "--data", data, environ=service.environ)
        (phase,) = DiskState.read(data).unconfirmed
        assert phase.billed and len(service.creates) == 1
