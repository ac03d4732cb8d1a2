"""Reads when each frame of a video is shown: from its packets or, if they leave a doubt, by decoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sora_desktop.media.errors import MediaError
from sora_desktop.media.videos import TIME_BASE, frames_from, open_video, packets_of

#: Packets at the end in which a fault means that the video is cut; decoders in several threads report it late.
_END_PACKETS = 32


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


def track_of(container: InputContainer, stream: VideoStream, go_on: Callable[[], None] = lambda: None) -> Track:
    """Read all packets of the file. `go_on` is called at each of them. Raises MediaError if there is no frame."""
    times: list[tuple[int, int]] = []
    keys: list[int] = []
    latest = 0.0
    hidden = untimed = 0
    is_corrupt: dict[int, bool] = {}  # the latest packet of each stream
    has_corrupt = False
    unit = stream.time_base or TIME_BASE
    time_base = Fraction(unit.numerator, unit.denominator)  # PyAV 19 has a type of its own
    default_duration = max(round(1 / (float(stream.average_rate or 25) * time_base)), 1)
    for packet in packets_of(container, *container.streams):
        go_on()
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
        or _hides_frames(stream)
        or _has_times_of_decoding(container, stream),
        samples_end=_samples_end(container),
        is_last_packet_cut=any(is_corrupt.values()),
        latest=max(latest, float(end * time_base)),
        starts=starts,
        keys=tuple(sorted(keys)),
    )


def shown_track(
    file: Path, container: InputContainer, stream: VideoStream, go_on: Callable[[], None] = lambda: None
) -> Track:
    """The frames that are shown: what the packets say or, if that leaves a doubt, what is decoded. Raises MediaError.

    The end of the file is not examined. `go_on` is called at each packet.
    """
    track = track_of(container, stream, go_on)
    return decode_all(file, track, go_on=go_on).track if track.is_doubtful else track


def last_frame(file: Path, container: InputContainer, stream: VideoStream, track: Track) -> VideoFrame | None:
    """The last frame that can be decoded from the last key frame on."""
    last: VideoFrame | None = None
    for frame in frames_from(file, container, stream, track.last_key):
        last = frame  # not the latest time: those of an AVI with B-frames may be out of order
    return last


def decoded_frame_at(
    file: Path, container: InputContainer, stream: VideoStream, track: Track, position: float
) -> VideoFrame | None:
    """The first frame at or behind a fraction of the length, or the last one before it."""
    start = track.start + (track.end - track.start) * position
    found: VideoFrame | None = None
    for frame in frames_from(file, container, stream, int(start)):
        found = frame
        if (frame.pts or 0) >= start:
            break
    return found


class Decoded(NamedTuple):
    """What decoding a file from its first to its last packet has shown."""

    first: VideoFrame
    last: VideoFrame
    track: Track
    is_end_faulty: bool  # one of the last packets could not be decoded


def decode_all(file: Path, track: Track, *, explode: bool = False, go_on: Callable[[], None] = lambda: None) -> Decoded:
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
            go_on()
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
    return Decoded(first, last, _track_shown(track, times, end), is_end_faulty)


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


def _end_of(packet: Packet[Stream]) -> float:
    """Seconds; 0 if the packet has no time."""
    at = packet.pts if packet.pts is not None else packet.dts
    return 0.0 if at is None else float((at + (packet.duration or 0)) * (packet.time_base or TIME_BASE))


def _hides_frames(stream: VideoStream) -> bool:
    return stream.codec_context.name == "vp8"  # has packets that are only referred to


def _has_times_of_decoding(container: InputContainer, stream: VideoStream) -> bool:
    """True if the packets may tell when they are decoded in place of when they are shown."""
    return container.format.name == "avi" and not stream.codec_context.codec.intra_only


def _samples_end(container: InputContainer) -> int:
    if "mp4" not in container.format.name:
        return 0
    return max((entry.pos + entry.size for stream in container.streams for entry in stream.index_entries), default=0)
