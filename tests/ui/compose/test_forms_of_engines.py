"""The form for each kind of model that the program knows, as the engines' dialect describes it."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.api.dialects import capabilities_of
from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.capabilities import Capabilities, problems_in
from sora_desktop.domain.conversion import converted
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.state.composer import Composer
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.theme import Theme

MODELS = Path(__file__).parents[3] / "resources" / "capabilities" / "engines.json"
#: A name that matches each of the entries, and one that matches none.
NAMES = [each["match"][0].replace("*", "") for each in json.loads(MODELS.read_text("utf-8"))["models"]] + ["unheard-of"]


def engine_with(*names: str) -> Capabilities:
    config = ServiceConfig("engine", "http://127.0.0.1:8091/v1", "openai", models=names)
    return capabilities_of(config, (MODELS,))


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_of_every_known_model_can_be_sent_as_the_form_shows_them(
    qtbot: QtBot, theme: Theme, name: str
) -> None:
    capabilities = engine_with(name)
    panel, composer = ComposePanel(theme, CAPABILITIES), Composer(capabilities, capabilities.default_request("a cat"))
    qtbot.addWidget(panel)
    composer.view_changed.connect(panel.render_view)
    panel.request_edited.connect(composer.set_request)
    panel.render_view(composer.view)
    needed = "starts from an image. Add a reference image."
    assert [problem for problem in problems_in(composer.request, capabilities) if not problem.endswith(needed)] == []
    panel.resize(344, 834)
    panel.show()
    shown = {part.objectName() for part in panel.findChildren(QWidget) if part.isVisible() and part.objectName()}
    assert shown & {"secondsSpin", "framesSpin", "durationChoice"}, "each model has a length"
    assert shown & {"sizeEdit", "sizeChoice"}
    assert not shown & {"aspectRatioChoice", "qualityChoice"}
    request = composer.request
    composer.set_request(replace(request, prompt="a dog"))
    assert composer.request == replace(request, prompt="a dog"), "showing a request does not change it"


def test_requests_go_from_every_known_model_to_every_other() -> None:
    services = [engine_with(name) for name in NAMES] + [CAPABILITIES]
    for source, target in permutations(services, 2):
        request, _ = converted(source.default_request("a cat"), target, source)
        assert [each for each in problems_in(request, target) if "Add a reference image" not in each] == []
