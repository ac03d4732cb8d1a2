"""How long renderings took, and which renderings are comparable."""

from __future__ import annotations

from dataclasses import dataclass

from sora_desktop.domain.request import VideoRequest


@dataclass(frozen=True, slots=True)
class RenderKind:
    """What renderings of similar length have in common."""

    service: str
    model: str
    duration: int  # seconds of the clip
    quality: str  # the quality, or everything else that decides how much work a frame is


@dataclass(frozen=True, slots=True)
class RenderTime:
    """One finished rendering. It ended between `low` and `high` seconds after it was accepted."""

    kind: RenderKind
    low: float
    high: float
    marks: tuple[tuple[float, int], ...] = ()  # seconds since acceptance, percent reported by the service then


def render_kind_of(request: VideoRequest, service: str) -> RenderKind:
    """The kind of a request at a service."""
    facts = (
        request.quality,
        request.size,
        "" if request.frames is None else f"{request.frames} frames",
        "" if request.fps is None else f"{request.fps} fps",
        "" if request.steps is None else f"{request.steps} steps",
    )
    return RenderKind(service, str(request.model), int(request.duration), " ".join(filter(None, facts)))
