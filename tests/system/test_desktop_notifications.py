"""Notifications as a desktop on Linux gets them: over a private D-Bus session with a notification server of our own."""

from __future__ import annotations

import asyncio
import logging
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import pytest
from waiting import until

from sora_desktop.system.desktop_notifications import DesktopNotification, DesktopNotifications

if sys.platform != "linux":
    pytest.skip("D-Bus is the desktop's bus on Linux", allow_module_level=True)

from dbus_fast import Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusSignature
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"


class Server(ServiceInterface):
    """Remembers what it was asked to show."""

    def __init__(self) -> None:
        super().__init__(NAME)
        self.shown: list[tuple[str, str, str, list[str], dict[str, str]]] = []
        self.withdrawn: list[int] = []

    @dbus_method(name="Notify")
    def notify(
        self,
        app: Annotated[str, DBusSignature("s")],
        replaces: Annotated[int, DBusSignature("u")],
        icon: Annotated[str, DBusSignature("s")],
        summary: Annotated[str, DBusSignature("s")],
        body: Annotated[str, DBusSignature("s")],
        actions: Annotated[list[str], DBusSignature("as")],
        hints: Annotated[dict[str, Variant], DBusSignature("a{sv}")],
        timeout: Annotated[int, DBusSignature("i")],
    ) -> Annotated[int, DBusSignature("u")]:
        texts = {name: str(hint.value) for name, hint in hints.items()}
        self.shown.append((icon, summary, body, actions, texts))
        return len(self.shown)

    @dbus_method(name="CloseNotification")
    def close_notification(self, id: Annotated[int, DBusSignature("u")]) -> Annotated[None, DBusSignature("")]:
        self.withdrawn.append(id)

    @dbus_method(name="GetCapabilities")
    def capabilities(self) -> Annotated[list[str], DBusSignature("as")]:
        return ["body", "actions"]

    @dbus_method(name="GetServerInformation")
    def information(self) -> Annotated[tuple[str, str, str, str], DBusSignature("ssss")]:
        return ("test", "test", "1", "1.2")

    @dbus_signal(name="ActionInvoked")
    def invoke(self, id: int, action: str) -> Annotated[tuple[int, str], DBusSignature("us")]:
        return (id, action)

    @dbus_signal(name="NotificationClosed")
    def closed(self, id: int, reason: int) -> Annotated[tuple[int, int], DBusSignature("uu")]:
        return (id, reason)


async def test_a_notification_has_a_poster_and_both_clicks_open_the_clip(session: str, tmp_path: Path) -> None:
    bus, server = await MessageBus(session).connect(), Server()
    bus.export(PATH, server)
    await bus.request_name(NAME)
    desktop, opened = DesktopNotifications("Sora Desktop", "sora-desktop"), list[str]()
    try:
        for name in ("waves", "dunes"):
            picture, play = tmp_path / f"{name} #1.jpg", partial(opened.append, name)
            assert await desktop.send(DesktopNotification(name, "Clip is ready", play, "Play", picture))
        (icon, title, message, actions, hints), _ = server.shown
        assert (icon, title, message) == ("sora-desktop", "waves", "Clip is ready")
        assert hints["image-path"] == (tmp_path / "waves #1.jpg").as_uri()
        assert actions[0] == "default" and actions[3] == "Play"
        server.invoke(2, actions[0])
        await until(lambda: opened == ["dunes"])
        server.invoke(1, actions[2])
        await until(lambda: opened == ["dunes", "waves"])
        assert await desktop.send(DesktopNotification("boats", "Clip is ready", lambda: None))
        await desktop.withdraw()
        assert server.withdrawn == [3], "a click has ended the others"
    finally:
        desktop.close()
        bus.disconnect()
        await asyncio.sleep(0)


@pytest.mark.parametrize("has_bus", [True, False])
async def test_without_a_notification_server_nothing_happens_and_that_is_logged_once(
    session: str, has_bus: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if not has_bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    caplog.set_level(logging.INFO)
    desktop = DesktopNotifications("Sora Desktop", "sora-desktop")
    notification = DesktopNotification("waves", "Clip is ready", lambda: None)
    assert [await desktop.send(notification) for _ in range(3)] == [False] * 3
    desktop.close()
    await asyncio.sleep(0)
    told = [record.getMessage() for record in caplog.records if "asyncio" not in record.name]
    assert len(told) == 1 and told[0].startswith("this desktop shows no notifications")
