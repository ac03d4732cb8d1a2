"""The states of the compare panel."""

from __future__ import annotations

from screens.sample_window import SampleWindow

from sora_desktop.domain.job import JobId
from sora_desktop.state.knockout import Knockout
from sora_desktop.state.review_view import review_view
from sora_desktop.ui.compare.review_bar import ReviewBar
from sora_desktop.ui.compare.stage_places import Mode


async def two(sample: SampleWindow) -> None:
    await sample.compare("sailboat", "moonrise")


async def three(sample: SampleWindow) -> None:
    await sample.compare("sailboat", "dusk", "moonrise")


async def four(sample: SampleWindow) -> None:
    """One of the clips is upright, and one is missing."""
    await sample.compare("sailboat", "dusk", "upright", "lost")


async def wipe(sample: SampleWindow) -> None:
    await _over_each_other(sample, Mode.WIPE)


async def flip(sample: SampleWindow) -> None:
    await _over_each_other(sample, Mode.FLIP)


async def difference(sample: SampleWindow) -> None:
    """A clip is one frame later than the clock, which the bar says."""
    await _over_each_other(sample, Mode.DIFFERENCE)
    sample.window.compare_actions.nudge_forward.trigger()


async def scripts(sample: SampleWindow) -> None:
    """Prompts from right to left, without spaces, of 2,000 characters and with long words, all in one table."""
    await sample.compare("german", "arabic", "japanese", "long")


async def review(sample: SampleWindow) -> None:
    """The bar that asks which of two takes is better."""
    panel = await sample.compare("sailboat", "dusk")
    bar = ReviewBar(sample.theme)
    panel.add_above_footer(bar)
    names = {JobId("sailboat"): "Take 1", JobId("dusk"): "Take 2", JobId("moonrise"): "Changed prompt"}
    bar.render_view(review_view(Knockout(tuple(names)), names))


async def _over_each_other(sample: SampleWindow, mode: Mode) -> None:
    await sample.compare("sailboat", "dusk", "moonrise")
    sample.window.compare_actions.modes[mode].trigger()
