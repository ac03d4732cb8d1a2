"""The transport of compared clips: it names the clip of its filmstrip and its sound."""

from __future__ import annotations

from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.letter_chip import LetterChip

_STRIP_HEIGHT = 48  # pixels


class LetteredTransport(Transport):
    """A transport with the letter of the current clip before the filmstrip and before the volume."""

    def __init__(self, theme: Theme, actions: PlayerActions) -> None:
        super().__init__(theme, actions, strip_height=_STRIP_HEIGHT)
        self._chips = (LetterChip(theme), LetterChip(theme))
        self._letter = ""
        self.add_chips(*self._chips)

    def show_letter(self, letter: str) -> None:
        """Name the current clip."""
        self._letter = letter
        for chip in self._chips:
            chip.show_letter(letter, current=chip is self._chips[0])

    @property
    def _place_text(self) -> str:
        now, frame = self._time.lines
        return f"{now}\n{self._letter}  {frame}"
