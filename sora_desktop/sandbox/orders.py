"""What may be asked of the service: a create's body, read strictly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sora_desktop.sandbox.refusal import Refusal

REFUSED_WORDS = ("gore", "nude", "celebrity")
"""A prompt with one of these words in it (as a whole word, in any case) fails by policy and is refunded."""
LONGEST_PROMPT = 2000


@dataclass(frozen=True)
class Order:
    """What was asked for, already checked."""

    model: str
    prompt: str
    negative_prompt: str = ""
    aspect_ratio: str = "16:9"
    duration: int = 5
    quality: str = "standard"
    image_url: str = ""
    image: str = ""


def refused_word(prompt: str) -> str:
    """The first word of the prompt that policy refuses, or an empty text."""
    words = "".join(letter if letter.isalnum() else " " for letter in prompt.lower()).split()
    return next((word for word in words if word in REFUSED_WORDS), "")


def checked_order(model: str, body: object, *, from_image: bool, image: Callable[[str], str] = lambda url: "") -> Order:
    """Read a create's body strictly, or refuse it with a sentence; `image` names the upload behind an address."""
    if not isinstance(body, Mapping):
        raise Refusal(400, "The body must be a JSON object")

    def text(name: str) -> str:
        value = body.get(name, "")
        if not isinstance(value, str):
            raise Refusal(400, f"{name} must be text")
        return value

    prompt, image_url = text("prompt"), text("imageUrl")
    aspect_ratio, quality = text("aspectRatio") or "16:9", text("quality") or "standard"
    duration = body.get("duration", 5)
    if not from_image and not prompt.strip():
        raise Refusal(400, "prompt is required")
    if len(prompt) > LONGEST_PROMPT:
        raise Refusal(400, f"prompt must be at most {LONGEST_PROMPT} characters")
    if aspect_ratio not in ("16:9", "9:16", "1:1"):
        raise Refusal(400, "aspectRatio must be 16:9, 9:16 or 1:1")
    if isinstance(duration, bool) or duration not in (5, 10, 15):
        raise Refusal(400, "duration must be 5, 10 or 15")
    if quality not in ("standard", "high"):
        raise Refusal(400, "quality must be standard or high")
    if from_image and not image_url.startswith(("http://", "https://")):
        raise Refusal(400, "imageUrl is required and must be an http address")
    name = image(image_url) if from_image else ""
    return Order(model, prompt, text("negativePrompt"), aspect_ratio, int(duration), quality, image_url, name)
