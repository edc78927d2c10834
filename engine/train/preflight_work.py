"""How much a run has to do, in tokens: its batches as they will be packed, without a tokenizer.

Texts are measured by their bytes, and bytes become tokens by a ratio that the probe has measured
on these very texts; before it has, by one that holds for English. Packed, a batch has each card
once, each request once and each answer once (`engine.train.prefix_tree`), so its tokens are a sum
over what is distinct in it. Nothing here leads to torch.
"""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil
from typing import TypeVar

from engine.domain import PreferencePair
from engine.prompts import for_reader, request_of
from engine.train.choosing import spread_over_topics, to_train_on
from engine.train.config import TrainConfig, pairs_per_step
from engine.train.input_files import MIRRORED, Near

BYTES_PER_TOKEN = 4.25
"""SmolLM2's, on 600 answers, 300 requests and the cards of the bank: 4.14, 4.35, 4.57."""
FRAME_TOKENS = 10
"""Of the chat template around a request."""
PACK_TOKENS, PACK_PAIRS = 8192, 32
"""The limits of `engine.train.scoring`, which leads to torch; a test holds them together."""
END_TOKENS = 2
"""Behind an answer."""


T = TypeVar("T")


@dataclass(frozen=True)
class PairSize:
    """A pair's tokens, and what it shares with others."""

    card: str
    request: str
    answers: tuple[str, str]
    card_tokens: int
    request_tokens: int
    answer_tokens: tuple[int, int]

    @property
    def longest(self) -> int:
        """Tokens of the prompt with the longer answer."""
        return self.card_tokens + self.request_tokens + max(self.answer_tokens)


@dataclass(frozen=True)
class Batch:
    """What is computed at once, in tokens."""

    packed: int = 0
    """Of its prefix tree."""
    padded: int = 0
    """Of its rows, filled up to the longest: what a base without the tree computes."""
    longest: int = 0
    """Of its longest row."""

    def tokens(self, has_tree: bool) -> int:
        return self.packed if has_tree else self.padded


@dataclass(frozen=True)
class Work:
    """What a run has to do."""

    pairs: int
    """To train on."""
    held_out: int
    too_long: int
    """Training pairs over `max_length`, left out."""
    longest: int
    """Tokens of the longest pair that is trained on."""
    batches: tuple[Batch, ...]
    """Over all stages and epochs."""
    steps: int
    """Of the optimiser, each of one or several batches."""
    packs: tuple[Batch, ...]
    """Of all pairs, as they are scored before the first step."""
    held_out_packs: tuple[Batch, ...]

    @property
    def biggest(self) -> Batch:
        return max(self.batches, key=lambda batch: batch.packed, default=Batch())

    @property
    def biggest_pack(self) -> Batch:
        return max(self.packs, key=lambda pack: pack.packed, default=Batch())


def work_of(
    pairs: Sequence[PreferencePair],
    cards: Mapping[str, str],
    config: TrainConfig,
    bytes_per_token: float = BYTES_PER_TOKEN,
    has_image: Collection[str] = (),
) -> Work:
    """Measure what a run with these pairs and this configuration will do.

    Args:
        cards: by reader id.
        has_image: ids of the pairs that the opposite reader has a say on.
    """

    def measured(pair: PreferencePair) -> PairSize:
        return size_of(pair, cards[pair.reader_id], bytes_per_token)

    chosen = to_train_on(pairs, config.max_pairs)
    held_out = [
        measured(pair)
        for pair in spread_over_topics([p for p in pairs if p.held_out], config.max_held_out)
    ]
    own = [
        (pair, size)
        for pair in chosen
        for size in (measured(pair),)
        if size.longest <= config.max_length
    ]
    fitting = [
        size
        for pair, own_size in own
        for size in (own_size, mirror_image(own_size))[
            : 1 + (config.mirror and pair.id in has_image)
        ]
    ]
    return Work(
        pairs=len(own),
        held_out=len(held_out),
        too_long=len(chosen) - len(own),
        longest=max((size.longest for size in fitting), default=0),
        batches=tuple(_all_batches(fitting, config)),
        steps=_steps(len(fitting), config),
        packs=packs([*fitting, *held_out]),
        held_out_packs=packs(held_out),
    )


def _steps(pairs: int, config: TrainConfig) -> int:
    epochs = {
        "dpo": config.epochs,
        "sft": config.sft_epochs,
        "sft-dpo": config.sft_epochs + config.epochs,
    }
    return epochs[config.method] * ceil(pairs / pairs_per_step(config))


def _all_batches(sizes: Sequence[PairSize], config: TrainConfig) -> Iterator[Batch]:
    stages: list[tuple[Sequence[PairSize], int]] = []
    if config.method != "dpo":
        # Fine-tuning reads the chosen answer alone, and what is equal is packed once.
        alone = [replace(size, answers=(size.answers[0], size.answers[0])) for size in sizes]
        stages.append((alone, config.sft_epochs))
    if config.method != "sft":
        stages.append((sizes, config.epochs))
    for of_stage, epochs in stages:
        for epoch in range(epochs):
            for batch in drawn(of_stage, config.batch_size, config.seed + epoch):
                yield batch_of(batch)


def size_of(pair: PreferencePair, card: str, bytes_per_token: float) -> PairSize:
    """The tokens of a pair under a card, by its bytes."""

    def tokens(text: str) -> int:
        return round(len(text.encode(errors="replace")) / bytes_per_token)

    return PairSize(
        card=pair.reader_id,
        request=pair.prompt,
        answers=(pair.chosen, pair.rejected),
        card_tokens=round(_system_bytes(card) / bytes_per_token),
        request_tokens=tokens(pair.prompt) + FRAME_TOKENS,
        answer_tokens=(tokens(pair.chosen) + END_TOKENS, tokens(pair.rejected) + END_TOKENS),
    )


def mirror_image(size: PairSize) -> PairSize:
    """As the opposite reader has it: another card and request, about as long."""
    return replace(size, card=size.card + MIRRORED, request=size.request + MIRRORED)


def as_asked(pair: PreferencePair, near: Near) -> PreferencePair:
    """The pair with all that stands in the person's turn as its prompt, for measuring."""
    return replace(pair, prompt=request_of(pair, near.get(pair.id, ())))


def bytes_of(pair: PreferencePair, card: str) -> int:
    """Of the card, the request and both answers."""
    texts = (pair.prompt, pair.chosen, pair.rejected)
    return _system_bytes(card) + sum(len(text.encode(errors="replace")) for text in texts)


@cache
def _system_bytes(card: str) -> int:
    system, *request = for_reader(card, "")
    return len(system.content.encode(errors="replace")) if request else 0


def drawn(items: Sequence[T], batch_size: int, seed: int) -> list[list[T]]:
    """The batches of an epoch in a random order: not the run's own, but as large."""
    order = list(items)
    random.Random(seed).shuffle(order)
    return [order[at : at + batch_size] for at in range(0, len(order), batch_size)]


def batch_of(sizes: Sequence[PairSize]) -> Batch:
    """Pairs packed together: each card, request and answer once."""
    cards = {size.card: size.card_tokens for size in sizes}
    requests = {(size.card, size.request): size.request_tokens for size in sizes}
    answers = {
        (size.card, size.request, answer): tokens
        for size in sizes
        for answer, tokens in zip(size.answers, size.answer_tokens, strict=True)
    }
    longest = max((size.longest for size in sizes), default=0)
    packed = sum(map(sum, (cards.values(), requests.values(), answers.values())))
    return Batch(packed, 2 * len(sizes) * longest, longest)


def packs(sizes: Sequence[PairSize]) -> tuple[Batch, ...]:
    """The packs that pairs are scored in, which begin alike: `engine.train.scoring.packs`."""
    made: list[Batch] = []
    taken: list[PairSize] = []
    for size in sorted(sizes, key=lambda size: (size.card, size.request)):
        if taken and (len(taken) == PACK_PAIRS or batch_of([*taken, size]).packed > PACK_TOKENS):
            made.append(batch_of(taken))
            taken = []
        taken.append(size)
    return (*made, batch_of(taken)) if taken else ()
