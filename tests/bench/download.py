"""Speed of our downloads compared with curl on the same file, and memory over 1 GB."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.big_clip import write_clip
from bench.clip_server import Address, serving
from bench.figures import alternated, report, verdict

from sora_desktop.api.http.connections import Endpoint, Timeouts
from sora_desktop.api.http.download_process import DownloadProcess
from sora_desktop.api.http.transfers import Transfers

MEGABYTES, PAIRS = 200, 9
#: As the window and as the command line download.
WAYS = {"a process": DownloadProcess(), "a thread": None}
#: Our speed as a multiple of that of curl.
SPEED_TARGET = 0.7
#: Megabytes by which memory may grow, and files of MEGABYTES that make a gigabyte.
MEMORY_TARGET, GIGABYTE = 20.0, 5


def main() -> int:
    if shutil.which("curl") is None:
        raise SystemExit("curl is not installed. Downloads are compared with it.")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        clip, part = Path(folder) / "clip.mp4", Path(folder) / "download.part"
        write_clip(clip, MEGABYTES)
        with serving(clip) as address, asyncio.Runner() as runner:
            met = [_compare(runner, way, process, address, part) for way, process in WAYS.items()]
    return 0 if all(met) else 1


def _compare(runner: asyncio.Runner, way: str, process: DownloadProcess | None, address: Address, part: Path) -> bool:
    """Print the figures of one way to download; return True if it meets the targets."""
    transfers = Transfers(Endpoint(address.base_url, "sk_bench", Timeouts()), process)
    peak = Peak()

    def ours() -> float:
        began = time.perf_counter()
        runner.run(transfers.download(address.clip_url, part, peak.update))
        return _speed(began, part)

    def curl() -> float:
        began = time.perf_counter()
        subprocess.run(["curl", "-s", "-o", str(part), address.clip_url], check=True)
        return _speed(began, part)

    print(f"downloads in {way}")
    mine, theirs = alternated(ours, curl, PAIRS)
    grown = _growth(runner, transfers, address, part)
    runner.run(transfers.aclose())
    if process is not None:
        runner.run(process.aclose())
    report("our transfers", "MB/s", mine)
    report("curl -s -o", "MB/s", theirs)
    ratios = sorted(one / two for one, two in zip(mine, theirs, strict=True))
    print(f"{'ratio of each pair':<34}{' '.join(f'{ratio:.2f}' for ratio in ratios)}")
    fast = verdict("speed, ours / curl (median pair)", ratios[len(ratios) // 2], SPEED_TARGET, at_most=False)
    flat = verdict("memory grown over 1 GB, MB", grown, MEMORY_TARGET, at_most=True)
    return fast and flat


class Peak:
    """The highest memory use seen, in bytes."""

    def __init__(self) -> None:
        self.bytes = 0

    def update(self, *_: object) -> None:
        """Measure now."""
        self.bytes = max(self.bytes, resident())


def resident() -> int:
    """Resident memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096


def _growth(runner: asyncio.Runner, transfers: Transfers, address: Address, part: Path) -> float:
    before, peak = resident(), Peak()
    for _ in range(GIGABYTE):
        runner.run(transfers.download(address.clip_url, part, peak.update))
        peak.update()
        _speed(0.0, part)
    return (peak.bytes - before) / 1e6


def _speed(began: float, file: Path) -> float:
    took = time.perf_counter() - began
    size = file.stat().st_size
    assert size == MEGABYTES * 1_000_000, f"{size} bytes received"
    file.unlink()
    file.with_name(file.name + ".etag").unlink(missing_ok=True)
    return size / 1e6 / took


if __name__ == "__main__":
    raise SystemExit(main())
