"""What the program has for clips that are played, besides their frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sora_desktop.domain.job import JobId

if TYPE_CHECKING:  # the first paint needs no sound
    from sora_desktop.ui.player.sound import SoundSystem


class ClipSupport(NamedTuple):
    """Where frame times are kept, and where sound goes."""

    #: The file for the frame times of a job's clip, if they are kept.
    times_file_of: Callable[[JobId], Path | None] = lambda _: None
    #: Called when something is first played. None: silence.
    sound: Callable[[], SoundSystem] | None = None


#: No frame times are kept, and no sound is heard.
NO_SUPPORT = ClipSupport()
