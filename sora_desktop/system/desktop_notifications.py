"""Notifications on the desktop: by D-Bus on Linux, WinRT on Windows, the notification center on macOS."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from desktop_notifier import DesktopNotifier

log = logging.getLogger(__name__)

#: Seconds that a desktop has to accept a notification. Its notification service may have to start first.
TIME_TO_ACCEPT = 30.0


class DesktopNotification(NamedTuple):
    """What the desktop shows. A click on it or on its button calls `opened` on the event loop."""

    title: str
    message: str  # some desktops read markup in it, so it should have no text that others wrote
    opened: Callable[[], object]
    button: str = ""
    picture: Path | None = None


class DesktopNotifications:
    """Sends notifications. Where the desktop has no place for them, nothing happens."""

    def __init__(self, app_name: str, icon_name: str) -> None:
        """`icon_name`: as in the desktop entry of the program."""
        self._app_name = app_name
        self._icon_name = icon_name
        self._notifier: DesktopNotifier | None = None
        self._works = True

    async def send(self, notification: DesktopNotification) -> bool:
        """Show a notification. False if the desktop did not accept it; then later ones are not tried either."""
        if not self._works:
            return False
        accepted: list[bool] = []
        try:
            await asyncio.wait_for(self._send(notification, lambda: accepted.append(True)), TIME_TO_ACCEPT)
        except Exception as error:  # each system has errors of its own, and none of them may disturb the program
            log.info("this desktop shows no notifications: %s", error)
        else:
            if not accepted:
                log.info("this desktop shows no notifications")
        self._works = bool(accepted)
        return self._works

    async def withdraw(self) -> None:
        """Take everything that was shown off the desktop again."""
        if self._notifier is None:
            return
        try:
            await asyncio.wait_for(self._notifier.clear_all(), TIME_TO_ACCEPT)
        except Exception as error:  # see `send`
            log.info("notifications stay on the desktop: %s", error)

    def close(self) -> None:
        """Disconnect. Notifications that are shown stay, and a click on them does nothing any more."""
        bus = getattr(getattr(self._notifier, "_backend", None), "bus", None)  # the library has no end of its own
        if bus is not None:
            bus.disconnect()
        self._notifier = None
        self._works = False

    async def _send(self, notification: DesktopNotification, accepted: Callable[[], object]) -> None:
        if self._notifier is None:
            await asyncio.to_thread(importlib.import_module, "desktop_notifier")  # it takes longer than a frame
        from desktop_notifier import Attachment, Button, DesktopNotifier, Icon

        if self._notifier is None:
            logging.getLogger("desktop_notifier").setLevel(logging.CRITICAL)  # it tells each failure with a traceback
            self._notifier = DesktopNotifier(self._app_name, Icon(name=self._icon_name))
        button = (Button(notification.button, notification.opened),) if notification.button else ()
        picture = None if notification.picture is None else Attachment(path=notification.picture)
        await self._notifier.send(
            notification.title,
            notification.message,
            buttons=button,
            on_clicked=notification.opened,
            on_dispatched=accepted,
            attachment=picture,
        )
