"""Whether the desktop asks for less motion, and who follows it."""

from __future__ import annotations

import asyncio
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from sora_desktop.system.motion import DesktopSettings, reduces_motion, wants_reduced_motion
from sora_desktop.ui.app_theme import AppTheme


@pytest.mark.parametrize(
    ("settings", "reduced"),
    [
        ({}, False),
        ({"org.freedesktop.appearance": {"color-scheme": 1, "reduced-motion": 0}}, False),
        ({"org.freedesktop.appearance": {"reduced-motion": 1}}, True),
        ({"org.gnome.desktop.interface": {"enable-animations": True}}, False),
        ({"org.gnome.desktop.interface": {"enable-animations": False}}, True),
        ({"org.kde.kdeglobals.KDE": {"AnimationDurationFactor": "0.5"}}, False),
        ({"org.kde.kdeglobals.KDE": {"AnimationDurationFactor": "0"}}, True),
    ],
)
def test_what_the_settings_of_a_desktop_say(settings: DesktopSettings, reduced: bool) -> None:
    assert reduces_motion(settings) is reduced


async def test_each_system_is_asked_in_its_own_way_and_a_failure_asks_for_nothing() -> None:
    async def yes() -> bool:
        return True

    async def fail() -> bool:
        raise OSError("no such setting")

    assert await wants_reduced_motion("win32", {"win32": yes, "darwin": fail})
    assert not await wants_reduced_motion("darwin", {"win32": yes, "darwin": fail})


def test_menus_and_tool_tips_stand_still_too(theme: AppTheme, qapp: QApplication) -> None:
    before = {effect: qapp.isEffectEnabled(effect) for effect in Qt.UIEffect}
    try:
        qapp.setEffectEnabled(Qt.UIEffect.UI_FadeTooltip, True)
        theme.set_animates(False)
        assert not theme.animates and not qapp.isEffectEnabled(Qt.UIEffect.UI_FadeTooltip)
    finally:
        theme.set_animates(True)
        for effect, is_enabled in before.items():
            qapp.setEffectEnabled(effect, is_enabled)


@pytest.mark.skipif(sys.platform != "linux", reason="the settings portal is Linux's")
async def test_the_portal_is_asked_over_the_session_bus(session: str) -> None:
    from dbus_fast import Message, Variant
    from dbus_fast.aio import MessageBus

    def answer(message: Message) -> Message | None:
        if message.member != "ReadAll":
            return None
        assert "org.freedesktop.appearance" in message.body[0]
        settings = {"org.freedesktop.appearance": {"reduced-motion": Variant("u", 1)}}
        return Message.new_method_return(message, "a{sa{sv}}", [settings])

    assert not await wants_reduced_motion(), "there is no portal yet"
    bus = await MessageBus(session).connect()
    bus.add_message_handler(answer)
    await bus.request_name("org.freedesktop.portal.Desktop")
    try:
        assert await wants_reduced_motion()
    finally:
        bus.disconnect()
        await asyncio.sleep(0)
