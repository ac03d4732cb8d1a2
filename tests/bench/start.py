"""Time from the start of the process to a usable window with 1,000 jobs, compared with an empty Qt window.

A third program shows the same kinds of widgets with nothing behind them: what PySide needs for the widgets alone.
"""

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
from bench.sample_library import fill_library
from bench.virtual_display import virtual_display

JOBS, ROUNDS = 1000, 11
#: Our time as a multiple of that of an empty QMainWindow.
TARGET = 1.6

_HERE = Path(__file__).parent


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, virtual_display() as environ:
        fill_library(Path(folder), JOBS)
        programs = {
            "our window usable": ("timed_window.py", "--sandbox", "--data", folder),
            "the same widgets, no program": ("parts_window.py", folder),
            "empty QMainWindow painted": ("empty_window.py",),
        }
        times: dict[str, list[float]] = {name: [] for name in programs}
        work: dict[str, list[float]] = {name: [] for name in programs}
        for number in range(ROUNDS + 1):
            for name, (program, *arguments) in programs.items():
                shown, computed, *rows = _start(program, environ, *arguments)
                assert not rows or rows[0] >= 20, f"only {rows[0]} rows"  # more than fit in the window
                if number:  # the first round compiles modules
                    times[name].append(shown)
                    work[name].append(computed / 1e6)
    for name in programs:
        report(name, "ms", times[name])
        report("  processor time until then", "ms", work[name])
    ours, parts, empty = times.values()
    computed_by_us, _, computed_empty = work.values()
    computed_ratio = statistics.median(computed_by_us) / statistics.median(computed_empty)
    print(f"{'processor time, ours / empty':<34}{computed_ratio:9.2f}")
    print(f"{'the same widgets / empty':<34}{_median_ratio(parts, empty):9.2f}")
    print(f"{'ours / the same widgets':<34}{_median_ratio(ours, parts):9.2f}")
    ratio = _median_ratio(ours, empty)
    return 0 if verdict("start, ours / empty (median round)", ratio, TARGET, at_most=True) else 1


def _median_ratio(ones: list[float], others: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def _start(program: str, environ: dict[str, str], *arguments: str) -> list[float]:
    """The numbers that the program prints; the first one in milliseconds since the start of the process."""
    began = time.time_ns()
    done = subprocess.run(
        [sys.executable, str(_HERE / program), *arguments], env=environ, stdout=subprocess.PIPE, text=True, check=True
    )
    moment, *rest = (int(word) for word in done.stdout.split())
    return [(moment - began) / 1e6, *rest]


if __name__ == "__main__":
    raise SystemExit(main())
