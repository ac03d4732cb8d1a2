"""The decoders of one clip. Each frame is decoded by the one that is nearest to it."""

from __future__ import annotations

from sora_desktop.media.errors import MediaError
from sora_desktop.media.frames.decoder import FrameDecoder


class ClipDecoders:
    """One, or two while frames are needed at two places, so that none is decoded again to go back. For one thread."""

    def __init__(self, decoder: FrameDecoder) -> None:
        self._by_use = [decoder]  # the one that was used last is the last one
        self._may_have_another = True

    @property
    def heads(self) -> list[int]:
        """The frames that can be decoded next without a seek."""
        return [decoder.next_whole for decoder in self._by_use]

    def start_of(self, frame: int) -> int:
        """The frame at which decoding begins to reach `frame`."""
        return self._by_use[-1].start_of(frame)

    def distance(self, frame: int) -> int:
        """The number of frames to decode until `frame` has been read."""
        return min(decoder.distance(frame) for decoder in self._by_use)

    def move_to(self, frame: int, *, needed_from: int = 0) -> FrameDecoder:
        """The decoder that reads on from a frame at or before `frame`. See `FrameDecoder.move_to`."""
        leading = [decoder for decoder in self._by_use if decoder.leads_to(frame)]
        if not leading:
            self._open_another()
        decoder = min(leading or self._by_use[:1], key=lambda each: each.distance(frame))
        self._by_use.remove(decoder)
        self._by_use.append(decoder)
        decoder.move_to(frame, needed_from=needed_from)
        return decoder

    def be_one(self, frame: int) -> None:
        """Have only the decoder that is nearest to `frame`, from now on."""
        self._may_have_another = False
        nearest = min(self._by_use, key=lambda each: each.distance(frame))
        for decoder in self._by_use:
            if decoder is not nearest:
                decoder.close()
        self._by_use = [nearest]

    def close(self) -> None:
        """Close the files."""
        for decoder in self._by_use:
            decoder.close()

    def _open_another(self) -> None:
        if self._may_have_another and len(self._by_use) == 1:
            try:
                self._by_use.insert(0, self._by_use[0].twin())
            except MediaError:  # the file is gone, but this one has it open
                self._may_have_another = False
