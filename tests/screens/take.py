"""Takes the named pictures of the window: `python tests/screens/take.py [folder]` (build/screens by default)."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")
os.environ.setdefault("QT_DISABLE_HW_TEXTURES_CONVERSION", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication
from screens.library import SAILBOAT, Library, make_library, make_reference_image
from screens.stage import Stage

from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.state.settings_form import SettingsForm
from sora_desktop.store.prices import PriceFile
from sora_desktop.ui.dialogs.settings_dialog import SettingsDialog
from sora_desktop.ui.theme import Theme

ROOT = Path(__file__).parents[2]
LOOKS = ("dark", "light")
SANDBOX_NOTICE = (
    "You are in the sandbox: clips are rendered on this machine and cost nothing. "
    "To go live, enter your API key in File › Settings."
)


class Photographer:
    """Brings the window to each named state."""

    def __init__(self, theme: Theme, library: Library, image: ReferenceImage) -> None:
        self._theme = theme
        self._library = library
        self._request = VideoRequest(SAILBOAT, duration=10, image=image)

    #: What `picture_of` knows, in the order of a first visit.
    NAMES = ("empty", "typing", "rendering", "ready-playing", "failed", "settings")

    async def picture_of(self, name: str, size: tuple[int, int] = (1440, 900)) -> QPixmap:
        """The window in that state, in the look that the theme has now."""
        shows: dict[str, Callable[[Stage], Awaitable[QPixmap]]] = {
            "empty": self._empty,
            "typing": self._typing,
            "rendering": self._rendering,
            "ready-playing": self._playing,
            "failed": self._failed,
            "settings": self._settings,
        }
        library = replace(self._library, jobs=()) if name == "empty" else self._library
        prices = PriceFile(self._library.folder / "prices.json", ROOT / "resources" / "prices.json").load()
        with tempfile.TemporaryDirectory(dir=self._library.folder) as folder:
            async with Stage(self._theme, library, prices, Path(folder) / "library.db", size) as stage:
                stage.say_where_it_stands()
                return await shows[name](stage)

    async def _empty(self, stage: Stage) -> QPixmap:
        stage.window.show_notice(SANDBOX_NOTICE, "muted")
        return await stage.picture()

    async def _typing(self, stage: Stage) -> QPixmap:
        self._type(stage)
        return await stage.picture()

    async def _rendering(self, stage: Stage) -> QPixmap:
        self._type(stage)
        stage.choose("city")
        return await stage.picture()

    async def _playing(self, stage: Stage) -> QPixmap:
        self._type(stage)
        stage.choose("sailboat")
        await stage.play_from(91)
        return await stage.picture()

    async def _failed(self, stage: Stage) -> QPixmap:
        stage.composer.load_request(replace(self._request, image=None))
        stage.choose("singer")
        stage.list.setFocus()
        return await stage.picture()

    async def _settings(self, stage: Stage) -> QPixmap:
        self._type(stage)
        form = SettingsForm("https://soravideo.art/api/v1", "/home/ada/Videos/Sora Desktop", 3, "system", has_key=False)
        dialog = SettingsDialog(self._theme, form, stage.window)
        dialog.open()
        await stage.idle()
        picture = await stage.picture(over=dialog)
        dialog.close()
        return picture

    def _type(self, stage: Stage) -> None:
        stage.composer.load_request(self._request, takes=2)
        stage.compose.focus_prompt()


async def take_all(theme: Theme, library: Library, image: ReferenceImage, folder: Path) -> list[Path]:
    """Write every picture in both looks, and the one of the README; the files."""
    photographer = Photographer(theme, library, image)
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for look in LOOKS:
        theme.choose(look)
        for name in photographer.NAMES:
            picture = await photographer.picture_of(name)
            files.append(_write(picture, folder / f"{name}-{look}.png"))
            if (name, look) == ("ready-playing", "dark"):
                files.append(_write(picture, folder / "readme.png"))
    return files


def _write(picture: QPixmap, file: Path) -> Path:
    if not picture.save(str(file), "PNG", 0):
        raise OSError(f"{file} cannot be written")
    return file


def main() -> None:
    """Take them all."""
    from qasync import QEventLoop

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "screens"
    app = QApplication(sys.argv[:1])
    app.setCursorFlashTime(0)  # a cursor that blinks would be in one picture and not in the next
    theme = Theme(ROOT / "resources", app)
    with tempfile.TemporaryDirectory() as made:
        library, image = make_library(Path(made)), make_reference_image(Path(made))
        with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
            for file in runner.run(take_all(theme, library, image, folder)):
                print(file)


if __name__ == "__main__":
    main()
