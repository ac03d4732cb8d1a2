"""A thread that gets no processor is told from one that hangs."""

from __future__ import annotations

from pathlib import Path

from sora_desktop.system.processor_waits import ProcessorWaits


def test_the_longest_wait_counts_and_what_the_system_does_not_tell_is_none(tmp_path: Path) -> None:
    clock = [100.0]

    def note(thread: str, *numbers: int) -> None:
        (tmp_path / thread).mkdir(exist_ok=True)
        (tmp_path / thread / "schedstat").write_text(" ".join(map(str, numbers)))

    note("1", 10, 5_000_000_000, 3)
    note("2", 10, 0, 3)
    waits = ProcessorWaits(tmp_path, lambda: clock[0])
    clock[0] += 2.0
    note("1", 20, 5_500_000_000, 4)
    note("2", 20, 100_000_000, 4)
    assert waits.share() == 0.25
    clock[0] += 1.0
    note("3", 0, 750_000_000, 1)  # it has begun since
    assert waits.share() == 0.75
    clock[0] += 1.0
    note("2")
    assert waits.share() == 0.0
    clock[0] += 1.0
    assert ProcessorWaits(tmp_path / "elsewhere", lambda: clock[0]).share() == 0.0
