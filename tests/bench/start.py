"""From the start of the process to a window that can be used, with 1,000 jobs, against an empty window of Qt; and,
so that it is seen what Qt for Python takes for such a window's parts alone, against those with nothing behind them."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.figures import report, verdict
from bench.screen import screen
from bench.stocked import stocked

JOBS, ROUNDS = 1000, 11
#: Ours against a bare QMainWindow.
TARGET = 1.6

_HERE = Path(__file__).parent


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, screen() as environ:
        stocked(Path(folder), JOBS)
        programs = {
            "our window usable": ("watched_window.py", "--sandbox", "--data", folder),
            "such parts, nothing behind them": ("parts_window.py", folder),
            "bare QMainWindow painted": ("bare_window.py",),
        }
        times: dict[str, list[float]] = {name: [] for name in programs}
        work: dict[str, list[float]] = {name: [] for name in programs}
        for number in range(ROUNDS + 1):
            for name, (program, *arguments) in programs.items():
                seen, computed, *rows = _started(program, environ, *arguments)
                assert not rows or rows[0] >= 20, f"only {rows[0]} rows"  # more than fit into the window
                if number:  # the first round compiles
                    times[name].append(seen)
                    work[name].append(computed / 1e6)
    for name in programs:
        report(name, "ms", times[name])
        report("  computed until then", "ms", work[name])
    ours, parts, bare = times.values()
    computed_by_us, _, computed_bare = work.values()
    print(f"{'computing, ours / bare':<34}{statistics.median(computed_by_us) / statistics.median(computed_bare):9.2f}")
    print(f"{'such parts / bare':<34}{_median_ratio(parts, bare):9.2f}")
    print(f"{'ours / such parts':<34}{_median_ratio(ours, parts):9.2f}")
    ratio = _median_ratio(ours, bare)
    return 0 if verdict("start, ours / bare (median round)", ratio, TARGET, at_most=True) else 1


def _median_ratio(ones: list[float], others: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


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
