"""What the user is told when a file cannot be shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.file_manager import FileManager
from sora_desktop.state.tone import Tone


@pytest.mark.parametrize("found", [True, False])
async def test_a_missing_file_manager_is_reported_with_the_place_of_the_file(tmp_path: Path, found: bool) -> None:
    notices: list[tuple[str, Tone]] = []
    tasks = BackgroundTasks(lambda text, tone, _: notices.append((text, tone)))
    file = tmp_path / "clip.mp4"
    file.touch()
    asked: list[Path] = []

    def show_in(path: Path) -> bool:
        asked.append(path)
        return found

    manager = FileManager(tasks, lambda *notice: notices.append(notice), show_in)
    await manager._show(file)
    assert asked == [file]
    text = f"No file manager could be opened. The file is {file}"
    assert notices == ([] if found else [(text, Tone.WARN)])
    await tasks.aclose()


async def test_a_file_that_is_missing_is_not_searched_in_a_file_manager(tmp_path: Path) -> None:
    notices: list[tuple[str, Tone]] = []
    tasks = BackgroundTasks(lambda text, tone, _: notices.append((text, tone)))
    manager = FileManager(tasks, lambda *notice: notices.append(notice), lambda _: pytest.fail("it was asked"))
    await manager._show(tmp_path / "clip.mp4")
    assert "is missing" in notices[0][0]
    await tasks.aclose()
