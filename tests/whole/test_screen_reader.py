"""The whole program as a screen reader meets it: names, roles, states, values, and what is announced."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from at_spi import AccessibilityBus, Node, accessibility_bus, press_key
from program import environment
from sandbox_server import SandboxServer, sandbox
from waiting import wait_until

#: Roles of what the user acts on.
CONTROLS = ("push button", "check box", "radio button", "button menu", "slider", "spin box", "text", "page tab", "list")


@contextmanager
def program(bus: AccessibilityBus, service: SandboxServer, data: Path) -> Iterator[None]:
    """The window, with the focus of a screen that has no window manager."""
    own = {name: bus.environ[name] for name in bus.environ if name.startswith(("DISPLAY", "DBUS_", "XDG_R", "QT_"))}
    environ = environment(service, **own)
    command = [sys.executable, "-m", "sora_desktop", "--data", str(data)]
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    try:
        bus.find("text", "Prompt")
        search = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "Sora Desktop"]
        subprocess.run(
            [*search, "windowsize", "--sync", "1440", "900", "windowfocus"], env=os.environ | own, check=True
        )
        yield
    finally:
        process.terminate()
        process.wait()


def shown(bus: AccessibilityBus) -> list[Node]:
    """The parts of the program that can be seen."""
    return [part for root in bus.programs() for part in root.all() if "showing" in part.states]


def focused(bus: AccessibilityBus) -> list[str]:
    """What says that it has the focus: a part, or a list or tab bar and the item in it."""
    return [f"{part.role} {part.name.split('. ')[0]}" for part in shown(bus) if "focused" in part.states]


def wait_for_focus(bus: AccessibilityBus, *parts: str) -> None:
    """Return once these parts, and no others, say that they have the focus."""
    found: list[str] = []

    def is_there() -> bool:
        found[:] = focused(bus)
        return found == list(parts)

    wait_until(is_there, 20, lambda _: time.sleep(0.1))


def spoken(bus: AccessibilityBus, begin: str) -> str:
    """What was announced with this beginning, once it is."""
    wait_until(lambda: [text for text in bus.announced() if text.startswith(begin)], sleep=lambda _: time.sleep(0.1))
    return next(text for text in bus.announced() if text.startswith(begin))


@pytest.mark.slow
def test_a_video_is_made_and_opened_with_a_screen_reader(tmp_path: Path) -> None:
    with sandbox("--tiny", "--speed", "10") as service, accessibility_bus() as bus, program(bus, service, tmp_path):
        wait_for_focus(bus, "text Prompt")
        parts = shown(bus)
        assert not [str(part) for part in parts if part.role in CONTROLS and not part.name.strip()]
        assert not [str(part) for part in parts if "<" in part.name + part.description], "tags are read out"
        checked = {part.name for part in parts if part.role == "radio button" and "checked" in part.states}
        assert checked == {"Model: Sora 2", "Aspect ratio: 16:9", "Duration: 5 s", "Quality: Standard"}
        assert "enabled" not in bus.find("push button", "Export").states, "no clip is open"

        bus.find("text", "Prompt").set_text("A red kite over a bay")
        bus.find("push button", "Generate, 100 credits").press()
        row = bus.find("list item", "A red kite over a bay. ")
        assert row.name.split(". ")[1].startswith(("Queued · next in line", "Sending…", "Generating", "Downloading"))
        assert spoken(bus, "Clip is ready") == "Clip is ready A red kite over a bay"
        row = bus.find("list item", "A red kite over a bay. Ready. New. Sora 2, 16:9")

        press_key(bus.environ, "ctrl+l", "Down")
        wait_until(lambda: "selected" in bus.find("list item", "A red kite").states, sleep=lambda _: time.sleep(0.1))
        assert "enabled" in bus.find("push button", "Export").states
        slider = bus.find("slider", "Frame of the clip")
        assert slider.value == 0 and " of 0:05.00" in slider.description
        slider.take_focus()
        press_key(bus.environ, "period", "period")
        wait_until(lambda: bus.find("slider", "Frame of the clip").value == 2, sleep=lambda _: time.sleep(0.1))

        bus.find("text", "Prompt").set_text("A gore scene")
        bus.find("push button", "Generate, 100 credits").press()
        assert spoken(bus, "Rejected by content policy").endswith(". A gore scene")
        assert len(bus.announced()) == 2, "progress is not announced"


@pytest.mark.slow
def test_clips_are_compared_and_marked_with_a_screen_reader(tmp_path: Path) -> None:
    with sandbox("--tiny", "--speed", "10") as service, accessibility_bus() as bus, program(bus, service, tmp_path):
        for prompt in ("A red kite over a bay", "A blue kite over a bay"):
            bus.find("text", "Prompt").set_text(prompt)
            bus.find("push button", "Generate, 100 credits").press()
            bus.find("list item", f"{prompt}. Ready")
        wait_until(lambda: bus.announced(), sleep=lambda _: time.sleep(0.1))  # after rows: clips are told of together
        assert len(bus.announced()) <= 2, "that they are ready, and no progress"
        press_key(bus.environ, "ctrl+l", "ctrl+Home", "shift+Down")
        rows = ("list Videos", "list item A red kite over a bay")
        wait_for_focus(bus, *rows)
        press_key(bus.environ, "r")
        assert spoken(bus, "Which is better?") == "Which is better? Question 1 of 1"
        assert "enabled" in bus.find("push button", "A is the best").states
        names = {part.name for part in shown(bus)}
        assert {"Review takes", "They are equal", "Show the order so far", "End the review"} <= names
        press_key(bus.environ, "1")
        assert bus.find("list item", "Rank 1: ") and bus.find("list", "Order of the reviewed clips")
        press_key(bus.environ, "Escape")
        wait_for_focus(bus, "list Videos", "list item A blue kite over a bay")  # which the player shows

        press_key(bus.environ, "shift+Down", "c")
        assert bus.find("radio button", "Show: Side by side").states >= {"checked", "enabled"}
        pictures = bus.find("graphic", "Pictures")
        assert pictures.description.startswith("A: ") and "focused" in pictures.states
        parts = shown(bus)
        assert not [str(part) for part in parts if part.role in CONTROLS and not part.name.strip()]
        names = {part.name for part in parts}
        assert {"Prompt, A: A blue kite over a bay", "Prompt, B: A red kite over a bay", "What differs"} <= names
        assert {"Clip A", "Clip B"} <= {part.description for part in parts if part.name == "Pick"}

        press_key(bus.environ, "2", "p")
        assert spoken(bus, "B: ").startswith("B: Changed prompt")
        assert spoken(bus, "Picked") == "Picked. A red kite over a bay"
        press_key(bus.environ, "ctrl+z")
        assert spoken(bus, "No marks") == "No marks. A red kite over a bay"

        press_key(bus.environ, "ctrl+k", "w", "i", "p")
        assert "focused" in bus.find("text", "Find an action").states
        assert spoken(bus, "Compare with a wipe")
        press_key(bus.environ, "Return")
        assert "checked" in bus.find("radio button", "Show: Wipe").states
        assert bus.find("slider", "Line between the pictures").value == 500  # of 1,000

        press_key(bus.environ, "f")
        wait_for_focus(bus, "graphic Pictures")
        assert "showing" in bus.find("panel", "Compared clips on the full screen").states
        press_key(bus.environ, "Escape", "Escape")
        wait_for_focus(bus, *rows)
        assert "enabled" in bus.find("push button", "Extend").states, "the player is back"
        press_key(bus.environ, "f")
        wait_for_focus(bus, "graphic Picture")
        press_key(bus.environ, "Tab")
        wait_for_focus(bus, "push button Play")
        press_key(bus.environ, "Escape")
        wait_for_focus(bus, *rows)
        press_key(bus.environ, "F1")
        assert "focused" in bus.find("text", "Search actions and keys").states
        assert bus.find("push button", "Change keys of Find an action")
