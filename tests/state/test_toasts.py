"""Toasts: slots, keys, and what waits."""

from __future__ import annotations

from sora_desktop.state.toasts import SLOTS, Toast, ToastAction, Toasts


def texts(toasts: Toasts) -> list[str]:
    return ["" if toast is None else toast.text for toast in toasts.slots]


def test_a_toast_stays_in_its_slot_while_others_come_and_go() -> None:
    toasts = Toasts()
    first, second = Toast("first"), Toast("second")
    toasts.show(first)
    toasts.show(second)
    toasts.close(first)
    assert texts(toasts) == ["", "second", ""]
    toasts.show(Toast("third"))
    assert texts(toasts) == ["third", "second", ""]
    toasts.close_latest()
    assert texts(toasts) == ["", "second", ""], "the one that came last goes first"


def test_toasts_wait_while_every_slot_is_taken() -> None:
    toasts = Toasts()
    shown = [Toast(str(number)) for number in range(SLOTS + 1)]
    for toast in shown:
        toasts.show(toast)
    assert texts(toasts) == ["0", "1", "2"]
    toasts.close(shown[1])
    assert texts(toasts) == ["0", "3", "2"]


def test_a_toast_takes_the_place_of_the_one_with_its_key_on_screen_and_in_the_line() -> None:
    toasts = Toasts()
    toasts.show(Toast("Frame 1 copied", key="frame"))
    toasts.show(Toast("Exported"))
    toasts.show(Toast("Frame 2 copied", key="frame"))
    assert texts(toasts) == ["Frame 2 copied", "Exported", ""]
    toasts.show(Toast("Saved"))
    toasts.show(Toast("1 clip", key="clips"))
    toasts.show(Toast("2 clips", key="clips"))
    latest = toasts.find("clips")
    assert latest is not None and latest.text == "2 clips"
    toasts.close_latest()
    assert texts(toasts) == ["Frame 2 copied", "Exported", "2 clips"]


def test_a_toast_goes_before_its_action_runs() -> None:
    toasts = Toasts()
    seen: list[list[str]] = []
    toast = Toast("Exported", action=ToastAction("Show in folder", lambda: seen.append(texts(toasts))))
    toasts.show(toast)
    toasts.follow(toast)
    assert seen == [["", "", ""]]


def test_closing_the_latest_says_whether_there_was_one() -> None:
    toasts = Toasts()
    toasts.show(Toast("Exported"))
    assert toasts.close_latest()
    assert not toasts.close_latest()
