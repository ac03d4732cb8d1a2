"""Plays worlds by hand: `python tests/simulation/run.py --jobs 1000 --seeds 0-9`, or `--seed 7 --trace`."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))


def main() -> int:
    """Print one line for each seed; 1 if anything was wrong."""
    from simulation.world import play

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--seeds", default="0-4", help="first and last, such as 0-9, or one")
    parser.add_argument("--trace", action="store_true", help="print every event")
    options = parser.parse_args()
    logging.getLogger().addHandler(logging.NullHandler())  # print no warnings
    first, _, last = options.seeds.partition("-")
    wrong = 0
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="simulation-", dir=memory) as folder:
        for seed in range(int(first), int(last or first) + 1):
            lines: list[str] = []
            start = time.perf_counter()
            line, result = play(seed, options.jobs, Path(folder) / "world", print if options.trace else lines.append)
            print(f"{line}  ({time.perf_counter() - start:.1f} s)", flush=True)
            for what in result.wrong:
                print(f"    {what}")
            wrong += len(result.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
