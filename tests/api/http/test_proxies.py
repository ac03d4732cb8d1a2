"""Which proxy a URL is opened through, whatever the environment says."""

from __future__ import annotations

import os
import select
import socket
import sys
from collections.abc import Callable, Mapping

import httpx
import pytest
from api.scripted_server import CERTIFICATES, Answer, Connection, closed_port, hang_up, raw, reset, say, serving, stall
from waiting import until

from sora_desktop.api.errors import Unreachable
from sora_desktop.api.http.connections import Timeouts, api_client, transfer_client
from sora_desktop.api.http.proxies import proxy_for, proxy_settings
from sora_desktop.api.http.transfers import ServiceTransport
from sora_desktop.api.sora.service import SoraService
from sora_desktop.domain.request import VideoRequest

API = "https://api.example.com/v1"
PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}


def used(environ: Mapping[str, str], url: str = API, platform: str = "linux", own_name: str = "box.home") -> str:
    """The address of the proxy; empty if there is none."""
    proxy = proxy_for(httpx.URL(url), proxy_settings(environ, platform, dict, lambda: own_name))
    return "" if proxy is None else str(proxy.url)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ""),
        (PROXY, "http://proxy.example:3128"),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:2"}, "http://low:1"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://up:2"}, ""),
        ({"HTTPS_PROXY": " http://spaces:1 "}, "http://spaces:1"),
        ({"HTTPS_PROXY": '"http://quoted:1"'}, "http://quoted:1"),
        ({"HTTPS_PROXY": '""'}, ""),
        ({"HTTPS_PROXY": "HTTP://Upper:1/"}, "http://upper:1/"),
        ({"HTTPS_PROXY": "proxy:3128"}, "http://proxy:3128"),
        ({"HTTPS_PROXY": "10.0.0.1:3128"}, "http://10.0.0.1:3128"),
        ({"HTTPS_PROXY": "user:secret@proxy:3128"}, "http://user:secret@proxy:3128"),
        ({"HTTPS_PROXY": "https://[fd07::1]:3128"}, "https://[fd07::1]:3128"),
        ({"ALL_PROXY": "http://all:1"}, "http://all:1"),
        ({"ALL_PROXY": "socks5://all:1", **PROXY}, "http://proxy.example:3128"),
        ({"HTTP_PROXY": "http://plain:1"}, ""),
    ],
)
def test_the_proxy_of_the_environment_is_used(environ: dict[str, str], expected: str) -> None:
    assert used(environ) == expected


UNREADABLE = ["[::1", "fd07::/640", "fe80::%/", "x:y:z", "a..b", "://", "10.0.0.0/99", "…", "[", "*:x", ":", "http://"]


@pytest.mark.parametrize(
    ("no_proxy", "host", "is_direct"),
    [
        ("*", "api.example.com", True),
        ("a.example, *", "api.example.com", True),
        ("example.com", "api.example.com", True),
        (".example.com", "example.com", True),
        ("*.example.com", "api.example.com", True),
        ("EXAMPLE.com", "Api.Example.COM", True),
        ("example.com.", "api.example.com", True),
        ("ample.com", "api.example.com", False),
        ("api.exampl?.com", "api.example.com", False),
        ("api.example.com:443", "api.example.com", True),
        ("api.example.com:8443", "api.example.com", False),
        ("api.example.com:8443", "api.example.com:8443", True),
        ("https://api.example.com", "api.example.com", True),
        ("http://api.example.com", "api.example.com", False),
        ("https://api.example.com/", "api.example.com", True),
        ("one.example two.example", "two.example", True),
        ("one.example,\ttwo.example\n", "two.example", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.1.2.3/8", "10.9.9.9", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3:8443", "10.1.2.3:8443", True),
        ("fd07::/64", "[fd07::5]", True),
        ("[fd07::]/64", "[fd07::5]", True),
        ("[fd07::5]", "[fd07::5]", True),
        ("fd07::5", "[fd07:0::5]", True),
        ("[fd07::5]:443", "[fd07::5]", True),
        ("[fd07::5]:8443", "[fd07::5]", False),
        ("fd08::/64", "[fd07::5]", False),
        ("10.0.0.0/255.0.0.0", "10.1.2.3", True),
        ("10.0.0.0/8", "[::ffff:10.1.2.3]", True),
        ("192.168.*", "192.168.1.2", True),
        ("192.168.*", "192.169.1.2", False),
        ("192.168.*:8443", "192.168.1.2", False),
        ("api.*.com", "api.example.com", True),
        ("api.example.*", "API.example.com.", True),
        ("*example.com", "myexample.com", True),
        ("*.example.com", "myexample.com", False),
        ("https://*.example.com:443", "api.example.com", True),
        ("'api.example.com,one.example'", "api.example.com", True),
        ("münchen.example", "api.xn--mnchen-3ya.example", True),
        ("", "api.example.com", False),
        (" , ,", "api.example.com", False),
        (f"{','.join(UNREADABLE)},example.com", "api.example.com", True),
        *((entry, "api.example.com", False) for entry in UNREADABLE),
    ],
)
def test_an_entry_of_no_proxy_is_understood_or_left_out(no_proxy: str, host: str, is_direct: bool) -> None:
    assert (used({**PROXY, "NO_PROXY": no_proxy}, f"https://{host}/v1") == "") is is_direct


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LocalHost.", "app.localhost", "127.1", "127.0.0.1", "0x7f.1", "2130706433", "0.0.0.0"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "ip6-localhost", "localhost.localdomain"),
        *("box", "BOX.home", "box.local", "box."),
    ],
)
def test_this_machine_is_never_reached_through_a_proxy(host: str) -> None:
    assert used(PROXY, f"https://{host}:8443/api/v1") == ""


@pytest.mark.parametrize(
    ("host", "own_name"),
    [
        *(("localhost.example.com", "box"), ("notlocalhost", "box"), ("1.2.3", "box"), ("128.1", "box")),
        *(("box.example.com", "box"), ("mybox", "box"), ("api.example.com", ""), ("local", ""), (".local", "")),
    ],
)
def test_a_host_that_only_resembles_this_machine_is_reached_through_the_proxy(host: str, own_name: str) -> None:
    assert used(PROXY, f"https://{host}/api/v1", own_name=own_name) == PROXY["HTTPS_PROXY"]


BAD = [
    *(
        "socks://h:1",
        "socks4://h:1",
        "socks5://h:1",
        "SOCKS5h://h:1",
        "gopher://x",
        "http://",
        "http:///",
        "http://h:x",
    ),
    *("http:/proxy:3128", "http://http://proxy:3128"),
    *("http://h:99999", "http://a..b:1", "http://[", "::", "\x00", "http://h:0", "file:///etc", "http://\udcff:1"),
]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_that_cannot_be_used_is_named_where_it_would_be_used(variable: str, value: str) -> None:
    environ = {variable: value, "NO_PROXY": "local.example"}
    with pytest.raises(
        Unreachable, match=rf"^The proxy in {variable} \(.*cannot be used: .*Nothing was sent.*restart"
    ) as caught:
        used(environ)
    assert ("SOCKS is not supported" in str(caught.value)) is value.lower().startswith("socks")
    is_for_all = variable.lower() == "all_proxy"  # which other programs may need as it is
    advice = "Set HTTPS_PROXY to" if is_for_all else f"Set {variable} to"
    assert advice in str(caught.value) and ("add api.example.com to NO_PROXY" in str(caught.value)) is is_for_all
    assert all(c.isprintable() for c in str(caught.value))
    for url in (
        "https://local.example/",
        "http://127.0.0.1:1/",
        "https://localhost/",
        "https://[::1]:1/",
        "https://127.9.9.9/",
        "https://[::ffff:127.0.0.1]/",
    ):
        assert used(environ, url) == ""


@pytest.mark.parametrize(
    "value",
    [
        *("http://joe:12#secret@proxy:1", "joe:12/secret@proxy:1", "http://joe:12?secret@proxy:1"),
        *("http://joe:p#secret@proxy:1", "http://joe:secret@proxy:x"),
    ],
)
def test_a_password_that_ends_the_address_too_early_is_explained(value: str) -> None:
    with pytest.raises(Unreachable, match=r"HTTPS_PROXY \(.*proxy:.\) cannot be used: .*percent-encoded") as caught:
        used({"HTTPS_PROXY": value})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["socks5://joe:secret@h:1", "joe:secret@h:x", "http://joe:se@cret@h:x", "x://secret@"]
)
def test_a_password_is_not_shown(value: str) -> None:
    with pytest.raises(Unreachable) as caught:
        used({"HTTPS_PROXY": value})
    assert "cret" not in str(caught.value) and "joe" not in str(caught.value)


def test_the_systems_proxy_is_used_and_no_variable_is_blamed_for_it() -> None:
    def settings(environ: Mapping[str, str], platform: str, address: str) -> httpx.URL | None:
        proxy = proxy_for(httpx.URL(API), proxy_settings(environ, platform, lambda: {"https": address}))
        return None if proxy is None else proxy.url

    assert settings({}, "win32", "http://p:1") == settings({}, "darwin", "p:1") == "http://p:1"
    assert settings(PROXY, "win32", "http://p:1") == PROXY["HTTPS_PROXY"]
    assert settings({}, "linux", "http://p:1") is None
    with pytest.raises(
        Unreachable, match=r"^The proxy in the settings of this system \(socks4://p:1\) cannot"
    ) as caught:
        settings({}, "win32", "socks4://p:1")
    assert "PROXY" not in str(caught.value)


@pytest.fixture
def only_https_proxy(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets HTTPS_PROXY, and no other variable about proxies."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return lambda address: monkeypatch.setenv("HTTPS_PROXY", address)


async def both_fail(url: str) -> list[str]:
    """What the client for files and the client for calls say."""
    with transfer_client(Timeouts()) as files, pytest.raises(Unreachable) as first:
        files.get(url)
    async with api_client("key") as api:
        with pytest.raises(Unreachable) as second:
            await api.get(url)
    return [str(first.value), str(second.value)]


async def test_a_proxy_that_refuses_is_named(only_https_proxy: Callable[[str], None]) -> None:
    with serving(say(407, b"")) as proxy:
        only_https_proxy(f"http://joe:secret@127.0.0.1:{proxy.port}")
        for text in await both_fail(API):
            assert text == (
                f"api.example.com cannot be reached: the proxy in HTTPS_PROXY (http://127.0.0.1:{proxy.port}) "
                "answered “407 So”. Nothing was sent. Check the address, user name and password of the proxy."
            )
        assert [asked.method for asked in proxy.asked] == ["CONNECT", "CONNECT"]
        assert proxy.asked[0].headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize("answer", [hang_up, reset, stall, raw(b"rubbish\r\n\r\n"), raw(b"HTTP/1.1 200")])
async def test_a_create_that_ends_at_the_proxy_was_not_sent(
    answer: Answer, only_https_proxy: Callable[[str], None]
) -> None:
    with serving(answer) as proxy:
        only_https_proxy(f"http://127.0.0.1:{proxy.port}")
        service = SoraService(API, "key", transport=ServiceTransport(Timeouts(connect=0.3, create=0.3)))
        with pytest.raises(Unreachable, match="Nothing was sent"):
            await service.create(VideoRequest("A cat plays"), None)
        await service.aclose()
        await until(lambda: proxy.asked)  # the call may have ended before the proxy had read it
        assert [asked.method for asked in proxy.asked] == ["CONNECT"]


async def test_a_proxy_that_does_not_run_is_named(only_https_proxy: Callable[[str], None]) -> None:
    port = closed_port()
    only_https_proxy(f"127.0.0.1:{port}")
    for text in await both_fail(API):
        assert text.startswith(
            f"api.example.com cannot be reached through the proxy in HTTPS_PROXY (127.0.0.1:{port})."
        )
        assert text.endswith("Nothing was sent. Check that the proxy is running.")


def tunnel_to(port: int) -> Answer:
    """A proxy that leads every CONNECT to a port of this machine."""

    def answer(connection: Connection) -> None:
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            ends = {connection.socket: upstream, upstream: connection.socket}
            while True:
                readable, _, _ = select.select(list(ends), [], [])
                for end in readable:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)

    return answer


async def test_a_proxy_that_does_not_speak_tls_is_named(only_https_proxy: Callable[[str], None]) -> None:
    with serving(say(200, b"")) as proxy:
        only_https_proxy(f"https://127.0.0.1:{proxy.port}")
        for text in await both_fail(API):
            assert "Nothing was sent." in text
            assert f"the proxy in HTTPS_PROXY (https://127.0.0.1:{proxy.port}) that failed; if" in text


async def test_a_certificate_that_is_not_trusted_is_reported_with_the_proxy(
    only_https_proxy: Callable[[str], None],
) -> None:
    with serving(say(200, b""), certificate="self_signed") as server, serving(tunnel_to(server.port)) as proxy:
        only_https_proxy(f"http://127.0.0.1:{proxy.port}")
        for text in await both_fail(API):
            assert text.startswith("The certificate of api.example.com is")
            assert text.endswith(
                f"The connection went through the proxy in HTTPS_PROXY (http://127.0.0.1:{proxy.port})."
            )


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these systems do not read SSL_CERT_FILE")
async def test_https_goes_through_the_proxy_and_the_key_only_to_the_service(
    only_https_proxy: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    with serving(say(200, b"clip"), certificate="other_name") as server, serving(tunnel_to(server.port)) as proxy:
        only_https_proxy(f"http://127.0.0.1:{proxy.port}")
        with transfer_client(Timeouts()) as files:
            assert files.get("https://elsewhere.example/v.mp4").content == b"clip"
        async with api_client("sk_secret") as api:
            assert (await api.get("https://elsewhere.example/v1/credits")).content == b"clip"
        assert [asked.path for asked in proxy.asked] == ["elsewhere.example:443"] * 2
        assert "secret" not in repr(proxy.asked) and "sk_secret" in repr(server.asked[1])
