"""The log file of a data folder."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

log = logging.getLogger(__name__)


@contextmanager
def log_to(folder: Path) -> Iterator[None]:
    """Write the log messages of the block to a file in the folder, if it can be opened, and nowhere else.

    Errors that nothing handles, as of a function that Qt calls, are logged before they are reported as usual: a program
    that was started from a menu has no terminal.
    """
    handler: logging.Handler
    try:
        handler = RotatingFileHandler(folder / "sora-desktop.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # no tracebacks on a full disk
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    report = sys.excepthook

    def log_and_report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, Exception):
            log.error("unexpected error", exc_info=(kind, error, trace))
        report(kind, error, trace)

    sys.excepthook = log_and_report
    try:
        yield
    finally:
        if sys.excepthook is log_and_report:
            sys.excepthook = report
        root.removeHandler(handler)
        root.setLevel(before)
        with suppress(OSError):  # a full disk
            handler.close()
