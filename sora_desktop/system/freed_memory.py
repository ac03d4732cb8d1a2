"""Gives memory that this process has freed back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back_freed_memory(platform: str = sys.platform) -> None:
    """Give it back where the system's C library keeps it for later, as glibc does for each thread."""
    if platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    if trim is not None:
        trim(0)
