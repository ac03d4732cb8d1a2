"""Opens video files and reads their properties by decoding them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.media.containers.endings import ending_of
from sora_desktop.media.containers.file_end import Ending
from sora_desktop.media.containers.mp4 import is_mp4
from sora_desktop.media.errors import MediaError
from sora_desktop.media.files import first_bytes, sha256_of, size_of
from sora_desktop.media.hidden_boxes import without_other_boxes
from sora_desktop.media.shown_frames import shown_size

#: Video containers. Playlists and text formats, which FFmpeg also opens, could refer to other files.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,ogg,flv,asf"

#: The codecs whose frames never end with several zeros, unless they are cut. Frames of others may: silence as PCM,
#: black pixels that are not compressed, and the filling of MPEG-2 at a constant rate.
_CODECS_WITHOUT_ZEROS = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "aac", "opus", "vorbis", "ac3", "flac")

#: With it FFmpeg does not decode a frame only to learn its pixel format, which takes most of the time of opening.
_QUICK = {"skip_frame": "all"}

_SOUND_FRAMES = 0.1  # seconds by which headers tell a longer time than that of the last sound

_TIME_BASE = Fraction(1, 1000)  # of a stream that has none

#: Packets at the end in which a fault means that the video is cut; decoders in several threads report it late.
_END_PACKETS = 32


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


@dataclass(frozen=True, slots=True)
class Track:
    """What the packets of a file say about its video stream without decoding. Times are in the stream's time base."""

    time_base: Fraction
    frames: int
    start: int  # of the first frame shown
    end: int  # of the last frame shown
    last_start: int
    last_key: int  # start of the latest key frame
    is_doubtful: bool  # what the packets say may not be what is shown
    samples_end: int  # position in bytes of the end of the last sample in the index of an MP4; 0 elsewhere
    is_last_packet_cut: bool  # of any stream
    latest: float  # seconds at which the last packet of any stream ends
    starts: tuple[int, ...]  # of each frame shown, ascending
    keys: tuple[int, ...]  # starts of the frames that decode without those before them, ascending
    is_counted: bool = False  # decoded frames do not have those times: they come in this order, whatever theirs are

    @property
    def seconds(self) -> float:
        return float((self.end - self.start) * self.time_base)

    def time_at(self, position: float) -> float:
        """Seconds at which a fraction of the length has passed."""
        return float((self.start + (self.end - self.start) * position) * self.time_base)


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


def _refuse_text(file: Path) -> None:
    head = first_bytes(file, 512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml", b"<!--")):
        raise MediaError(f"“{file.name}” is a web page, not a video.")
    if head.startswith((b"{", b"[", b"#extm3u")) or not head:
        raise MediaError(f"“{file.name}” is a text file, not a video.")


def track_of(container: InputContainer, stream: VideoStream) -> Track:
    """Read all packets of the file. Raises MediaError if there is no frame."""
    times: list[tuple[int, int]] = []
    keys: list[int] = []
    latest = 0.0
    hidden = untimed = 0
    is_corrupt: dict[int, bool] = {}  # the latest packet of each stream
    has_corrupt = False
    unit = stream.time_base or _TIME_BASE
    time_base = Fraction(unit.numerator, unit.denominator)  # PyAV 19 has a type of its own
    default_duration = max(round(1 / (float(stream.average_rate or 25) * time_base)), 1)
    for packet in packets_of(container, *container.streams):
        if packet.stream.index in is_corrupt or not packet.is_corrupt:  # else bytes that are read as a stream
            is_corrupt[packet.stream.index] = packet.is_corrupt
        latest = max(latest, _end_of(packet))
        if packet.stream.index != stream.index:
            continue
        has_corrupt = has_corrupt or packet.is_corrupt
        at = packet.pts if packet.pts is not None else packet.dts
        if at is None or packet.is_discard:
            hidden += 1
            continue
        untimed += packet.pts is None
        times.append((at, packet.duration or default_duration))
        if packet.is_keyframe:
            keys.append(at)
    if not times:
        raise MediaError("No frame of the video can be read.")
    end = max(at + duration for at, duration in times)
    starts = tuple(sorted(at for at, _ in times))
    is_unsure = untimed > 0 or len(set(starts)) < len(starts) or not keys or starts[0] < keys[0]
    return Track(
        time_base=time_base,
        frames=len(times),
        start=starts[0],
        end=end,
        last_start=starts[-1],
        last_key=keys[-1] if keys else 0,
        is_doubtful=is_unsure
        or has_corrupt
        or hidden > 0
        or stream.frames not in (0, len(times))
        or _hides_frames(stream),
        samples_end=_samples_end(container),
        is_last_packet_cut=any(is_corrupt.values()),
        latest=max(latest, float(end * time_base)),
        starts=starts,
        keys=tuple(sorted(keys)),
    )


def _end_of(packet: Packet[Stream]) -> float:
    """Seconds; 0 if the packet has no time."""
    at = packet.pts if packet.pts is not None else packet.dts
    return 0.0 if at is None else float((at + (packet.duration or 0)) * (packet.time_base or _TIME_BASE))


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
        yield from _decoded_frames(container, stream)


def _frames_from(file: Path, container: InputContainer, stream: VideoStream, start: int) -> Iterator[VideoFrame]:
    """Decode from a key frame at or before `start`, in the stream's time base."""
    container.seek(start, stream=stream)
    frames = _decoded_frames(container, stream)
    first = next(frames, None)
    if first is not None and (first.pts or 0) <= start:
        yield first
        yield from frames
    else:  # MPEG-TS, for example, has no index, and a place behind the key frame was found
        yield from all_frames(file)


def _decoded_frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    for packet in chain(packets_of(container, stream), (None,)):
        for frame in stream.codec_context.decode(packet):
            frame.time_base = stream.time_base or _TIME_BASE  # the last frames have none
            yield frame


def _hides_frames(stream: VideoStream) -> bool:
    return stream.codec_context.name == "vp8"  # has packets that are only referred to


def _samples_end(container: InputContainer) -> int:
    if "mp4" not in container.format.name:
        return 0
    return max((entry.pos + entry.size for stream in container.streams for entry in stream.index_entries), default=0)


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


class _Decoded(NamedTuple):
    """What decoding a file from its first to its last packet has shown."""

    first: VideoFrame
    last: VideoFrame
    track: Track
    is_end_faulty: bool  # one of the last packets could not be decoded


def _decode_all(file: Path, track: Track, *, explode: bool = False) -> _Decoded:
    """Decode all frames. `explode`: treat more faults as errors. Raises MediaError if there is none."""
    first: VideoFrame | None = None
    last: VideoFrame | None = None
    times: list[int | None] = []
    packets = end = 0
    last_fault: int | None = None
    with open_video(file) as (container, stream):
        if explode:
            stream.codec_context.options = {"err_detect": "explode"}
        for packet in chain(packets_of(container, stream), (None,)):
            packets += 1
            try:
                decoded = stream.codec_context.decode(packet)
            except av.FFmpegError:
                last_fault = packets
                continue
            for frame in decoded:
                first, last = first or frame, frame
                times.append(frame.pts)
                end = max(end, (track.start if frame.pts is None else frame.pts) + (frame.duration or 0))
    if first is None or last is None:
        raise MediaError(f"No frame of “{file.name}” can be decoded.")
    is_end_faulty = last_fault is not None and last_fault > packets - _END_PACKETS
    return _Decoded(first, last, _track_shown(track, times, end), is_end_faulty)


def _track_shown(track: Track, times: Sequence[int | None], end: int) -> Track:
    """The track with the frames that a decoder gives, whose times and end are known."""
    starts = sorted(track.start if time is None else time for time in times)
    if len(starts) == track.frames:
        starts, end = list(track.starts), track.end
    keys = set(starts).intersection(track.keys)
    return replace(
        track,
        frames=len(starts),
        start=starts[0],
        end=max(end, starts[-1] + 1),
        starts=tuple(starts),
        keys=tuple(sorted(keys)),
        is_counted=len(set(times)) < len(starts) or list(times) != starts,
    )


def _complete_track(file: Path, track: Track, ending: Ending) -> tuple[VideoFrame, Track]:
    """The first frame, and the track as it is shown. Raises MediaError if it does not decode to its end.

    Faults before the end do not count: they are in the video that the service has.
    """
    explode = ending is not Ending.REACHED
    first, last, shown, is_end_faulty = _decode_all(file, track, explode=explode)
    if last.is_corrupt or is_end_faulty:
        raise MediaError(f"“{file.name}” is incomplete: its last frame cannot be decoded.")
    if explode and (last.pts or 0) < track.last_start:
        raise MediaError(f"“{file.name}” is incomplete: its last frame is missing.")
    return first, shown


def shown_track(file: Path, container: InputContainer, stream: VideoStream) -> Track:
    """The frames that are shown: what the packets say or, if that leaves a doubt, what is decoded. Raises MediaError.

    The end of the file is not examined.
    """
    track = track_of(container, stream)
    return _decode_all(file, track).track if track.is_doubtful else track


def last_frame(file: Path, container: InputContainer, stream: VideoStream, track: Track) -> VideoFrame | None:
    """The last frame that can be decoded from the last key frame on."""
    last: VideoFrame | None = None
    for frame in _frames_from(file, container, stream, track.last_key):
        last = frame  # not the latest time: those of an AVI with B-frames may be out of order
    return last


def decoded_frame_at(
    file: Path, container: InputContainer, stream: VideoStream, track: Track, position: float
) -> VideoFrame | None:
    """The first frame at or behind a fraction of the length, or the last one before it."""
    start = track.start + (track.end - track.start) * position
    found: VideoFrame | None = None
    for frame in _frames_from(file, container, stream, int(start)):
        found = frame
        if (frame.pts or 0) >= start:
            break
    return found
