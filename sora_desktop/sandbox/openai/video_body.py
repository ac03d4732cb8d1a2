"""The body of a create, as a form or JSON, validated as each kind of server does."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from sora_desktop.sandbox.openai.engine_error import EngineError, ErrorForm
from sora_desktop.sandbox.openai.profiles import SandboxProfile
from sora_desktop.sandbox.openai.served_models import ServedModel

#: Bytes of an uploaded image, and pixels of an edge.
_MAX_IMAGE, _MAX_EDGE = 30 * 1024 * 1024, 4096
#: Fields that name an image instead of sending its file.
_REFERENCES = ("input_reference", "image_reference", "video_reference", "reference_url")
_LEAST: Mapping[str, float] = {"width": 1, "height": 1, "num_frames": 1, "fps": 1, "num_inference_steps": 1}


@dataclass(frozen=True)
class VideoBody:
    """A validated create. `seconds` and `shown_size` are what it said; the other values are what is rendered."""

    prompt: str
    negative_prompt: str
    model: str
    shown_model: str
    seconds: str
    shown_size: str
    size: tuple[int, int]
    frames: int
    fps: float
    steps: int | None
    guidance: float | None
    seed: int | None
    has_sound: bool
    image: bytes | None = None
    says_length: bool = True  # in seconds or frames

    @property
    def duration(self) -> float:
        """Seconds of the clip."""
        return self.frames / self.fps


async def read_video_body(request: Request, profile: SandboxProfile) -> VideoBody:
    """Read and validate a create. Raises EngineError."""
    fields, image = await _sent_fields(request, profile)
    is_json = request.headers.get("content-type", "").startswith("application/json")
    is_strict = profile.refuses_unknown == "always" or (profile.refuses_unknown == "in JSON" and is_json)
    if is_strict and (unknown := fields.keys() - profile.fields):
        raise EngineError(400, f"Unknown parameter: '{min(unknown)}'.", min(unknown))
    return _validated({name: value for name, value in fields.items() if name in profile.fields}, image, profile)


async def _sent_fields(request: Request, profile: SandboxProfile) -> tuple[dict[str, object], bytes | None]:
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return await _form_fields(request, profile)
    if not profile.takes_json:
        raise EngineError(400, "Field required: prompt. The body must be a form", "prompt")
    try:
        fields = await request.json()
    except ValueError as error:
        raise EngineError(400, "The body is neither a form nor JSON") from error
    if not isinstance(fields, dict):
        raise EngineError(400, "The body must be an object")
    return _without_image(fields, None, profile)


async def _form_fields(request: Request, profile: SandboxProfile) -> tuple[dict[str, object], bytes | None]:
    image = None
    fields: dict[str, object] = {}
    try:
        async with request.form() as form:
            for name, value in form.multi_items():
                if not isinstance(value, UploadFile):
                    fields[name] = value
                elif name.removesuffix("[]") in profile.fields & {"input_reference", "input_references"}:
                    image = await value.read(_MAX_IMAGE + 1)
    except HTTPException as error:
        raise EngineError(400, str(error.detail)) from error
    if image is not None and len(image) > _MAX_IMAGE:
        raise EngineError(400, "The image is too large")
    return _without_image(fields, image, profile)


def _without_image(
    fields: dict[str, object], image: bytes | None, profile: SandboxProfile
) -> tuple[dict[str, object], bytes | None]:
    """The other fields, and the image, which may be in one of them. Raises EngineError where several are refused."""
    named = [name for name in _REFERENCES if name in profile.fields and fields.get(name)]
    if len(named) + (image is not None) > 1 and "image_reference" in profile.fields:
        raise EngineError(400, "Only one of input_reference, image_reference and video_reference may be given")
    if image is None and named:
        reference = fields[named[0]]
        image = _image_in(_json_or_text(reference) if isinstance(reference, str) else reference)
    return {name: value for name, value in fields.items() if name not in named}, image


def _json_or_text(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _image_in(reference: object) -> bytes | None:
    """The image of a data URL. An image elsewhere is never fetched: its URL stands for it."""
    if isinstance(reference, dict):
        if "file_id" in reference:
            raise EngineError(400, "file_id is not supported")
        reference = reference.get("image_url")
    if not isinstance(reference, str) or not reference:
        return None
    if not reference.startswith("data:"):
        return b""
    try:
        return base64.b64decode(reference.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise EngineError(400, "Failed to process the image") from error


def _validated(fields: Mapping[str, object], image: bytes | None, profile: SandboxProfile) -> VideoBody:
    read = _Fields(fields, profile)
    prompt = read.text("prompt")
    if not prompt:  # a blank one is taken
        # servers on FastAPI alone check it themselves, and name no field
        named_field = "" if profile.errors is ErrorForm.DETAIL else "prompt"
        raise EngineError(400, "prompt is required" if not named_field else "Field required: prompt", named_field)
    named = read.text("model")
    name, model = _model(named, profile)
    if model.needs_image and image is None:
        raise EngineError(400, f"{name} needs an image: input_reference is missing")
    seconds = read.seconds()
    fps = (read.whole("fps") if profile.fps_is_whole else read.number("fps")) or profile.default_fps or model.fps
    wanted = read.whole("num_frames") or (round(seconds * fps) if seconds is not None else model.frames)
    frames = model.nearest_frames(wanted)
    if frames > model.max_frames:
        raise EngineError(400, f"{frames} frames are more than {name} can render")
    size, shown_size = _size(read, model, profile)
    return VideoBody(
        prompt,
        read.text("negative_prompt"),
        name,
        named or name,
        read.text("seconds"),
        shown_size,
        size,
        frames,
        fps,
        read.whole("num_inference_steps"),
        read.number("guidance_scale"),
        read.seed(),
        model.has_sound,
        image if model.takes_image else None,
        seconds is not None or read.whole("num_frames") is not None,
    )


def _model(named: str, profile: SandboxProfile) -> tuple[str, ServedModel]:
    is_served = named in profile.models
    match profile.model_rule:
        case "served or none" if named and not is_served:
            raise EngineError(400, f"The model `{named}` is not served here", "model")
        case "served" if not is_served:
            raise EngineError(400, f"Invalid model name passed in: model={named or None}", "model")
        case _:
            return profile.model_named(named)


def _size(read: _Fields, model: ServedModel, profile: SandboxProfile) -> tuple[tuple[int, int], str]:
    """The size that is rendered, and as the create said it; empty if the create gave none or edges instead."""
    text = read.text("size")
    width, height = model.size
    if text:
        found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
        if not found or (profile.sizes and text not in profile.sizes):
            raise EngineError(400, f"Invalid size: {text}", "size")
        width, height = int(found[1]), int(found[2])
    else:
        width, height = read.whole("width") or width, read.whole("height") or height
    step = model.edge_step if profile.rounds_size else 2
    width, height = width // step * step, height // step * step
    if not (step <= width <= _MAX_EDGE and step <= height <= _MAX_EDGE) or min(width, height) < 32:
        raise EngineError(400, f"Invalid size: {width}x{height}", "size")
    return (width, height), text


class _Fields:
    """Fields of a form, which are text, or of JSON."""

    def __init__(self, fields: Mapping[str, object], profile: SandboxProfile) -> None:
        self._fields, self._profile = fields, profile

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and name == "seconds":
            return f"{value:g}"
        raise self._wrong(name, "must be text")

    def number(self, name: str) -> float | None:
        """A number; None if the field is missing."""
        value = self._fields.get(name)
        if value is None or value == "":
            return None
        try:
            number = float(value) if isinstance(value, (str, int, float)) else math.nan
        except ValueError:
            number = math.nan
        least, most = self._profile.bounds.get(name, (_LEAST.get(name, -math.inf), math.inf))
        if not math.isfinite(number) or not least <= number <= most:
            raise self._wrong(name, f"cannot be {value!r}")
        return number

    def whole(self, name: str) -> int | None:
        """A whole number; None if the field is missing."""
        number = self.number(name)
        if number is not None and number != int(number):
            raise self._wrong(name, "must be a whole number")
        return None if number is None else int(number)

    def seed(self) -> int | None:
        """The seed, else that of the server, if it has one."""
        seed = self.whole("seed")
        return self._profile.default_seed if seed is None else seed

    def seconds(self) -> float | None:
        """The length in seconds, if there is one. Raises EngineError for a form that the server refuses."""
        text = self.text("seconds")
        form = self._profile.seconds
        if not text:
            return None
        is_whole = re.fullmatch(r"[1-9]\d*", text)
        match form:
            case "4, 8 or 12" if text not in ("4", "8", "12"):
                raise self._wrong("seconds", f"must be 4, 8 or 12, not {text}")
            case "digits" | "whole" if not is_whole:
                raise self._wrong("seconds", f"must be a whole number of seconds, not {text!r}")
            case _:
                seconds = self.number("seconds")
                if not seconds or seconds < 0:
                    raise self._wrong("seconds", "must be above 0")
                return seconds

    def _wrong(self, name: str, reason: str) -> EngineError:
        # with FastAPI alone, a field of the wrong type is 422 and its `detail` a list
        return EngineError(422 if self._profile.errors is ErrorForm.DETAIL else 400, f"{name} {reason}", name)
