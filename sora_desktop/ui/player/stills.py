"""Single frames that are decoded outside of Qt: which one is wanted, and which one was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Still(NamedTuple):
    """A frame of a clip as a picture."""

    file: Path
    frame: int  # from 0


class Stills(NamedTuple):
    """One still is asked for at a time. Of those that are wanted meanwhile, the last one follows."""

    wanted: Still | None = None
    asked: Still | None = None

    def wanting(self, still: Still) -> Stills:
        """Want another still. One of another file is no longer awaited."""
        asked = self.asked if self.asked is not None and self.asked.file == still.file else None
        return Stills(still, asked)

    def asking(self) -> Stills:
        """Ask for the still that is wanted."""
        return self._replace(asked=self.wanted)

    def answered(self) -> Stills:
        """The still that was asked for has arrived, or cannot be made."""
        return self._replace(asked=None)
