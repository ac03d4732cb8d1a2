"""Makes pictures of videos: the poster, the filmstrip and single frames."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from av.video.frame import VideoFrame

from sora_desktop.media.errors import MediaError
from sora_desktop.media.files import size_of, write_picture
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.packed_pictures import brightness_of, side_by_side
from sora_desktop.media.picture_encoding import encoded, small_jpeg_of
from sora_desktop.media.shown_frames import as_shown
from sora_desktop.media.tracks import decoded_frame_at, last_frame, track_of
from sora_desktop.media.videos import all_frames, open_video

#: Where to take the poster from, as fractions of the length; the first frame that is not dark is used.
_POSTER_POSITIONS = (0.3, 0.5, 0.7, 0.15, 0.9)

#: Mean luma below which a frame counts as dark.
_DARK_BELOW = 24.0


def write_poster(file: Path, to: Path, width: int) -> None:
    """Write a JPEG of one representative frame: away from the ends, and not dark. Raises MediaError."""
    size_of(file)
    with open_video(file) as (container, stream):
        track = track_of(container, stream)
        best: VideoFrame | None = None
        brightest = -1.0
        for position in _POSTER_POSITIONS:
            frame = decoded_frame_at(file, container, stream, track, position)
            if frame is None:
                continue
            brightness = brightness_of(frame)
            if brightness > brightest:
                best, brightest = frame, brightness
            if brightness >= _DARK_BELOW:
                break
        if best is None:
            raise MediaError(f"No frame of “{file.name}” can be decoded.")
        write_picture(small_jpeg_of(as_shown(best, stream, width=width)), to)


def write_filmstrip(file: Path, to: Path, frames: int, height: int) -> None:
    """Write a JPEG of `frames` pictures side by side, each from the middle of an equal part of the video."""
    size_of(file)
    with open_video(file) as (container, stream):
        track = track_of(container, stream)
        times = [track.time_at((index + 0.5) / frames) for index in range(frames)]
        half_a_frame = 0.5 / float(stream.average_rate or 25)
        pictures: list[VideoFrame] = []
        latest: VideoFrame | None = None
        for frame in all_frames(file):
            latest = frame
            while len(pictures) < frames and (frame.time or 0.0) + half_a_frame >= times[len(pictures)]:
                pictures.append(as_shown(frame, stream, height=height))
            if len(pictures) == frames:
                break
        if latest is None:
            raise MediaError(f"No frame of “{file.name}” can be decoded.")
        while len(pictures) < frames:
            pictures.append(as_shown(latest, stream, height=height))
        write_picture(small_jpeg_of(side_by_side(pictures)), to)


def write_last_frame(file: Path, to: Path) -> None:
    """Write the last frame as a PNG in the size that a player shows, from which another video can start."""
    size_of(file)
    with open_video(file) as (container, stream):
        last = last_frame(file, container, stream, track_of(container, stream))
        if last is None:
            raise MediaError(f"The last frame of “{file.name}” cannot be decoded.")
        write_picture(encoded("png", as_shown(last, stream)), to)


def still_of(file: Path, frame: int) -> bytes:
    """A frame, counted from 0, as a PNG in the size that a player shows; the last one if there are fewer."""
    size_of(file)
    with closing(FrameDecoder(file, threads=0)) as decoder:
        wanted = min(frame, len(decoder.table.starts) - 1)
        decoder.move_to(wanted, needed_from=wanted)
        found = decoder.read()
        while found is not None and found[0] < wanted:
            found = decoder.read()
        if found is None or found[0] != wanted:
            raise MediaError(f"Frame {frame} of “{file.name}” cannot be decoded.")
        return encoded("png", as_shown(found[1], decoder.stream))
