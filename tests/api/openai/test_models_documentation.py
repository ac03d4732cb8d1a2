"""What is written about files of models is true."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from sora_desktop.api.openai.model_files import ModelEntry, read_model_files

ROOT = Path(__file__).parents[3]
FORMAT = ROOT / "resources" / "capabilities" / "README.md"


@pytest.mark.parametrize("page", [FORMAT, ROOT / "packaging" / "engines.md"])
def test_the_example_is_a_file_that_is_read(page: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    file = tmp_path / "mine.json"
    file.write_text(example, "utf-8")
    table = read_model_files([file])
    assert table.warnings == () and len(table.entries) == 1


def test_every_name_of_an_entry_is_explained() -> None:
    rows = re.findall(r"^\| (`[^|]*) \|", FORMAT.read_text("utf-8"), re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert explained == {field.name for field in fields(ModelEntry)}
