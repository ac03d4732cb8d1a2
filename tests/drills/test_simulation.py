"""Many jobs under faults of every kind at random moments: the ledger agrees with the service's own books."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulation.world import KINDS, play


@pytest.mark.parametrize("seed", range(len(KINDS)), ids=[kind.name for kind in KINDS])
def test_the_ledger_agrees_with_the_books_of_the_service(seed: int, tmp_path: Path, long: bool) -> None:
    """No charged create is called not charged, nothing is bought twice unasked, and what is not known is named."""
    many = 1000 if KINDS[seed].name == "everything" else 200
    line, result = play(seed, many if long else 20, tmp_path / "world")
    print(f"  {line}")
    assert result.wrong == []


def test_a_seed_plays_the_same_world_again(tmp_path: Path) -> None:
    traces: list[list[str]] = [[], []]
    for trace in traces:
        play(len(KINDS) - 1, 10, tmp_path / "world", trace.append)
    assert traces[0] == traces[1]
