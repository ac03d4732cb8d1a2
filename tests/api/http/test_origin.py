"""The rules for base URLs, and for links to files."""

from __future__ import annotations

import httpx
import pytest

from sora_desktop.api.errors import BadUrl
from sora_desktop.api.http.origin import checked_base_url, is_safe


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://soravideo.art/api/v1", "https://soravideo.art/api/v1"),
        ("  https://soravideo.art/api/v1/// ", "https://soravideo.art/api/v1"),
        ("http://127.0.0.1:8000/api/v1", "http://127.0.0.1:8000/api/v1"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost.:8000", "http://localhost.:8000"),
        ("http://127.1:8000/x", "http://127.1:8000/x"),
        ("http://0.0.0.0:8000/api/v1", "http://0.0.0.0:8000/api/v1"),  # what `sandbox --host 0.0.0.0` prints
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://BÜCHER.example/x", "https://xn--bcher-kva.example/x"),
        ("HTTPS://Soravideo.art", "https://soravideo.art"),
        ("https://SoraVideo.art:443/api/V1", "https://soravideo.art/api/V1"),
        ("http://localhost:80/x", "http://localhost/x"),
        ("https://soravideo.art:80/x", "https://soravideo.art:80/x"),
        ("https://soravideo.art:/x", "https://soravideo.art/x"),
        ("https://[::1]:443/x", "https://[::1]/x"),
        ("https://[::443]/x", "https://[::443]/x"),
    ],
)
def test_a_valid_base_url_is_accepted(text: str, url: str) -> None:
    assert checked_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soravideo.art/api/v1",
        "ftp://soravideo.art",
        "http://soravideo.art/api/v1",  # the key would be sent unencrypted
        "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/",
        "http://10.0.0.1/",
        "http://10.1/",
        "http://0.0.0.1/",
        "http://app.localhost/",  # may be looked up outside
        "https://",
        "https:///x",
        "https://a..b/",
        f"https://{'a' * 64}.com/",
        "https://user:pass@soravideo.art/",
        "https://soravideo.art@evil.example/",
        "https://soravideo.art/?key=1",
        "https://soravideo.art/#x",
        "https://soravideo.art:0/",
        "https://soravideo.art:99999/",
        "https://soravideo.art:abc/",
        "https://[bad/",
        "https://sora\nvideo.art/",
        "https://sora video.art/",
        "file:///etc/passwd",
        "\ud800",
    ],
)
def test_an_invalid_base_url_is_rejected_with_a_sentence(text: str) -> None:
    with pytest.raises(BadUrl) as caught:
        checked_base_url(text)
    assert "base URL" in str(caught.value) and "Settings" in str(caught.value)


LAN, HERE, ABROAD = "http://gpu2:8091/v1", "http://127.0.0.1:8091/v1", "https://soravideo.art/api/v1"


@pytest.mark.parametrize(
    ("link", "base", "safe"),
    [
        ("https://bucket.example/a.mp4?X-Amz-Signature=1", LAN, True),
        ("https://bucket.example/a.mp4", ABROAD, True),
        ("http://gpu2:8091/v1/videos/1/content", LAN, True),
        ("http://minio:9000/clips/a.mp4?X-Amz-Signature=1", LAN, True),
        ("http://192.168.0.7/a.mp4", LAN, True),
        ("http://admin:secret@minio:9000/a.mp4", LAN, False),  # readable on the way
        ("http://admin@minio:9000/a.mp4", LAN, False),
        ("http://minio:9000/a.mp4", ABROAD, False),
        ("http://minio:9000/a.mp4", "https://gpu2/v1", False),
        ("http://minio:9000/a.mp4", HERE, False),  # a tunnel to a network that the program does not know
        ("http://127.0.0.1:1/a.mp4", ABROAD, True),
        ("http://minio:0/a.mp4", LAN, False),
        ("ftp://minio/a.mp4", LAN, False),
        ("file:///etc/passwd", LAN, False),
        ("http:///a.mp4", LAN, False),
    ],
)
def test_plain_http_to_another_machine_is_for_services_that_the_user_reaches_like_that(
    link: str, base: str, safe: bool
) -> None:
    assert is_safe(httpx.URL(link), httpx.URL(base)) is safe
