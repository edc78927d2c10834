"""What makes a run fit that does not: each way by itself, then together, with what it costs.

Every way is reckoned by the same forecast. They come in the order of what they take from the
result: first those that give the same numbers in more time, then those that give something else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil

from engine.train.config import TrainConfig
from engine.train.preflight import Forecast
from models.catalogue import offers

Again = Callable[[TrainConfig, int | None], Forecast | None]
"""The forecast of another configuration and, where it is given, of cards with another budget; None
for a base of which nothing is known, and where the cards would stay as they are."""
CARD_BUDGETS = (150, 80)
"""Tokens."""
SHORTER = (0.75, 0.5)
"""Of the longest pair's tokens."""


@dataclass(frozen=True)
class Option:
    """One way to make a run fit."""

    does: str
    """What would be otherwise, in a few words."""
    costs: str
    """What that takes from the result; the time is the forecast's."""
    changes: Mapping[str, object] = field(default_factory=dict)
    """Of the configuration, by setting."""
    card_budget: int | None = None
    """Tokens that the readers' cards would be kept to, for previews too."""


@dataclass(frozen=True)
class Way:
    """An option with what it comes to."""

    option: Option
    forecast: Forecast

    def as_json(self) -> dict[str, object]:
        return {
            "does": self.option.does,
            "costs": self.option.costs,
            "changes": dict(self.option.changes),
            "card_budget": self.option.card_budget,
            "seconds": round(self.forecast.seconds),
            "needs": {need.name: need.need_bytes for need in self.forecast.needs},
        }


def plan(wanted: Forecast, again: Again) -> tuple[Way, ...]:
    """The ways in which the run fits, the one that costs least first; none where it fits as it is.

    Of several sizes of one change (batches of 4, of 2) the least that is enough.
    """
    if wanted.fits:
        return ()
    ways = [way for sizes in _options(wanted) if (way := _first(sizes, wanted, again))]
    if not ways:
        ways += filter(None, [_first(_smaller_bases(wanted, _smallest(wanted)), wanted, again)])
    if ways and not ways[-1].forecast.base.is_here:
        # What must be fetched first is no help to who is offline: one that is here, beside it.
        here = _first(_smaller_bases(wanted, {}, only="embedded"), wanted, again)
        ways += [here] if here else []
    return tuple(ways)


def _first(sizes: Iterator[Option], wanted: Forecast, again: Again) -> Way | None:
    """The first of the options that is enough."""
    for option in sizes:
        config = TrainConfig(**{**vars(wanted.config), **option.changes})
        found = again(config, option.card_budget)
        if found is not None and found.fits and found.work.pairs:
            return Way(option, found)
    return None


def _options(wanted: Forecast) -> Iterator[Iterator[Option]]:
    yield _keeping_less(wanted)
    yield _smaller_batches(wanted)
    yield _four_bits(wanted)
    yield _all_of_these(wanted)
    yield _shorter_cards()
    yield _shorter_pairs(wanted)
    yield _fewer_checkpoints(wanted)
    yield _smaller_bases(wanted)


def _keeping_less(wanted: Forecast) -> Iterator[Option]:
    if not wanted.config.gradient_checkpointing:
        yield Option(
            "compute layers again instead of keeping them (gradient checkpointing)",
            "the same numbers, each step a third longer or more",
            {"gradient_checkpointing": True},
        )


def _smaller_batches(wanted: Forecast) -> Iterator[Option]:
    for size in _halves(wanted.config.batch_size):
        yield Option(
            f"batches of {size} instead of {wanted.config.batch_size} pairs",
            "as many pairs a step, in several batches; less is shared, so it is slower",
            _in_batches_of(size, wanted),
        )


def _halves(size: int) -> Iterator[int]:
    while size > 1:
        size //= 2
        yield size


def _in_batches_of(size: int, wanted: Forecast) -> dict[str, object]:
    """Smaller batches, so many of them added up that a step stays as it was."""
    config = wanted.config
    together = config.batch_size * config.gradient_accumulation // size
    return {"batch_size": size, "gradient_accumulation": together}


def _four_bits(wanted: Forecast) -> Iterator[Option]:
    if _may_be_four_bit(wanted) and not wanted.config.four_bit:
        yield Option(
            "the base in four bits while training",
            "what is learned fits rounded weights; exports are made with the whole ones",
            {"four_bit": True},
        )


def _may_be_four_bit(wanted: Forecast) -> bool:
    return wanted.place.device == "cuda" and wanted.config.adapter == "lora"


def _smallest(wanted: Forecast) -> dict[str, object]:
    """All that makes the same pairs and base smaller."""
    on_gpu = {"four_bit": True} if _may_be_four_bit(wanted) else {}
    return {**_in_batches_of(1, wanted), "gradient_checkpointing": True, **on_gpu}


def _all_of_these(wanted: Forecast) -> Iterator[Option]:
    changes = _smallest(wanted)
    yield Option(
        "a pair at a time, layers computed again"
        + (", the base in four bits" if "four_bit" in changes else ""),
        "the same steps, a good deal slower; the card is shared within a pair alone",
        changes,
    )


def _shorter_cards() -> Iterator[Option]:
    for budget in CARD_BUDGETS:
        yield Option(
            f"profile cards of {budget} tokens",
            "less is told of the reader, in previews too; undo brings the card back",
            card_budget=budget,
        )


def _shorter_pairs(wanted: Forecast) -> Iterator[Option]:
    for share in SHORTER:
        most = ceil(wanted.work.longest * share)
        yield Option(
            f"only pairs of up to {most} tokens",
            "the longer ones are left out",
            {"max_length": most},
        )


def _fewer_checkpoints(wanted: Forecast) -> Iterator[Option]:
    if wanted.work.steps > wanted.config.checkpoint_every:
        yield Option(
            "a checkpoint at the end alone",
            "a run that is killed begins again; no earlier step can be picked",
            {"checkpoint_every": wanted.work.steps},
        )


def _smaller_bases(
    wanted: Forecast, also: Mapping[str, object] | None = None, only: str = ""
) -> Iterator[Option]:
    """The catalogue's, the biggest of the smaller ones first.

    Args:
        only: the one that is meant.
    """
    for offer in reversed(offers()):
        if offer.parameters < wanted.base.shape.parameters and only in ("", offer.spec):
            yield Option(
                f"the base {offer.spec}, {offer.parameters / 1e6:,.0f} million parameters"
                + (", a pair at a time" if also else ""),
                "a smaller model writes less well",
                {**(also or {}), "base": offer.spec},
            )
