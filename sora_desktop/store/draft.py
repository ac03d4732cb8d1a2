"""The form as it was left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.codec import to_text, value_from_text
from sora_desktop.store.files import set_aside, write_whole


class _Draft(msgspec.Struct):
    request: VideoRequest
    takes: int = 1


class DraftFile:
    """Loads and saves; a damaged file is kept aside and the form starts empty."""

    def __init__(self, file: Path) -> None:
        self._file = file
        #: Why the form is empty although there is a file, in a sentence; empty when nothing is wrong.
        self.warning = ""

    def load(self) -> tuple[VideoRequest, int]:
        """The request and the number of takes. An image that is gone is left out."""
        self.warning = ""
        try:
            draft = value_from_text(self._file.read_bytes(), _Draft)
        except FileNotFoundError:
            return VideoRequest(), 1
        except (msgspec.MsgspecError, UnicodeError):
            self.warning = f"{set_aside(self._file, 'draft')} The form begins empty."
            return VideoRequest(), 1
        except OSError as error:
            self.warning = (
                f"The draft in {self._file} cannot be read ({error.strerror or error}); the form begins empty."
            )
            return VideoRequest(), 1
        request = draft.request
        if request.image is not None and not request.image.file.exists():
            request = replace(request, image=None)
        return request, draft.takes

    def save(self, request: VideoRequest, takes: int) -> None:
        """Replace the file in one step. Raises OSError."""
        write_whole(self._file, to_text(_Draft(request, takes)).encode())
