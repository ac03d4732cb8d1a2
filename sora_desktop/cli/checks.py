"""How the checks of a service are printed: a line for each as soon as it is known, or one JSON object at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sora_desktop.cli.progress import print_error, standard_output
from sora_desktop.domain.examination import Checked, CheckResult, Examination
from sora_desktop.domain.service_config import ServiceConfig, mixed_notice

_MARKS = {CheckResult.PASSED: "ok     ", CheckResult.FAILED: "FAILED ", CheckResult.ABSENT: "-      "}


class CheckLines:
    """Prints what is found at each address, each fact once. With JSON, nothing but the object at the end."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._output = standard_output(as_json)
        self._shown: set[Checked] = set()
        self._url = ""
        self._names_urls = False

    def begin(self, urls: Sequence[str]) -> None:
        """These addresses are about to be asked, which may take a while."""
        self._names_urls = len(urls) > 1
        if not self._as_json and not self._shown:
            print_error(f"Asking {', '.join(urls)} …")

    def show(self, found: Checked) -> None:
        """Print a check, below its address if there are several."""
        if self._as_json or found in self._shown or found.result is CheckResult.SKIPPED:
            return
        self._shown.add(found)
        if self._names_urls and found.url != self._url:
            self._url = found.url
            self._output.write(f"{found.url or 'All together:'}\n")
        self._output.write(f"{_MARKS[found.result]} {found.check:<10} {found.text}".rstrip() + "\n")

    def write_object(self, fields: Mapping[str, object]) -> None:
        """With JSON, print the object."""
        if self._as_json:
            self._output.write(f"{json.dumps(fields, ensure_ascii=False)}\n")


def examination_object(config: ServiceConfig, examination: Examination) -> dict[str, object]:
    """What was found, for `--json`."""
    return {
        "service": config.name,
        "ok": examination.is_ok,
        "profile": config.profile or examination.profile,
        "models": list(examination.models),
        "checks": [
            {"check": found.check, "result": found.result, "text": found.text, "url": found.url}
            for found in examination.checks
        ],
        "warnings": list(examination.warnings),
        "notice": mixed_notice(config),
    }
