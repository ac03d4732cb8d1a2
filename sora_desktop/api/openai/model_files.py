"""Reads the files that say what the models of engines can do. The format is in `resources/capabilities/README.md`.

The standard library reads them, since the window needs them before the first paint.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple, TypeVar

from sora_desktop.domain.capabilities import FrameRule

T = TypeVar("T")

#: Largest file that is read, in bytes.
_LARGEST_FILE = 1024 * 1024
#: Pixels and frames above which a number is a mistake.
_MOST_PIXELS, _MOST_FRAMES = 16384, 100_000


class Range(NamedTuple):
    """The numbers that an option accepts."""

    lowest: float
    highest: float
    default: float | None = None  # None: the server chooses


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """What is known about the models whose names match. The defaults hold for what an entry leaves out."""

    match: tuple[str, ...] = ("*",)  # patterns of shells, in lower case
    label: str = ""  # empty: the model's name
    sizes: tuple[str, ...] = ()  # pixels, such as "1280x720"; the first one is the default
    any_size: bool = True
    size_step: int = 2  # pixels of which sides are multiples; codecs code even ones
    smallest_side: int = 64  # pixels
    seconds: Range | None = None
    durations: tuple[int, ...] = ()  # seconds to choose from, instead of a range
    frames: Range | None = None  # instead of seconds, where the server takes frames
    frame_rule: FrameRule | None = None
    fps: tuple[int, ...] = ()  # to choose from; the first one is the default. Empty: any, 24 at first
    steps: Range | None = None
    guidance: Range | None = None
    image: str = "optional"  # or "required", "none"
    negative_prompt: bool = True
    sound: bool = False


class ModelTable(NamedTuple):
    """The entries of all files, those that count first in front."""

    entries: tuple[ModelEntry, ...]
    #: Why entries or files were ignored, as sentences for the user.
    warnings: tuple[str, ...] = ()

    def entry_for(self, model: str) -> ModelEntry | None:
        """The first entry that matches the model's name, or its last part; None if there is none."""
        name = model.lower()
        names = (name, name.rstrip("/").rpartition("/")[2])
        return next((entry for entry in self.entries if _matches(entry, names)), None)


def _matches(entry: ModelEntry, names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in entry.match)


def read_model_files(files: Iterable[Path]) -> ModelTable:
    """The entries of the files, in their order. A file or entry that cannot be used is ignored with a warning."""
    entries: list[ModelEntry] = []
    warnings: list[str] = []
    for file in files:
        try:
            with file.open("rb") as opened:
                content = opened.read(_LARGEST_FILE + 1)
            if len(content) > _LARGEST_FILE:
                raise ValueError("it is larger than 1 MB")
            found = _entries_in(json.loads(content))
        except OSError as error:
            warnings.append(f"The models file {file.name} cannot be read ({error.strerror or error}). It is ignored.")
        except (ValueError, RecursionError) as error:  # also of JSON, and of invalid UTF-8
            warnings.append(f"The models file {file.name} is ignored: {error}.")
        else:
            entries += found
    return ModelTable(tuple(entries), tuple(warnings))


def _entries_in(content: object) -> list[ModelEntry]:
    """The entries of one file. Raises ValueError with what is wrong."""
    models = content.get("models") if isinstance(content, dict) else None
    if not isinstance(models, list):
        raise ValueError("it has no list “models”")
    found = []
    for number, entry in enumerate(models, 1):
        try:
            found.append(_entry_in(entry))
        except ValueError as error:
            raise ValueError(f"in its model {number}, {error}") from None
    return found


def _entry_in(value: object) -> ModelEntry:
    if not isinstance(value, dict):
        raise ValueError("there is no object")
    if unknown := sorted(set(value) - set(_READERS)):
        raise ValueError(f"“{unknown[0]}” is not a known name")
    if "match" not in value:
        raise ValueError("“match” is missing")
    read: dict[str, object] = {name: _READERS[name](name, value[name]) for name in value}
    entry = ModelEntry(**read)  # type: ignore[arg-type]
    if entry.fps == () and entry.frames is not None:
        raise ValueError("“frames” needs “fps”")
    if entry.frames is not None and entry.frames.default is not None and entry.frame_rule is not None:
        default = int(entry.frames.default)
        if entry.frame_rule.nearest(default) != default:
            raise ValueError("the default of “frames” is not one of “frame_rule”")
    return entry


def _texts(name: str, value: object) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or not all(isinstance(each, str) and each.strip() for each in found):
        raise ValueError(f"“{name}” is no text and no list of texts")
    return tuple(each.strip().lower() for each in found)


def _sizes(name: str, value: object) -> tuple[str, ...]:
    sizes = _texts(name, value) if value != [] else ()
    for size in sizes:
        width, _, height = size.partition("x")
        if not (_is_count(width) and _is_count(height) and max(int(width), int(height)) <= _MOST_PIXELS):
            raise ValueError(f"“{size}” is no size such as “1280x720”")
    return sizes


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and text[0] != "0" and len(text) < 6


def _whole_numbers(name: str, value: object) -> tuple[int, ...]:
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(each, int) and not isinstance(each, bool) and 0 < each <= _MOST_FRAMES for each in found):
        raise ValueError(f"“{name}” has something that is no whole number above 0")
    return tuple(found)


def _range(name: str, value: object) -> Range:
    if not isinstance(value, dict) or set(value) - {"lowest", "highest", "default"}:
        raise ValueError(f"“{name}” is no object with “lowest”, “highest” and “default”")
    numbers = {key: number for key, number in value.items() if number is not None or key != "default"}
    if not {"lowest", "highest"} <= set(numbers):
        raise ValueError(f"“{name}” has no “lowest” and “highest”")
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in numbers.values()):
        raise ValueError(f"“{name}” has something that is no number")
    found = Range(numbers["lowest"], numbers["highest"], numbers.get("default"))
    if not 0 <= found.lowest <= (found.lowest if found.default is None else found.default) <= found.highest:
        raise ValueError(f"the numbers of “{name}” contradict each other")
    if found.highest > _MOST_FRAMES:
        raise ValueError(f"“{name}” is too high")
    return found


def _whole_range(name: str, value: object) -> Range:
    found = _range(name, value)
    if any(each is not None and each != int(each) for each in found) or found.lowest < 1:
        raise ValueError(f"“{name}” has something that is no whole number above 0")
    return found


def _frame_rule(name: str, value: object) -> FrameRule:
    if not isinstance(value, dict) or set(value) != {"step", "offset"}:
        raise ValueError(f"“{name}” is no object with “step” and “offset”")
    step, offset = value["step"], value["offset"]
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in (step, offset)):
        raise ValueError(f"“{name}” has something that is no whole number")
    if not (0 < step <= _MOST_FRAMES and 0 <= offset <= _MOST_FRAMES):
        raise ValueError(f"the numbers of “{name}” cannot be used")
    return FrameRule(step, offset)


def _pixels(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MOST_PIXELS:
        raise ValueError(f"“{name}” is no number of pixels")
    return value


def _one_of(choices: tuple[str, ...]) -> Callable[[str, object], object]:
    def read(name: str, value: object) -> object:
        if value not in choices:
            raise ValueError(f"“{name}” is none of {', '.join(choices)}")
        return value

    return read


def _yes_or_no(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"“{name}” is neither true nor false")
    return value


def _label(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > 60:
        raise ValueError(f"“{name}” is no short text")
    return value.strip()


_READERS: Mapping[str, Callable[[str, object], object]] = {
    "match": _texts,
    "label": _label,
    "sizes": _sizes,
    "any_size": _yes_or_no,
    "size_step": _pixels,
    "smallest_side": _pixels,
    "seconds": _whole_range,
    "durations": _whole_numbers,
    "frames": _whole_range,
    "frame_rule": _frame_rule,
    "fps": _whole_numbers,
    "steps": _whole_range,
    "guidance": _range,
    "image": _one_of(("optional", "required", "none")),
    "negative_prompt": _yes_or_no,
    "sound": _yes_or_no,
}
assert set(_READERS) == {field.name for field in fields(ModelEntry)}
