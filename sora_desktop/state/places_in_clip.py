"""A place in a clip as the user types it: a time or a frame number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the first paint needs no frames
    from sora_desktop.domain.frames import FrameTimes

#: What may be typed, for Qt.
PLACE = r"\s*([+-]?\d{1,9}|(\d{1,4}:)?\d{1,6}([.,]\d{1,6})?)\s*[sS]?\s*"
_FRAME = re.compile(r"([+-]?)(\d{1,9})$")
_TIME = re.compile(r"(?:(\d{1,4}):)?(\d{1,6})(?:[.,](\d{1,6}))?$")


def frame_typed(text: str, times: FrameTimes, current: int, nudge: int = 0) -> int | None:
    """The frame of the clock that is meant, within the clip; None if the text means none.

    `nudge`: how many frames the clip is ahead of the clock.

    "92" is a frame of the clip, "+10" and "-10" are counted from the current one. "3.5", "0:03.82" and "3,5 s" are
    times.
    """
    text = text.strip().lower()
    is_seconds = text.endswith("s")
    text = text.removesuffix("s").strip()
    frame, time = _FRAME.match(text), _TIME.match(text)
    if frame and not is_seconds:
        number = int(frame[2])
        found = {"": number - nudge, "+": current + number, "-": current - number}[frame[1]]
    elif time:
        minutes, seconds, fraction = time[1] or "0", time[2], time[3] or "0"
        found = times.frame_at(round((int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")) * 1_000_000) + 500)
    else:
        return None
    return max(0, min(found, times.frames - 1))
