"""From the start of the process to a window that can be used, with 1,000 jobs, against an empty window of Qt."""

from __future__ import annotations

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
        painted = list[float]()

        def ours() -> float:
            usable, shown, rows = _started("watched_window.py", environ, "--sandbox", "--data", folder)
            assert rows >= 200, f"only {rows} rows"
            painted.append(shown)
            return usable

        def bare() -> float:
            return _started("bare_window.py", environ)[0]

        mine, theirs = alternated(ours, bare, PAIRS)
    report("our window usable", "ms", mine)
    report("  of that until it was painted", "ms", painted[1:])
    report("bare QMainWindow painted", "ms", theirs)
    ratios = sorted(one / two for one, two in zip(mine, theirs, strict=True))
    print(f"{'pair by pair':<34}{' '.join(f'{ratio:.2f}' for ratio in ratios)}")
    return 0 if verdict("start, ours / bare (median pair)", ratios[len(ratios) // 2], TARGET, at_most=True) else 1


def _started(program: str, environ: dict[str, str], *arguments: str) -> list[float]:
    """Milliseconds from the start of the process to each moment that the program names; what is no moment stays."""
    began = time.time_ns()
    done = subprocess.run(
        [sys.executable, str(_HERE / program), *arguments], env=environ, stdout=subprocess.PIPE, text=True, check=True
    )
    said = [int(word) for word in done.stdout.split()]
    return [(each - began) / 1e6 if each > began else each for each in said]


if __name__ == "__main__":
    raise SystemExit(main())
