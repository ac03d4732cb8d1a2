"""The decoders of one clip. Each frame is decoded by the one that is nearest to it."""

from __future__ import annotations

from sora_desktop.media.errors import MediaError
from sora_desktop.media.frames.decoder import FrameDecoder


class ClipDecoders:
    """One, or two while frames are needed at two places, so that none is decoded again to go back. For one thread."""

    def __init__(self, decoder: FrameDecoder) -> None:
        self._by_use = [decoder]  # the one that was used last is the last one
        self._main = decoder  # was used last for what is shown next
        self._may_have_another = True

    @property
    def heads(self) -> list[int]:
        """The frames that can be decoded next without a seek."""
        return [decoder.next_whole for decoder in self._by_use]

    def start_of(self, frame: int) -> int:
        """The frame at which decoding begins to reach `frame`."""
        return self._main.start_of(frame)

    def distance(self, frame: int) -> int:
        """The number of frames to decode until `frame` has been read."""
        return min(decoder.distance(frame) for decoder in self._by_use)

    def move_to(self, frame: int, *, needed_from: int = 0, is_aside: bool = False) -> FrameDecoder:
        """The decoder that reads on from a frame at or before `frame`. See `FrameDecoder.move_to`.

        `is_aside`: another one, if there can be one, than goes on with what is shown next.
        """
        leading = [decoder for decoder in self._usable(is_aside) if decoder.leads_to(frame)]
        if not leading:
            self._open_another()
        usable = self._usable(is_aside) or self._by_use
        decoder = min(leading or usable[:1], key=lambda each: each.distance(frame))
        self._by_use.remove(decoder)
        self._by_use.append(decoder)
        if not is_aside:
            self._main = decoder
        decoder.move_to(frame, needed_from=needed_from)
        return decoder

    def _usable(self, is_aside: bool) -> list[FrameDecoder]:
        return [decoder for decoder in self._by_use if not is_aside or decoder is not self._main]

    def be_one(self) -> None:
        """Have only the decoder that goes on with what is shown next, from now on."""
        self._may_have_another = False
        for decoder in self._by_use:
            if decoder is not self._main:
                decoder.close()
        self._by_use = [self._main]

    def close(self) -> None:
        """Close the files."""
        for decoder in self._by_use:
            decoder.close()

    def _open_another(self) -> None:
        if self._may_have_another and len(self._by_use) == 1:
            try:
                self._by_use.insert(0, self._main.twin())
            except MediaError:  # the file is gone, but this one has it open
                self._may_have_another = False
