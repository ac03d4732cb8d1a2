"""What a prompt shows, and the proportions in the spelling of a service."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_desktop.domain.request import ReferenceImage, VideoRequest, image_notice, is_blank, proportions_of


@pytest.mark.parametrize(
    ("aspect_ratio", "proportions"),
    [
        ("16:9", (16, 9)),
        ("1280x720", (1280, 720)),
        ("1:1", (1, 1)),
        ("auto", None),
        ("", None),
        ("16:", None),
        ("0:9", None),
        ("16:9:4", None),
    ],
)
def test_proportions_of_an_aspect_ratio(aspect_ratio: str, proportions: tuple[int, int] | None) -> None:
    assert proportions_of(aspect_ratio) == proportions


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\n\t\r\x0b\x0c", "\u00a0", "\u3000", "\u2003\u2009", "\u2028\u2029", "\x00\x07\x1b\x7f\x85"),
        *("\u200b", "\ufeff", "\u00ad", "\u200c\u200d", "\u200e\u200f\u061c", "\u202a\u202e\u2066\u2069", "\u2060"),
        *("\u2061\u2064", "\u2065", "\u206f", "\u180e", "\u034f", "\u17b4\u17b5", "\ufff9\ufffb", "\ufff0", "\ufffc"),
        *("\ufe0f", "\ufe00\U000e0100", "\u180b\u180f", "\u0301", "\u20e3", "\ud800", "\uffff", "\ufdd0"),
        *("\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "\U0001d159", "\U0001d173", "\U0001bca0"),
        *("\ufffd", "\ufffd \ufffd", "\ue000\uf8ff", "\U000f0000\U0010fffd", "\U0001f3fb\U0001f3ff", "\u093e"),
        *("\U000e0001\U000e0061\U000e007f", "\U000e0000", "\u200b\u2800 \u3164\ufeff" * 50),
    ],
)
def test_a_text_that_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize(
    "text",
    [
        *("a", ".", "雨", "שלום", "مرحبا", "\u200fشمس\u200f", "हिन्दी", "한", "⠁", "é", "e\u0301", "…", "∞", "１"),
        *(
            "👩\u200d🚀",
            "👋\U0001f3fb",
            "caf\ufffd",
            "❤\ufe0f",
            "1\ufe0f\u20e3",
            "🏴\U000e0067\U000e0062\U000e007f",
            "🇪🇺",
            "\U0001fae9",
            "\U0001f9ff",
        ),
        *("\u200b" * 100 + "cat", "\ufeffA boat"),
    ],
)
def test_a_text_with_one_character_that_shows_is_not_blank(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("width", "height", "size", "fits"),
    [
        (1920, 1080, "1280x720", True),
        (1280, 704, "1280x720", True),
        (300, 900, "832x480", False),
        (900, 900, "", True),
        (0, 0, "832x480", True),
    ],
)
def test_an_image_with_other_proportions_than_the_video_is_told(width: int, height: int, size: str, fits: bool) -> None:
    image = ReferenceImage(Path("kite.png"), "kite.png", width, height, 1, "")
    notice = image_notice(VideoRequest("kite", aspect_ratio="", size=size, image=image))
    assert (notice == "") is fits
    assert fits or f"The image is {width} × {height} and the video {size.replace('x', ' × ')}" in notice
