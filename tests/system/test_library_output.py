"""Qt writes nothing to the terminal, unless it is asked to."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sora_desktop.system.library_output import QUIET_RULES

#: Looks for a sound device, as the player does.
LOOK = """
from PySide6.QtCore import QCoreApplication
from PySide6.QtMultimedia import QMediaDevices
app = QCoreApplication([])
QMediaDevices.defaultAudioOutput()
import os
os._exit(0)
"""


def stderr_of(rules: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
    environ |= {"QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": rules}
    done = subprocess.run(
        [sys.executable, "-c", LOOK], env=environ, stderr=subprocess.PIPE, encoding="utf-8", check=True
    )
    return done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="without a sound device on this system only")
def test_a_missing_sound_device_is_not_told_on_the_terminal() -> None:
    assert stderr_of(QUIET_RULES) == ""
    assert "FFmpeg" in stderr_of(""), "otherwise there is nothing to silence"
