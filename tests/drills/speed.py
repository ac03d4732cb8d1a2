"""How much faster the clock of a drill's programs runs."""

from __future__ import annotations

#: Virtual seconds in one real second.
FACTOR = 20.0
