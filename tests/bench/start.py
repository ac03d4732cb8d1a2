"""From the start of the process to a window that can be used, with 1,000 jobs, against an empty window of Qt."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.figures import alternated, report, verdict
from bench.screen import screen
from bench.stocked import stocked

JOBS, PAIRS = 1000, 11
#: Ours against a bare QMainWindow.
TARGET = 1.6

_HERE = Path(__file__).parent


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, screen() as environ:
        stocked(Path(folder), JOBS)
        our_work, bare_work = list[float](), list[float]()

        def ours() -> float:
            usable, work, rows = _started("watched_window.py", environ, "--sandbox", "--data", folder)
            assert rows >= 20, f"only {rows} rows"  # more than fit into the window
            our_work.append(work / 1e6)
            return usable

        def bare() -> float:
            painted, work = _started("bare_window.py", environ)
            bare_work.append(work / 1e6)
            return painted

        mine, theirs = alternated(ours, bare, PAIRS)
    report("our window usable", "ms", mine)
    report("bare QMainWindow painted", "ms", theirs)
    report("our window, computed until then", "ms", our_work[1:])
    report("bare QMainWindow, computed", "ms", bare_work[1:])
    print(f"{'computing, ours / bare':<34}{statistics.median(our_work[1:]) / statistics.median(bare_work[1:]):9.2f}")
    ratios = sorted(one / two for one, two in zip(mine, theirs, strict=True))
    print(f"{'pair by pair':<34}{' '.join(f'{ratio:.2f}' for ratio in ratios)}")
    return 0 if verdict("start, ours / bare (median pair)", ratios[len(ratios) // 2], TARGET, at_most=True) else 1


def _started(program: str, environ: dict[str, str], *arguments: str) -> list[float]:
    """What the program says, its first word as milliseconds from the start of the process."""
    began = time.time_ns()
    done = subprocess.run(
        [sys.executable, str(_HERE / program), *arguments], env=environ, stdout=subprocess.PIPE, text=True, check=True
    )
    moment, *rest = (int(word) for word in done.stdout.split())
    return [(moment - began) / 1e6, *rest]


if __name__ == "__main__":
    raise SystemExit(main())
