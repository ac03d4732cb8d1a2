"""What the user reads when a background task fails."""

from __future__ import annotations

import asyncio

import pytest

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.state.tone import Tone
from sora_desktop.store.errors import StoreError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (StoreError("The folder is full."), "The folder is full."),
        (OSError(28, "No space left on device"), "The disk reported an error: No space left on device. Fix it, then"),
        (KeyError("seed"), "“export” failed with an internal error ('seed'). Check its result before you try again;"),
    ],
)
async def test_a_message_says_what_failed_and_what_to_do(error: Exception, message: str) -> None:
    notices: list[tuple[str, Tone, str]] = []
    tasks = BackgroundTasks(lambda *notice: notices.append(notice))

    async def fail() -> None:
        raise error

    tasks.start(fail(), "export")
    while not notices:
        await asyncio.sleep(0)
    ((text, tone, _),) = notices
    assert text.startswith(message) and tone is Tone.ERROR
    assert "Nothing is lost" not in text
