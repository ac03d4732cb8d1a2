"""Clips to step through, as services send them: H.264 with B-frames, one key frame in 250, motion, grain and sound.

A strip at the bottom of each picture tells its number, high enough to be read when the picture is painted smaller.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

import av
import av.filter
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from sora_desktop.sandbox.ambience import FRAME_SIZE, SOUND_RATE, ambience_frames
from sora_desktop.sandbox.frame_strip import encode_row
from sora_desktop.sandbox.scenery.film import film_of
from sora_desktop.sandbox.scenery.pictures import painted_frames

SECONDS, GROUP = 10, 250
#: The share of the picture's height that the strip takes.
STRIP_SHARE = 24


@dataclass(frozen=True, slots=True)
class ClipKind:
    """Size, pictures a second, and grain of a clip."""

    width: int
    height: int
    rate: int
    bit_rate: int | None = None  # bits a second; None: as many as a constant quality takes

    @property
    def measure(self) -> str:
        """Such as "720p24": what targets are set for."""
        return f"{self.height}p{self.rate}"

    @property
    def name(self) -> str:
        """Also tells heavy clips."""
        return self.measure if self.bit_rate is None else f"{self.measure}-heavy"

    @property
    def grain(self) -> int:
        """Strength of the noise in each picture."""
        return _GRAIN if self.bit_rate is None else _HEAVY_GRAIN

    @property
    def encoding(self) -> dict[str, str]:
        """Options of x264."""
        if self.bit_rate is None:
            return {"preset": "medium", "crf": _QUALITY}
        return {"preset": "veryfast", "b": str(self.bit_rate)}

    @property
    def frames(self) -> int:
        """Pictures of the clip."""
        return self.rate * SECONDS


#: Encoders of services keep to a quality. With these, 10 s of 720p have 4 MB; those of Sora 2 have 3 to 6 MB.
_GRAIN, _QUALITY = 5, "20.5"
#: Camera footage at the bit rates that video sites ask for: takes about twice as long to decode.
_HEAVY_GRAIN = 10
#: The clips that targets are for.
KINDS = (ClipKind(1280, 720, 24), ClipKind(1920, 1080, 30), ClipKind(1920, 1080, 60))
#: Measured only on request.
HEAVY_KINDS = (
    ClipKind(1280, 720, 24, 5_000_000),
    ClipKind(1920, 1080, 30, 8_000_000),
    ClipKind(1920, 1080, 60, 10_000_000),
)
KIND_NAMES = tuple(kind.name for kind in (*KINDS, *HEAVY_KINDS))
_PROMPTS = (
    "A paper boat on a rain-soaked street, neon reflections",
    "A lighthouse in a storm, waves breaking over the rocks",
    "Old tram in Lisbon going uphill at golden hour",
    "Snow falling on a pine forest at dusk",
)


def chosen_kinds(names: Collection[str] | None) -> Sequence[ClipKind]:
    """The kinds with these names; those that targets are for if none are given."""
    return [kind for kind in (*KINDS, *HEAVY_KINDS) if kind.name in names] if names else KINDS


def make_clips(folder: Path, kind: ClipKind, number: int = 1) -> list[Path]:
    """The first `number` clips of a kind, of different scenes. Those that the folder has already are not made again."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{kind.name}-{place}.mp4" for place in range(number)]
    for place, file in enumerate(files):
        if not file.exists():
            part = file.with_suffix(".part")
            _write(part, kind, _PROMPTS[place % len(_PROMPTS)])
            part.replace(file)
    return files


def _write(to: Path, kind: ClipKind, prompt: str) -> None:
    with av.open(str(to), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        options = {"bf": "3", "sc_threshold": "0", **kind.encoding}
        video = out.add_stream("libx264", rate=kind.rate, options=options)
        video.width, video.height, video.pix_fmt = kind.width, kind.height, "yuv420p"
        context = video.codec_context
        context.time_base, context.gop_size = Fraction(1, kind.rate), GROUP
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        audio = out.add_stream("aac", rate=SOUND_RATE, layout="mono")
        sound = ambience_frames("quiet", random.Random(1), SECONDS)
        for number, picture in enumerate(_pictures(kind, prompt)):
            _write_strip(picture, number)
            picture.pts, picture.time_base = number, Fraction(1, kind.rate)
            out.mux(video.encode(picture))
            for heard in islice(sound, SOUND_RATE // kind.rate // FRAME_SIZE + 1):
                out.mux(audio.encode(heard))
        out.mux(video.encode(None))
        for heard in sound:
            out.mux(audio.encode(heard))
        out.mux(audio.encode(None))


def _pictures(kind: ClipKind, prompt: str) -> Iterator[VideoFrame]:
    """Scenes of the sandbox with grain, as cameras and models make it."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=kind.width, height=kind.height, format=VideoFormat("yuv420p"), time_base=Fraction(1, kind.rate)
    )
    grain, sink = graph.add("noise", f"all_strength={kind.grain}:all_flags=t"), graph.add("buffersink")
    source.link_to(grain)
    grain.link_to(sink)
    graph.configure()
    film = film_of(prompt, None, prompt.encode(), kind.width, kind.height, SECONDS)
    painted = painted_frames((film.paint,), (kind.width, kind.height), kind.rate, 1, threading.Lock())
    for picture in islice(painted, kind.frames):
        graph.push(picture.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709))
        grained = cast(VideoFrame, graph.pull())
        grained.make_writable()
        yield grained


def _write_strip(picture: VideoFrame, number: int) -> None:
    row, gray = encode_row(number, picture.width), bytes([128]) * (picture.width // 2)
    top = picture.height - picture.height // STRIP_SHARE // 2 * 2
    for plane, line, divisor in zip(picture.planes, (row, gray, gray), (1, 2, 2), strict=True):
        pixels, step = memoryview(plane), plane.line_size
        for place in range(top // divisor, picture.height // divisor):
            pixels[place * step : place * step + len(line)] = line
