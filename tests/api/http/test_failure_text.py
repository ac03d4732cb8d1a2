"""What a kept answer says, in one short line."""

from __future__ import annotations

import pytest

from sora_desktop.api.http.failure_text import said_in


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (None, "The connection broke.", ""),
        (200, '{"id": 7}', ""),
        (500, '{"error": {"message": "Out of memory", "code": 500}}', "HTTP 500: Out of memory"),
        (500, '{"detail": [{"loc": ["body", "size"], "msg": "is odd"}]}', "HTTP 500: size: is odd"),
        (500, '{"code": 500, "msg": "busy"}', "HTTP 500: busy"),
        (503, "no\nGPU", "HTTP 503: no GPU"),
        (502, "<html><title>Bad gateway</title></html>", "HTTP 502: a web page"),
        (500, "", "HTTP 500"),
        (500, '{"id": "video_1"}', "HTTP 500"),
        (500, "x" * 400, f"HTTP 500: {'x' * 119}…"),
    ],
)
def test_what_an_answer_says(status: int | None, answer: str, said: str) -> None:
    assert said_in(status, answer) == said
