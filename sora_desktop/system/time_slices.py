"""How long a thread keeps a core while others wait for it. Linux 6.12 and later; elsewhere the system decides."""

from __future__ import annotations

import ctypes
import platform
import sys

#: Numbers of the system calls `sched_setattr` and `sched_getattr`, by machine.
_CALLS = {"x86_64": (314, 315), "aarch64": (274, 275)}


class _Attributes(ctypes.Structure):
    """`struct sched_attr` of Linux."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),  # nanoseconds of a slice
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def lengthen_time_slice(nanoseconds: int) -> None:
    """Let this thread, and those that it starts, have slices of this length, unless theirs are longer already.

    A thread that wakes takes the core at once from one with longer slices. Niceness alone does not see to that: the
    other one keeps the core until its slice has ended. Shares of the processor time do not change.
    """
    attributes = _attributes()
    if attributes is not None and time_slice() < nanoseconds:
        attributes.runtime = nanoseconds
        set_call, _ = _CALLS[platform.machine()]
        _libc().syscall(set_call, 0, ctypes.byref(attributes), 0)  # refused, the slices stay as they are


def time_slice() -> int:
    """Nanoseconds of a slice of this thread; 0 if they are not known."""
    attributes = _attributes()
    return 0 if attributes is None else attributes.runtime


def _attributes() -> _Attributes | None:
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        return None
    attributes = _Attributes()
    size = ctypes.sizeof(attributes)
    _, get_call = _CALLS[platform.machine()]
    return attributes if _libc().syscall(get_call, 0, ctypes.byref(attributes), size, 0) == 0 else None


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
