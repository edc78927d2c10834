"""The way back of attention over many small stretches at once, as a few batched products.

One by one, the fused kernel's backward pass reaches an eighth of the machine's rate on stretches of
a hundred tokens, and makes code for each length that it never gives back. Stretches
of about one length, padded to the longest, are one batch: scores and their gradients in float32,
the products with keys, queries and values in the weights' precision.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.train.attention_back import by_products

LENGTH_SHARE = 0.75
"""Stretches shorter than this share of the longest are another batch; padding squares."""
MULTIPLE = 8
"""Lengths are multiples of it: float32 products of others run at 0.4 to 0.9 of the rate."""
SCORES_AT_ONCE = 1 << 20
"""Per key-value head: 4 MiB in float32, which the next pass still finds in the cache."""


@dataclass(frozen=True)
class Batch:
    """B stretches of at most L tokens."""

    tokens: Tensor
    """Packed index of each, int64 (B * L,); a stretch's last one again where it is padded."""
    real: Tensor
    """Which of these are not padding, int64 (at most B * L,)."""
    mask: Tensor
    """What is added to the scores, float32 (B, L * H / G, L)."""


def batches(
    stretches: Sequence[slice], masks: Sequence[Tensor], longest: int
) -> tuple[tuple[Batch, ...], list[int]]:
    """Put stretches of about one length together.

    Args:
        masks: of each stretch of n tokens, (n * H / G, n).
        longest: stretches of more tokens are of no batch.

    Returns:
        The batches, of one stretch where no other has its length, and the indices of the longer.
    """
    together: list[list[int]] = []
    lengths = [stretch.stop - stretch.start for stretch in stretches]
    alone = [index for index, length in enumerate(lengths) if length > longest]
    short = [index for index, length in enumerate(lengths) if length <= longest]
    for index in sorted(short, key=lambda index: -lengths[index]):
        if together:
            first = together[-1][0]
            fits = lengths[index] >= LENGTH_SHARE * lengths[first]
            if fits and _has_room(together[-1], masks[first]):
                together[-1].append(index)
                continue
        together.append([index])
    found = (
        _batch([stretches[index] for index in each], [masks[index] for index in each])
        for each in together
    )
    return tuple(found), alone


def _has_room(taken: Sequence[int], mask: Tensor) -> bool:
    return (len(taken) + 1) * mask.numel() <= SCORES_AT_ONCE


def _batch(stretches: Sequence[slice], masks: Sequence[Tensor]) -> Batch:
    longest = max(stretch.stop - stretch.start for stretch in stretches)
    longest += -longest % MULTIPLE
    repeats = masks[0].shape[0] // masks[0].shape[1]
    mask = torch.full((len(stretches), longest * repeats, longest), float("-inf"))
    tokens, real = list[int](), list[int]()
    for index, (stretch, own) in enumerate(zip(stretches, masks, strict=True)):
        mask[index, : own.shape[0], : own.shape[1]] = own
        count = stretch.stop - stretch.start
        padding = [stretch.stop - 1] * (longest - count)
        tokens += [*range(stretch.start, stretch.stop), *padding]
        real += range(index * longest, index * longest + count)
    return Batch(torch.tensor(tokens), torch.tensor(real), mask)


def backward(
    batch: Batch,
    known: tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor],
    scale: float | None,
    found: tuple[Tensor, Tensor, Tensor],
) -> None:
    """Write the gradients of a batch's tokens where they belong.

    Args:
        known: the output's gradient and the queries, folded, (G, N * H / G, D); keys and values,
            (G, N, D); of each folded query the log-sum of its scores over all that it sees, and
            its gradient times its output summed, float32 (G, N * H / G).
        scale: as in `by_products`.
        found: where gradients of queries, keys and values go, shaped like these.
    """
    grad, query, key, value, log_sum, inner = known
    heads = len(query)
    many, folded, length = batch.mask.shape

    def taken(tensor: Tensor, rows: int) -> Tensor:
        by_token = tensor.reshape(heads, key.shape[1], -1).index_select(1, batch.tokens)
        return by_token.view(heads * many, rows, -1)

    grads, queries = (taken(tensor, folded) for tensor in (grad, query))
    keys, values = (taken(tensor, length) for tensor in (key, value))
    sums, inners = (taken(tensor, folded) for tensor in (log_sum, inner))
    parts = by_products((grads, queries, sums, inners), keys, values, batch.mask, scale)
    tokens = batch.tokens[batch.real]
    for into, part in zip(found, parts, strict=True):
        by_token = part.view(heads, many * length, -1).index_select(1, batch.real)
        into.view(heads, key.shape[1], -1).index_copy_(1, tokens, by_token)
