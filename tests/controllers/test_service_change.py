"""What the window shows while it changes from one service to another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from builders import a_job
from controllers.conftest import Opened
from sandbox_server import SandboxServer

from sora_desktop.domain.job import Unconfirmed
from sora_desktop.jobs.money.reconcile import SENT_WITH_OTHER_KEY
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.state.actions import Action
from sora_desktop.state.tone import Tone
from sora_desktop.store.keys import KeyPlace
from sora_desktop.ui.window.header_bar import Pill

OpenProgram = Callable[[], Opened]


async def stored_in_keyring(key: str, *, or_file: bool) -> KeyPlace:
    return KeyPlace("in the system keyring", is_lasting=True)


async def test_the_balance_of_one_service_is_not_shown_for_another(
    open_program: OpenProgram, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_program() as hand:
        badge, balance = hand.part("serviceBadge"), hand.part("balanceLabel")
        assert isinstance(badge, Pill)
        # the balance may arrive while the service is still being connected: the badge follows
        await hand.until(lambda: not balance.isHidden() and (badge.text(), badge.tone) == ("Live", "ok"))
        monkeypatch.setenv("SORA_BASE_URL", "http://127.0.0.1:9/api/v1")
        await hand.controller.connection.reconnect()
        assert balance.isHidden()
        assert (badge.text(), badge.tone) == ("Live", "muted"), "it has not answered yet"
        monkeypatch.setenv("SORA_BASE_URL", service.base_url)
        await hand.controller.connection.reconnect()
        await hand.until(lambda: not balance.isHidden() and badge.tone == "ok")


async def test_a_key_in_the_environment_is_named_where_settings_do_not_count(
    open_program: OpenProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = "SORA_API_KEY is set in the environment, and counts instead of Settings."
    async with open_program() as hand:
        hand.controller.panels.window_state.show_notice(
            "There is no API key. Enter one in Settings.", Tone.ERROR, "test"
        )
        assert hand.notices.endswith(note)
        hand.click("noticeDismissButton")
        lost = a_job(Unconfirmed(f"{SENT_WITH_OTHER_KEY} Enter that key for its service in Settings."))
        assert hand.controller.job_list.text_of(lost).text.endswith(note)
        hand.controller.window.settings_requested.emit()
        assert hand.text("keyNote") == note and "SORA_BASE_URL" in hand.text("baseUrlNote")
        assert hand.part("keyForgetButton").isHidden(), "there is no stored key that counts"
        monkeypatch.setattr(hand.controller.engine.keys, "save", stored_in_keyring)
        hand.type("apiKeyEdit", "sk_other")
        hand.click("settingsSaveButton")
        await hand.until(lambda: "is stored in the system keyring" in hand.notices)
        assert hand.notices.endswith(note)
        await hand.until(lambda: hand.controller.engine.connected)
        monkeypatch.setattr(JobRunner, "bills", property(lambda _: False))
        await hand.controller.connection.reconnect()
        offered = {one.action for one in hand.controller.job_list.actions_for([lost])}
        assert Action.SEND_AGAIN in offered and Action.RECONCILE not in offered


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
        await hand.controller.connection.reconnect()
        host = service.base_url.split("/")[2]
        assert row_text() == f"For {host}: sent when that service is connected"
        monkeypatch.setenv("SORA_BASE_URL", service.base_url)
        await hand.controller.connection.reconnect()
        assert row_text().endswith("next in line")
