"""Delays of the window's event loop while renderings are polled and large clips downloaded, compared with idle.

With `--playing`, the window also plays a clip of 1080p30 all the time; a window that only shows its pictures, beside
the same downloads by curl, is measured too. `--line` limits the megabytes a second of all downloads together: 125 are
those of a line of one gigabit.
"""

from __future__ import annotations

import argparse
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
from bench.frame_clips import KINDS, make_clips
from bench.sample_library import fill_library
from bench.virtual_display import virtual_display
from bench.window_lines import facts_of

from sora_desktop.domain.job import Failed, Job, JobId, Ready, Rendering, Waiting
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.settings import Settings, SettingsFile

JOBS, ROUNDS = 1000, 3
POLLED, DOWNLOADS, MEGABYTES = 3, 3, 200
#: Idle seconds in each round, and waves of downloads.
IDLE, WAVES = 4.0, 2
#: Milliseconds between two beats, of an interval of 10 ms, that 99 % do not exceed.
TARGET = 16.0
#: For each beat, the milliseconds since the previous one and the processor time of the loop's thread in between.
Beats: TypeAlias = list[tuple[float, float]]
#: Seconds after which a round counts as failed.
LIMIT = 120.0
#: Seconds in which the clip that is played is decoded ahead.
_PLAYED_BEFORE = 4.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--playing", action="store_true", help="play a clip all the time")
    parser.add_argument("--line", type=float, default=0.0, help="megabytes a second; 0: as fast as this machine can")
    arguments = parser.parse_args()
    is_playing = arguments.playing
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, virtual_display() as environ:
        clip = Path(folder) / "big.mp4"
        write_clip(clip, MEGABYTES)
        data_folder = fill_library(Path(folder) / "data", JOBS)
        SettingsFile(data_folder.settings_file).save(Settings(jobs_at_once=POLLED + DOWNLOADS))
        played = ""
        if is_playing:
            kind = KINDS[1]
            (shown,) = make_clips(Path(folder), kind)
            played = json.dumps([str(shown), facts_of(shown, kind)])
        with serving(clip, arguments.line) as address:
            gaps = _measure(data_folder, address, environ, played)
            pictures = _measure_pictures(Path(folder), address, environ, shown) if is_playing else {}
    idle = [gaps[name] for name in gaps if name.startswith("idle")]
    busy = [gaps[name] for name in gaps if name.startswith("busy")]
    _report("idle", idle)
    _report("3 polled, 3 x 200 MB downloaded", busy)
    if pictures:
        _report("only pictures, files by curl", list(pictures.values()))
    ours = statistics.median(map(_p99, busy))
    theirs = statistics.median(map(_p99, idle))
    print(f"{'p99, busy / idle':<34}{ours / theirs:9.2f}")
    return 0 if verdict("p99 while busy, ms (median round)", ours, TARGET, at_most=True) else 1


def _measure(data_folder: DataFolder, address: Address, environ: dict[str, str], played: str) -> dict[str, Beats]:
    """`played`: the clip to play, as JSON; empty for none."""
    live = environ | {"SORA_API_KEY": "sk_bench", "SORA_BASE_URL": address.base_url}
    program = str(Path(__file__).with_name("heartbeat_window.py"))
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
        if played:
            begin(f"play {played}")
            time.sleep(_PLAYED_BEFORE)
        for number in range(ROUNDS):
            begin("pause")
            time.sleep(1.0)
            begin(f"idle {number}")
            time.sleep(IDLE)
            begin("pause")
            polled = library.send("slow", POLLED)
            library.wait_for(polled, Rendering)
            downloaded = library.send("big", DOWNLOADS * WAVES)
            begin(f"busy {number}")
            library.wait_for(downloaded, Ready)
            begin("pause")
            library.end(polled, downloaded)
        window.stdin.close()
        gaps: dict[str, Beats] = json.loads(window.stdout.readline())
    return gaps


def _measure_pictures(folder: Path, address: Address, environ: dict[str, str], shown: Path) -> dict[str, Beats]:
    """The beats of a window that only shows pictures of the clip, beside the same downloads by curl."""
    command = [sys.executable, str(Path(__file__).with_name("pictures_window.py")), str(shown)]
    parts = [folder / f"{number}.part" for number in range(DOWNLOADS)]
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as window:
        assert window.stdin is not None and window.stdout is not None
        print("starting", file=window.stdin, flush=True)
        time.sleep(_PLAYED_BEFORE)
        for number in range(ROUNDS):
            print(f"busy {number}", file=window.stdin, flush=True)
            for _ in range(WAVES):
                curls = [subprocess.Popen(["curl", "-s", "-o", str(part), address.clip_url]) for part in parts]
                for curl in curls:
                    curl.wait()
            print("pause", file=window.stdin, flush=True)
        window.stdin.close()
        gaps: dict[str, Beats] = json.loads(window.stdout.readline())
    return {name: beats for name, beats in gaps.items() if name.startswith("busy")}


class _Library:
    """The window's data folder: jobs are added by the inbox, and their phases are read from disk."""

    def __init__(self, data_folder: DataFolder, address: Address) -> None:
        self._data_folder = data_folder
        self._address = address
        self._database = Database(data_folder.database)
        self._store = JobStore(self._database)

    def send(self, prompt: str, number: int) -> list[JobId]:
        """Add jobs to the window's queue."""
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
        """Return when all jobs are in that phase."""
        deadline = time.monotonic() + LIMIT
        while True:
            jobs = [self._store.read(id) for id in ids]
            if all(job is not None and isinstance(job.phase, phase) for job in jobs):
                return
            if time.monotonic() > deadline:
                raise SystemExit(f"Still not {phase.__name__}: {[job and job.phase for job in jobs]}")
            time.sleep(0.1)

    def end(self, polled: list[JobId], downloaded: list[JobId]) -> None:
        """Let the slow jobs fail, and delete the clips."""
        self._address.end_slow()
        self.wait_for(polled, Failed)
        for id in downloaded:
            job = self._store.read(id)
            assert job is not None and isinstance(job.phase, Ready)
            assert job.phase.clip.facts.size == MEGABYTES * 1_000_000
            strip = self._data_folder.posters / f"{id}.jpg"
            deadline = time.monotonic() + LIMIT
            while not strip.exists() and time.monotonic() < deadline:
                time.sleep(0.1)
            job.phase.clip.file.unlink()

    def warm_up(self) -> None:
        """Save one clip, so that every worker and library is loaded."""
        polled, downloaded = self.send("slow", 1), self.send("big", 1)
        self.wait_for(downloaded, Ready)
        self.wait_for(polled, Rendering)
        self.end(polled, downloaded)

    def close(self) -> None:
        """Close the database."""
        self._database.reader().close()


def _p99(beats: Beats, which: int = 0) -> float:
    return percentile([beat[which] for beat in beats], 0.99)


def _report(name: str, rounds: list[Beats]) -> None:
    """Print one line. Time without computing was spent waiting, for other programs or for our own threads."""
    beats = [beat for each in rounds for beat in each]
    each_p99 = " ".join(f"{_p99(each):.1f}" for each in rounds)
    print(
        f"{name:<34}p99 {statistics.median(map(_p99, rounds)):.1f} ms (rounds {each_p99}), "
        f"median {statistics.median(gap for gap, _ in beats):.1f}, longest {max(gap for gap, _ in beats):.1f}; "
        f"processor time p99 {_p99(beats, 1):.1f}, longest {max(own for _, own in beats):.1f}; {len(beats)} beats"
    )


if __name__ == "__main__":
    raise SystemExit(main())
