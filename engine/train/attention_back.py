"""The way back of attention whose log-sums of scores are known: by torch's kernel, or by products.

The kernel is the one that torch's own SDPA calls on a CPU (torch 2.13). For every new pair of
lengths, of queries (but for whole blocks of 256) and of keys, it makes 2 MB of code and never gives
it back: 3 MB a step where batches differ. So it gets few lengths.
"""

from math import gcd

import torch
from torch import Tensor
from torch.nn.functional import pad

_flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward

ROWS_OF_A_PART = 512
"""Folded queries that are worth a share of their own."""
ROWS_MULTIPLE = 64
"""Of folded queries that go through the kernel at once."""


def by_kernel(
    seeing: tuple[Tensor, Tensor, Tensor, Tensor],
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scale: float | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The kernel's way back. Threads share it by heads alone, so many queries go as more of them.

    Args:
        seeing: the output's gradient, queries and output, (G, M, D), and the queries' log-sums of
            scores, (G, M).
        key, value: (G, L, D). mask: (M, L).

    Returns:
        The gradients of queries, keys and values.
    """
    heads, rows, _ = seeing[0].shape
    threads = torch.get_num_threads()
    parts = max(1, min(threads // gcd(threads, heads), rows // ROWS_OF_A_PART))
    even = rows - rows % (parts * ROWS_MULTIPLE)
    found = list[tuple[Tensor, Tensor, Tensor]]()
    if even:
        found.append(_kernel(seeing, even, parts, key, value, mask, scale))
    if rest := rows - even:
        padding = -rest % ROWS_MULTIPLE
        # A query of zeros whose output has no gradient gives none.
        grad, query, output = (pad(each[:, even:], (0, 0, 0, padding)) for each in seeing[:3])
        padded = grad, query, output, pad(seeing[3][:, even:], (0, padding))
        own = None if mask is None else pad(mask[even:], (0, 0, 0, padding))
        of_query, of_key, of_value = _kernel(padded, rest + padding, 1, key, value, own, scale)
        found.append((of_query[:, :rest], of_key, of_value))
    of_queries, of_keys, of_values = zip(*found, strict=True)
    return torch.cat(of_queries, 1), torch.stack(of_keys).sum(0), torch.stack(of_values).sum(0)


def _kernel(
    seeing: tuple[Tensor, Tensor, Tensor, Tensor],
    rows: int,
    parts: int,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scale: float | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The kernel over the first of the queries, in parts of one length."""
    heads = len(key)

    def cut_up(tensor: Tensor) -> Tensor:
        """(G, M, ...) to (parts, G, rows / parts, ...), the rest left out."""
        shape = (heads, parts, rows // parts, *tensor.shape[2:])
        return tensor[:, :rows].view(shape).transpose(0, 1)

    of_query, of_key, of_value = _flash_backward(
        cut_up(seeing[0]),
        cut_up(seeing[1]),
        key.expand(parts, *key.shape),
        value.expand(parts, *value.shape),
        cut_up(seeing[2]),
        cut_up(seeing[3]),
        0.0,
        False,
        attn_mask=None if mask is None else mask[:rows].view(parts, 1, -1, mask.shape[1]),
        scale=scale,
    )
    return of_query.transpose(0, 1).flatten(1, 2), of_key.sum(0), of_value.sum(0)


def by_products(
    seeing: tuple[Tensor, Tensor, Tensor, Tensor],
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None,
    scale: float | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The way back of a batch of attentions, by plain products of matrices.

    Args:
        seeing: the output's gradient and the queries, (B, M, D); of each query the log-sum of its
            scores, and its gradient times its output summed, float32 (B, M, 1).
        keys, values: (B, L, D).
        mask: what is added to the scores, float32 (b, M, L), again and again for all of B.
        scale: of the scores; None for the square root of 1 / D.

    Returns:
        The gradients of queries, keys and values.
    """
    grads, queries, sums, inners = seeing
    scale = scale or queries.shape[-1] ** -0.5
    scores = torch.baddbmm(-sums, queries.float(), keys.float().transpose(1, 2), alpha=scale)
    if mask is not None:
        scores.view(-1, *mask.shape).add_(mask)
    shares = scores.exp_()
    of_values = torch.bmm(shares.to(grads.dtype).transpose(1, 2), grads)
    slopes = torch.baddbmm(-inners, grads.float(), values.float().transpose(1, 2))
    slopes = slopes.mul_(shares).to(grads.dtype)
    of_queries = torch.bmm(slopes, keys).mul_(scale)
    of_keys = torch.bmm(slopes.transpose(1, 2), queries).mul_(scale)
    return of_queries, of_keys, of_values
