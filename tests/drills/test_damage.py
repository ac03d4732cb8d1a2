"""A damaged database is set aside, the library is rebuilt from the disk, the user is told, nothing is sent twice."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from drills.program_runs import DiskState, ProgramRunner, post_requests
from drills.service import Service, prompts, running_service

from sora_desktop.domain.job import Ready, Waiting

READY = 5
#: Random damages in the short form and in the long form.
SOME, MANY = 6, 60


@pytest.fixture(scope="module")
def stocked(runner: ProgramRunner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Service]]:
    """A data folder with clips, one job that renders and some that wait; the program was killed."""
    folder = tmp_path_factory.mktemp("stocked")
    data = folder / "data"
    with running_service(folder / "service") as service:
        post_requests(data, service.base_url, prompts(READY))
        assert runner.run("resume", "--json", "--data", data, environ=service.environ).status == 0
        post_requests(data, service.base_url, prompts(6, "late"))
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            run.until("rendering")
        service.finish()
        with closing(sqlite3.connect(data / "library.db")) as connection:  # everything into the one file
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield data, service


def _zero(file: Path, rng: random.Random) -> None:
    file.write_bytes(b"")


def _halved(file: Path, rng: random.Random) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def _a_stub(file: Path, rng: random.Random) -> None:
    file.write_bytes(file.read_bytes()[:100])


def _another_file(file: Path, rng: random.Random) -> None:
    file.write_bytes(b"\x89PNG" + rng.randbytes(5000))


def _gone(file: Path, rng: random.Random) -> None:
    file.unlink()


def _head(file: Path, rng: random.Random) -> None:
    _overwrite(file, 0, rng.randbytes(64))


def _scattered_bytes(file: Path, rng: random.Random) -> None:
    size = file.stat().st_size
    for _ in range(rng.choice((1, 3, 10))):
        _overwrite(file, rng.randrange(size), rng.randbytes(rng.choice((1, 16, 512))))


def _overwrite(file: Path, at: int, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(content)


WHOLE = (_zero, _halved, _a_stub, _another_file, _gone, _head)


def _run_on_damaged(
    runner: ProgramRunner,
    stocked: tuple[Path, Service],
    to: Path,
    damage: Callable[[Path, random.Random], None],
    seed: int,
) -> tuple[Path, str]:
    """Damages a copy and runs the program on it; returns the copy and what the program printed."""
    data, service = stocked
    shutil.copytree(data, to, symlinks=True)
    before = service.creates
    known = {job.request.prompt for job in DiskState.read(to).jobs if not isinstance(job.phase, Waiting)}
    damage(to / "library.db", random.Random(seed))
    result = runner.run("resume", "--json", "--data", to, environ=service.environ)
    assert result.status in (0, 1, 3) and "Traceback" not in result.errors, result
    listed = runner.run("list", "--json", "--data", to, environ=service.environ)
    assert listed.status == 0, listed.errors
    bought = [create["prompt"] for create in service.creates[len(before) :]]
    assert len(set(bought)) == len(bought) and not known & set(bought), f"bought twice: {bought}"
    state = DiskState.read(to)
    shown = {job.phase.clip.file.name for job in state.jobs if isinstance(job.phase, Ready)}
    clips = {file.name for file in state.clips}
    assert shown == clips and len(clips) >= READY, (shown ^ clips, result.errors)
    kept = list(to.glob("library.db.damaged-*"))
    assert bool(kept) == ("was damaged" in result.errors), (kept, result.errors)
    assert not kept or not bought, "sent although it may have been sent before"
    return to, result.errors


@pytest.mark.parametrize("damage", WHOLE, ids=lambda damage: str(damage.__name__).strip("_"))
def test_a_file_that_is_no_longer_a_database(
    runner: ProgramRunner, stocked: tuple[Path, Service], tmp_path: Path, damage: Callable[[Path, random.Random], None]
) -> None:
    to, output = _run_on_damaged(runner, stocked, tmp_path / "data", damage, 1)
    assert "added again" in output, output
    assert damage in (_gone, _zero) or list(to.glob("library.db.damaged-*")), "the damaged file was not kept"


def test_some_overwritten_bytes(
    runner: ProgramRunner, stocked: tuple[Path, Service], tmp_path: Path, long: bool
) -> None:
    noticed, failures, number = 0, [], MANY if long else SOME
    for seed in range(number):
        try:
            _, output = _run_on_damaged(runner, stocked, tmp_path / str(seed), _scattered_bytes, seed)
            noticed += "damaged" in output
        except AssertionError as error:
            failures.append(f"{seed}: {error!r}")
    print(f"\n  {number} databases with overwritten bytes; the damage was noticed in {noticed}")
    assert not failures, "\n".join(failures)
