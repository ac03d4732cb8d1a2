"""Opens video files, and reads their packets and frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sora_desktop.media.containers.mp4 import is_mp4
from sora_desktop.media.errors import MediaError
from sora_desktop.media.files import first_bytes
from sora_desktop.media.hidden_boxes import without_other_boxes

#: Video containers. Playlists and text formats, which FFmpeg also opens, could refer to other files.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,ogg,flv,asf,nut,gif,apng"

#: With it FFmpeg does not decode a frame only to learn its pixel format, which takes most of the time of opening.
_QUICK = {"skip_frame": "all"}

#: Of a stream that has none.
TIME_BASE = Fraction(1, 1000)


@contextmanager
def open_video(file: Path, *, is_quick: bool = False) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file and its video stream. Errors of FFmpeg, also inside the block, are raised as MediaError.

    `is_quick`: nothing is decoded, so that the pixel format is not known before the first frame.
    """
    try:
        with ExitStack() as opened:
            container = _opened(file, opened, _QUICK if is_quick else {})
            stream = _shown_stream(container)
            if stream is None:
                raise MediaError(f"“{file.name}” has no video stream.")
            stream.thread_type = "AUTO"
            yield container, stream
    except av.FFmpegError as error:
        raise MediaError(f"“{file.name}” is not a playable video: {ffmpeg_reason(error)}.") from error


def _opened(file: Path, opened: ExitStack, options: Mapping[str, str]) -> InputContainer:
    """The file, which `opened` closes. Raises FFmpeg's errors."""
    try:
        return opened.enter_context(_open(str(file.absolute()), options))
    except av.FFmpegError:
        stream = without_other_boxes(file) if is_mp4(first_bytes(file, 8)) else None
        if stream is None:
            raise
        return opened.enter_context(_open(opened.enter_context(stream), options))


def _open(source: str | BinaryIO, options: Mapping[str, str]) -> InputContainer:
    """Raises FFmpeg's errors."""
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file", **options}
    return av.open(source, "r", options=options, metadata_errors="replace")


def _shown_stream(container: InputContainer) -> VideoStream | None:
    """The video stream that a player shows: the first default one, else the first one. A cover is no video."""
    streams = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
    return max(streams, key=lambda stream: bool(stream.disposition & Disposition.default), default=None)


def ffmpeg_reason(error: av.FFmpegError) -> str:
    """What FFmpeg says, for a sentence."""
    return (error.strerror or type(error).__name__).strip().rstrip(".").lower()


def packets_of(container: InputContainer, *streams: Stream) -> Iterator[Packet[Stream]]:
    """The packets from the present position on. They end at bytes that the container cannot read."""
    while True:
        try:
            yield from (packet for packet in container.demux(*streams) if packet.size)
            return
        except av.BlockingIOError:
            pass  # a part of the file without a packet was passed; the last frame may come yet
        except (av.FFmpegError, IndexError):  # the latter at the end, if a stream began behind the header
            return


def all_frames(file: Path) -> Iterator[VideoFrame]:
    """Decode from the beginning. Errors of the decoder are raised as MediaError."""
    with open_video(file) as (container, stream):
        yield from decoded_frames(container, stream)


def frames_from(file: Path, container: InputContainer, stream: VideoStream, start: int) -> Iterator[VideoFrame]:
    """Decode from a key frame at or before `start`, in the stream's time base."""
    container.seek(start, stream=stream)
    frames = decoded_frames(container, stream)
    first = next(frames, None)
    if first is not None and (first.pts or 0) <= start:
        yield first
        yield from frames
    else:  # MPEG-TS, for example, has no index, and a place behind the key frame was found
        yield from all_frames(file)


def decoded_frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    for packet in chain(packets_of(container, stream), (None,)):
        for frame in stream.codec_context.decode(packet):
            frame.time_base = stream.time_base or TIME_BASE  # the last frames have none
            yield frame
