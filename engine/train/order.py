"""In which order a training sees its rows: another one each epoch, mirror images together."""

import random
from collections.abc import Iterator, Sequence

from torch.utils.data import Sampler

from engine.train.data import Example
from engine.train.input_files import MIRRORED


class Together(Sampler[int]):
    """A random order of rows in which those of a couple follow one another.

    Rows without an image are coupled by chance, so that batches of an even size part no couple.
    The order depends on seed and epoch alone: every process draws the same one, and a run that
    goes on from a checkpoint the one it had.
    """

    def __init__(self, examples: Sequence[Example], seed: int) -> None:
        self._examples = examples
        self._seed = seed
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._examples)

    def set_epoch(self, epoch: int) -> None:
        """Called by transformers and accelerate before each epoch."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        drawn = random.Random(f"{self._seed}/{self._epoch}")
        couples, alone = couples_of(self._examples)
        drawn.shuffle(alone)
        odd = alone.pop() if len(alone) % 2 else None
        couples += zip(alone[::2], alone[1::2], strict=True)
        drawn.shuffle(couples)
        for couple in couples:
            yield from couple
        if odd is not None:
            yield odd


def couples_of(examples: Sequence[Example]) -> tuple[list[tuple[int, int]], list[int]]:
    """The places of pairs with their mirror images, and those of pairs without one."""
    place = {example.pair_id: at for at, example in enumerate(examples)}
    couples = [
        (place[own], at)
        for at, example in enumerate(examples)
        for own in (example.pair_id.removesuffix(MIRRORED),)
        if own != example.pair_id and own in place
    ]
    coupled = {at for couple in couples for at in couple}
    return couples, [at for at in range(len(examples)) if at not in coupled]
