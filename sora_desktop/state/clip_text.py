"""The words beside the open clip: what it is, where the playhead is."""

from __future__ import annotations

from sora_desktop.domain.capabilities import Capabilities, label_of, model_label
from sora_desktop.domain.job import Job, Ready


def title_of(job: Job) -> str:
    """One line that tells the clip from others: the beginning of its prompt."""
    return " ".join(job.request.prompt.split()) or "From the reference image alone"


def facts_text(job: Job, capabilities: Capabilities) -> str:
    """What was requested and received, such as "Sora 2 · 16:9 · 10 s · Standard · 1280×720 · 24 fps · 6.4 MB".

    No-break spaces allow a line break only after a separator.
    """
    request = job.request
    parts = [
        model_label(capabilities, request.model),
        label_of(capabilities.aspect_ratios, request.aspect_ratio),
        f"{request.duration} s",
        label_of(capabilities.qualities, request.quality),
    ]
    if isinstance(job.phase, Ready):
        facts = job.phase.clip.facts
        parts += [f"{facts.width}×{facts.height}", f"{facts.fps:.4g} fps", f"{facts.size / 1e6:.1f} MB"]
    return "\N{NO-BREAK SPACE}· ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def timecode(seconds: float) -> str:
    """Minutes, seconds and hundredths: "0:03.82"."""
    hundredths = int(seconds * 100 + 1e-6)
    return f"{hundredths // 6000}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def speed_text(speed: float) -> str:
    """ "1×", "0.5×", "1.25×"."""
    return f"{speed:.2f}".rstrip("0").rstrip(".") + "×"
