"""How long the window's loop stands still while renders are watched and big clips come, against the window idle."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.big_clip import write_clip
from bench.clip_server import Address, serving
from bench.figures import percentile, verdict
from bench.screen import screen
from bench.stocked import stocked

from sora_desktop.domain.job import Failed, Job, JobId, Ready, Rendering, Waiting
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.settings import Settings, SettingsFile

JOBS, ROUNDS = 1000, 3
WATCHED, DOWNLOADS, MEGABYTES = 3, 3, 200
#: Seconds of idling in each round, and waves of downloads.
IDLE, WAVES = 4.0, 2
#: Milliseconds between beats of 10 ms that 99 of 100 do not exceed.
TARGET = 16.0
#: For each beat, the milliseconds since the one before, and how many of them the loop's thread was computing.
Beats: TypeAlias = list[tuple[float, float]]
#: Seconds after which a round has gone wrong.
LIMIT = 120.0


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, screen() as environ:
        clip = Path(folder) / "big.mp4"
        write_clip(clip, MEGABYTES)
        data_folder = stocked(Path(folder) / "data", JOBS)
        SettingsFile(data_folder.settings_file).save(Settings(jobs_at_once=WATCHED + DOWNLOADS))
        with serving(clip) as address:
            gaps = _measured(data_folder, address, environ)
    idle = [gaps[name] for name in gaps if name.startswith("idle")]
    busy = [gaps[name] for name in gaps if name.startswith("busy")]
    _report("idle", idle)
    _report("3 watched, 3 x 200 MB coming", busy)
    ours = statistics.median(map(_p99, busy))
    theirs = statistics.median(map(_p99, idle))
    print(f"{'p99, busy / idle':<34}{ours / theirs:9.2f}")
    return 0 if verdict("p99 while busy, ms (median round)", ours, TARGET, at_most=True) else 1


def _measured(data_folder: DataFolder, address: Address, environ: dict[str, str]) -> dict[str, Beats]:
    live = environ | {"SORA_API_KEY": "sk_bench", "SORA_BASE_URL": address.base_url}
    program = str(Path(__file__).with_name("beating_window.py"))
    command = [sys.executable, program, "--data", str(data_folder.root)]
    with (
        subprocess.Popen(command, env=live, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as window,
        closing(_Library(data_folder, address)) as library,
    ):
        assert window.stdin is not None and window.stdout is not None

        def begin(name: str) -> None:
            assert window.stdin is not None
            print(name, file=window.stdin, flush=True)

        begin("starting")
        library.warm_up()
        for number in range(ROUNDS):
            begin("pause")
            time.sleep(1.0)
            begin(f"idle {number}")
            time.sleep(IDLE)
            begin("pause")
            watched = library.send("slow", WATCHED)
            library.wait_for(watched, Rendering)
            coming = library.send("big", DOWNLOADS * WAVES)
            begin(f"busy {number}")
            library.wait_for(coming, Ready)
            begin("pause")
            library.end(watched, coming)
        window.stdin.close()
        gaps: dict[str, Beats] = json.loads(window.stdout.readline())
    return gaps


class _Library:
    """The window's data folder, seen from outside: jobs go in by the inbox, and their phases are read on disk."""

    def __init__(self, data_folder: DataFolder, address: Address) -> None:
        self._data_folder = data_folder
        self._address = address
        self._database = Database(data_folder.database)
        self._store = JobStore(self._database)

    def send(self, prompt: str, number: int) -> list[JobId]:
        """Put jobs into the window's queue."""
        now = time.time()
        jobs = [
            Job(
                JobId(uuid.uuid4().hex),
                VideoRequest(f"{prompt} {place}"),
                Waiting(),
                now,
                now,
                now + place / 1000,
                service=self._address.base_url,
            )
            for place in range(number)
        ]
        Inbox(self._data_folder.inbox).post({"jobs": [codec.job_to_text(job) for job in jobs]})
        return [job.id for job in jobs]

    def wait_for(self, ids: list[JobId], phase: type[Rendering] | type[Ready] | type[Failed]) -> None:
        """Return when all jobs have come so far."""
        late = time.monotonic() + LIMIT
        while True:
            jobs = [self._store.read(id) for id in ids]
            if all(job is not None and isinstance(job.phase, phase) for job in jobs):
                return
            if time.monotonic() > late:
                raise SystemExit(f"Still not {phase.__name__}: {[job and job.phase for job in jobs]}")
            time.sleep(0.1)

    def end(self, watched: list[JobId], coming: list[JobId]) -> None:
        """Let the slow ones fail, and make room on the disk."""
        self._address.end_slow()
        self.wait_for(watched, Failed)
        for id in coming:
            job = self._store.read(id)
            assert job is not None and isinstance(job.phase, Ready)
            assert job.phase.clip.facts.size == MEGABYTES * 1_000_000
            strip = self._data_folder.posters / f"{id}.jpg"
            late = time.monotonic() + LIMIT
            while not strip.exists() and time.monotonic() < late:
                time.sleep(0.1)
            job.phase.clip.file.unlink()

    def warm_up(self) -> None:
        """One clip all the way, so that every worker and library is loaded."""
        watched, coming = self.send("slow", 1), self.send("big", 1)
        self.wait_for(coming, Ready)
        self.wait_for(watched, Rendering)
        self.end(watched, coming)

    def close(self) -> None:
        """Let go of the database."""
        self._database.reader().close()


def _p99(beats: Beats, which: int = 0) -> float:
    return percentile([beat[which] for beat in beats], 0.99)


def _report(name: str, rounds: list[Beats]) -> None:
    """What was not computing was waiting: for the other programs on this machine, or for our own threads."""
    beats = [beat for each in rounds for beat in each]
    each_p99 = " ".join(f"{_p99(each):.1f}" for each in rounds)
    print(
        f"{name:<34}p99 {statistics.median(map(_p99, rounds)):.1f} ms (rounds {each_p99}), "
        f"median {statistics.median(gap for gap, _ in beats):.1f}, longest {max(gap for gap, _ in beats):.1f}; "
        f"computing p99 {_p99(beats, 1):.1f}, longest {max(own for _, own in beats):.1f}; {len(beats)} beats"
    )


if __name__ == "__main__":
    raise SystemExit(main())
