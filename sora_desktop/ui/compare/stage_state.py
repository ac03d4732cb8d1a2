"""What the stage shows of the compared clips, and how."""

from __future__ import annotations

from dataclasses import dataclass, field

from sora_desktop.state.compare_view import CompareView
from sora_desktop.ui.compare.stage_places import Mode
from sora_desktop.ui.player.zoom import Zoom


@dataclass(frozen=True, slots=True)
class StageState:
    """What is shown of the clips, and how."""

    view: CompareView = field(default_factory=CompareView)
    mode: Mode = Mode.SIDE_BY_SIDE
    current: int = 0
    against: int = 1  # the other clip of a wipe or a difference
    gain: int = 4
    zoom: Zoom = field(default_factory=Zoom)
