"""What the compose panel shows, as one value."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from sora_desktop.domain.capabilities import Capabilities, content_problems, excess_problems, problems_in
from sora_desktop.domain.money import Balance, PriceTable, format_amount, price_text
from sora_desktop.domain.request import VideoRequest, image_notice
from sora_desktop.state.service_menu import ServiceRow

#: Shown instead of a price where the service does not charge.
FREE_OF_CHARGE = "free"


class ComposeView(NamedTuple):
    """Everything the compose panel shows."""

    request: VideoRequest
    takes: int
    can_submit: bool
    hint: str  # a problem, a warning before the click, or what a switch could not keep; empty when there is none
    image_error: str  # why the last image offered was rejected
    price_text: str  # of all takes: "200 credits", "price unknown" or "free"
    button_text: str
    counter: str
    over_limit: bool
    editing: bool  # the form holds the request of a queued job
    capabilities: Capabilities  # what the form offers
    seed_locked: bool = False  # the seed stays for the next videos
    services: tuple[ServiceRow, ...] = ()  # to choose from; empty: there is no choice
    image_note: str = ""  # what may happen to the image, which has other proportions than the video


def compose_view(
    request: VideoRequest,
    takes: int,
    balance: Balance | None,
    prices: PriceTable,
    capabilities: Capabilities,
    *,
    submit_attempted: bool,
    image_error: str = "",
    editing: bool = False,
    submitted_before_image: bool = False,
    lost: Sequence[str] = (),
) -> ComposeView:
    """What the panel shows.

    What the user wrote or added and the service does not take, and a number that is too high, are reported at once,
    anything else only after `submit_attempted`. A balance below the price warns but does not forbid: the service
    decides what it charges.
    `lost` are sentences about what could not be kept of the request when the service or the model was chosen.
    """
    problems = problems_in(request, capabilities)
    total = total_price(request, takes, prices)
    length = len(request.prompt)
    model = capabilities.model(request.model)
    at_once = (*content_problems(request, capabilities), *excess_problems(request, capabilities))
    hint = problems[0] if problems and submit_attempted else at_once[0] if at_once else ""
    if not problems and capabilities.unit and total is not None and balance is not None and total > balance.amount:
        cost = format_amount(total, capabilities.unit)
        hint = f"This costs {cost}, and the balance is {format_amount(balance.amount)}."
    if submitted_before_image:
        hint = "The image is still loading. Submit again when it is shown."
    return ComposeView(
        request=request,
        takes=takes,
        can_submit=not problems,
        hint="\n".join(filter(None, (hint, " ".join(lost)))),
        image_error=image_error,
        price_text=shown_price(total, capabilities),
        button_text="Save changes" if editing else "Generate" if takes == 1 else f"Generate {takes}",
        counter=f"{length} / {capabilities.prompt_limit}",
        over_limit=length > capabilities.prompt_limit,
        editing=editing,
        capabilities=capabilities,
        image_note=image_notice(request) if model is not None and model.takes_image else "",
    )


def total_price(request: VideoRequest, takes: int, prices: PriceTable) -> Decimal | None:
    """The price of all takes, or None if it is not known."""
    price = prices.price_of(request)
    return None if price is None else price * takes


def shown_price(total: Decimal | None, capabilities: Capabilities) -> str:
    """What stands on the button: the price, "price unknown", or FREE_OF_CHARGE."""
    return price_text(total, capabilities.unit) or FREE_OF_CHARGE
