"""Small clips and images, in the folder of each test."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from silence import silence

from sora_desktop.sandbox.priority import end_realtime

ClipMaker = Callable[..., Path]
ImageMaker = Callable[..., Path]


def plain_frame(width: int, height: int, shade: int) -> VideoFrame:
    """One gray frame."""
    frame = VideoFrame(width, height, "rgb24")
    frame.planes[0].update(bytes([shade]) * frame.planes[0].buffer_size)
    return frame


@pytest.fixture
def audio_file(tmp_path: Path) -> Path:
    file = tmp_path / "sound.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        container.mux(stream.encode(silence()))
        container.mux(stream.encode(None))
    return file


@pytest.fixture(scope="session")
def encoded_clips() -> dict[tuple[object, ...], bytes]:
    """The clips that were encoded before, by what they were made of."""
    return {}


@pytest.fixture
def make_clip(tmp_path: Path, encoded_clips: dict[tuple[object, ...], bytes]) -> ClipMaker:
    """Writes a clip; the same clip is encoded once for all tests."""

    def make(
        name: str = "clip.mp4",
        *,
        shades: list[int] | None = None,
        audio: bool = False,
        codec: str = "libx264",
        faststart: bool = False,
        options: dict[str, str] | None = None,
        container: str | None = None,
        encoding: dict[str, str] | None = None,
        title: str = "",
        group: int = 250,
        size: tuple[int, int] = (160, 96),
    ) -> Path:
        file = tmp_path / name
        options = {"movflags": "+faststart"} if faststart else options or {}
        options = {"fflags": "+bitexact", **options}  # without random numbers, whose lengths differ
        shades = shades if shades is not None else [60 + 2 * n for n in range(48)]
        encoding = encoding or {}
        written = (file.suffix, codec, tuple(options.items()), container, tuple(encoding.items()), title)
        made_of = (written, tuple(shades), audio, group, size)
        if made_of in encoded_clips:
            file.write_bytes(encoded_clips[made_of])
            return file
        with av.open(str(file), "w", format=container, options=options) as output:
            output.metadata["title"] = title
            stream = output.add_stream(codec, rate=24)
            assert isinstance(stream, VideoStream)
            stream.width, stream.height = size
            stream.pix_fmt, stream.gop_size = "yuv420p", group
            stream.options = {**encoding}
            if codec == "libx264":
                stream.codec_context.thread_count = 1  # with several, the bytes differ now and then
            sound = output.add_stream("aac", rate=44100) if audio else None
            for place, shade in enumerate(shades):
                frame = plain_frame(*size, shade).reformat(format="yuv420p")
                frame.pts = place
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
            if sound is not None:
                output.mux(sound.encode(silence()))
                output.mux(sound.encode(None))
        end_realtime()
        encoded_clips[made_of] = file.read_bytes()
        return file

    return make


@pytest.fixture
def make_image(tmp_path: Path) -> ImageMaker:
    def make(name: str, codec: str, pix_fmt: str, *, width: int = 64, height: int = 40) -> Path:
        encoder = av.CodecContext.create(codec, "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = width, height, pix_fmt
        encoder.framerate = Fraction(25)
        frame = plain_frame(width, height, 120).reformat(format=pix_fmt)
        frame.pts = 0
        file = tmp_path / name
        file.write_bytes(b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]))
        return file

    return make
