"""Seeds of several videos from the same request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sora_desktop.domain.capabilities import SEED, Capabilities, NumericOption
from sora_desktop.domain.request import VideoRequest

#: A seed that the program chooses has at most this many digits, so that it can be read and typed.
_DIGITS = 7


def rolled_seed(option: NumericOption) -> int:
    """A seed at random."""
    from random import randint  # late: the first paint needs none

    return randint(int(option.lowest), int(min(option.highest, option.lowest + 10**_DIGITS - 1)))


def rolls_seeds(request: VideoRequest, capabilities: Capabilities) -> NumericOption | None:
    """The option for the seed, if the program has to choose one for a request without.

    Engines without a price take the same seed for each request that names none, or do not say which one they took. A
    service that charges chooses by itself.
    """
    model = capabilities.model(request.model)
    return None if model is None or capabilities.unit is not None else model.number(SEED)


def takes_of(
    request: VideoRequest,
    takes: int,
    capabilities: Capabilities,
    roll: Callable[[NumericOption], int] = rolled_seed,
) -> tuple[VideoRequest, ...]:
    """The request of each take. The same seed would give the same video, so each take after the first adds one."""
    model = capabilities.model(request.model)
    option = None if model is None else model.number(SEED)
    if option is None:
        return (request,) * takes
    first = request.seed
    if first is None and rolls_seeds(request, capabilities):
        first = roll(option)
    if first is None:
        return (request,) * takes
    lowest, count = int(option.lowest), int(option.highest - option.lowest) + 1
    return tuple(replace(request, seed=lowest + (first - lowest + number) % count) for number in range(takes))


def another_take(
    request: VideoRequest,
    capabilities: Capabilities,
    roll: Callable[[NumericOption], int] = rolled_seed,
) -> VideoRequest:
    """The request for one more video beside that of `request`: the same seed, also a locked one, would give it again.

    A request without a seed stays as it is.
    """
    model = capabilities.model(request.model)
    option = None if model is None else model.number(SEED)
    if option is None or request.seed is None:
        return request
    seed = roll(option)
    return replace(request, seed=seed) if seed != request.seed else takes_of(request, 2, capabilities)[1]
