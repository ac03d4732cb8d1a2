"""The addresses of a service, checked before anything is sent to them."""

from __future__ import annotations

import httpx

from sora_desktop.api.errors import NotEncrypted
from sora_desktop.api.http.origin import checked_base_url, is_loopback, may_send_key
from sora_desktop.domain.service_config import ServiceConfig


def checked_addresses(config: ServiceConfig, key: str) -> tuple[str, ...]:
    """Every address of the service, in its one spelling and each once. Raises BadUrl with a sentence for the user."""
    return tuple(dict.fromkeys(checked_address(url, config, key) for url in config.urls))


def checked_address(text: str, config: ServiceConfig, key: str) -> str:
    """One address of the service. Raises BadUrl with a sentence for the user."""
    address = checked_base_url(text, sends_key=False)
    url = httpx.URL(address)
    if key and not may_send_key(url, config.plain_http_host):
        raise NotEncrypted(
            f"The API key would be sent to {url.host} without encryption. Use an address that begins with https://, "
            f"remove the key if the engine needs none, or allow plain http to {url.host} for this service.",
            host=url.host,
        )
    return address


def unencrypted(address: str, *, sends_key: bool) -> str:
    """What the user should know about an address without encryption on another machine; empty for any other."""
    url = httpx.URL(address)
    if url.scheme != "http" or is_loopback(url.host):
        return ""
    sent = "The API key, prompts" if sends_key else "Prompts"
    return f"{sent}, images and videos travel to and from {url.host} without encryption. Others can read them there."


def root_of(address: str) -> str:
    """The address of the server itself, where it answers about its health: without the version at the end."""
    return address.removesuffix("/v1")
