"""Keeps Qt from writing to the terminal what only its developers can use."""

from __future__ import annotations

#: QT_LOGGING_RULES before Qt is loaded: nothing about QtMultimedia, and no warnings without a category, such as those
#: about the sound of this machine. What prevents a window from opening has a category.
QUIET_RULES = "qt.multimedia.*=false;default.warning=false;default.info=false"
