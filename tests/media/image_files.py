"""Image files as cameras, phones and programs write them, made of a picture whose corners differ."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.video.frame import VideoFrame

from sora_desktop.media.images import write_clean_image
from sora_desktop.media.protocol import ImageFacts
from sora_desktop.sandbox.priority import end_realtime

Pixel: TypeAlias = tuple[int, int, int]

#: Images that PyAV cannot write.
FILES = Path(__file__).parent / "files"

RED, GREEN, BLUE, WHITE = (250, 10, 10), (10, 250, 10), (10, 10, 250), (245, 245, 245)
#: The corners of `corner_picture`, clockwise from the top left one.
CORNERS = (RED, GREEN, BLUE, WHITE)

#: The corners as they are shown, clockwise from the top left, for each orientation of Exif.
SHOWN_CORNERS = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (BLUE, WHITE, RED, GREEN),
    4: (WHITE, BLUE, GREEN, RED),
    5: (RED, WHITE, BLUE, GREEN),
    6: (WHITE, RED, GREEN, BLUE),
    7: (BLUE, GREEN, RED, WHITE),
    8: (GREEN, BLUE, WHITE, RED),
}

#: A camera's name, a place and a comment, as found in metadata.
SECRETS = (b"Camera 9000", b"48.8584 N", b"written by hand")


def corner_picture(width: int = 64, height: int = 40) -> VideoFrame:
    """A picture of four quarters in the colors of `CORNERS`."""
    frame = VideoFrame(width, height, "rgb24")
    top = bytes(RED) * (width // 2) + bytes(GREEN) * (width - width // 2)
    bottom = bytes(WHITE) * (width // 2) + bytes(BLUE) * (width - width // 2)
    pitch = frame.planes[0].line_size
    rows = [top.ljust(pitch, b"\0")] * (height // 2) + [bottom.ljust(pitch, b"\0")] * (height - height // 2)
    frame.planes[0].update(b"".join(rows))
    return frame


def encoded(frame: VideoFrame, codec: str, pixel_format: str, **options: str) -> bytes:
    encoder = av.CodecContext.create(codec, "w", None)
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, pixel_format
    encoder.time_base = Fraction(1, 25)
    encoder.options = options
    if codec == "mjpeg":
        encoder.qmin = encoder.qmax = 2
        encoder.thread_count = 1  # several threads write restart markers
    picture = frame.reformat(format=pixel_format)
    picture.pts = 0
    packets = [*encoder.encode(picture), *encoder.encode(None)]
    end_realtime()
    return b"".join(bytes(packet) for packet in packets)


def a_jpeg(width: int = 64, height: int = 40, pixel_format: str = "yuvj420p") -> bytes:
    return encoded(corner_picture(width, height), "mjpeg", pixel_format)


def a_png(width: int = 64, height: int = 40, pixel_format: str = "rgb24") -> bytes:
    return encoded(corner_picture(width, height), "png", pixel_format)


def a_webp(width: int = 64, height: int = 40, *, lossless: bool = False) -> bytes:
    if lossless:
        return encoded(corner_picture(width, height), "libwebp", "bgra", lossless="1")
    return encoded(corner_picture(width, height), "libwebp", "yuv420p", quality="95")


def exif(orientation: int, order: str = "<") -> bytes:
    """Exif data with the name of a camera, a place and an orientation."""
    note = b"Camera 9000\0" + b"48.8584 N\0"
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, 2)
    make = struct.pack(f"{order}HHII", 0x010F, 2, len(note), 38)
    turn = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return head + make + turn + struct.pack(f"{order}I", 0) + note


def segment(marker: int, payload: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload


def jpeg_with(content: bytes, *segments: bytes) -> bytes:
    return content[:2] + b"".join(segments) + content[2:]


def chunk(name: bytes, data: bytes, *, is_intact: bool = True) -> bytes:
    check = zlib.crc32(name + data) ^ (0 if is_intact else 1)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def png_with(content: bytes, *chunks: bytes) -> bytes:
    """The PNG with chunks behind its header."""
    return content[:33] + b"".join(chunks) + content[33:]


def riff_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", name, len(data)) + data + b"\0" * (len(data) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_header(flags: int, width: int = 64, height: int = 40) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides)


def webp_with(content: bytes, flags: int, *, before: bytes = b"", after: bytes = b"") -> bytes:
    """The simple WebP as an extended one with more chunks."""
    return riff(webp_header(flags), before, content[12:], after)


def icc_profile(color_space: bytes = b"RGB ") -> bytes:
    """The frame of a profile, without colors in it."""
    size = 200
    return (size.to_bytes(4, "big") + bytes(12) + color_space).ljust(36, b"\0") + b"acsp" + bytes(size - 40)


def corners_of(file: Path) -> tuple[Pixel, ...]:
    """The colors near the corners, clockwise from the top left, each rounded to the nearest of `CORNERS`."""
    with av.open(str(file)) as container:
        frame = next(container.decode(video=0)).reformat(format="rgb24")
    plane, pitch = bytes(frame.planes[0]), frame.planes[0].line_size
    right, bottom = frame.width - 4, frame.height - 4

    def color_at(x: int, y: int) -> Pixel:
        red, green, blue = plane[y * pitch + 3 * x : y * pitch + 3 * x + 3]
        return min(CORNERS, key=lambda c: abs(c[0] - red) + abs(c[1] - green) + abs(c[2] - blue))

    return color_at(3, 3), color_at(right, 3), color_at(right, bottom), color_at(3, bottom)


class Cleaned:
    """What is written for the bytes of an image file. Cleaning that again changes nothing, whatever the file was."""

    def __init__(self, folder: Path, content: bytes, name: str = "picture.dat") -> None:
        file, self.file = folder / name, folder / "sent"
        file.write_bytes(content)
        self.facts: ImageFacts = write_clean_image(file, self.file)
        self.content = self.file.read_bytes()
        again = folder / "sent again"
        assert write_clean_image(self.file, again) == self.facts
        assert again.read_bytes() == self.content

    @property
    def corners(self) -> tuple[Pixel, ...]:
        return corners_of(self.file)

    @property
    def sides(self) -> tuple[int, int]:
        return self.facts.width, self.facts.height

    def pixel(self, x: int, y: int) -> Pixel:
        """Red, green and blue."""
        with av.open(str(self.file)) as container:
            frame = next(container.decode(video=0)).reformat(format="rgb24")
        start = y * frame.planes[0].line_size + 3 * x
        red, green, blue = bytes(frame.planes[0])[start : start + 3]
        return red, green, blue
