"""What the Sora 2 Video API offers and allows. Imports no HTTP library: the first paint needs this module.

Sources: the service's pages on endpoints (models and their options, prompt limit), rate limits and credits.
"""

from __future__ import annotations

from dataclasses import replace

from sora_desktop.domain.capabilities import (
    SEED,
    Capabilities,
    Choice,
    ModelCapabilities,
    NumericOption,
    Quality,
    ServiceLimits,
    Unit,
)

_ASPECT_RATIOS = (Choice("16:9", "16:9"), Choice("9:16", "9:16"), Choice("1:1", "1:1"))
_DURATIONS = (Choice(5, "5 s"), Choice(10, "10 s"), Choice(15, "15 s"))
_QUALITIES = (Quality("standard", "Standard"), Quality("high", "High", 1080))

SORA2 = ModelCapabilities("sora2", "Sora 2", _ASPECT_RATIOS, _DURATIONS, _QUALITIES)
SORA2_PRO = ModelCapabilities("sora2-pro", "Sora 2 Pro", _ASPECT_RATIOS, _DURATIONS, _QUALITIES)

LIMITS = ServiceLimits(
    per_minute=20,
    per_day=500,
    day_begins=0.0,
    day_begins_text="midnight UTC",
    link_lifetime=72 * 3600.0,
)

CAPABILITIES = Capabilities(
    models=(SORA2, SORA2_PRO),
    prompt_limit=2000,
    takes_limit=20,  # the program's own limit for one click
    limits=LIMITS,
    unit=Unit("credit", "credits"),
)

#: The sandbox can do what the service can, and takes a seed, which the service's documentation does not have.
_SEED = NumericOption(SEED, "Seed", lowest=0, highest=2**31 - 1)
SANDBOX_CAPABILITIES = replace(
    CAPABILITIES, models=tuple(replace(model, numbers=(_SEED,)) for model in CAPABILITIES.models)
)
