"""Takes screenshots of the window: `python tests/screens/take.py [folder] [--states NAMES] [--sizes SIZES]`.

Without options, these are the screenshots of the documentation. With `--states all`, or names with commas between them,
each state is taken in every color scheme and size (`--sizes 720x560,1440x900` and `--schemes dark` take fewer), the
faults of each picture (facts.py) are printed, and a contact sheet is written for each size. QT_SCALE_FACTOR=1.5 does it
at that scale; colors are checked at scale 1. `--clips none` does not render the clips, and is quicker. The folder is
build/screens unless another is named.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication
from screens.facts import Grounds, faults_in
from screens.sample_jobs import Clips, make_compared_jobs, make_reference_image, make_sample_jobs, make_script_jobs
from screens.sample_window import SampleWindow
from screens.sheet import contact_sheet, in_cell
from screens.states import STATES, State

from sora_desktop.ui.app_theme import THEMES, AppTheme

ROOT = Path(__file__).parents[2]
#: Color schemes, the calm ones first.
SCHEMES = ("dark", "light", *(name for name in THEMES if name.startswith("contrast-")))
SIZES = ((720, 560), (1100, 700), (1440, 900), (2560, 1440))
#: What the documentation shows, in dark and in light at 1440 × 900.
DOCUMENTED = ("empty", "typing", "rendering", "ready-playing", "failed", "services", "settings")


class View(NamedTuple):
    """How a state is looked at."""

    size: tuple[int, int]
    scheme: str
    measures_contrast: bool = True


class Shot(NamedTuple):
    """A small picture of a state, and what is wrong in it."""

    title: str
    picture: QPixmap
    faults: tuple[str, ...]


class ScreenshotTaker:
    """Takes screenshots of the window in each named state."""

    def __init__(self, theme: AppTheme, folder: Path, clips: Clips = Clips.FULL) -> None:
        """`folder`: for sample files."""
        self._theme = theme
        self._folder = folder
        self._clips = clips
        self._grounds = Grounds()
        self._image = make_reference_image(folder, is_full=clips is Clips.FULL)
        samples = make_sample_jobs(folder, clips)
        self._samples = {
            "sample": samples,
            "compared": make_compared_jobs(samples),
            "scripts": make_script_jobs(folder),
            "finished-scripts": make_script_jobs(folder, ready=True),
            "none": replace(samples, jobs=()),
        }

    async def take(self, name: str, size: tuple[int, int] = (1440, 900)) -> QPixmap:
        """The window in this state and in the current theme."""
        async with self.opened(name, size) as sample:
            return await sample.screenshot()

    async def shots(self, name: str, views: Sequence[View], *, with_pictures: bool = False) -> list[Shot]:
        """The window in this state, as it is looked at one way after the other."""
        taken = []
        self._theme.choose(views[0].scheme)
        async with self.opened(name, views[0].size) as sample:
            for view in views:
                sample.resize(view.size)
                self._theme.choose(view.scheme)
                await sample.idle()
                faults = tuple(self._faults(sample, STATES[name], view))
                picture = in_cell(await sample.screenshot()) if with_pictures else QPixmap()
                title = f"{name}, {view.scheme}, {view.size[0]} × {view.size[1]}"
                taken.append(Shot(title, picture, faults))
        return taken

    def _faults(self, sample: SampleWindow, state: State, view: View) -> Iterator[str]:
        for part in sample.checked_parts(state.checked):
            yield from faults_in(
                part,
                self._theme.tokens,
                high_contrast=view.scheme.startswith("contrast-"),
                grounds=self._grounds if view.measures_contrast else None,
            )

    @asynccontextmanager
    async def opened(self, name: str, size: tuple[int, int] = (1440, 900)) -> AsyncIterator[SampleWindow]:
        """The window in this state."""
        state = STATES[name]
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            samples = self._samples[state.jobs]
            async with SampleWindow(
                self._theme,
                samples,
                Path(folder),
                self._image,
                size,
                decodes=state.needs_clip and self._clips is not Clips.NONE,
            ) as sample:
                sample.show_status()
                await state.bring(sample)
                await sample.idle()
                yield sample


async def take_documented(taker: ScreenshotTaker, theme: AppTheme, folder: Path) -> list[Path]:
    """Write the screenshots of the documentation in both themes, and the one of the README. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for scheme in ("dark", "light"):
        theme.choose(scheme)
        for name in DOCUMENTED:
            screenshot = await taker.take(name)
            files.append(_write(screenshot, folder / f"{name}-{scheme}.png"))
            if (name, scheme) == ("ready-playing", "dark"):
                files.append(_write(screenshot, folder / "readme.png"))
    return files


async def take_sheets(
    taker: ScreenshotTaker, folder: Path, names: Sequence[str], sizes: Sequence[tuple[int, int]], schemes: Sequence[str]
) -> list[str]:
    """Write a contact sheet for each size, with a row for each state. Returns the faults."""
    folder.mkdir(parents=True, exist_ok=True)
    scale = os.environ["QT_SCALE_FACTOR"]
    views = [View(size, scheme, measures_contrast=scale == "1") for scheme in schemes for size in sizes]
    shots = [await taker.shots(name, views, with_pictures=True) for name in names]
    for place, size in enumerate(sizes):
        pictures = [(shot.title, shot.picture) for row in shots for shot in row[place :: len(sizes)]]
        sheet = contact_sheet(pictures, columns=2 * len(schemes))
        _write(sheet, folder / f"sheet-{size[0]}x{size[1]}-scale-{scale}.png", quality=80)
    return [f"{shot.title}: {fault}" for row in shots for shot in row for fault in shot.faults]


def _write(screenshot: QPixmap, file: Path, quality: int = 0) -> Path:
    """`quality`: 0 for the smallest file, 100 for the quickest."""
    if not screenshot.save(str(file), "PNG", quality):
        raise OSError(f"{file} could not be written")
    return file


def main() -> int:
    from qasync import QEventLoop

    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "screens")
    parser.add_argument("--states", default="")
    parser.add_argument("--sizes", default=",".join(f"{width}x{height}" for width, height in SIZES))
    parser.add_argument("--schemes", default=",".join(SCHEMES))
    parser.add_argument("--clips", choices=[clips.name.lower() for clips in Clips], default=Clips.FULL.name.lower())
    arguments = parser.parse_args()
    names = tuple(STATES) if arguments.states == "all" else tuple(filter(None, arguments.states.split(",")))
    sizes = [(int(width), int(height)) for width, height in (size.split("x") for size in arguments.sizes.split(","))]
    app = QApplication(sys.argv[:1])
    app.setCursorFlashTime(0)  # a blinking cursor would make screenshots differ
    theme = AppTheme(ROOT / "resources", app)
    with (
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner,
    ):
        taker = ScreenshotTaker(theme, Path(folder), Clips[arguments.clips.upper()])
        if not names:
            for file in runner.run(take_documented(taker, theme, arguments.folder)):
                print(file)
            return 0
        faults = runner.run(take_sheets(taker, arguments.folder, names, sizes, arguments.schemes.split(",")))
    print(*faults, f"{len(faults)} faults. The contact sheets are in {arguments.folder}.", sep="\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
