#!/usr/bin/env python3
"""Writes the table of `packaging/THIRD_PARTY.md`: each package that is installed with the program, and its license.

The names come from `packaging/locks/run.txt`, the licenses from the metadata of the packages in this environment. A
package that is not installed here (it belongs to another operating system) keeps its row.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

PACKAGING = Path(__file__).resolve().parent
LIST, LOCK = PACKAGING / "THIRD_PARTY.md", PACKAGING / "locks" / "run.txt"

#: The table stands between these lines.
BEGIN, END = "<!-- table -->", "<!-- end of table -->"

#: SPDX names of the licenses that older metadata gives as a trove classifier.
CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


def locked_names(lock: str) -> list[str]:
    """The packages in the text of a lock file, each once."""
    return sorted(set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", lock, re.MULTILINE)))


def license_of(package: PackageMetadata) -> str | None:
    """The license as an SPDX expression, from the newest field that is filled in; None if there is none."""
    fields = package.json
    expression = fields.get("license_expression") or fields.get("license")
    if isinstance(expression, str) and "\n" not in expression.strip():
        return expression.strip()
    found = [str(entry).rpartition(" :: ")[2] for entry in fields.get("classifier", ()) if "License ::" in str(entry)]
    return " OR ".join(CLASSIFIERS.get(name, name) for name in found) or None


def installed_licenses(names: list[str]) -> dict[str, str]:
    """The licenses of those packages that are installed here."""
    found = {}
    for name in names:
        try:
            license = license_of(metadata(name))
        except PackageNotFoundError:
            continue
        if license:
            found[name] = license
    return found


def listed_licenses(text: str) -> dict[str, str]:
    """The rows of the table in the text of `THIRD_PARTY.md`."""
    table = text.partition(BEGIN)[2].partition(END)[0].rpartition("| --- | --- |")[2]
    return dict(re.findall(r"^\| ([a-z0-9._-]+) \| (.+?) \|$", table, re.MULTILINE))


def with_table(text: str, licenses: Mapping[str, str]) -> str:
    """The text with these rows as its table."""
    rows = "".join(f"| {name} | {licenses[name]} |\n" for name in sorted(licenses))
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    return f"{before}{BEGIN}\n| package | license |\n| --- | --- |\n{rows}{END}{after}"


def main() -> int:
    """Exit status: 0 if the list is complete, 1 if not."""
    text, names = LIST.read_text("utf-8"), locked_names(LOCK.read_text("utf-8"))
    known = {**listed_licenses(text), **installed_licenses(names)}
    missing = [name for name in names if name not in known]
    if missing:
        print(f"No license is known of: {', '.join(missing)}. Add their rows to {LIST.name} by hand.")
        return 1
    LIST.write_text(with_table(text, {name: known[name] for name in names}), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
