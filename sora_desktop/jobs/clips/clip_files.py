"""The names of clips, and the search for the clip of a job that an earlier run saved."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.domain.job import Failed, Job, Phase, Ready, Removed, Waiting
from sora_desktop.domain.trash import before_trash
from sora_desktop.jobs.ports import ClipLibrary, Inspector
from sora_desktop.media.errors import MediaError

#: File name extensions by the container in the facts of a clip.
EXTENSIONS = {
    "mov,mp4,m4a,3gp,3g2,mj2": ".mp4",
    "mov": ".mov",
    "webm": ".webm",
    "matroska,webm": ".mkv",
    "avi": ".avi",
    "mpegts": ".ts",
    "mpeg": ".mpg",
    "flv": ".flv",
    "asf": ".wmv",
    "ogg": ".ogv",
    "nut": ".nut",
    "gif": ".gif",
    "apng": ".apng",
}
#: Prefix of a clip's file name if another file has the name already.
TAKEN_NAME_PREFIX = "again "
#: Names in a row that may be missing before a clip with more prefixes, because their files were deleted.
MAX_MISSING_NAMES = 3
#: Seconds by which the time in a name may differ from a job's: earlier versions wrote the local time of their day.
_NAME_TOLERANCE = 26 * 3600.0
#: A file name by `clip_name`: time, title, start of the job's id.
_NAME = re.compile(r"(?:again )*(?P<time>\d{4}-\d\d-\d\d \d{6}) (?P<title>.*) (?P<id>[\w-]{1,8})", re.DOTALL)

_TITLE_CHARACTERS, _TITLE_BYTES = 60, 120
_JOINERS = "\u200c\u200d"
_VOWELS_WITH_MARKS = "\u0e33\u0eb3"  # Thai and Lao: letters to Unicode, a part of the one before to the reader
_VIRAMA = 9  # combining class of a sign that joins two consonants
#: What has no shape of its own: variation selectors, marks of direction and of places to break a word.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")


class ClipName(NamedTuple):
    """What a clip's file name says about its job."""

    created_at: float | None  # unix seconds; None: it is no time
    title: str
    id_start: str

    def fits(self, job: Job) -> bool:
        """True if a clip of the job may have this name, in whatever time zone it was written."""
        return (
            self.id_start == job.id[:8]
            and self.title in (_title(job), _earlier_title(job))
            and self.created_at is not None
            and abs(self.created_at - job.created_at) <= _NAME_TOLERANCE
        )


def clip_name(job: Job) -> str:
    """A readable file name that every file system accepts, without extension: UTC, title, start of the job's id."""
    time = datetime.fromtimestamp(job.created_at, UTC).strftime("%Y-%m-%d %H%M%S")
    return f"{time} {_title(job)} {job.id[:8]}"


def read_clip_name(file: Path) -> ClipName | None:
    """What the name of the file says; None if it is no clip's."""
    match = _NAME.fullmatch(unicodedata.normalize("NFC", file.stem))  # some file systems store letters decomposed
    if match is None or file.suffix not in EXTENSIONS.values():
        return None
    try:
        created_at = datetime.strptime(match["time"], "%Y-%m-%d %H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        created_at = None
    return ClipName(created_at, match["title"], match["id"])


def _title(job: Job) -> str:
    """The beginning of the prompt, as far as a file name can hold it."""
    plain = _INVISIBLE.sub("", job.request.prompt)  # not NFKC, which takes Thai vowels apart
    title = unicodedata.normalize("NFC", " ".join(_words_of(plain).split()))
    return name_of_length(title, characters=_TITLE_CHARACTERS, bytes_=_TITLE_BYTES) or "clip"


def _words_of(text: str) -> str:
    """Letters with their marks and joiners, digits, _ and -; blanks in place of the rest."""
    kept: list[str] = []
    takes_marks = False
    for at, part in enumerate(text):
        if part in _JOINERS:
            if takes_marks and not kept[-1].isascii() and text[at + 1 : at + 2].isalpha():
                kept.append(part)
        elif _is_mark(part):
            kept.append(part if takes_marks else " ")
        else:
            takes_marks = part.isalnum()
            kept.append(part if takes_marks or part in "_-" else " ")
    return "".join(kept)


def _is_mark(part: str) -> bool:
    return unicodedata.category(part).startswith("M")


def name_of_length(text: str, *, characters: int = 255, bytes_: int) -> str:
    """The beginning of a text with so many characters and bytes, without half of what is read as one character."""
    end = min(len(text), characters)
    while len(text[:end].encode("utf-8", "surrogatepass")) > bytes_:
        end -= 1
    while 0 < end < len(text) and _is_joined(text[end - 1], text[end]):
        end -= 1
    return text[:end].rstrip()


def _is_joined(before: str, after: str) -> bool:
    is_conjunct = unicodedata.combining(before) == _VIRAMA and after.isalpha()
    return is_conjunct or before in _JOINERS or after in _JOINERS + _VOWELS_WITH_MARKS or _is_mark(after)


def _earlier_title(job: Job) -> str:
    """The title as version 0.1.0 wrote it: without marks."""
    plain = unicodedata.normalize("NFKC", job.request.prompt)
    title = " ".join(re.sub(r"[^\w\- ]+", " ", plain).split())[:_TITLE_CHARACTERS].strip() or "clip"
    while len(title.encode()) > _TITLE_BYTES:
        title = title[:-1]
    return title


class ClipFinder:
    """Finds the clip of a job in the clips folder, or in one where clips were saved before.

    The folders are read once: clips of this run are found by their exact name, which costs the same in a large folder.
    """

    def __init__(
        self, clips_folder: Path, more_folders: Sequence[Path], library: ClipLibrary, inspector: Inspector
    ) -> None:
        self._folder = clips_folder
        self._more_folders = more_folders
        self._library = library
        self._inspector = inspector
        self._earlier: dict[str, list[Path]] | None = None  # files with a clip's name, by the start of the id

    async def find(self, job: Job) -> tuple[Path, VideoFacts] | None:
        """The file and its facts; None if there is no clip that is certainly the job's. Raises StoreError."""
        files = await asyncio.to_thread(self._files_named, clip_name(job))
        files += [file for file in (await self._earlier_files()).get(job.id[:8], ()) if file not in files]
        if not files:
            return None
        others = [other for other in self._library.jobs_starting(job.id[:8]) if other.id != job.id]
        if any(_may_have_such_a_clip(other, job) for other in others):
            return None
        taken = {phase.clip.file for phase in map(_phase_before_trash, others) if isinstance(phase, Ready)}
        for file in files:
            name = read_clip_name(file)
            if file in taken or name is None or not name.fits(job):
                continue
            try:
                return file, await self._inspector.facts(file)
            except (MediaError, OSError):
                continue  # not a clip of ours: left alone
        return None

    def _files_named(self, name: str) -> list[Path]:
        found: list[Path] = []
        missing = 0
        while missing < MAX_MISSING_NAMES:
            spellings = (name, unicodedata.normalize("NFD", name))
            files = [
                self._folder / f"{spelling}{extension}"
                for spelling in dict.fromkeys(spellings)
                for extension in EXTENSIONS.values()
            ]
            existing = [file for file in files if file.is_file()]
            found += existing
            missing = 0 if existing else missing + 1
            name = f"{TAKEN_NAME_PREFIX}{name}"
        return found

    async def _earlier_files(self) -> dict[str, list[Path]]:
        if self._earlier is None:
            folders = (self._folder, *self._more_folders, *self._library.clip_folders())
            self._earlier = await asyncio.to_thread(_clips_in, dict.fromkeys(folders))
        return self._earlier


def _clips_in(folders: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for folder in folders:
        try:
            files = sorted(folder.iterdir())
        except OSError:
            continue
        for file in files:
            name = read_clip_name(file)
            if name is not None:
                found.setdefault(name.id_start, []).append(file)
    return found


def _may_have_such_a_clip(other: Job, job: Job) -> bool:
    """True if a clip of `other` that is not saved yet could have a name that fits `job`."""
    if isinstance(_phase_before_trash(other), Waiting | Ready | Failed | Removed):
        return False
    name = read_clip_name(Path(f"{clip_name(other)}.mp4"))
    return name is not None and name.fits(job)


def _phase_before_trash(job: Job) -> Phase:
    return before_trash(job).phase
