"""The proportions in the spelling of a service."""

from __future__ import annotations

import pytest

from sora_desktop.domain.request import proportions_of


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
