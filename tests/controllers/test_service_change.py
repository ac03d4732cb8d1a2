"""What the window shows while it changes from one service to another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from controllers.conftest import Opened
from sandbox_server import SandboxServer

from sora_desktop.ui.window.header_bar import Pill

OpenProgram = Callable[[], Opened]


async def test_the_balance_of_one_service_is_not_shown_for_another(
    open_program: OpenProgram, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_program() as hand:
        badge, balance = hand.part("serviceBadge"), hand.part("balanceLabel")
        assert isinstance(badge, Pill)
        # the balance may arrive while the service is still being connected: the badge follows
        await hand.until(lambda: not balance.isHidden() and (badge.text(), badge.tone) == ("Live", "ok"))
        monkeypatch.setenv("SORA_BASE_URL", "http://127.0.0.1:9/api/v1")
        await hand.controller.reconnect()
        assert balance.isHidden()
        assert (badge.text(), badge.tone) == ("Live", "muted"), "it has not answered yet"
        monkeypatch.setenv("SORA_BASE_URL", service.base_url)
        await hand.controller.reconnect()
        await hand.until(lambda: not balance.isHidden() and badge.tone == "ok")


async def test_a_video_that_waits_for_another_service_says_so(
    open_program: OpenProgram, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_program() as hand:
        hand.controller.queue_controller.pause(True)
        hand.type("promptEdit", "A lantern in the fog")
        hand.click("generateButton")
        await hand.until(hand.jobs)

        def row_text() -> str:
            return hand.controller.job_list.text_of(hand.jobs()[0]).text

        assert row_text().endswith("next in line")
        monkeypatch.setenv("SORA_BASE_URL", "http://127.0.0.1:9/api/v1")
        await hand.controller.reconnect()
        host = service.base_url.split("/")[2]
        assert row_text() == f"For {host}: not sent while another service is connected"
        monkeypatch.setenv("SORA_BASE_URL", service.base_url)
        await hand.controller.reconnect()
        assert row_text().endswith("next in line")
