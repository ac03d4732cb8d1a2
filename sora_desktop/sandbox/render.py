"""Renders a clip: H.264 and AAC, a painted scene or a move over an image, the prompt as a small caption, and sound."""

from __future__ import annotations

import enum
import hashlib
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import assert_never, cast

import av
import av.filter
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from sora_desktop.sandbox import frame_strip
from sora_desktop.sandbox.ambience import FRAME_SIZE, SOUND_RATE, ambience_frames
from sora_desktop.sandbox.priority import end_realtime

RATE = 24
_SHAPES = {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (720, 720)}
#: How many pictures of a tiny clip are the same.
_TINY_HOLD = RATE
#: Held by the thread that paints. PySide prepares each class at its first use: two threads that do so at once wait for
#: each other for ever. Encoding, which is half of the work, goes on meanwhile.
_PAINTING = threading.Lock()
_TINY_SHAPES = {"16:9": (160, 90), "9:16": (90, 160), "1:1": (120, 120)}
#: Pixels of the shorter edge of a tiny clip in a format of its own.
_TINY_EDGE = 90


class RenderCancelled(Exception):
    """The rendering was stopped before its end."""


class ClipKind(enum.Enum):
    """Container and codecs of a clip."""

    H264 = "h264"
    WEBM = "webm"
    AV1 = "av1"


@dataclass(frozen=True)
class ClipFormat:
    """Size in pixels (even numbers), number of pictures, pictures a second, and whether there is sound."""

    size: tuple[int, int]
    frames: int
    rate: Fraction = Fraction(RATE)
    has_sound: bool = True
    kind: ClipKind = ClipKind.H264

    @property
    def duration(self) -> float:
        """Seconds."""
        return float(self.frames / self.rate)

    @property
    def tiny(self) -> ClipFormat:
        """The same length and shape with few pixels."""
        scale = _TINY_EDGE / min(self.size)
        if scale >= 1:
            return self
        width, height = (max(_TINY_EDGE, round(edge * scale / 2) * 2) for edge in self.size)
        return replace(self, size=(width, height))


@dataclass(frozen=True)
class Scene:
    """What to render. The same `seed` and prompt give the same pictures. Tiny clips, for tests, take little time.

    `own_format`: the format of the clip, if not that of the Sora API for the ratio, duration and quality.
    """

    seed: str
    prompt: str
    aspect_ratio: str = "16:9"
    duration: int = 5
    quality: str = "standard"
    image: Path | None = None
    tiny: bool = False
    #: Whether each picture shows its number in its bottom rows, see `frame_strip`.
    frame_strip: bool = False
    own_format: ClipFormat | None = None

    @property
    def format(self) -> ClipFormat:
        """What the clip is like. Tiny clips have fewer pixels."""
        if self.own_format is None:
            return ClipFormat(self.size, self.duration * RATE)
        return self.own_format.tiny if self.tiny else self.own_format

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels; tiny clips of the Sora API have the same size in both qualities."""
        if self.own_format is not None:
            return self.format.size
        if self.tiny:
            return _TINY_SHAPES[self.aspect_ratio]
        width, height = _SHAPES[self.aspect_ratio]
        return (width * 3 // 2, height * 3 // 2) if self.quality == "high" else (width, height)


def render(scene: Scene, to: Path, thumbnail: Path, may_go_on: Callable[[int], bool] = lambda number: True) -> None:
    """Write the clip to `to`, and its thumbnail. Each file appears only when complete.

    `may_go_on` is called before each picture is encoded, with its number from 0. It may wait. Raises RenderCancelled
    when it returns False; no file is left then.
    """
    part = to.with_name(to.name + ".new")
    try:
        _write_clip(scene, part, thumbnail, may_go_on)
    except BaseException:
        part.unlink(missing_ok=True)
        thumbnail.unlink(missing_ok=True)
        raise
    part.replace(to)


def _write_clip(scene: Scene, to: Path, thumbnail: Path, may_go_on: Callable[[int], bool]) -> None:
    total = scene.format.frames
    pictures, ambience = _pictures(scene)
    container, options = _CONTAINERS[scene.format.kind]
    with av.open(str(to), "w", format=container, options=options) as out:
        encoder = _Encoder(out, scene, ambience)
        # One picture is encoded while the next one is painted: FFmpeg and Qt release the interpreter lock.
        with ThreadPoolExecutor(1, thread_name_prefix="encode") as thread:
            encoded: Future[None] | None = None
            for number, picture in enumerate(islice(pictures, total)):
                if encoded is not None:
                    encoded.result()
                if not may_go_on(number):
                    raise RenderCancelled
                if number == total // 3:
                    _save_jpeg(picture, thumbnail)
                encoded = thread.submit(encoder.add, picture, number)
            assert encoded is not None
            encoded.result()
        encoder.finish()


class _Encoder:
    """Writes pictures and the sound that goes with them."""

    def __init__(self, out: OutputContainer, scene: Scene, sound: Iterator[AudioFrame]) -> None:
        self._out, self._sound = out, sound
        self._has_strip = scene.frame_strip
        clip = scene.format
        self._rate = clip.rate
        options = _video_options(clip.kind, tiny=scene.tiny)
        self._video = cast(VideoStream, out.add_stream(_VIDEO_CODECS[clip.kind], rate=clip.rate, options=options))
        self._video.width, self._video.height = clip.size
        self._video.pix_fmt = "yuv420p"
        context = self._video.codec_context
        context.time_base = 1 / clip.rate
        context.gop_size = max(1, round(clip.rate))
        context.thread_count = 1 if scene.tiny else 2
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        codec = "libopus" if clip.kind is ClipKind.WEBM else "aac"
        self._audio: AudioStream | None = None
        if clip.has_sound:
            self._audio = cast(AudioStream, out.add_stream(codec, rate=SOUND_RATE, layout="mono"))

    def add(self, picture: VideoFrame, number: int) -> None:
        """Write the picture of that number, and the sound until then."""
        shown = picture.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        if self._has_strip:
            shown.make_writable()
            _write_strip(shown, number)
        shown.pts, shown.time_base = number, 1 / self._rate
        self._out.mux(self._video.encode(shown))
        if number == 0:  # the encoder has just been opened
            end_realtime()
        if self._audio is not None:
            for frame in islice(self._sound, int(SOUND_RATE / self._rate) // FRAME_SIZE + 1):
                self._out.mux(self._audio.encode(frame))

    def finish(self) -> None:
        """Write what is left."""
        self._out.mux(self._video.encode(None))
        if self._audio is not None:
            for frame in self._sound:
                self._out.mux(self._audio.encode(frame))
            self._out.mux(self._audio.encode(None))


_CONTAINERS: Mapping[ClipKind, tuple[str, dict[str, str]]] = {
    ClipKind.H264: ("mp4", {"movflags": "+faststart"}),
    ClipKind.AV1: ("mp4", {"movflags": "+faststart"}),
    ClipKind.WEBM: ("webm", {}),
}
_VIDEO_CODECS: Mapping[ClipKind, str] = {
    ClipKind.H264: "libx264",
    ClipKind.AV1: "libsvtav1",
    ClipKind.WEBM: "libvpx-vp9",
}


def _video_options(kind: ClipKind, *, tiny: bool) -> dict[str, str]:
    match kind:
        case ClipKind.H264:
            return {"preset": "ultrafast", "crf": "18" if tiny else "25"}
        case ClipKind.WEBM:
            return {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0"}
        case ClipKind.AV1:
            return {"preset": "12", "crf": "40", "svtav1-params": "lp=1"}
        case _:
            assert_never(kind)


def _pictures(scene: Scene) -> tuple[Iterator[VideoFrame], Iterator[AudioFrame]]:
    """The pictures of the scene, without end, and its sound."""
    clip = scene.format
    (width, height), duration = clip.size, clip.duration
    seed = hashlib.sha256(scene.seed.encode()).digest()
    rng = random.Random(seed)
    with _PAINTING:
        try:
            from sora_desktop.sandbox.scenery.caption import Caption
            from sora_desktop.sandbox.scenery.film import film_of
            from sora_desktop.sandbox.scenery.pictures import painted_frames
        except ImportError:  # a machine without a screen may lack the system's libraries that Qt needs
            return _plain_pictures(width, height, rng), ambience_frames("quiet", rng, duration)
        film = film_of(scene.prompt, scene.image, seed, width, height, duration)
        caption = Caption(scene.prompt, width, height, duration, frame_strip.ROWS + 2 if scene.frame_strip else 0)
    hold, ambience = (_TINY_HOLD, "quiet") if scene.tiny else (1, film.ambience)
    pictures = painted_frames((film.paint, caption.paint), (width, height), float(clip.rate), hold, _PAINTING)
    return pictures, ambience_frames(ambience, rng, duration)


def _plain_pictures(width: int, height: int, rng: random.Random) -> Iterator[VideoFrame]:
    """A moving color gradient, made by FFmpeg alone."""
    colors = ":".join(f"c{index}=0x{rng.randrange(0x202020, 0xE0E0E0):06x}" for index in range(4))
    graph = av.filter.Graph()
    last = graph.add("gradients", f"s={width}x{height}:r={RATE}:n=4:{colors}:speed=0.02:seed={rng.randrange(1 << 30)}")
    for name, options in (("format", "pix_fmts=yuv420p"), ("buffersink", None)):
        following = graph.add(name, options)
        last.link_to(following)
        last = following
    graph.configure()
    while True:
        yield cast(VideoFrame, graph.pull())


def _write_strip(picture: VideoFrame, number: int) -> None:
    """Put the frame strip into the bottom rows, and remove the color there."""
    luma, top = picture.planes[0], picture.height - frame_strip.ROWS
    pixels, step = memoryview(luma), luma.line_size
    row = frame_strip.encode_row(number, picture.width)
    for place in range(top, picture.height):
        pixels[place * step : place * step + len(row)] = row
    for plane in picture.planes[1:]:
        chroma, step = memoryview(plane), plane.line_size
        gray = bytes([128]) * plane.width
        for place in range(top // 2, picture.height // 2):
            chroma[place * step : place * step + len(gray)] = gray


def _save_jpeg(picture: VideoFrame, to: Path) -> None:
    width = min(480, picture.width)
    height = picture.height * width // picture.width // 2 * 2
    small = picture.reformat(width=width, height=height, format="yuvj420p", dst_colorspace=Colorspace.ITU601)
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, RATE)
    small.pts, small.time_base = 0, Fraction(1, RATE)
    packets = [*encoder.encode(small), *encoder.encode(None)]
    part = to.with_name(to.name + ".new")
    part.write_bytes(b"".join(bytes(packet) for packet in packets))
    part.replace(to)


def check_image(file: Path) -> str:
    """The file extension of a PNG, JPEG or WebP image that decodes. Raises ValueError for anything else."""
    head = file.read_bytes()[:12]
    if head.startswith(b"\x89PNG"):
        ending = ".png"
    elif head.startswith(b"\xff\xd8"):
        ending = ".jpg"
    elif head.startswith(b"RIFF") and head[8:] == b"WEBP":
        ending = ".webp"
    else:
        raise ValueError("The file must be a PNG, JPEG or WebP image")
    try:
        with av.open(str(file)) as container:
            next(container.decode(video=0))
    except (av.FFmpegError, StopIteration, IndexError) as error:
        raise ValueError("The image cannot be read") from error
    return ending
