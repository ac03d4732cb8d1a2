"""The texts around the open clip: title, facts, time and speed."""

from __future__ import annotations

from sora_desktop.domain.capabilities import Capabilities, label_of, model_label
from sora_desktop.domain.job import Job, Ready


def title_of(job: Job) -> str:
    """The prompt in one line."""
    return " ".join(job.request.prompt.split()) or "From the reference image only"


def facts_shown(job: Job, capabilities: Capabilities) -> tuple[str, ...]:
    """The request and the facts of the clip, such as "Sora 2", "16:9", "10 s", "1280×720", "24 fps" and "6.4 MB"."""
    request = job.request
    facts = (
        model_label(capabilities, request.model),
        label_of(capabilities.aspect_ratios, request.aspect_ratio),
        f"{request.duration} s",
        label_of(capabilities.qualities, request.quality),
    )
    if not isinstance(job.phase, Ready):
        return facts
    of_file = job.phase.clip.facts
    size = f"{of_file.width}×{of_file.height}"
    return *facts, size, f"{of_file.fps:.4g} fps", size_text(of_file.size)


def timecode(seconds: float) -> str:
    """Minutes, seconds and hundredths, such as "0:03.82"."""
    hundredths = int(seconds * 100 + 1e-6)
    return f"{hundredths // 6000}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def speed_text(speed: float) -> str:
    """The playback speed, such as "1×", "0.5×" or "1.25×"."""
    return f"{speed:.2f}".rstrip("0").rstrip(".") + "×"


def size_text(size: int) -> str:
    """A number of bytes, such as "6.4 MB" or "1.1 GB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
