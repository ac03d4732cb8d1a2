"""Reads the properties of videos by decoding them, and refuses those that are not complete."""

from __future__ import annotations

from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.media.containers.endings import ending_of
from sora_desktop.media.containers.file_end import Ending
from sora_desktop.media.errors import MediaError
from sora_desktop.media.files import first_bytes, sha256_of, size_of
from sora_desktop.media.shown_frames import shown_size
from sora_desktop.media.tracks import Track, decode_all, last_frame, track_of
from sora_desktop.media.videos import all_frames, open_video

#: The codecs whose frames never end with several zeros, unless they are cut. Frames of others may: silence as PCM,
#: black pixels that are not compressed, and the filling of MPEG-2 at a constant rate.
_CODECS_WITHOUT_ZEROS = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "aac", "opus", "vorbis", "ac3", "flac")

#: Containers of which most have one frame alone.
_OF_PICTURES = ("gif", "apng")

_SOUND_FRAMES = 0.1  # seconds by which headers tell a longer time than that of the last sound


def facts_of(file: Path) -> VideoFacts:
    """Read all packets, and decode the first and the last frame. Raises MediaError if the file is not a complete video.

    All frames are decoded if the packets leave a doubt. A video that decodes from its first to its last frame is
    complete, whatever its headers count.
    """
    size = size_of(file)
    _refuse_text(file)
    ending = ending_of(file, size)
    with open_video(file) as (container, stream):
        track = track_of(container, stream)
        _refuse_missing(file, size, track, container, ending)
        first = None if track.is_doubtful or ending is not Ending.REACHED else _first_frame(file)
        if first is None or not _reaches_end(file, container, stream, track):
            first, track = _complete_track(file, track, ending)
        if track.frames == 1 and container.format.name in _OF_PICTURES:
            raise MediaError(f"“{file.name}” is a picture, not a video.")
        width, height = shown_size(first, stream)
        return VideoFacts(
            seconds=track.seconds,
            width=width,
            height=height,
            fps=track.frames / track.seconds,
            frames=track.frames,
            has_audio=bool(container.streams.audio),
            video_codec=stream.codec_context.codec.canonical_name,
            container=_name_of(container),
            sha256=sha256_of(file),
            size=size,
        )


def _name_of(container: InputContainer) -> str:
    """FFmpeg's name of the container, which is the same for MP4 and QuickTime: the latter is called "mov"."""
    is_quicktime = "mp4" in container.format.name and container.metadata.get("major_brand", "qt").strip() == "qt"
    return "mov" if is_quicktime else container.format.name


def _refuse_text(file: Path) -> None:
    head = first_bytes(file, 512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml", b"<!--")):
        raise MediaError(f"“{file.name}” is a web page, not a video.")
    if head.startswith((b"{", b"[", b"#extm3u")) or not head:
        raise MediaError(f"“{file.name}” is a text file, not a video.")


def _refuse_missing(file: Path, size: int, track: Track, container: InputContainer, ending: Ending) -> None:
    if track.samples_end > size:
        raise MediaError(f"“{file.name}” is incomplete: it has {size:,} of at least {track.samples_end:,} bytes.")
    if track.is_last_packet_cut:
        raise MediaError(f"“{file.name}” is incomplete: its last frame is cut.")
    if ending is Ending.ZEROS_IN_FRAME and _are_frames_without_zeros(container):
        raise MediaError(f"“{file.name}” is incomplete: a part of its frames is zeros.")
    if ending is Ending.ZEROS:
        seconds = (container.duration or 0) / av.time_base
        half_a_frame = track.seconds / track.frames / 2
        if track.latest + half_a_frame + _SOUND_FRAMES < seconds:
            raise MediaError(f"“{file.name}” is incomplete: it has {track.latest:.2f} of {seconds:.2f} s.")


def _are_frames_without_zeros(container: InputContainer) -> bool:
    codecs = [stream.codec_context for stream in (*container.streams.video, *container.streams.audio)]
    return all(codec is not None and codec.codec.canonical_name in _CODECS_WITHOUT_ZEROS for codec in codecs)


def _first_frame(file: Path) -> VideoFrame | None:
    try:
        return next(all_frames(file), None)
    except MediaError:
        return None


def _reaches_end(file: Path, container: InputContainer, stream: VideoStream, track: Track) -> bool:
    """True if the last frame decodes without an error."""
    try:
        last = last_frame(file, container, stream, track)
    except (av.FFmpegError, MediaError):
        return False
    return last is not None and not last.is_corrupt and (last.pts or 0) >= track.last_start


def _complete_track(file: Path, track: Track, ending: Ending) -> tuple[VideoFrame, Track]:
    """The first frame, and the track as it is shown. Raises MediaError if it does not decode to its end.

    Faults before the end do not count: they are in the video that the service has.
    """
    explode = ending is not Ending.REACHED
    first, last, shown, is_end_faulty = decode_all(file, track, explode=explode)
    if last.is_corrupt or is_end_faulty:
        raise MediaError(f"“{file.name}” is incomplete: its last frame cannot be decoded.")
    if explode and (last.pts or 0) < track.last_start:
        raise MediaError(f"“{file.name}” is incomplete: its last frame is missing.")
    return first, shown
