"""Reads the properties of a video file by decoding it, and makes pictures of it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.media.errors import MediaError
from sora_desktop.media.files import first_bytes, sha256_of, size_of, write_picture
from sora_desktop.media.stills import brightness_of, jpeg_of, png_of, scaled, side_by_side

#: Video containers. Playlists and text formats, which FFmpeg also opens, could refer to other files.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,ogg,flv,asf"

#: Where to take the poster from, as fractions of the length; the first frame that is not dark is used.
_POSTER_POSITIONS = (0.3, 0.5, 0.7, 0.15, 0.9)

#: Mean luma below which a frame counts as dark.
_DARK_BELOW = 24.0


def facts_of(file: Path) -> VideoFacts:
    """Decode the first and the last frame and count all. Raises MediaError if the file is not a complete video."""
    size = size_of(file)
    _refuse_text(file)
    _refuse_truncated_boxes(file, size)
    with _opened(file) as (container, stream):
        track = _track_of(file, container, stream)
        first = _first_frame(file, container, stream)
        _last_frame(file, container, stream, track)
        return VideoFacts(
            seconds=track.seconds,
            width=first.width,
            height=first.height,
            fps=track.frames / track.seconds,
            frames=track.frames,
            has_audio=bool(container.streams.audio),
            video_codec=stream.codec_context.codec.name,
            container=container.format.name,
            sha256=sha256_of(file),
            size=size,
        )


def write_poster(file: Path, to: Path, width: int) -> None:
    """Write a JPEG of one representative frame: away from the ends, and not dark. Raises MediaError."""
    size_of(file)
    with _opened(file) as (container, stream):
        best: VideoFrame | None = None
        brightest = -1.0
        for position in _POSTER_POSITIONS:
            frame = _frame_at(container, stream, position)
            if frame is None:
                continue
            brightness = brightness_of(frame)
            if brightness > brightest:
                best, brightest = frame, brightness
            if brightness >= _DARK_BELOW:
                break
        if best is None:
            raise MediaError(f"No frame of “{file.name}” can be decoded.")
        write_picture(jpeg_of(scaled(best, width=width)), to)


def write_filmstrip(file: Path, to: Path, frames: int, height: int) -> None:
    """Write a JPEG of `frames` pictures side by side, each from the middle of an equal part of the video."""
    size_of(file)
    with _opened(file) as (container, stream):
        start, length = _span_of(container, stream)
        times = [start + length * (index + 0.5) / frames for index in range(frames)]
        half_a_frame = 0.5 / float(stream.average_rate or 25)
        pictures: list[VideoFrame] = []
        latest: VideoFrame | None = None
        for frame in container.decode(stream):
            latest = frame
            while len(pictures) < frames and (frame.time or 0.0) + half_a_frame >= times[len(pictures)]:
                pictures.append(scaled(frame, height=height))
            if len(pictures) == frames:
                break
        if latest is None:
            raise MediaError(f"No frame of “{file.name}” can be decoded.")
        while len(pictures) < frames:
            pictures.append(scaled(latest, height=height))
        write_picture(jpeg_of(side_by_side(pictures)), to)


def write_last_frame(file: Path, to: Path) -> None:
    """Write the last frame as a PNG of the video's own size, from which another video can start."""
    size_of(file)
    with _opened(file) as (container, stream):
        last = _last_frame(file, container, stream, _track_of(file, container, stream))
        write_picture(png_of(last), to)


@dataclass(frozen=True, slots=True)
class _Track:
    """What the packets of the video stream say without decoding."""

    frames: int
    seconds: float
    last_start: int  # pts of the latest frame, in the stream's time base
    last_key: int  # pts of the latest key frame


@contextmanager
def _opened(file: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file and its video stream. Errors of FFmpeg, also inside the block, are raised as MediaError."""
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
    try:
        with av.open(str(file.absolute()), options=options) as container:
            if not container.streams.video:
                raise MediaError(f"“{file.name}” has no video stream.")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            yield container, stream
    except av.FFmpegError as error:
        raise MediaError(f"“{file.name}” is not a playable video: {_reason(error)}.") from error


def _reason(error: av.FFmpegError) -> str:
    return (error.strerror or type(error).__name__).strip().rstrip(".").lower()


def _refuse_text(file: Path) -> None:
    head = first_bytes(file, 512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml", b"<!--")):
        raise MediaError(f"“{file.name}” is a web page, not a video.")
    if head.startswith((b"{", b"[", b"#extm3u")) or not head:
        raise MediaError(f"“{file.name}” is a text file, not a video.")


def _refuse_truncated_boxes(file: Path, size: int) -> None:
    """Raises MediaError for an incomplete MP4, which is a sequence of boxes with their lengths."""
    with file.open("rb") as stream:
        at = 0
        kinds: set[bytes] = set()
        while at + 8 <= size:
            stream.seek(at)
            head = stream.read(16)
            length, kind = struct.unpack(">I4s", head[:8])
            if at == 0 and kind not in (b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide"):
                return  # not an MP4
            if length == 1 and len(head) == 16:
                length = struct.unpack(">Q", head[8:])[0]
            elif length == 0:
                length = size - at
            if length < 8:
                break
            kinds.add(kind)
            at += length
        if at > size:
            raise MediaError(f"“{file.name}” is incomplete: it has {size:,} of at least {at:,} bytes.")
        if b"moov" not in kinds:
            raise MediaError(f"“{file.name}” is incomplete: its index is missing.")


def _track_of(file: Path, container: InputContainer, stream: VideoStream) -> _Track:
    frames = 0
    start: int | None = None
    end = last_start = last_key = 0
    default_duration = round(1 / (float(stream.average_rate or 25) * float(stream.time_base or 1)))
    for packet in container.demux(stream):
        if packet.size == 0 or packet.is_discard:
            continue
        if packet.is_corrupt:
            raise MediaError(f"“{file.name}” is damaged: a part of it cannot be decoded.")
        at = packet.pts if packet.pts is not None else packet.dts
        if at is None:
            continue
        frames += 1
        start = at if start is None else min(start, at)
        end = max(end, at + (packet.duration or default_duration))
        last_start = max(last_start, at)
        if packet.is_keyframe:
            last_key = at
    if start is None or end <= start:
        raise MediaError(f"“{file.name}” has no video stream.")
    if frames < stream.frames:
        raise MediaError(f"“{file.name}” is incomplete: it has {frames:,} of {stream.frames:,} frames.")
    return _Track(frames, float((end - start) * (stream.time_base or 1)), last_start, last_key)


def _first_frame(file: Path, container: InputContainer, stream: VideoStream) -> VideoFrame:
    container.seek(0)
    for frame in container.decode(stream):
        return frame
    raise MediaError(f"The first frame of “{file.name}” cannot be decoded.")


def _last_frame(file: Path, container: InputContainer, stream: VideoStream, track: _Track) -> VideoFrame:
    """The last frame, decoded from the last key frame. Raises MediaError if it cannot be decoded completely."""
    container.seek(track.last_key, stream=stream)
    last: VideoFrame | None = None
    for frame in container.decode(stream):
        if last is None or (frame.pts or 0) >= (last.pts or 0):
            last = frame
    if last is None or last.is_corrupt or (last.pts or 0) < track.last_start:
        raise MediaError(f"The last frame of “{file.name}” cannot be decoded.")
    return last


def _span_of(container: InputContainer, stream: VideoStream) -> tuple[float, float]:
    """Start and length of the video stream in seconds, as the container says."""
    base = float(stream.time_base or 0)
    start = (stream.start_time or 0) * base
    if stream.duration:
        return start, stream.duration * base
    return start, (container.duration or 0) / av.time_base


def _frame_at(container: InputContainer, stream: VideoStream, position: float) -> VideoFrame | None:
    """The frame at `position`, a fraction of the length, or the nearest frame before it."""
    start, length = _span_of(container, stream)
    time = start + length * position
    container.seek(int(time / float(stream.time_base or 1)), stream=stream)
    found: VideoFrame | None = None
    for frame in container.decode(stream):
        found = frame
        if (frame.time or 0.0) >= time:
            break
    return found
