"""Qt and FFmpeg write nothing to the terminal, unless they are asked to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtMultimedia import QMediaPlayer
from PySide6.QtWidgets import QApplication

from sora_desktop.sandbox.render import Scene, render
from sora_desktop.system.library_output import folder_of_qt, quiet_ffmpeg

#: Plays a clip, then another one that is damaged.
PLAY = """
import sys
from sora_desktop.system.library_output import QUIET_RULES, folder_of_qt, quiet_ffmpeg
import os
os.environ["QT_LOGGING_RULES"] = QUIET_RULES
from PySide6.QtCore import QTimer, QUrl
from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer, QVideoSink
from PySide6.QtWidgets import QApplication
app = QApplication([])
player, sound, sink = QMediaPlayer(), QAudioOutput(), QVideoSink()
player.setAudioOutput(sound)
player.setVideoSink(sink)
if "aloud" not in sys.argv:
    assert quiet_ffmpeg(folder_of_qt())
files = sys.argv[1:3]
def play_next(status=None):
    if status in (None, QMediaPlayer.MediaStatus.EndOfMedia, QMediaPlayer.MediaStatus.InvalidMedia):
        if not files:
            return app.quit()
        QTimer.singleShot(0, lambda: (player.setSource(QUrl.fromLocalFile(files.pop(0))), player.play()))
player.mediaStatusChanged.connect(play_next)
player.setPlaybackRate(4.0)
play_next()
QTimer.singleShot(60_000, app.quit)
app.exec()
sys.stdout.flush()
import os
os._exit(0)
"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clip and a damaged copy."""
    folder = tmp_path_factory.mktemp("clips")
    whole, damaged = folder / "whole.mp4", folder / "damaged.mp4"
    render(Scene("seed", "a test clip", "1:1", 1), whole, folder / "poster.jpg")
    content = bytearray(whole.read_bytes())
    for place in range(len(content) // 4, len(content) * 3 // 4, 97):
        content[place] ^= 0x55
    damaged.write_bytes(content)
    return whole, damaged


def stderr_of(clips: tuple[Path, Path], *options: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
    command = [sys.executable, "-c", PLAY, *map(str, clips), *options]
    done = subprocess.run(
        command, env={**environ, "QT_QPA_PLATFORM": "offscreen"}, stderr=subprocess.PIPE, encoding="utf-8", check=True
    )
    return done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="without a sound device on this system only")
def test_neither_a_whole_nor_a_damaged_clip_writes_to_the_terminal(clips: tuple[Path, Path]) -> None:
    assert stderr_of(clips) == ""
    assert "h264" in stderr_of(clips, "aloud"), "otherwise the copy is not damaged"


def test_a_developer_who_asks_for_the_messages_of_ffmpeg_gets_them(qapp: QApplication) -> None:
    player = QMediaPlayer()  # loads FFmpeg
    assert quiet_ffmpeg(folder_of_qt(), {})
    assert not quiet_ffmpeg(folder_of_qt(), {"QT_FFMPEG_DEBUG": "1"})
    player.deleteLater()


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("name", ["Qt/lib/libavutil.so.0", "Qt/lib/libavutil.0.dylib", "avutil-0.dll"])
def test_a_library_that_is_missing_or_not_loaded_changes_nothing(tmp_path: Path, name: str, platform: str) -> None:
    assert not quiet_ffmpeg(tmp_path, {}, platform)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"no library")
    assert not quiet_ffmpeg(tmp_path, {}, platform)
