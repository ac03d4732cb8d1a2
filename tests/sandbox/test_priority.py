"""Rendering threads lower their priority, and go on rendering where that is refused."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest
from sandbox_in_process import in_process_sandbox

from sora_desktop.sandbox.priority import lower_thread_priority
from sora_desktop.sandbox.service_state import SandboxOptions


class OrdinaryUser:
    """The priority calls of Linux as an ordinary user sees them: a niceness can be increased, never decreased."""

    def __init__(self, niceness: int) -> None:
        self.niceness = niceness
        self.threads: list[int] = []

    def get(self, which: int, who: int) -> int:
        return self.niceness

    def set(self, which: int, who: int, niceness: int) -> None:
        if niceness < self.niceness:
            raise PermissionError(13, "Permission denied")
        self.niceness = niceness
        self.threads.append(who)


@pytest.mark.parametrize(("niceness", "lowered"), [(0, 5), (5, 10), (10, 15), (17, 19), (19, 19)])
def test_the_priority_is_lowered_relative_to_the_current_one(niceness: int, lowered: int) -> None:
    user = OrdinaryUser(niceness)
    lower_thread_priority("linux", get=user.get, set=user.set)
    assert user.niceness == lowered
    assert user.threads == [threading.get_native_id()], "of this thread only"


def test_a_refusal_is_ignored() -> None:
    def refuse(*_: int) -> None:
        raise PermissionError(13, "Permission denied")

    lower_thread_priority("linux", get=lambda which, who: 0, set=refuse)


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_a_priority_that_belongs_to_the_whole_process_is_left_alone(platform: str) -> None:
    user = OrdinaryUser(0)
    lower_thread_priority(platform, get=user.get, set=user.set)
    assert user.niceness == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the priority is not changed")
def test_a_clip_is_rendered_where_every_change_of_priority_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "setpriority", refuse)
    with in_process_sandbox(folder, SandboxOptions()) as service:
        assert service.finish(service.create()).data["status"] == "completed"
