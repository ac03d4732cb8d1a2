"""Takes the screenshots of the window: `python tests/screens/take.py [folder]` (default: build/screens)."""

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

from engine_models import ENGINE, LTX, WAN
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication
from screens.sample_jobs import SAILBOAT, SampleJobs, make_reference_image, make_sample_jobs
from screens.sample_window import SampleWindow

from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.state.service_menu import ServiceRow
from sora_desktop.state.settings_form import SettingsForm
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import SANDBOX_GREETING
from sora_desktop.store.prices import PriceFile
from sora_desktop.ui.dialogs.settings_dialog import SettingsDialog
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.drop_down import DropDown

ROOT = Path(__file__).parents[2]
THEMES = ("dark", "light")


class ScreenshotTaker:
    """Takes a screenshot of the window in each named state."""

    def __init__(self, theme: Theme, samples: SampleJobs, image: ReferenceImage) -> None:
        self._theme = theme
        self._samples = samples
        self._request = VideoRequest(SAILBOAT, duration=10, image=image)

    #: Arguments of `take`, in the order in which a new user sees them.
    NAMES = ("empty", "typing", "rendering", "ready-playing", "failed", "services", "settings")

    async def take(self, name: str, size: tuple[int, int] = (1440, 900)) -> QPixmap:
        """The window in this state and in the current theme."""
        states: dict[str, Callable[[SampleWindow], Awaitable[QPixmap]]] = {
            "empty": self._empty,
            "typing": self._typing,
            "rendering": self._rendering,
            "ready-playing": self._playing,
            "failed": self._failed,
            "services": self._services,
            "settings": self._settings,
        }
        samples = replace(self._samples, jobs=()) if name == "empty" else self._samples
        prices = PriceFile(self._samples.folder / "prices.json", ROOT / "resources" / "prices.json").load()
        with tempfile.TemporaryDirectory(dir=self._samples.folder) as folder:
            async with SampleWindow(self._theme, samples, prices, Path(folder) / "library.db", size) as sample:
                sample.show_status()
                return await states[name](sample)

    async def _empty(self, sample: SampleWindow) -> QPixmap:
        sample.window_state.set_facts(replace(sample.window_state.facts, notices=(SANDBOX_GREETING,)))
        return await sample.screenshot()

    async def _typing(self, sample: SampleWindow) -> QPixmap:
        self._type(sample)
        return await sample.screenshot()

    async def _rendering(self, sample: SampleWindow) -> QPixmap:
        self._type(sample)
        sample.select("city")
        return await sample.screenshot()

    async def _playing(self, sample: SampleWindow) -> QPixmap:
        self._type(sample)
        sample.select("sailboat")
        await sample.play_from(91)
        return await sample.screenshot()

    async def _failed(self, sample: SampleWindow) -> QPixmap:
        sample.composer.load_request(replace(self._request, image=None))
        sample.select("singer")
        sample.list.setFocus()
        return await sample.screenshot()

    async def _services(self, sample: SampleWindow) -> QPixmap:
        """The menu of services, above the form for an engine."""
        models = (WAN, replace(WAN, name="hunyuan-1.5", label="Hunyuan 1.5"), LTX)
        engine = replace(ENGINE, models=models)
        sample.select("sailboat")
        sample.show_chosen_service("Studio cluster", engine)
        sample.composer.set_service("Studio cluster", engine)
        sample.composer.load_request(replace(engine.default_request(SAILBOAT), image=self._request.image), takes=2)
        sample.composer.set_services(
            (
                ServiceRow("live", "Sora 2 Video API (live)", "1 240 credits", Tone.OK, is_current=False),
                ServiceRow("Studio cluster", "Studio cluster – vLLM-Omni", "3 models · free", Tone.OK, is_current=True),
                ServiceRow("", "Sandbox · offline demo", "renders on this machine", Tone.MUTED, is_current=False),
            )
        )
        menu = sample.window.findChild(DropDown, "serviceMenu")
        assert isinstance(menu, DropDown)
        await sample.idle()  # the list is as wide as the menu
        menu.open_list()
        screenshot = await sample.screenshot()
        opened = QApplication.activePopupWidget()
        assert opened is not None
        painter = QPainter(screenshot)
        painter.drawPixmap(sample.window.mapFromGlobal(opened.pos()), opened.grab())
        painter.end()
        opened.close()
        return screenshot

    async def _settings(self, sample: SampleWindow) -> QPixmap:
        self._type(sample)
        form = SettingsForm("https://soravideo.art/api/v1", "/home/ada/Videos/Sora Desktop", 3, "system", has_key=False)
        dialog = SettingsDialog(self._theme, form, sample.window)
        dialog.open()
        await sample.idle()
        screenshot = await sample.screenshot(dialog=dialog)
        dialog.close()
        return screenshot

    def _type(self, sample: SampleWindow) -> None:
        sample.composer.load_request(self._request, takes=2)
        sample.compose.focus_prompt()


async def take_all(theme: Theme, samples: SampleJobs, image: ReferenceImage, folder: Path) -> list[Path]:
    """Write every screenshot in both themes, and the one of the README. Returns the files."""
    taker = ScreenshotTaker(theme, samples, image)
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for color_scheme in THEMES:
        theme.choose(color_scheme)
        for name in taker.NAMES:
            screenshot = await taker.take(name)
            files.append(_write(screenshot, folder / f"{name}-{color_scheme}.png"))
            if (name, color_scheme) == ("ready-playing", "dark"):
                files.append(_write(screenshot, folder / "readme.png"))
    return files


def _write(screenshot: QPixmap, file: Path) -> Path:
    if not screenshot.save(str(file), "PNG", 0):
        raise OSError(f"{file} could not be written")
    return file


def main() -> None:
    from qasync import QEventLoop

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "screens"
    app = QApplication(sys.argv[:1])
    app.setCursorFlashTime(0)  # a blinking cursor would make screenshots differ
    theme = Theme(ROOT / "resources", app)
    with tempfile.TemporaryDirectory() as folder_of_samples:
        samples = make_sample_jobs(Path(folder_of_samples))
        image = make_reference_image(Path(folder_of_samples))
        with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
            for file in runner.run(take_all(theme, samples, image, folder)):
                print(file)


if __name__ == "__main__":
    main()
