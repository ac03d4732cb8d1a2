"""The log file of a data folder."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from sora_desktop.system.logs import log_to

log = logging.getLogger("sora_desktop.test")


def test_messages_are_written_to_a_file_within_the_block_only(tmp_path: Path) -> None:
    level = logging.getLogger().level
    log.info("before")
    with log_to(tmp_path):
        log.info("a job was sent")
        log.debug("not worth a line")
    log.info("after")
    assert logging.getLogger().level == level
    (line,) = (tmp_path / "sora-desktop.log").read_text().splitlines()
    assert "INFO sora_desktop.test: a job was sent" in line


def test_an_error_that_nothing_handles_is_logged_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reported = list[BaseException]()
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: reported.append(error))
    before = sys.excepthook
    with log_to(tmp_path):
        for error in (ValueError("no such clip"), KeyboardInterrupt()):
            sys.excepthook(type(error), error, None)
    text = (tmp_path / "sora-desktop.log").read_text()
    assert "ERROR" in text and "ValueError: no such clip" in text and "KeyboardInterrupt" not in text
    assert len(reported) == 2 and sys.excepthook is before


def test_a_folder_that_cannot_be_written_is_ignored(tmp_path: Path) -> None:
    with log_to(tmp_path / "missing"):
        log.error("this is written nowhere")
    assert not list(tmp_path.iterdir())
