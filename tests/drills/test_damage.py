"""A damaged database is kept aside, the library rebuilt from what is on disk, the person told, nothing sent twice."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from drills.lives import Books, Nursery, ask_for
from drills.service import Service, prompts, service

from sora_desktop.domain.job import Ready, Waiting

READY = 5
#: Random damages tried in the short form, and in the long one.
SOME, MANY = 6, 60


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as born:
        yield born


@pytest.fixture(scope="module")
def stocked(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Service]]:
    """A library with clips, one more that renders, and some that wait; the program was killed."""
    folder = tmp_path_factory.mktemp("stocked")
    data = folder / "data"
    with service(folder / "service") as there:
        ask_for(data, there.base_url, prompts(READY))
        assert nursery.live("resume", "--json", "--data", data, environ=there.environ).status == 0
        ask_for(data, there.base_url, prompts(6, "late"))
        with nursery.living("resume", "--json", "--data", data, environ=there.environ) as living:
            living.until("rendering")
        there.finish()
        with closing(sqlite3.connect(data / "library.db")) as connection:  # all of it into the one file
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield data, there


def _zero(file: Path, chance: random.Random) -> None:
    file.write_bytes(b"")


def _halved(file: Path, chance: random.Random) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def _a_stub(file: Path, chance: random.Random) -> None:
    file.write_bytes(file.read_bytes()[:100])


def _another_file(file: Path, chance: random.Random) -> None:
    file.write_bytes(b"\x89PNG" + chance.randbytes(5000))


def _gone(file: Path, chance: random.Random) -> None:
    file.unlink()


def _head(file: Path, chance: random.Random) -> None:
    _overwrite(file, 0, chance.randbytes(64))


def _here_and_there(file: Path, chance: random.Random) -> None:
    size = file.stat().st_size
    for _ in range(chance.choice((1, 3, 10))):
        _overwrite(file, chance.randrange(size), chance.randbytes(chance.choice((1, 16, 512))))


def _overwrite(file: Path, at: int, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(content)


WHOLE = (_zero, _halved, _a_stub, _another_file, _gone, _head)


def _damaged(
    nursery: Nursery, stocked: tuple[Path, Service], to: Path, damage: Callable[[Path, random.Random], None], seed: int
) -> tuple[Path, str]:
    """A copy with the damage, after the program was started on it; what it said."""
    data, there = stocked
    shutil.copytree(data, to, symlinks=True)
    before = there.creates
    known = {job.request.prompt for job in Books.of(to).jobs if not isinstance(job.phase, Waiting)}
    damage(to / "library.db", random.Random(seed))
    life = nursery.live("resume", "--json", "--data", to, environ=there.environ)
    assert life.status in (0, 1, 3) and "Traceback" not in life.complaints, life
    listed = nursery.live("list", "--json", "--data", to, environ=there.environ)
    assert listed.status == 0, listed.complaints
    bought = [create["prompt"] for create in there.creates[len(before) :]]
    assert len(set(bought)) == len(bought) and not known & set(bought), f"bought twice: {bought}"
    books = Books.of(to)
    shown = {job.phase.clip.file.name for job in books.jobs if isinstance(job.phase, Ready)}
    clips = {file.name for file in books.clips}
    assert shown == clips and len(clips) >= READY, (shown ^ clips, life.complaints)
    kept = list(to.glob("library.db.damaged-*"))
    assert bool(kept) == ("was damaged" in life.complaints), (kept, life.complaints)
    assert not kept or not bought, "sent without knowing whether it was before"
    return to, life.complaints


@pytest.mark.parametrize("damage", WHOLE, ids=lambda damage: str(damage.__name__).strip("_"))
def test_a_file_that_is_no_database_any_more(
    nursery: Nursery, stocked: tuple[Path, Service], tmp_path: Path, damage: Callable[[Path, random.Random], None]
) -> None:
    to, said = _damaged(nursery, stocked, tmp_path / "data", damage, 1)
    assert "listed again" in said, said
    assert damage in (_gone, _zero) or list(to.glob("library.db.damaged-*")), "the damaged file was not kept"


def test_bytes_here_and_there(nursery: Nursery, stocked: tuple[Path, Service], tmp_path: Path, long: bool) -> None:
    noticed, wrong, number = 0, [], MANY if long else SOME
    for seed in range(number):
        try:
            _, said = _damaged(nursery, stocked, tmp_path / str(seed), _here_and_there, seed)
            noticed += "damaged" in said
        except AssertionError as error:
            wrong.append(f"{seed}: {error!r}")
    print(f"\n  {number} times bytes were overwritten; {noticed} times it was seen")
    assert not wrong, "\n".join(wrong)
