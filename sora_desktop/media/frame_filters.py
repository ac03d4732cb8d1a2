"""Applies filters of FFmpeg to single frames."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from av.filter import Graph
from av.video.frame import VideoFrame


def filtered(frame: VideoFrame, filters: Sequence[tuple[str, str]]) -> VideoFrame:
    """The frame after all filters, each with its name and its arguments."""
    if not filters:
        return frame
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))
    steps = [graph.add(name, arguments or None) for name, arguments in filters]
    graph.link_nodes(source, *steps, graph.add("buffersink")).configure()
    frame.pts = 0
    graph.push(frame)
    result = graph.pull()
    assert isinstance(result, VideoFrame)
    return result
