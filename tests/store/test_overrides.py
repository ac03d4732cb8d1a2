"""Environment variables that override Settings."""

from __future__ import annotations

import pytest

from sora_desktop.domain.overrides import Override
from sora_desktop.store.overrides import KEY_OVERRIDE, URL_OVERRIDE, overrides_in, value_of


@pytest.mark.parametrize(
    ("environ", "overrides"),
    [
        ({}, ()),
        ({"SORA_API_KEY": "", "SORA_BASE_URL": " \n"}, ()),
        ({"SORA_API_KEY": "sk_1"}, (KEY_OVERRIDE,)),
        ({"SORA_API_KEY": "sk_1\n", "SORA_BASE_URL": "https://a.example"}, (KEY_OVERRIDE, URL_OVERRIDE)),
    ],
)
def test_a_blank_variable_overrides_nothing(environ: dict[str, str], overrides: tuple[Override, ...]) -> None:
    assert overrides_in(environ) == overrides
    assert [value_of(one, environ) for one in overrides] == [
        value.strip() for value in environ.values() if value.strip()
    ]
