"""What player and compare share: a playback, the transports that show it, and the commands for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.ui.player.play_range import Jump
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import PlayerCommand
from sora_desktop.ui.player.time_label import Position
from sora_desktop.ui.player.transport import Transport

if TYPE_CHECKING:  # the first paint needs no playback
    from sora_desktop.domain.frames import ReadClip
    from sora_desktop.ui.player.frame_source import OpenFrames
    from sora_desktop.ui.player.playback import Playback
    from sora_desktop.ui.player.sound import SoundSystem


_VOLUME_STEP = 0.1


class PlaybackControls(QObject):
    """Runs commands on a playback, which is made when it is first needed, and shows its state."""

    playback_made = Signal(object)  # Playback
    volume_changed = Signal(float)  # 0-1, by the user
    loop_changed = Signal(bool)  # by the user

    def __init__(
        self,
        open_frames: OpenFrames,
        actions: PlayerActions,
        *,
        shows_rate: bool,
        sound: Callable[[], SoundSystem] | None,
        parent: QObject,
    ) -> None:
        """`shows_rate`: beside the number of the frame. `sound`: see `ClipSupport`."""
        super().__init__(parent)
        self._open_frames = open_frames
        self._sound = sound
        self._actions = actions
        self._shows_rate = shows_rate
        self._transports: list[Transport] = []
        self._made: Playback | None = None
        self._volume, self._muted, self._loop = 0.8, False, True
        self._following = QTimer(self)
        self._following.setSingleShot(True)
        self._following.setInterval(0)
        self._following.timeout.connect(self._show_position)

    @property
    def made(self) -> Playback | None:
        """The playback, if it has been needed."""
        return self._made

    @property
    def playback(self) -> Playback:
        if self._made is None:
            from sora_desktop.ui.player.playback import Playback

            sound = None if self._sound is None else self._sound()
            playback = self._made = Playback(self._open_frames, self, sound=sound)
            playback.set_volume(self._volume)
            playback.set_muted(self._muted)
            playback.set_loop(self._loop)
            playback.opened.connect(self._show_times)
            playback.current_changed.connect(lambda _: self._show_times())
            playback.position_changed.connect(self._follow_position)
            playback.state_changed.connect(lambda _: self._show_state())
            playback.speed_changed.connect(lambda _: self._show_state())
            playback.range_changed.connect(lambda _: self._show_range())
            self.playback_made.emit(playback)
        return self._made

    def open(self, clips: Sequence[ReadClip], facts: Sequence[VideoFacts], *, current: int = 0, frame: int = 0) -> None:
        """Open clips, paused at a frame of the current one. `facts` tell where that is until the files are read."""
        self.playback.open(clips, current=current, frame=frame)
        self._actions.show_speed(self.playback.speed)
        own, length = facts[current], max(each.seconds for each in facts)
        seconds = max(own.seconds, 1e-6)
        position = Position(
            frame,
            own.frames,
            frame * own.seconds / max(own.frames, 1),
            length,
            own.frames / seconds if self._shows_rate else 0.0,
            frame,
            round(own.frames * length / seconds),
        )
        for transport in self._transports:
            transport.show_times(None)
            transport.show_position(position)

    @property
    def is_playing(self) -> bool:
        return self._made is not None and self._made.is_playing

    def add_transport(self, transport: Transport) -> None:
        """Show the playback on one more transport, which may also request something."""
        self._transports.append(transport)
        transport.seek_requested.connect(lambda frame: self.playback.seek(frame))
        transport.scrub_requested.connect(lambda frame: self.playback.seek(frame))
        transport.step_requested.connect(lambda frames: self.playback.step(frames))
        transport.range_chosen.connect(lambda play_range: self.playback.set_range(play_range))
        transport.place_typed.connect(self._go_to)
        transport.volume_chosen.connect(self._choose_volume)
        transport.show_volume(self._volume)
        if self._made is not None:
            self._show_times()
            self._show_state()
            self._show_range()

    def remove_last_transport(self) -> None:
        self._transports.pop()

    def set_volume(self, volume: float) -> None:
        """`volume` is 0 to 1. Emits no signal."""
        self._volume = volume
        for transport in self._transports:
            transport.show_volume(volume)
        if self._made is not None:
            self._made.set_volume(volume)

    def set_loop(self, loop: bool) -> None:
        """Repeat the clip or stop at its end. Emits no signal."""
        self._loop = loop
        self._actions[PlayerCommand.LOOP].setChecked(loop)
        if self._made is not None:
            self._made.set_loop(loop)

    def choose_speed(self, speed: float) -> None:
        """Play at this speed, from 0.1 to 4."""
        self.playback.set_speed(speed)

    def run(self, command: PlayerCommand) -> bool:
        """Run a command on the playback. False if it is another part's."""
        run = self._commands.get(command)
        if run is not None:
            run()
        return run is not None

    @property
    def _commands(self) -> dict[PlayerCommand, Callable[[], object]]:
        playback, speed = self.playback, abs(self.playback.speed)
        return {
            PlayerCommand.PLAY_PAUSE: playback.toggle,
            PlayerCommand.SHUTTLE_BACK: lambda: playback.shuttle(forward=False),
            PlayerCommand.SHUTTLE_FORWARD: lambda: playback.shuttle(forward=True),
            PlayerCommand.FRAME_BACK: lambda: playback.step(-1),
            PlayerCommand.FRAME_FORWARD: lambda: playback.step(1),
            PlayerCommand.JUMP_TO_START: lambda: playback.jump(Jump.START),
            PlayerCommand.JUMP_TO_END: lambda: playback.jump(Jump.END),
            PlayerCommand.JUMP_TO_RANGE_START: lambda: playback.jump(Jump.RANGE_START),
            PlayerCommand.JUMP_TO_RANGE_END: lambda: playback.jump(Jump.RANGE_END),
            PlayerCommand.GO_TO: self._type_place,
            PlayerCommand.LOOP: lambda: self._choose_loop(not self._loop),
            PlayerCommand.SLOWER: lambda: playback.set_speed(speed / 1.1),
            PlayerCommand.FASTER: lambda: playback.set_speed(speed * 1.1),
            PlayerCommand.HALF_SPEED: lambda: playback.set_speed(speed * 0.5),
            PlayerCommand.DOUBLE_SPEED: lambda: playback.set_speed(speed * 2.0),
            PlayerCommand.NORMAL_SPEED: lambda: playback.set_speed(1.0),
            PlayerCommand.RANGE_START: playback.set_range_start,
            PlayerCommand.RANGE_END: playback.set_range_end,
            PlayerCommand.CLEAR_RANGE: playback.clear_range,
            PlayerCommand.MUTE: lambda: self._choose_mute(not self._muted),
            PlayerCommand.LOUDER: lambda: self._change_volume(_VOLUME_STEP),
            PlayerCommand.QUIETER: lambda: self._change_volume(-_VOLUME_STEP),
        }

    def _type_place(self) -> None:
        self._transports[-1].type_place()

    def _go_to(self, text: str) -> None:
        """Show the time or frame that was typed. Another text is ignored."""
        from sora_desktop.state.places_in_clip import frame_typed  # not before the first paint

        playback = self.playback
        frame = frame_typed(text, playback.timeline, playback.place, playback.nudges[playback.current])
        if frame is not None:
            playback.pause()
            playback.seek(frame)

    def _choose_loop(self, loop: bool) -> None:
        self.set_loop(loop)
        self.loop_changed.emit(loop)

    def _choose_volume(self, volume: float) -> None:
        self.set_volume(volume)
        self.volume_changed.emit(volume)

    def _change_volume(self, by: float) -> None:
        self._choose_mute(False)
        self._choose_volume(round(min(max(self._volume + by, 0.0), 1.0), 2))

    def _choose_mute(self, muted: bool) -> None:
        self._muted = muted
        self._actions[PlayerCommand.MUTE].setChecked(muted)
        if self._made is not None:
            self._made.set_muted(muted)

    def _show_times(self) -> None:
        """The clips are open, or another one is current."""
        playback = self.playback
        clip = playback.clips[playback.current] if playback.clips else None
        for transport in self._transports:
            transport.show_times(playback.timeline, None if clip is None else clip.times.end)
        self._show_range()
        self._show_position()

    def _follow_position(self) -> None:
        """While it plays, let the picture be painted and other events be handled before what stands around it."""
        if self.is_playing:
            self._following.start()
        else:
            self._show_position()

    def _show_position(self) -> None:
        playback = self.playback
        clip = playback.clips[playback.current] if playback.clips else None
        if clip is None or not playback.has_shown:
            return  # what `open` has told stays
        rate = clip.times.frames * 1e6 / max(clip.times.end, 1) if self._shows_rate else 0.0
        timeline = playback.timeline
        position = Position(
            playback.frame,
            clip.times.frames,
            playback.seconds,
            timeline.end / 1e6,
            rate,
            playback.place,
            timeline.frames,
            playback.frame - min(playback.place, clip.times.frames - 1) if playback.nudges[playback.current] else 0,
        )
        for transport in self._transports:
            transport.show_position(position, is_in_sight=True)

    def _show_state(self) -> None:
        playback = self.playback
        self._actions.show_speed(playback.speed)
        for transport in self._transports:
            transport.show_playing(playback.is_playing)
            transport.show_speed(playback.speed)

    def _show_range(self) -> None:
        play_range = self.playback.range
        self._actions.show_state(has_range=play_range != (None, None))
        for transport in self._transports:
            transport.show_range(play_range)
