"""Writes a part of a clip to a file: its packets as they are where that is exact, else encoded again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from sora_desktop.media.errors import MediaError, PassingMediaError
from sora_desktop.media.files import size_of
from sora_desktop.media.frame_table import FrameTable, read_table
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.sound_source import SAMPLE_BYTES, SAMPLE_RATE, SoundSource
from sora_desktop.media.shown_frames import EXACT, Turn, Turns, as_shown, is_bt709_unnamed, shown_size, upright_of
from sora_desktop.media.videos import ffmpeg_reason, open_video, packets_of
from sora_desktop.system.replaced_file import replaced_file

#: Codecs that an MP4 can hold as they are.
_COPIED_CODECS = ("h264", "hevc", "av1", "vp9", "mpeg4")
_FORMATS = {".mov": "mov", ".mkv": "matroska"}
#: Quality of what is encoded again: no difference to be seen.
_QUALITY = {"crf": "14", "preset": "medium"}
#: Pictures of more than 8 bits become HEVC of 10 bits: few players decode H.264 of 10 bits.
_DEEP_FORMAT, _DEEP_OPTIONS = "yuv420p10le", {"x265-params": "log-level=error"}
_SOUND_BITS = 256_000
#: Microseconds by which Matroska rounds times.
_ROUNDED = 1000
#: FFmpeg's numbers for BT.709.
_BT709 = 1


class _Range(NamedTuple):
    """The frames to export."""

    table: FrameTable
    first: int
    last: int

    @property
    def starts(self) -> Sequence[int]:
        return self.table.starts[self.first : self.last + 1]

    @property
    def end(self) -> int:
        """When the last frame ends, in the time base."""
        following = self.last + 1
        return self.table.starts[following] if following < len(self.table.starts) else self.table.end

    @property
    def durations(self) -> dict[int, int]:
        """For how long each frame is shown, by its time from the first one of the part. In the time base."""
        following = (*self.starts[1:], self.end)
        return {start - self.starts[0]: end - start for start, end in zip(self.starts, following, strict=True)}

    def sample_at(self, time: int) -> int:
        """The sample at a time in the time base."""
        return round((time - self.table.starts[0]) * self.table.time_base * SAMPLE_RATE)


def export_range(file: Path, to: Path, start: int, end: int) -> bool:
    """Write the frames shown from `start` until before `end`, in microseconds from the first one, and their sound.

    An MP4, unless the name of `to` says QuickTime or Matroska. The file appears complete or not at all. Returns True if
    the pictures were copied as they are, False if they were encoded again. Raises MediaError, also if `to` is `file`.
    """
    size_of(file)
    if to.exists() and to.samefile(file):
        raise MediaError(f"“{to.name}” is the video itself, which a part of it must not replace. Choose another name.")
    with open_video(file) as (container, stream):
        table = read_table(file, container, stream)
    times = table.times
    part = _Range(table, times.frame_at(start), times.frame_at(max(end - 1, start)))
    try:
        with replaced_file(to) as written:
            with suppress(MediaError, av.FFmpegError, ValueError):  # this container cannot hold the codec
                if _copy(file, written, to.suffix, part):
                    return True
            _encode(file, written, to.suffix, part)
            return False
    except av.FFmpegError as error:
        raise MediaError(f"The part of “{file.name}” cannot be written: {ffmpeg_reason(error)}.") from error
    except OSError as error:
        raise PassingMediaError(f"“{to.name}” cannot be written: {error.strerror or error}.") from error


@contextmanager
def _output(written: Path, suffix: str) -> Iterator[OutputContainer]:
    format = _FORMATS.get(suffix.lower(), "mp4")
    options = {} if format == "matroska" else {"movflags": "+faststart"}
    with av.open(str(written), "w", format=format, options=options) as output:
        yield output


def _copy(file: Path, written: Path, suffix: str, part: _Range) -> bool:
    """Copy the packets. False if that would not give exactly these frames."""
    with open_video(file) as (container, stream):
        packets = _packets_for(container, stream, part)
        if packets is None:
            return False
        with _output(written, suffix) as output:
            copied = output.add_stream_from_template(stream)
            sound = _sound_stream(output, container)
            for packet in packets:
                packet.stream = copied
                packet.pts = (packet.pts or 0) - part.starts[0]
                packet.dts = (packet.dts or 0) - part.starts[0]
                output.mux(packet)
            _write_sound(file, output, sound, part)
    with open_video(written) as (container, stream):
        result = read_table(written, container, stream)
    return not result.is_counted and _has_times_of(result, part)


def _has_times_of(result: FrameTable, part: _Range) -> bool:
    """The frames begin and the last one ends when they should, within what a container rounds."""
    unit, times = part.table.time_base * 1_000_000, (*result.times.starts, result.times.end)
    wanted = [(time - part.starts[0]) * unit for time in (*part.starts, part.end)]
    return len(times) == len(wanted) and all(abs(at - to) <= _ROUNDED for at, to in zip(times, wanted, strict=True))


def _packets_for(container: InputContainer, stream: VideoStream, part: _Range) -> list[Packet[Stream]] | None:
    """The packets of exactly these frames, in the order of decoding; None if frames outside of them are needed."""
    if part.table.is_counted or part.first not in part.table.keys:
        return None
    if stream.codec_context.codec.canonical_name not in _COPIED_CODECS:
        return None
    found: list[Packet[Stream]] = []
    for packet in packets_of(container, stream):
        if packet.is_discard or packet.dts is None:
            return None
        if found or packet.pts == part.starts[0]:
            found.append(packet)
        if len(found) == len(part.starts):
            break
    return found if sorted(packet.pts or 0 for packet in found) == list(part.starts) else None


def _encode(file: Path, written: Path, suffix: str, part: _Range) -> None:
    with closing(FrameDecoder(file, threads=0, table=part.table)) as decoder, _output(written, suffix) as output:
        video: VideoStream | None = None
        sound: AudioStream | None = None
        turns, durations = Turns(), part.durations
        decoder.move_to(part.first)
        while (found := decoder.read()) is not None and found[0] <= part.last:
            number, frame = found
            if number < part.first:
                continue
            picture = _picture_of(frame, decoder.stream, turns.of(frame))
            if video is None:
                video = _video_stream(output, picture, decoder.stream, part)
                sound = _sound_stream(output, decoder.container)
            picture.pts, picture.time_base = part.table.starts[number] - part.starts[0], part.table.time_base
            picture.pict_type = 0
            output.mux(_timed(video.encode(picture), durations))
        if video is None:
            raise MediaError(f"The frames of “{file.name}” cannot be decoded.")
        output.mux(_timed(video.encode(None), durations))
        _write_sound(file, output, sound, part)


def _timed(packets: list[Packet[Stream]], durations: Mapping[int, int]) -> list[Packet[Stream]]:
    """The packets with the durations of their frames, by their times: the encoder guesses that of the last one."""
    for packet in packets:
        packet.duration = durations.get(packet.pts or 0, packet.duration or 0)
    return packets


def _picture_of(frame: VideoFrame, stream: VideoStream, turn: Turn) -> VideoFrame:
    """The frame in a format that every player shows, upright and with square pixels."""
    width, height = shown_size(frame, stream, turn)
    even = (width - width % 2 or 2, height - height % 2 or 2)
    is_plain = frame.format.name in ("yuv420p", "yuvj420p") and turn == (0, False)
    if is_plain and (frame.width, frame.height) == even:
        if is_bt709_unnamed(frame):
            frame.colorspace = _BT709
        return frame
    if _is_deep(frame):
        return _deep_picture(frame, even, turn)
    return as_shown(frame, stream, turn=turn).reformat(
        width=even[0],
        height=even[1],
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=EXACT,
    )


def _is_deep(frame: VideoFrame) -> bool:
    """It has more than 8 bits for each color, and needs no other colors to be shown."""
    components = frame.format.components
    has_alpha = any(component.is_alpha for component in components)
    return components[0].bits > 8 and not has_alpha and not frame.format.is_rgb


def _deep_picture(frame: VideoFrame, size: tuple[int, int], turn: Turn) -> VideoFrame:
    """The frame upright and in this size, with 10 bits and the colors that it has, also those of HDR."""
    upright = frame if turn == (0, False) else upright_of(frame, turn)
    picture = upright.reformat(width=size[0], height=size[1], format=_DEEP_FORMAT, interpolation=EXACT)
    picture.colorspace = _BT709 if is_bt709_unnamed(frame) else frame.colorspace
    picture.color_range = frame.color_range
    picture.color_primaries, picture.color_trc = frame.color_primaries, frame.color_trc
    return picture


def _video_stream(output: OutputContainer, picture: VideoFrame, source: VideoStream, part: _Range) -> VideoStream:
    rate = source.average_rate or Fraction(25)
    # In an MP4, a last frame that is not the last packet has no duration of its own.
    options = _QUALITY | ({"bf": "0"} if len(set(part.durations.values())) > 1 else {})
    is_deep = picture.format.name == _DEEP_FORMAT
    video = output.add_stream(
        "libx265" if is_deep else "libx264",
        rate=Fraction(rate.numerator, rate.denominator),
        options=options | (_DEEP_OPTIONS if is_deep else {}),
    )
    video.width, video.height, video.pix_fmt = picture.width, picture.height, picture.format.name
    context = video.codec_context
    if is_deep and output.format.name != _FORMATS[".mkv"]:
        context.codec_tag = "hvc1"  # QuickTime plays no "hev1"
    context.time_base = part.table.time_base
    context.colorspace, context.color_range = picture.colorspace, picture.color_range
    context.color_primaries, context.color_trc = picture.color_primaries, picture.color_trc
    return video


def _sound_stream(output: OutputContainer, container: InputContainer) -> AudioStream | None:
    if not container.streams.audio:
        return None
    sound = output.add_stream("aac", rate=SAMPLE_RATE)
    sound.layout, sound.bit_rate = "stereo", _SOUND_BITS
    return sound


def _write_sound(file: Path, output: OutputContainer, sound: AudioStream | None, part: _Range) -> None:
    if sound is None:
        return
    first, last = part.sample_at(part.starts[0]), part.sample_at(part.end)
    place = 0
    with closing(SoundSource(file, part.table.starts[0] * part.table.time_base)) as source:
        for block in source.samples(first, last):
            frame = AudioFrame(format="s16", layout="stereo", samples=len(block) // SAMPLE_BYTES)
            frame.planes[0].update(block)
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, place, Fraction(1, SAMPLE_RATE)
            place += frame.samples
            output.mux(sound.encode(frame))
    output.mux(sound.encode(None))
