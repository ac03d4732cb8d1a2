"""A disk that fills up at any step or becomes read-only, a locked database, and a clock that is set back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from drills.program_runs import DiskState, ProgramRun, ProgramRunner, RunResult, post_requests
from drills.service import prompts, running_service
from waiting import wait_until

#: The short form tries every twelfth step.
STRIDE = 12
#: Seconds for which the disk stays full.
PAUSE = 0.5

needs_mounts = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root may mount a small disk",
)


@contextmanager
def small_disk(place: Path, size: str = "4m") -> Iterator[Path]:
    """Mounts a file system of its own there."""
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", place], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def remount(place: Path, how: str) -> None:
    """`ro` or `rw`. No process may still have a file open for writing there."""
    subprocess.run(["mount", "-o", f"remount,{how}", place], check=True)


def _resume(runner: ProgramRunner, data: Path, environ: dict[str, str]) -> RunResult:
    result = runner.run("resume", "--json", "--data", data, environ=environ)
    result.check()
    return result


@needs_mounts
def test_full_at_any_step(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    filled = unknown = ended_early = 0
    step, was_full = 1, True
    while was_full:
        with small_disk(tmp_path / f"disk {step}") as disk, running_service(tmp_path / f"service {step}") as service:
            data, filler = disk / "data", disk / "filler"
            post_requests(data, service.base_url, prompts(2))
            with runner.start(
                "resume", "--json", "--data", data, environ=service.environ, step=step, act=f"fill {disk}"
            ) as run:
                while not run.has_ended() and not filler.exists():
                    time.sleep(0.01)
                end = time.monotonic() + PAUSE
                while not run.has_ended() and time.monotonic() < end:
                    time.sleep(0.01)
                was_full = filler.exists()
                ended_early += was_full and run.has_ended()
                filler.unlink(missing_ok=True)
                run.end().check()
            _resume(runner, data, service.environ)
            state = DiskState.read(data)
            state.check_against(service.creates)
            assert len(state.jobs) == 2 and set(state.phases) <= {"ready", "unconfirmed"}, (step, state.phases)
            unknown += state.phases["unconfirmed"]
            filled += was_full
        step += 1 if long else STRIDE
    print(f"\n  the disk was full at {filled} steps; {ended_early} times the program ended; {unknown} outcomes unknown")
    assert filled > (50 if long else 5)


@needs_mounts
def test_a_disk_that_stays_full_is_reported(runner: ProgramRunner, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, running_service(tmp_path / "service") as service:
        subprocess.run(["dd", "if=/dev/zero", f"of={disk / 'filler'}", "bs=64k"], capture_output=True)
        result = runner.run("generate", "kite", "--json", "--data", disk / "data", environ=service.environ)
        result.check()
        assert result.status == 2 and ("cannot be used" in result.errors or "is full" in result.errors), result
        assert not service.calls["create"]


@needs_mounts
def test_the_program_ends_when_the_disk_fills_up_after_the_create_and_stays_full(
    runner: ProgramRunner, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk") as disk, running_service(tmp_path / "service", speed=10.0) as service:
        data = disk / "data"
        post_requests(data, service.base_url, prompts(1))
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            run.until("rendering")
            subprocess.run(["dd", "if=/dev/zero", f"of={disk / 'filler'}", "bs=4k"], capture_output=True)
            result = run.end()
        result.check()
        assert result.status == 3 and result.events[-1]["phase"] == "unsaved", result
        assert "is full" in result.errors and result.errors.count("\n") == 1, result.errors
        (disk / "filler").unlink()
        assert _resume(runner, data, service.environ).status == 0
        DiskState.read(data).check_against(service.creates)
        assert len(service.creates) == 1


@needs_mounts
def test_no_room_for_a_clip_blocks_the_queue(runner: ProgramRunner, tmp_path: Path) -> None:
    """The disk is too small from the start: nothing is bought that does not fit."""
    with small_disk(tmp_path / "disk") as disk, running_service(tmp_path / "service") as service:
        data = disk / "data"
        post_requests(data, service.base_url, prompts(1))
        (disk / "filler").write_bytes(b"\0" * (3400 * 1024))
        result = runner.run("resume", "--json", "--data", data, environ=service.environ)
        result.check()
        assert result.status in (2, 3) and "MB are free" in result.errors + str(result.events), result
        assert not service.calls["create"]
        (disk / "filler").unlink()
        assert _resume(runner, data, service.environ).status == 0


@needs_mounts
@pytest.mark.parametrize("phase", ["rendering", "saving"])
@pytest.mark.parametrize("part", ["library", "everything"])
def test_read_only(runner: ProgramRunner, tmp_path: Path, phase: str, part: str) -> None:
    """A disk that becomes read-only after the purchase is reported, and the clip is saved when it is writable."""
    with small_disk(tmp_path / "disk") as disk, running_service(tmp_path / "service", speed=10.0) as service:
        data = disk if part == "everything" else tmp_path / "data"
        if part == "library":
            data.mkdir()
            (data / "clips").symlink_to(disk)
        post_requests(data, service.base_url, prompts(1))
        service.plan({"call": "file", "fault": "stall", "value": 0.5})
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            run.until(phase)
        remount(disk, "ro")
        result = runner.run("resume", "--json", "--data", data, environ=service.environ)
        remount(disk, "rw")
        result.check()
        assert result.status == (2 if part == "everything" else 3), result
        assert "(Read-only file system)" in result.errors, result.errors
        assert _resume(runner, data, service.environ).status == 0
        state = DiskState.read(data)
        state.check_against(service.creates)
        assert state.phases == {"ready": 1} and len(service.creates) == 1


def test_locked_by_another_process(runner: ProgramRunner, tmp_path: Path) -> None:
    """Before the start, and between a create and the write of its answer."""
    data = tmp_path / "data"
    with running_service(tmp_path / "service") as service:
        post_requests(data, service.base_url, prompts(1))
        runner.run("list", "--data", data, environ=service.environ)
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            with closing(sqlite3.connect(data / "library.db", isolation_level=None)) as holder:
                with service.held_answers_to("create"):
                    wait_until(lambda: service.creates)
                    holder.execute("BEGIN IMMEDIATE")
                wait_until(lambda: service.calls["look"] or "Another program" in str(_reasons(run)))
                time.sleep(3 * PAUSE)  # long enough for several tries
                assert not service.calls["look"], "it polled before the id was on disk"
                holder.execute("ROLLBACK")
            result = run.end()
        result.check()
        assert result.status == 0 and len(service.creates) == 1
        DiskState.read(data).check_against(service.creates)
        with closing(sqlite3.connect(data / "library.db", isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            refused = runner.run("generate", "kite", "--json", "--data", data, environ=service.environ)
        refused.check()
        assert refused.status in (2, 3) and "Another program uses" in refused.errors, refused
        assert len(service.creates) == 1


def _reasons(run: ProgramRun) -> list[str]:
    return [str(event.get("reason", "")) for event in run.events()]


@pytest.mark.parametrize("phase", ["waiting", "unconfirmed", "rendering", "saving"])
def test_clock_set_back_between_two_runs(runner: ProgramRunner, tmp_path: Path, phase: str) -> None:
    _resume_on_another_day(runner, tmp_path, phase, "back")


@pytest.mark.parametrize("phase", ["unconfirmed", "rendering", "saving"])
def test_closed_for_more_than_a_day(runner: ProgramRunner, tmp_path: Path, phase: str) -> None:
    _resume_on_another_day(runner, tmp_path, phase, "forth")


def _resume_on_another_day(runner: ProgramRunner, tmp_path: Path, phase: str, act: str) -> None:
    data = tmp_path / "data"
    slow: list[dict[str, object]] = [
        {"call": "create", "fault": "delay", "value": 0.3, "after": True},
        {"call": "file", "fault": "stall", "value": 0.5},
    ]
    with running_service(tmp_path / "service", *slow, speed=10.0) as service:
        post_requests(data, service.base_url, prompts(3))
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            run.until(phase)
        service.finish()
        result = runner.run("resume", "--json", "--data", data, environ=service.environ, step=1, act=act)
        result.check()
        state = DiskState.read(data)
        state.check_against(service.creates)
        assert set(state.phases) <= {"ready", "unconfirmed"} and state.phases["ready"] >= 2, state.phases


def test_clock_set_back_at_any_step(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    tried = 0
    for step in range(1, 120, 3 if long else 24):
        data = tmp_path / f"data {step}"
        with running_service(tmp_path / f"service {step}") as service:
            post_requests(data, service.base_url, prompts(2))
            result = runner.run("resume", "--json", "--data", data, environ=service.environ, step=step, act="back")
            result.check()
            state = DiskState.read(data)
            state.check_against(service.creates)
            assert state.phases == {"ready": 2}, (step, result)
            tried += 1
    print(f"\n  the clock was set back at {tried} steps")
