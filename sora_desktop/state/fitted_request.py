"""A request as near as possible to another one that a service or model can render, with the text and image it had."""

from __future__ import annotations

from dataclasses import replace

from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.request import VideoRequest


def bare(request: VideoRequest) -> VideoRequest:
    """The request without what a conversion may drop although the user made it. The form keeps it, and reports it."""
    return replace(request, negative_prompt="", image=None)


def fitted_request(
    request: VideoRequest, capabilities: Capabilities, source: Capabilities | None
) -> tuple[VideoRequest, tuple[str, ...]]:
    """The request converted, and what was lost. Where nothing was chosen, nothing is lost."""
    untouched = VideoRequest() if source is None else source.default_request()
    if chosen_options(request) in (chosen_options(untouched), chosen_options(VideoRequest())):
        return with_content(capabilities.default_request(request.prompt), request), ()
    from sora_desktop.domain.conversion import converted  # late: the first paint seldom needs one

    nearest, lost = converted(bare(request), capabilities, source)
    return with_content(nearest, request), lost


def with_content(request: VideoRequest, original: VideoRequest) -> VideoRequest:
    return replace(request, negative_prompt=original.negative_prompt, image=original.image)


def chosen_options(request: VideoRequest) -> VideoRequest:
    """What the user chose, without text and image."""
    return replace(bare(request), prompt="")
