"""One sandbox for all tests of a file; its clock only moves when a test sets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sandbox_in_process import InProcessSandbox, in_process_sandbox


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessSandbox]:
    """A sandbox with tiny clips, no limits and enough credits."""
    with ExitStack() as stack:
        yield stack.enter_context(in_process_sandbox(tmp_path_factory.mktemp("sandbox")))


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
    """The folder of a test's own sandbox."""
    return tmp_path / "service"
