"""Capabilities of engines that differ in everything that a form or a conversion has to follow."""

from __future__ import annotations

from dataclasses import replace

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.capabilities import (
    FPS,
    FRAMES,
    GUIDANCE,
    INFERENCE_STEPS,
    SECONDS,
    SEED,
    Choice,
    FrameRule,
    ModelCapabilities,
    NumericOption,
)


def _sizes(*values: str) -> tuple[Choice[str], ...]:
    return tuple(Choice(value, value.replace("x", "×")) for value in values)


_SEED = NumericOption(SEED, "Seed", 0, 2**53)
_GUIDANCE = NumericOption(GUIDANCE, "Guidance", 0, 20, 5.0, decimals=1)

#: Takes seconds.
WAN = ModelCapabilities(
    "wan-2.2",
    "Wan 2.2",
    sizes=_sizes("1280x720", "720x1280", "960x960"),
    frame_rates=(Choice(16, "16"), Choice(24, "24")),
    numbers=(
        NumericOption(SECONDS, "Seconds", 2, 8, 5),
        NumericOption(INFERENCE_STEPS, "Steps", 1, 200, 40),
        _GUIDANCE,
        _SEED,
    ),
)
#: Takes frames in steps of eight, any size, no negative prompt, and has no frame rates to choose from.
LTX = ModelCapabilities(
    "ltx-2",
    "LTX-2",
    sizes=_sizes("768x512", "512x768"),
    takes_any_size=True,
    frame_rule=FrameRule(8, 1),
    numbers=(
        NumericOption(FRAMES, "Frames", 9, 257, 121),
        NumericOption(FPS, "Frames per second", 1, 60, 24),
        NumericOption(INFERENCE_STEPS, "Steps", 1, 200, 8),
        _SEED,
    ),
    takes_negative_prompt=False,
    takes_image=False,
    renders_sound=True,
)
#: Starts from an image, and lets the service choose nearly everything.
ANIMATE = ModelCapabilities(
    "animate",
    "Animate",
    takes_any_size=True,
    needs_image=True,
    numbers=(NumericOption(SECONDS, "Seconds", 1, 60, 5), NumericOption(FPS, "Frames per second", 1, 120)),
)
#: Has more models and sizes than fit into a row.
MANY = replace(
    WAN,
    name="hunyuan-video-1.5-480p-image-to-video-distilled",
    label="hunyuan-video-1.5-480p-image-to-video-distilled",
    sizes=_sizes("1280x720", "720x1280", "1104x832", "832x1104", "960x960", "960x544", "544x960", "624x832", "720x720"),
)
ENGINE = replace(CAPABILITIES, models=(WAN, LTX, ANIMATE, MANY), unit=None, prompt_limit=10_000)
