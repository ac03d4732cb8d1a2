"""One service for all tests of a file; its clock stands still until a test sets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sandbox_inside import Inside, inside


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """Tiny clips, no limits, plenty of credits."""
    with ExitStack() as stack:
        yield stack.enter_context(inside(tmp_path_factory.mktemp("sandbox")))


@pytest.fixture(scope="session")
def png() -> bytes:
    """A small image."""
    from fractions import Fraction

    import av

    frame = av.VideoFrame(64, 48, "rgb24")
    frame.planes[0].update(bytes(range(192)) * 48)
    frame.pts, frame.time_base = 0, Fraction(1, 1)
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 48, "rgb24", Fraction(1, 1)
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test's own service may keep its files."""
    return tmp_path / "service"
