"""A playable clip of any size: noise, which no encoder can compress."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

_RATE, _SECONDS = 24, 5
_WIDTH, _HEIGHT = 1280, 720


def write_clip(file: Path, megabytes: int) -> None:
    """Write 5 s of 720p as H.264 in MP4, about 160 MB, padded with a `free` box to exactly `megabytes`."""
    with av.open(str(file), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        options = {"preset": "ultrafast", "qp": "18", "threads": "2"}
        video = out.add_stream("libx264", rate=_RATE, options=options)
        video.width, video.height, video.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        video.codec_context.time_base = Fraction(1, _RATE)
        video.codec_context.gop_size = _RATE
        for number in range(_RATE * _SECONDS):
            frame = VideoFrame(_WIDTH, _HEIGHT, "yuv420p")
            for plane in frame.planes:
                plane.update(os.urandom(plane.buffer_size))
            frame.pts, frame.time_base = number, Fraction(1, _RATE)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    missing = megabytes * 1_000_000 - file.stat().st_size
    if missing < 8:
        raise SystemExit(f"The clip is larger than {megabytes} MB already.")
    with file.open("ab") as opened:
        opened.write(missing.to_bytes(4, "big") + b"free")
        piece = os.urandom(1_000_000)
        left = missing - 8
        while left:
            left -= opened.write(piece[:left])
