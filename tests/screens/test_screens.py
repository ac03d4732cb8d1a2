"""Every screenshot can be taken, is not blank, and differs between the themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from screens.sample_jobs import Clips
from screens.take import DOCUMENTED, ScreenshotTaker, take_documented

from sora_desktop.ui.app_theme import AppTheme


@pytest.mark.slow
async def test_all_screenshots(theme: AppTheme, tmp_path: Path) -> None:
    files = await take_documented(ScreenshotTaker(theme, tmp_path, Clips.TINY), theme, tmp_path / "taken")
    screenshots = {file.stem: QImage(str(file)) for file in files}
    assert len(screenshots) == 15
    for name, screenshot in screenshots.items():
        assert (screenshot.width(), screenshot.height()) == (1440, 900), name
        colors = {screenshot.pixel(x, y) for x in range(0, 1440, 5) for y in range(0, 900, 5)}
        assert len(colors) > 30, f"{name} is blank"
    for name in DOCUMENTED:
        dark, light = (
            screenshots[f"{name}-{theme_name}"].pixelColor(10, 895).lightness() for theme_name in ("dark", "light")
        )
        assert dark + 100 < light, name
