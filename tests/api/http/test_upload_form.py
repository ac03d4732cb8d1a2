"""Name and media type of an uploaded image."""

from __future__ import annotations

import pytest

from sora_desktop.api.http.upload_form import labels_of

JPEG = b"\xff\xd8\xff\xe1\x00\x10Exif"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\r"
WEBP = b"RIFF\x10\0\0\0WEBPVP8 "


@pytest.mark.parametrize(
    ("head", "name", "sent", "media_type"),
    [
        (JPEG, "cat.jpg", "cat.jpg", "image/jpeg"),
        (JPEG, "cat.JPEG", "cat.JPEG", "image/jpeg"),
        (JPEG, "photo.png", "photo.jpg", "image/jpeg"),
        (JPEG, "IMG_1234.HEIC", "IMG_1234.jpg", "image/jpeg"),
        (JPEG, "noext", "noext.jpg", "image/jpeg"),
        (JPEG, "x.jpg.", "x.jpg", "image/jpeg"),
        (JPEG, "x.jpg. .", "x.jpg", "image/jpeg"),
        (JPEG, "scene 2.5", "scene 2.5.jpg", "image/jpeg"),
        (JPEG, ".png", ".png.jpg", "image/jpeg"),
        (JPEG, "jpg", "jpg.jpg", "image/jpeg"),
        (JPEG, "", "image.jpg", "image/jpeg"),
        (JPEG, "...", "image.jpg", "image/jpeg"),
        (PNG, "saved.jpg", "saved.png", "image/png"),
        (PNG, "katze.final.PNG", "katze.final.PNG", "image/png"),
        (PNG, "猫.jpg", "猫.png", "image/png"),
        (WEBP, "a.jpeg", "a.webp", "image/webp"),
        (b"%PDF-1.7", "a.png", "a.png", "application/octet-stream"),
        (b"", "a.png", "a.png", "application/octet-stream"),
    ],
)
def test_the_name_and_media_type_fit_the_bytes(head: bytes, name: str, sent: str, media_type: str) -> None:
    assert labels_of(head, name) == (sent, media_type)
