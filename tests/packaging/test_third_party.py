"""The list of licenses names every package that is installed with the program."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

FILE = Path(__file__).parents[2] / "packaging" / "third_party.py"


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("third_party", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


third_party = loaded()


def test_the_list_has_every_locked_package_and_no_other() -> None:
    names = third_party.locked_names(third_party.LOCK.read_text("utf-8"))
    listed = third_party.listed_licenses(third_party.LIST.read_text("utf-8"))
    assert sorted(listed) == names
    assert {"httpx", "pyside6-essentials", "av", "qasync", "msgspec"} <= set(names)


@pytest.mark.parametrize(
    ("fields", "license"),
    [
        ({"license_expression": "MIT"}, "MIT"),
        ({"license": "BSD-3-Clause"}, "BSD-3-Clause"),
        ({"license": "Copyright\nby us", "classifier": ["License :: OSI Approved :: MIT License"]}, "MIT"),
        ({"classifier": ["License :: OSI Approved :: BSD License", "Topic :: Software"]}, "BSD"),
        ({"classifier": ["Topic :: Software"]}, None),
    ],
)
def test_a_license_is_read_from_old_and_new_metadata(fields: dict[str, object], license: str | None) -> None:
    assert third_party.license_of(SimpleNamespace(json=fields)) == license


def test_the_license_of_an_installed_package_is_found() -> None:
    assert third_party.installed_licenses(["httpx", "not-installed"]) == {"httpx": "BSD-3-Clause"}


def test_the_table_is_replaced_and_the_text_around_it_is_kept() -> None:
    text = f"before\n{third_party.BEGIN}\n| old | MIT |\n{third_party.END}\nafter\n"
    new = third_party.with_table(text, {"b": "MIT", "a": "Apache-2.0"})
    assert new.startswith("before\n") and new.endswith("\nafter\n")
    assert third_party.listed_licenses(new) == {"a": "Apache-2.0", "b": "MIT"}
