"""The models that the engines of the sandbox pretend to have loaded, with the defaults that real engines carry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ServedModel:
    """What one model renders. Frame counts are a multiple of `frame_step`, plus one; edges of `edge_step`."""

    size: tuple[int, int]
    frames: int
    fps: float
    task: str = "T2V"
    frame_step: int = 4
    edge_step: int = 16
    has_sound: bool = False
    max_frames: int = 1000

    @property
    def needs_image(self) -> bool:
        """A create without an image is refused."""
        return self.task == "I2V"

    @property
    def takes_image(self) -> bool:
        """An image that is sent along is used."""
        return "I" in self.task

    def nearest_frames(self, frames: int) -> int:
        """The frame count that is rendered when `frames` are asked for."""
        return max(1, frames // self.frame_step * self.frame_step + 1) if self.frame_step > 1 else max(1, frames)


#: Values of the engines' own configurations (SGLang 0.5.23 and vLLM-Omni 0.30).
WAN_T2V = ServedModel((1280, 720), 81, 16)
WAN_I2V = ServedModel((1280, 720), 81, 16, task="I2V")
WAN_TI2V = ServedModel((1280, 704), 121, 24, task="TI2V", edge_step=32)
LTX = ServedModel((768, 512), 121, 24, task="TI2V", frame_step=8, edge_step=32, has_sound=True)
#: The closed reference service.
SORA = ServedModel((720, 1280), 96, 24, task="TI2V", frame_step=1, edge_step=2, has_sound=True)
