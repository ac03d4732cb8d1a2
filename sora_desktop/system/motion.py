"""Whether the desktop asks programs to move nothing that need not move."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

#: Settings of the desktop by namespace and name.
DesktopSettings: TypeAlias = Mapping[str, Mapping[str, object]]

#: Seconds after which a desktop that does not answer counts as one that asks for nothing.
TIME_TO_ANSWER = 5.0
_NAMESPACES = ("org.freedesktop.appearance", "org.gnome.desktop.interface", "org.kde.kdeglobals.KDE")
_SPI_GETCLIENTAREAANIMATION = 0x1042  # winuser.h


async def wants_reduced_motion(
    platform: str = sys.platform, ask: Mapping[str, Callable[[], Awaitable[bool]]] | None = None
) -> bool:
    """True if the user has asked for less motion in the settings of the system. Never raises.

    `ask`: what asks each platform.
    """
    question = ({"win32": _ask_windows, "darwin": _ask_macos} if ask is None else ask).get(platform, _ask_portal)
    try:
        return await asyncio.wait_for(question(), TIME_TO_ANSWER)
    except Exception:  # each system has errors of its own, and none of them may disturb the program
        return False


def reduces_motion(settings: DesktopSettings) -> bool:
    """What the settings of a desktop on Linux say, as the settings portal gives them."""
    appearance, gnome, kde = (settings.get(name, {}) for name in _NAMESPACES)
    factor = str(kde.get("AnimationDurationFactor", "1"))
    return appearance.get("reduced-motion") == 1 or gnome.get("enable-animations") is False or factor in ("0", "0.0")


async def _ask_portal() -> bool:
    """Ask the portal, which GNOME, KDE and others have."""
    await asyncio.to_thread(importlib.import_module, "dbus_fast.aio")  # it takes longer than a frame
    from dbus_fast import Message, unpack_variants
    from dbus_fast.aio import MessageBus

    bus = await MessageBus().connect()
    try:
        answer: Any = await bus.call(
            Message(
                destination="org.freedesktop.portal.Desktop",
                path="/org/freedesktop/portal/desktop",
                interface="org.freedesktop.portal.Settings",
                member="ReadAll",
                signature="as",
                body=[list(_NAMESPACES)],
            )
        )
        settings = unpack_variants(answer.body[0]) if answer.signature == "a{sa{sv}}" else {}
        return reduces_motion(settings)
    finally:
        bus.disconnect()


async def _ask_windows() -> bool:
    import ctypes

    animates = ctypes.c_int(1)
    windll: Any = getattr(ctypes, "windll")  # noqa: B009  # there on Windows only
    windll.user32.SystemParametersInfoW(_SPI_GETCLIENTAREAANIMATION, 0, ctypes.byref(animates), 0)
    return not animates.value


async def _ask_macos() -> bool:
    command = ("/usr/bin/defaults", "read", "com.apple.universalaccess", "reduceMotion")
    asked = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=TIME_TO_ANSWER, check=False)
    return asked.stdout.strip() == b"1"
