"""The texts around the open clip: title, facts, time and speed."""

from __future__ import annotations

from decimal import Decimal

from sora_desktop.domain.capabilities import Capabilities, label_of, model_label
from sora_desktop.domain.job import Job, Ready
from sora_desktop.domain.money import format_amount
from sora_desktop.domain.request import VideoRequest


def title_of(job: Job) -> str:
    """The prompt in one line."""
    return " ".join(job.request.prompt.split()) or "From the reference image only"


def facts_shown(job: Job, capabilities: Capabilities, service: str = "") -> tuple[str, ...]:
    """The request and the facts of the clip, such as "Sora 2", "16:9", "10 s", "1280×720", "24 fps" and "6.4 MB".

    `capabilities`: of the job's service. `service`: its label, where there are several.
    """
    request = job.request
    length = f"{request.duration} s" if request.frames is None else f"{request.frames} frames"
    numbers = (
        "" if request.steps is None else f"{request.steps} steps",
        "" if request.guidance is None else f"guidance {request.guidance:.4g}",
        "" if request.seed is None else f"seed {number_text(request.seed)}",
    )
    quality = label_of(capabilities.qualities, request.quality) if request.quality else ""
    asked = (service, model_label(capabilities, request.model), shape_label(request, capabilities), length, quality)
    facts: tuple[str, ...] = (*asked, *numbers)
    if isinstance(job.phase, Ready):
        of_file = job.phase.clip.facts
        size = f"{of_file.width}×{of_file.height}"
        facts = (*facts, "" if size in facts else size, f"{of_file.fps:.4g} fps", size_text(of_file.size))
    elif request.fps is not None:
        facts = (*facts, f"{request.fps} fps")
    return tuple(filter(None, facts))


def shape_label(request: VideoRequest, capabilities: Capabilities) -> str:
    """The size or the aspect ratio, such as "1280×720" or "16:9"; empty if the request has neither."""
    if request.size:
        return request.size.replace("x", "×")
    return label_of(capabilities.aspect_ratios, request.aspect_ratio) if request.aspect_ratio else ""


def number_text(number: float) -> str:
    """A number of a request, such as "4.5" or "481 207 316"."""
    if isinstance(number, int) and number >= 10_000:
        return format_amount(Decimal(number))
    return f"{number:.10g}"


def timecode(seconds: float) -> str:
    """Minutes, seconds and hundredths, such as "0:03.82"."""
    hundredths = int(seconds * 100 + 1e-6)
    return f"{hundredths // 6000}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def speed_text(speed: float) -> str:
    """The playback speed, such as "1×", "0.5×" or, backward, "−2×"."""
    return ("\N{MINUS SIGN}" if speed < 0 else "") + f"{abs(speed):.2f}".rstrip("0").rstrip(".") + "×"


def size_text(size: int) -> str:
    """A number of bytes, such as "6.4 MB" or "1.1 GB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
