"""Renders a clip: H.264 and AAC, moving pictures that depend on a seed, the prompt as a caption, the frame strip."""

from __future__ import annotations

import colorsys
import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import cast

import av
import av.filter
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.frame import VideoFrame

from sora_desktop.sandbox import font, frame_strip

RATE = 24
_SOUND_RATE = 48_000
_SHAPES = {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (720, 720)}
_TINY_SHAPES = {"16:9": (160, 90), "9:16": (90, 160), "1:1": (120, 120)}


class RenderCancelled(Exception):
    """`should_continue` returned False."""


@dataclass(frozen=True)
class Scene:
    """What to render. The same `seed`, any text, gives the same pictures. Tiny clips take almost no time."""

    seed: str
    prompt: str
    aspect_ratio: str = "16:9"
    duration: int = 5
    quality: str = "standard"
    image: Path | None = None
    tiny: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels; tiny clips have the same size in both qualities."""
        if self.tiny:
            return _TINY_SHAPES[self.aspect_ratio]
        width, height = _SHAPES[self.aspect_ratio]
        return (width * 3 // 2, height * 3 // 2) if self.quality == "high" else (width, height)


def render(scene: Scene, to: Path, thumbnail: Path, should_continue: Callable[[], bool] = lambda: True) -> None:
    """Write the clip to `to`, and its thumbnail. Each file appears only when complete. Raises RenderCancelled."""
    part = to.with_name(to.name + ".new")
    width, height = scene.size
    total = scene.duration * RATE
    pictures = _frames_from_image(scene, scene.image) if scene.image else _generated_frames(scene)
    caption = font.text_rows(scene.prompt, width, max(1, min(width, height) // 240))
    with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        quality = {"preset": "ultrafast", "crf": "18" if scene.tiny else "26"}
        video = out.add_stream("libx264", rate=RATE, options=quality)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.time_base = Fraction(1, RATE)
        video.codec_context.gop_size = RATE
        video.codec_context.thread_count = 1 if scene.tiny else 2
        sound = out.add_stream("aac", rate=_SOUND_RATE, layout="mono")
        tone = _tone_packets(scene, sound)
        for number in range(total):
            if not should_continue():
                raise RenderCancelled
            picture = next(pictures)
            picture.make_writable()
            _write_rows(picture, height // 20, caption)
            if number == total // 3:
                _save_jpeg(picture, thumbnail)
            _write_rows(picture, height - frame_strip.ROWS, [frame_strip.encode_row(number, width)] * frame_strip.ROWS)
            picture.pts, picture.time_base = number, Fraction(1, RATE)
            out.mux(video.encode(picture))
            for packets in islice(tone, _SOUND_RATE // RATE // 1024 + 1):
                out.mux(packets)
        out.mux(video.encode(None))
        for packets in tone:
            out.mux(packets)
    part.replace(to)


def _random_of(scene: Scene) -> random.Random:
    return random.Random(hashlib.sha256(scene.seed.encode()).digest())


def _write_rows(picture: VideoFrame, top: int, rows: list[bytes]) -> None:
    """Put luma rows into the picture and remove the color there."""
    luma = picture.planes[0]
    pixels, step = memoryview(luma), luma.line_size
    for number, row in enumerate(rows, top):
        pixels[number * step : number * step + len(row)] = row
    for plane in picture.planes[1:]:
        chroma, step = memoryview(plane), plane.line_size
        gray = bytes([128]) * plane.width
        for number in range(top // 2, (top + len(rows)) // 2):
            chroma[number * step : number * step + len(gray)] = gray


def _generated_frames(scene: Scene) -> Iterator[VideoFrame]:
    """A moving color gradient with three lighter squares that move over it."""
    width, height = scene.size
    rng = _random_of(scene)
    hue = rng.random()

    def color(turn: float, light: float) -> str:
        red, green, blue = colorsys.hls_to_rgb((hue + turn) % 1, light, rng.uniform(0.45, 0.9))
        return f"0x{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"

    graph = av.filter.Graph()
    colors = ":".join(f"c{index}={color(rng.uniform(0, 0.45), 0.2 + 0.12 * index)}" for index in range(4))
    kind = rng.choice(("linear", "radial", "circular", "spiral"))
    flow = graph.add(
        "gradients",
        f"s={width // 4}x{height // 4}:r={RATE}:n=4:{colors}:type={kind}"
        f":speed={rng.uniform(0.012, 0.03):.4f}:seed={rng.randrange(1 << 30)}:d={scene.duration + 1}",
    )
    last = graph.add("scale", f"{width}:{height}:flags=fast_bilinear")
    flow.link_to(last)
    shaped = graph.add("format", "pix_fmts=yuv420p")
    last.link_to(shaped)
    last = shaped
    for _ in range(3):
        side = int(min(width, height) * rng.uniform(0.08, 0.22)) // 2 * 2
        square = graph.add("color", f"c={color(0.5, 0.7)}:s={side}x{side}:r={RATE}:d={scene.duration + 1}")
        across, down = rng.uniform(0.6, 1.6), rng.uniform(0.6, 1.6)
        phase = rng.uniform(0, 6.28)
        over = graph.add(
            "overlay",
            f"x='(W-w)*(0.5+0.48*sin({across:.3f}*t+{phase:.3f}))':y='(H-h)*(0.5+0.48*cos({down:.3f}*t+{phase:.3f}))'",
        )
        last.link_to(over, 0, 0)
        square.link_to(over, 0, 1)
        last = over
    last.link_to(graph.add("buffersink"))
    graph.configure()
    while True:
        yield cast(VideoFrame, graph.pull())


def _frames_from_image(scene: Scene, image: Path) -> Iterator[VideoFrame]:
    """A slow zoom and pan over the image, cropped to the aspect ratio."""
    width, height = scene.size
    frames = scene.duration * RATE
    rng = _random_of(scene)
    to_x, to_y = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)
    with av.open(str(image)) as container:
        still = next(container.decode(video=0))
    still.pts, still.time_base = 0, Fraction(1, RATE)
    graph = av.filter.Graph()
    last = graph.add_buffer(width=still.width, height=still.height, format=still.format, time_base=Fraction(1, RATE))
    wide, tall = width * 5 // 4 // 2 * 2, height * 5 // 4 // 2 * 2
    for name, options in (
        ("scale", f"{wide}:{tall}:force_original_aspect_ratio=increase"),
        ("crop", f"{wide}:{tall}"),
        ("format", "pix_fmts=yuv420p"),
        (
            "zoompan",
            f"z='1+0.3*on/{frames}':x='(iw-iw/zoom)*{to_x:.3f}':y='(ih-ih/zoom)*{to_y:.3f}'"
            f":d={frames}:s={width}x{height}:fps={RATE}",
        ),
        ("format", "pix_fmts=yuv420p"),
        ("buffersink", None),
    ):
        following = graph.add(name, options)
        last.link_to(following)
        last = following
    graph.configure()
    graph.push(still)
    graph.push(None)
    while True:
        yield cast(VideoFrame, graph.pull())


def _tone_packets(scene: Scene, stream: AudioStream) -> Iterator[list[Packet[AudioStream]]]:
    """A quiet tone, exactly as long as the video, its pitch chosen by the seed; packets of 1024 samples each."""
    pitch = _random_of(scene).choice((220, 262, 294, 330, 392, 440))
    graph = av.filter.Graph()
    tone = graph.add("sine", f"f={pitch}:b=4:r={_SOUND_RATE}:d={scene.duration}:samples_per_frame=1024")
    softer = graph.add("volume", "0.5")
    tone.link_to(softer)
    shaped = graph.add("aformat", "sample_fmts=fltp:channel_layouts=mono")
    softer.link_to(shaped)
    shaped.link_to(graph.add("abuffersink"))
    graph.configure()
    while True:
        try:
            frame = graph.pull()
        except (av.EOFError, av.BlockingIOError):
            break
        yield stream.encode(cast(av.AudioFrame, frame))
    yield stream.encode(None)


def _save_jpeg(picture: VideoFrame, to: Path) -> None:
    width = min(480, picture.width)
    height = picture.height * width // picture.width // 2 * 2
    small = picture.reformat(width=width, height=height, format="yuvj420p")
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
