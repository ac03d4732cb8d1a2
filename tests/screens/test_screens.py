"""Every named picture can be taken, shows something, and differs between the looks."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from screens.library import make_library, make_reference_image
from screens.take import Photographer, take_all

from sora_desktop.ui.theme import Theme


@pytest.mark.slow
async def test_all_of_them(theme: Theme, tmp_path: Path) -> None:
    files = await take_all(theme, make_library(tmp_path), make_reference_image(tmp_path), tmp_path / "taken")
    pictures = {file.stem: QImage(str(file)) for file in files}
    assert len(pictures) == 13
    for name, picture in pictures.items():
        assert (picture.width(), picture.height()) == (1440, 900), name
        colours = {picture.pixel(x, y) for x in range(0, 1440, 5) for y in range(0, 900, 5)}
        assert len(colours) > 30, f"{name} is blank"
    for name in Photographer.NAMES:
        dark, light = (pictures[f"{name}-{look}"].pixelColor(10, 895).lightness() for look in ("dark", "light"))
        assert dark + 100 < light, name
