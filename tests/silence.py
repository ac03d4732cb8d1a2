"""Sound for clips of tests."""

from __future__ import annotations

import av


def silence() -> av.AudioFrame:
    """One frame of silence."""
    frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate = 44100
    return frame
