"""What a key, a menu item or the palette does with the open clip."""

from __future__ import annotations

from enum import Enum


class PlayerCommand(Enum):
    """A command of the player. The value is the id of its action in `ui/actions/action_table.py`."""

    PLAY_PAUSE = "player.play"
    SHUTTLE_BACK = "player.shuttle_back"
    SHUTTLE_FORWARD = "player.shuttle_forward"
    FRAME_BACK = "player.frame_back"
    FRAME_FORWARD = "player.frame_forward"
    JUMP_TO_START = "player.jump_to_start"
    JUMP_TO_END = "player.jump_to_end"
    JUMP_TO_RANGE_START = "player.jump_to_range_start"
    JUMP_TO_RANGE_END = "player.jump_to_range_end"
    GO_TO = "player.go_to"
    LOOP = "player.loop"
    SLOWER = "player.slower"
    FASTER = "player.faster"
    HALF_SPEED = "player.half_speed"
    DOUBLE_SPEED = "player.double_speed"
    NORMAL_SPEED = "player.normal_speed"
    RANGE_START = "player.range_start"
    RANGE_END = "player.range_end"
    CLEAR_RANGE = "player.clear_range"
    MUTE = "player.mute"
    LOUDER = "player.louder"
    QUIETER = "player.quieter"
    ZOOM_IN = "player.zoom_in"
    ZOOM_OUT = "player.zoom_out"
    ZOOM_FIT = "player.zoom_fit"
    ZOOM_FULL = "player.zoom_full"
    PAN_LEFT = "player.pan_left"
    PAN_RIGHT = "player.pan_right"
    PAN_UP = "player.pan_up"
    PAN_DOWN = "player.pan_down"
    FULL_SCREEN = "player.full_screen"
    COPY_FRAME = "clip.copy_frame"
    SAVE_FRAME = "clip.save_frame"
    CONTINUE = "clip.continue"
    EXPORT_RANGE = "clip.export_range"
    OPEN_IN_SYSTEM = "clip.open_in_system"


#: The commands that show more of one side of a zoomed picture, with that side: x to the right, y down.
PANS = {
    PlayerCommand.PAN_LEFT: (-1, 0),
    PlayerCommand.PAN_RIGHT: (1, 0),
    PlayerCommand.PAN_UP: (0, -1),
    PlayerCommand.PAN_DOWN: (0, 1),
}
