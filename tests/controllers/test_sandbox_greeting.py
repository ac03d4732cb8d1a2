"""The greeting in the sandbox."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from controllers.conftest import Hand, Opened


def greeting(hand: Hand) -> bool:
    return not hand.part("noticeBar").isHidden() and "You are in the sandbox" in hand.notices


@pytest.mark.slow
async def test_a_greeting_that_was_dismissed_stays_away(
    open_program: Callable[[], Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SORA_API_KEY")
    async with open_program() as hand:
        await hand.until(lambda: greeting(hand))
        hand.click("noticeDismissButton")
        assert not greeting(hand)
    async with open_program() as hand:
        assert not greeting(hand)
