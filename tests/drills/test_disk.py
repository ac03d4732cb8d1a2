"""A disk that fills up at any step, that cannot be written, or whose clock was set back."""

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
from drills.lives import Books, Life, Living, Nursery, ask_for
from drills.service import prompts, service

#: Every so many steps one is tried in the short form.
STRIDE = 12
#: Seconds for which the disk stays full, and a database locked.
PAUSE = 0.5

needs_mounts = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root may mount a small disk",
)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as born:
        yield born


@contextmanager
def small_disk(place: Path, size: str = "4m") -> Iterator[Path]:
    """A file system of its own there."""
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", place], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def remount(place: Path, how: str) -> None:
    """`ro` or `rw`. Who still has a file open for writing there has ended by now."""
    subprocess.run(["mount", "-o", f"remount,{how}", place], check=True)


def _carried(nursery: Nursery, data: Path, environ: dict[str, str]) -> Life:
    life = nursery.live("resume", "--json", "--data", data, environ=environ)
    life.check()
    return life


@needs_mounts
def test_full_at_any_step(nursery: Nursery, tmp_path: Path, long: bool) -> None:
    filled = unknown = gave_up = 0
    step, was_full = 1, True
    while was_full:
        with small_disk(tmp_path / f"disk {step}") as disk, service(tmp_path / f"service {step}") as there:
            data, filler = disk / "data", disk / "filler"
            ask_for(data, there.base_url, prompts(2))
            with nursery.living(
                "resume", "--json", "--data", data, environ=there.environ, step=step, act=f"fill {disk}"
            ) as living:
                while not living.has_ended() and not filler.exists():
                    time.sleep(0.01)
                end = time.monotonic() + PAUSE
                while not living.has_ended() and time.monotonic() < end:
                    time.sleep(0.01)
                was_full = filler.exists()
                gave_up += was_full and living.has_ended()
                filler.unlink(missing_ok=True)
                living.end().check()
            _carried(nursery, data, there.environ)
            books = Books.of(data)
            books.agree_with(there.creates)
            assert len(books.jobs) == 2 and set(books.phases) <= {"ready", "unconfirmed"}, (step, books.phases)
            unknown += books.phases["unconfirmed"]
            filled += was_full
        step += 1 if long else STRIDE
    print(f"\n  the disk was full at {filled} steps; {gave_up} times the program ended; {unknown} outcomes unknown")
    assert filled > (50 if long else 5)


@needs_mounts
def test_a_disk_that_stays_full_is_said(nursery: Nursery, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, service(tmp_path / "service") as there:
        subprocess.run(["dd", "if=/dev/zero", f"of={disk / 'filler'}", "bs=64k"], capture_output=True)
        life = nursery.live("generate", "kite", "--json", "--data", disk / "data", environ=there.environ)
        life.check()
        assert life.status == 2 and ("cannot be written" in life.complaints or "is full" in life.complaints), life
        assert not there.calls["create"]


@needs_mounts
def test_one_that_fills_up_after_the_create_and_stays_full_keeps_nobody_waiting(
    nursery: Nursery, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk") as disk, service(tmp_path / "service", speed=10.0) as there:
        data = disk / "data"
        ask_for(data, there.base_url, prompts(1))
        with nursery.living("resume", "--json", "--data", data, environ=there.environ) as living:
            living.until("rendering")
            subprocess.run(["dd", "if=/dev/zero", f"of={disk / 'filler'}", "bs=4k"], capture_output=True)
            life = living.end()
        life.check()
        assert life.status == 3 and life.events[-1]["phase"] == "unsaved", life
        assert "is full" in life.complaints and life.complaints.count("\n") == 1, life.complaints
        (disk / "filler").unlink()
        assert _carried(nursery, data, there.environ).status == 0
        Books.of(data).agree_with(there.creates)
        assert len(there.creates) == 1


@needs_mounts
def test_no_room_for_a_clip_holds_the_queue(nursery: Nursery, tmp_path: Path) -> None:
    """The disk is small from the beginning: nothing is bought that would not fit."""
    with small_disk(tmp_path / "disk") as disk, service(tmp_path / "service") as there:
        data = disk / "data"
        ask_for(data, there.base_url, prompts(1))
        (disk / "filler").write_bytes(b"\0" * (3400 * 1024))
        life = nursery.live("resume", "--json", "--data", data, environ=there.environ)
        life.check()
        assert life.status in (2, 3) and "MB are free" in life.complaints + str(life.events), life
        assert not there.calls["create"]
        (disk / "filler").unlink()
        assert _carried(nursery, data, there.environ).status == 0


@needs_mounts
@pytest.mark.parametrize("phase", ["rendering", "saving"])
@pytest.mark.parametrize("part", ["library", "everything"])
def test_read_only(nursery: Nursery, tmp_path: Path, phase: str, part: str) -> None:
    """Paid for, and then nothing can be written there any more: said in words, and fetched when it can."""
    with small_disk(tmp_path / "disk") as disk, service(tmp_path / "service", speed=10.0) as there:
        data = disk if part == "everything" else tmp_path / "data"
        if part == "library":
            data.mkdir()
            (data / "clips").symlink_to(disk)
        ask_for(data, there.base_url, prompts(1))
        there.plan({"call": "file", "fault": "stall", "value": 0.5})
        with nursery.living("resume", "--json", "--data", data, environ=there.environ) as living:
            living.until(phase)
        remount(disk, "ro")
        life = nursery.live("resume", "--json", "--data", data, environ=there.environ)
        remount(disk, "rw")
        life.check()
        assert life.status == (2 if part == "everything" else 3), life
        assert "writ" in life.complaints, life.complaints
        assert _carried(nursery, data, there.environ).status == 0
        books = Books.of(data)
        books.agree_with(there.creates)
        assert books.phases == {"ready": 1} and len(there.creates) == 1


def test_locked_by_another_process(nursery: Nursery, tmp_path: Path) -> None:
    """Before it begins, and between a create and the note of its answer."""
    data = tmp_path / "data"
    with service(tmp_path / "service") as there:
        ask_for(data, there.base_url, prompts(1))
        there.plan({"call": "create", "fault": "delay", "value": 0.5, "after": True})
        nursery.live("list", "--data", data, environ=there.environ)
        with nursery.living("resume", "--json", "--data", data, environ=there.environ) as living:
            living.until("unconfirmed")
            with closing(sqlite3.connect(data / "library.db", isolation_level=None)) as holder:
                holder.execute("BEGIN IMMEDIATE")
                while there.calls["look"] == 0 and not any("Another program" in said for said in _reasons(living)):
                    time.sleep(0.01)
                time.sleep(3 * PAUSE)  # long enough for several tries
                assert not there.calls["look"], "it went on before the id was on disk"
                holder.execute("ROLLBACK")
            life = living.end()
        life.check()
        assert life.status == 0 and len(there.creates) == 1
        Books.of(data).agree_with(there.creates)
        with closing(sqlite3.connect(data / "library.db", isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            refused = nursery.live("generate", "kite", "--json", "--data", data, environ=there.environ)
        refused.check()
        assert refused.status in (2, 3) and "Another program holds" in refused.complaints, refused
        assert len(there.creates) == 1


def _reasons(living: Living) -> list[str]:
    return [str(event.get("reason", "")) for event in living.events()]


@pytest.mark.parametrize("phase", ["waiting", "unconfirmed", "rendering", "saving"])
def test_clock_set_back_between_two_lives(nursery: Nursery, tmp_path: Path, phase: str) -> None:
    _another_day(nursery, tmp_path, phase, "back")


@pytest.mark.parametrize("phase", ["unconfirmed", "rendering", "saving"])
def test_closed_for_more_than_a_day(nursery: Nursery, tmp_path: Path, phase: str) -> None:
    _another_day(nursery, tmp_path, phase, "forth")


def _another_day(nursery: Nursery, tmp_path: Path, phase: str, act: str) -> None:
    data = tmp_path / "data"
    slow: list[dict[str, object]] = [
        {"call": "create", "fault": "delay", "value": 0.3, "after": True},
        {"call": "file", "fault": "stall", "value": 0.5},
    ]
    with service(tmp_path / "service", *slow, speed=10.0) as there:
        ask_for(data, there.base_url, prompts(3))
        with nursery.living("resume", "--json", "--data", data, environ=there.environ) as living:
            living.until(phase)
        there.finish()
        life = nursery.live("resume", "--json", "--data", data, environ=there.environ, step=1, act=act)
        life.check()
        books = Books.of(data)
        books.agree_with(there.creates)
        assert set(books.phases) <= {"ready", "unconfirmed"} and books.phases["ready"] >= 2, books.phases


def test_clock_set_back_at_any_step(nursery: Nursery, tmp_path: Path, long: bool) -> None:
    tried = 0
    for step in range(1, 120, 3 if long else 24):
        data = tmp_path / f"data {step}"
        with service(tmp_path / f"service {step}") as there:
            ask_for(data, there.base_url, prompts(2))
            life = nursery.live("resume", "--json", "--data", data, environ=there.environ, step=step, act="back")
            life.check()
            books = Books.of(data)
            books.agree_with(there.creates)
            assert books.phases == {"ready": 2}, (step, life)
            tried += 1
    print(f"\n  the clock was set back at {tried} steps")
