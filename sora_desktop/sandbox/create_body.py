"""The JSON body of a create, validated strictly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sora_desktop.sandbox.api_error import ApiError

#: A prompt with one of these as a whole word, in any case, fails by content policy and is refunded.
REFUSED_WORDS = ("gore", "nude", "celebrity")
MAX_PROMPT_LENGTH = 2000
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class CreateBody:
    """A validated create. `image` is the file name of an upload; empty for an image elsewhere.

    The service's documentation has no `seed`; the sandbox takes one.
    """

    model: str
    prompt: str
    negative_prompt: str = ""
    aspect_ratio: str = "16:9"
    duration: int = 5
    quality: str = "standard"
    image_url: str = ""
    image: str = ""
    seed: int | None = None


def refused_word(prompt: str) -> str:
    """The first word of the prompt that the content policy refuses; empty if there is none."""
    words = "".join(letter if letter.isalnum() else " " for letter in prompt.lower()).split()
    return next((word for word in words if word in REFUSED_WORDS), "")


def parse_create_body(
    model: str, body: object, *, from_image: bool, image: Callable[[str], str] = lambda url: ""
) -> CreateBody:
    """Validate a create. Raises ApiError. `image` returns the file name of the upload behind a URL."""
    if not isinstance(body, Mapping):
        raise ApiError(400, "The body must be a JSON object")

    def text(name: str) -> str:
        value = body.get(name, "")
        if not isinstance(value, str):
            raise ApiError(400, f"{name} must be text")
        return value

    prompt, image_url = text("prompt"), text("imageUrl")
    aspect_ratio, quality = text("aspectRatio") or "16:9", text("quality") or "standard"
    duration = body.get("duration", 5)
    if not from_image and not prompt.strip():
        raise ApiError(400, "prompt is required")
    if len(prompt) > MAX_PROMPT_LENGTH:
        raise ApiError(400, f"prompt must be at most {MAX_PROMPT_LENGTH} characters")
    if aspect_ratio not in ("16:9", "9:16", "1:1"):
        raise ApiError(400, "aspectRatio must be 16:9, 9:16 or 1:1")
    if isinstance(duration, bool) or duration not in (5, 10, 15):
        raise ApiError(400, "duration must be 5, 10 or 15")
    if quality not in ("standard", "high"):
        raise ApiError(400, "quality must be standard or high")
    if from_image and not image_url.startswith(("http://", "https://")):
        raise ApiError(400, "imageUrl is required and must be an http URL")
    name, avoid = image(image_url) if from_image else "", text("negativePrompt")
    return CreateBody(
        model, prompt, avoid, aspect_ratio, int(duration), quality, image_url, name, _seed_in(body.get("seed"))
    )


def _seed_in(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SEED:
        raise ApiError(400, f"seed must be a whole number from 0 to {MAX_SEED}")
    return value
