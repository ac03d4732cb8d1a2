"""The states of the compare panel."""

from __future__ import annotations

from screens.sample_window import SampleWindow

from sora_desktop.domain.job import JobId
from sora_desktop.state.knockout import FOUR_AT_ONCE, Knockout
from sora_desktop.state.review_view import review_view
from sora_desktop.ui.compare.review_bar import ReviewBar
from sora_desktop.ui.compare.stage_places import Mode
from sora_desktop.ui.library.posters import Posters


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
    await _review(sample, Knockout(_REVIEWED))


async def review_of_four(sample: SampleWindow) -> None:
    """The bar that asks which of four takes is the best."""
    await _review(sample, Knockout(_REVIEWED, at_once=FOUR_AT_ONCE))


async def order(sample: SampleWindow) -> None:
    """A review that has ended in an order; two clips share a rank."""
    done = Knockout(_REVIEWED)
    for best in (_REVIEWED[0], None, _REVIEWED[0], _REVIEWED[2]):
        done = done.answered(best)
    await _review(sample, done, _REVIEWED[:2])


_REVIEWED = tuple(map(JobId, ("sailboat", "dusk", "moonrise", "upright")))


async def _review(sample: SampleWindow, review: Knockout, shown: tuple[JobId, ...] = ()) -> None:
    shown = shown or review.standing.question
    panel = await sample.compare(*shown)
    actions = sample.window.compare_actions.review
    bar = ReviewBar(sample.theme, actions, Posters(sample.samples.poster))
    panel.add_in_place_of_footer(bar)
    bar.watch_keys(panel)
    jobs = {job.id: job for job in sample.samples.jobs}
    names = {id: f"Take {number}" for number, id in enumerate(review.clips, 1)}
    bar.render_view(review_view(review, jobs, names), shown)


async def _over_each_other(sample: SampleWindow, mode: Mode) -> None:
    await sample.compare("sailboat", "dusk", "moonrise")
    sample.window.compare_actions.modes[mode].trigger()
