"""The content of the form, kept between runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.codec import to_text, value_from_text
from sora_desktop.store.files import move_damaged_aside, write_atomically


class _Draft(msgspec.Struct):
    request: VideoRequest
    takes: int = 1
    service: str = ""


class DraftFile:
    """Loads and saves the form. A damaged file is moved aside, and the form starts empty."""

    def __init__(self, file: Path) -> None:
        self._file = file
        #: Why the file could not be used, as a message for the user; empty if it could.
        self.warning = ""

    def load(self) -> tuple[VideoRequest, int, str]:
        """The request, without an image whose file no longer exists, the number of takes, and the service's name.

        The name is empty if it is not known.
        """
        self.warning = ""
        try:
            draft = value_from_text(self._file.read_bytes(), _Draft)
        except FileNotFoundError:
            return VideoRequest(), 1, ""
        except (msgspec.MsgspecError, UnicodeError):
            self.warning = f"{move_damaged_aside(self._file, 'draft')} The form is empty."
            return VideoRequest(), 1, ""
        except OSError as error:
            self.warning = f"The draft in {self._file} cannot be read ({error.strerror or error}). The form is empty."
            return VideoRequest(), 1, ""
        request = draft.request
        if request.image is not None and not request.image.file.exists():
            request = replace(request, image=None)
        return request, draft.takes, draft.service

    def save(self, request: VideoRequest, takes: int, service: str = "") -> None:
        """Replace the file in one step. `service` is the one that the request is for. Raises OSError."""
        write_atomically(self._file, to_text(_Draft(request, takes, service)).encode())
