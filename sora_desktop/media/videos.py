"""Opens video files and reads their properties by decoding them."""

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
from sora_desktop.media.files import first_bytes, sha256_of, size_of

#: Video containers. Playlists and text formats, which FFmpeg also opens, could refer to other files.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,ogg,flv,asf"


def facts_of(file: Path) -> VideoFacts:
    """Decode the first and the last frame and count all. Raises MediaError if the file is not a complete video."""
    size = size_of(file)
    _refuse_text(file)
    _refuse_truncated_boxes(file, size)
    with open_video(file) as (container, stream):
        track = track_of(file, container, stream)
        first = first_frame(file, container, stream)
        last_frame(file, container, stream, track)
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


@dataclass(frozen=True, slots=True)
class Track:
    """What the packets of the video stream say without decoding."""

    frames: int
    seconds: float
    last_start: int  # pts of the latest frame, in the stream's time base
    last_key: int  # pts of the latest key frame


@contextmanager
def open_video(file: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
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


def track_of(file: Path, container: InputContainer, stream: VideoStream) -> Track:
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
    return Track(frames, float((end - start) * (stream.time_base or 1)), last_start, last_key)


def first_frame(file: Path, container: InputContainer, stream: VideoStream) -> VideoFrame:
    container.seek(0)
    for frame in container.decode(stream):
        return frame
    raise MediaError(f"The first frame of “{file.name}” cannot be decoded.")


def last_frame(file: Path, container: InputContainer, stream: VideoStream, track: Track) -> VideoFrame:
    """The last frame, decoded from the last key frame. Raises MediaError if it cannot be decoded completely."""
    container.seek(track.last_key, stream=stream)
    last: VideoFrame | None = None
    for frame in container.decode(stream):
        if last is None or (frame.pts or 0) >= (last.pts or 0):
            last = frame
    if last is None or last.is_corrupt or (last.pts or 0) < track.last_start:
        raise MediaError(f"The last frame of “{file.name}” cannot be decoded.")
    return last


def span_of(container: InputContainer, stream: VideoStream) -> tuple[float, float]:
    """Start and length of the video stream in seconds, as the container says."""
    base = float(stream.time_base or 0)
    start = (stream.start_time or 0) * base
    if stream.duration:
        return start, stream.duration * base
    return start, (container.duration or 0) / av.time_base


def decoded_frame_at(container: InputContainer, stream: VideoStream, position: float) -> VideoFrame | None:
    """The frame at `position`, a fraction of the length, or the nearest frame before it."""
    start, length = span_of(container, stream)
    time = start + length * position
    container.seek(int(time / float(stream.time_base or 1)), stream=stream)
    found: VideoFrame | None = None
    for frame in container.decode(stream):
        found = frame
        if (frame.time or 0.0) >= time:
            break
    return found
