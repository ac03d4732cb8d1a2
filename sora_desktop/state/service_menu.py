"""The services that the form offers to choose from."""

from __future__ import annotations

from typing import NamedTuple

from sora_desktop.state.tone import Tone


class ServiceRow(NamedTuple):
    """One service in the menu."""

    name: str  # of the service's configuration
    label: str
    detail: str  # such as "3 models · free", or why the service cannot be used
    tone: Tone  # of its dot
    is_current: bool
