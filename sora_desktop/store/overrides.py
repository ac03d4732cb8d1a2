"""Which environment variables override Settings."""

from __future__ import annotations

from collections.abc import Mapping

from sora_desktop.domain.overrides import Override
from sora_desktop.store.keys import KEY_VARIABLE
from sora_desktop.store.settings import URL_VARIABLE

KEY_OVERRIDE = Override(KEY_VARIABLE, "API key")
URL_OVERRIDE = Override(URL_VARIABLE, "base URL")


def overrides_in(environ: Mapping[str, str]) -> tuple[Override, ...]:
    """Those that are set. They count for the first service only."""
    return tuple(one for one in (KEY_OVERRIDE, URL_OVERRIDE) if environ.get(one.variable, "").strip())
