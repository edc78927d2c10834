"""What a training came to: figures of pairs it never saw, and a verdict on them in plain words.

Three ways to look at a held-out pair, each of which a training can move without the others. Which
answer the model *prefers*: the likelier one, whatever the base made of it. Whether training *moved*
it: the chosen answer gained more on the base than the rejected one did (DPO's own accuracy). And
what is due to the *profile*: beside the base without the card, the card alone raises the chosen
answer more than the rejected one in some pairs; with training it should in more. Under the card of
the opposite reader it should in fewer: a model for which that makes no difference reads no card.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.domain import TRACKS, PreferencePair
from engine.intervals import wilson
from engine.train.scoring import PairLogps, margin

READS = 0.2
"""Least difference between the shares under the reader's card and under the opposite one."""
FEWEST_PAIRS = 20
"""Under twenty pairs the interval of a share is more than 40 points wide."""
CHANCE = 0.5
BY_HEART = 0.9
"""Of the pairs it trained on; a model that only found what they have in common gets fewer right."""
GAP = 0.25
"""Between training and held-out pairs: wider than chance makes it where there are pairs enough."""


@dataclass(frozen=True)
class Scored:
    """A pair's log-probabilities under each model."""

    before: PairLogps
    """The base with the card."""
    after: PairLogps
    """The tuned model with the card."""
    plain: PairLogps | None = None
    """The base without a card; None where that was not scored."""
    opposite: PairLogps | None = None
    """The tuned model with the opposite reader's card; None where that was not scored."""


@dataclass(frozen=True)
class Share:
    """A share of pairs with its 95 % interval (Wilson), 0 to 1."""

    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """How a set of pairs came out; the shares are None for no pairs."""

    pairs: int
    preferred_before: Share | None
    preferred: Share | None
    moved: Share | None
    """Pairs that training moved towards their chosen answer."""
    mean_margin: float | None
    """Of the same movement, in nats times beta."""
    card_alone: Share | None
    """Pairs whose chosen answer gains the more by the card alone, beside the base without it."""
    tuned: Share | None
    """The same for the tuned model with the card, beside the base without it."""
    tuned_over_card: Share | None
    """Of the pairs that only one of the two gets right, those that the tuned model does."""
    turned: Share | None
    """Pairs whose chosen answer the tuned model prefers more under the reader's card than under the
    opposite reader's."""
    opposite: Share | None
    """As `tuned`, under the opposite reader's card."""


ToldBy = Literal["card", "persona"]
OPPOSED: dict[ToldBy, str] = {
    "card": "the opposite reader's card",
    "persona": "the opposed persona",
}
"""What a prompt says of who asks, and what says the opposite."""

Kind = Literal["learned", "partly", "memorised", "not_learned", "too_few"]


@dataclass(frozen=True)
class Verdict:
    """What the figures amount to."""

    kind: Kind
    beats_card: bool | None
    """Whether tuning beat the card in the prompt alone; None where that cannot be told."""
    says: str


def share(hits: Iterable[bool]) -> Share | None:
    """The share of hits; None for no cases."""
    cases = list(hits)
    return Share(sum(cases) / len(cases), *wilson(sum(cases), len(cases))) if cases else None


def figures(pairs: Sequence[Scored], beta: float) -> Figures:
    """Count what became of the pairs."""
    margins = [margin(pair.after, pair.before, beta) for pair in pairs]
    card = [(pair, margin(pair.before, pair.plain, 1) > 0) for pair in pairs if pair.plain]
    both = [(by_card, margin(p.after, p.plain, 1) > 0) for p, by_card in card if p.plain]
    under_opposite = [(pair, pair.opposite) for pair in pairs if pair.opposite]
    return Figures(
        pairs=len(pairs),
        preferred_before=share(pair.before.chosen > pair.before.rejected for pair in pairs),
        preferred=share(pair.after.chosen > pair.after.rejected for pair in pairs),
        moved=share(value > 0 for value in margins),
        mean_margin=sum(margins) / len(margins) if margins else None,
        card_alone=share(by_card for by_card, _ in both),
        tuned=share(by_tuning for _, by_tuning in both),
        tuned_over_card=share(by_tuning for by_card, by_tuning in both if by_card != by_tuning),
        turned=share(margin(pair.after, other, 1) > 0 for pair, other in under_opposite),
        opposite=share(
            margin(other, pair.plain, 1) > 0 for pair, other in under_opposite if pair.plain
        ),
    )


def by_track(
    scored: Mapping[str, Scored], pairs: Mapping[str, PreferencePair], beta: float
) -> dict[str, Figures]:
    """The figures of each track that has pairs, in the tracks' order.

    Args:
        scored, pairs: by pair id; those that were not scored are left out.
    """
    grouped = {
        track: [score for key, score in scored.items() if pairs[key].track == track]
        for track in TRACKS
    }
    return {track: figures(own, beta) for track, own in grouped.items() if own}


def as_json(told: Figures) -> dict[str, object]:
    """The figures as a run's result has them; a share's interval stands beside it."""
    named = {
        "accuracy": told.preferred,
        "accuracy_before": told.preferred_before,
        "reward_accuracy": told.moved,
        "card_alone": told.card_alone,
        "tuned": told.tuned,
        "turned": told.turned,
        "opposite": told.opposite,
    }
    document: dict[str, object] = {"pairs": told.pairs, "mean_margin": told.mean_margin}
    for name, counted in named.items():
        document[name] = counted.share if counted else None
        document[f"{name}_interval"] = [counted.low, counted.high] if counted else None
    return document


def verdict(held_out: Figures, train: Figures, by: ToldBy = "card") -> Verdict:
    """What a person should make of it, in two sentences at the most.

    Args:
        train: of pairs that were trained on, or some of them.
        by: what the prompts say of who asks.
    """
    moved = held_out.moved
    if moved is None or held_out.pairs < FEWEST_PAIRS:
        told = (
            f"Too few held-out pairs to tell whether it learned: {held_out.pairs}, and it takes "
            f"{FEWEST_PAIRS}."
        )
        return Verdict("too_few", None, told)
    own = train.moved.share if train.moved else 0.0
    kind: Kind
    if moved.low > CHANCE and own - moved.share < GAP:
        kind = "learned"
        told = f"It learned: training moved {_told(moved)} of the pairs it never saw towards the "
        told += "chosen answer."
    elif moved.low > CHANCE:
        kind = "partly"
        told = f"It learned in part: training moved {_told(moved)} of the pairs it never saw "
        told += f"towards the chosen answer, and {own:.0%} of its own, many of these by heart."
    elif own >= BY_HEART or own - moved.share >= GAP:
        kind = "memorised"
        told = f"It memorised: training moved {own:.0%} of its own pairs towards the chosen "
        told += f"answer, but {_told(moved)} of those it never saw, no better than chance."
    else:
        kind = "not_learned"
        told = f"It did not learn: training moved {_told(moved)} of the pairs it never saw towards "
        told += f"the chosen answer, no better than chance, and {own:.0%} of its own."
    beats, beside = _beside_card(held_out, by)
    return Verdict(kind, beats, " ".join(filter(None, (told, beside, _turned(held_out, by)))))


def _turned(held_out: Figures, by: ToldBy) -> str:
    """Whether the model reads the card, told by the opposite reader's."""
    tuned, opposite, turned = held_out.tuned, held_out.opposite, held_out.turned
    if tuned is None or opposite is None or turned is None:
        return ""
    reads = turned.low > CHANCE and tuned.share - opposite.share >= READS
    told = f"under {OPPOSED[by]} it is {opposite.share:.0%}."
    return f"It reads the {by}: {told}" if reads else f"It hardly reads the {by}: {told}"


def _beside_card(held_out: Figures, by: ToldBy) -> tuple[bool | None, str]:
    """Tuning beside the card in the prompt alone, told by the pairs that only one gets right."""
    card, tuned, over = held_out.card_alone, held_out.tuned, held_out.tuned_over_card
    if card is None or tuned is None:
        return None, ""
    against = f"the {by} in the prompt alone: {tuned.share:.0%} against {card.share:.0%} of them."
    if over is not None and over.low > CHANCE:
        return True, f"Tuning beat {against}"
    if tuned.share > card.share:
        return False, f"Tuning did not clearly beat {against}"
    return False, f"Tuning did not beat {against}"


def _told(told: Share) -> str:
    return f"{told.share:.0%} ({told.low:.0%} to {told.high:.0%})"
