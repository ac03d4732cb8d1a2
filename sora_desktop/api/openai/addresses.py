"""The addresses of a service, checked before anything is sent to them."""

from __future__ import annotations

import httpx

from sora_desktop.api.errors import BadUrl
from sora_desktop.api.http.origin import checked_base_url, may_send_key
from sora_desktop.domain.service_config import ServiceConfig


def checked_addresses(config: ServiceConfig, key: str) -> tuple[str, ...]:
    """Every address of the service, in its one spelling and each once. Raises BadUrl with a sentence for the user."""
    return tuple(dict.fromkeys(checked_address(url, config, key) for url in config.urls))


def checked_address(text: str, config: ServiceConfig, key: str) -> str:
    """One address of the service. Raises BadUrl with a sentence for the user."""
    address = checked_base_url(text, sends_key=False)
    url = httpx.URL(address)
    if key and not may_send_key(url, config.plain_http_host):
        raise BadUrl(
            f"The API key would be sent to {url.host} without encryption. Use an address that begins with https://, "
            f"remove the key if the engine needs none, or allow plain http to {url.host} for this service."
        )
    return address


def root_of(address: str) -> str:
    """The address of the server itself, where it answers about its health: without the version at the end."""
    return address.removesuffix("/v1")
