"""Environment variables that override Settings. They count for the first service only."""

from __future__ import annotations

from collections.abc import Mapping

from sora_desktop.domain.overrides import Override

KEY_OVERRIDE = Override("SORA_API_KEY", "API key")
URL_OVERRIDE = Override("SORA_BASE_URL", "base URL")


def value_of(override: Override, environ: Mapping[str, str]) -> str:
    """What the variable is set to, without the spaces around it; empty if it is not set."""
    return environ.get(override.variable, "").strip()


def overrides_in(environ: Mapping[str, str]) -> tuple[Override, ...]:
    """Those that are set."""
    return tuple(one for one in (KEY_OVERRIDE, URL_OVERRIDE) if value_of(one, environ))
