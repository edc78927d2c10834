"""Attention over a prefix tree on the CPU: each trunk read once, branches in small batches.

What grows from a trunk sees all of it, so that part is one unmasked product for all branches; the
rest is each branch's own short path. The two parts are joined by their log-sum-exp, and the
backward pass runs the same kernels over the joined result, as ring attention does (Liu et al.,
arXiv 2310.01889). The kernels are those that torch's own SDPA calls on a CPU (torch 2.13).
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from engine.train.prefix_tree import Group, PrefixTree

_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward

Masks = tuple[Tensor | None, ...]


def tree_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    tree: PrefixTree,
    masks: Masks,
    scaling: float | None,
) -> Tensor:
    """Attention of each packed token to its ancestors and to the earlier tokens of its node.

    Args:
        query: (1, H, N, D). key, value: (1, G, N, D), G dividing H.
        masks: what is added to each group's scores, (n, 1, Lq, Lk); None is plainly causal.

    Returns:
        (1, N, H, D).
    """
    rows = (tensor[0].transpose(0, 1) for tensor in (query, key, value))
    return _attention(*rows, tree, masks, scaling)[None]


class _TreeAttention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        q: Tensor,  # (N, H, D)
        k: Tensor,  # (N, G, D)
        v: Tensor,
        tree: PrefixTree,
        masks: Masks,
        scale: float | None,
    ) -> Tensor:
        parts = [
            _flash(*_gathered(q, k, v, group), 0.0, mask is None, attn_mask=mask, scale=scale)
            for group, mask in zip(tree.groups, masks, strict=True)
        ]
        output = _laid_out([part[0] for part in parts], tree)  # (N, H, D)
        log_sum = _laid_out([part[1][..., None] for part in parts], tree)  # (N, H, 1)
        for trunk in tree.trunks:
            folded = _folded(q[trunk.above], k.shape[1])
            part, lse = _flash(
                folded, _whole(k[trunk.tokens]), _whole(v[trunk.tokens]), scale=scale
            )
            other, other_sum = _unfolded(part, q.shape[1]), _unfolded(lse[..., None], q.shape[1])
            own_sum = log_sum[trunk.above]
            both = torch.logaddexp(own_sum, other_sum)
            joined = output[trunk.above] * (own_sum - both).exp() + other * (other_sum - both).exp()
            output[trunk.above] = joined.to(output.dtype)
            log_sum[trunk.above] = both
        ctx.save_for_backward(q, k, v, output, log_sum)
        ctx.tree, ctx.masks, ctx.scale = tree, masks, scale
        return output

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, output, log_sum = ctx.saved_tensors
        tree: PrefixTree = ctx.tree
        grad = upstream[0].to(output.dtype)
        of_k, of_v = (torch.zeros(k.shape, dtype=torch.float32) for _ in range(2))
        of_queries = []
        for group, mask in zip(tree.groups, ctx.masks, strict=True):
            own = grad[group.queries] * group.real[..., None, None]  # padding passes nothing back
            back = _flash_backward(
                own.transpose(1, 2),
                *_gathered(q, k, v, group),
                output[group.queries].transpose(1, 2),
                log_sum[group.queries][..., 0].transpose(1, 2),
                0.0,
                mask is None,
                attn_mask=mask,
                scale=ctx.scale,
            )
            of_queries.append(back[0])
            for total, part in zip((of_k, of_v), back[1:], strict=True):
                total.index_add_(0, group.keys.flatten(), _grouped(part, k.shape[1]))
        of_q = _laid_out(of_queries, tree)
        for trunk in tree.trunks:
            above, tokens = trunk.above, trunk.tokens
            back = _flash_backward(
                _folded(grad[above], k.shape[1]),
                _folded(q[above], k.shape[1]),
                _whole(k[tokens]),
                _whole(v[tokens]),
                _folded(output[above], k.shape[1]),
                _folded(log_sum[above], k.shape[1])[..., 0],
                0.0,
                False,
                scale=ctx.scale,
            )
            of_q[above] += _unfolded(back[0], q.shape[1])
            of_k[tokens] += back[1][0].transpose(0, 1)
            of_v[tokens] += back[2][0].transpose(0, 1)
        return of_q, of_k.to(k.dtype), of_v.to(v.dtype), None, None, None


def _gathered(q: Tensor, k: Tensor, v: Tensor, group: Group) -> Iterator[Tensor]:
    """Queries (n, H, Lq, D), keys and values (n, H, Lk, D) of a group."""
    repeats = q.shape[1] // k.shape[1]
    yield q[group.queries].transpose(1, 2)
    for tensor in (k, v):
        yield tensor[group.keys].transpose(1, 2).repeat_interleave(repeats, dim=1)


def _laid_out(parts: list[Tensor], tree: PrefixTree) -> Tensor:
    """The groups' (n, H, Lq, X) as packed tokens (N, H, X)."""
    rows = [part.transpose(1, 2).flatten(0, 1) for part in parts]
    return torch.cat(rows)[tree.slots]


def _grouped(part: Tensor, key_heads: int) -> Tensor:
    """Gradients of repeated keys (n, H, Lk, D), summed over repeats: float32 (n * Lk, G, D)."""
    n, heads, length, size = part.shape
    summed = part.float().view(n, key_heads, heads // key_heads, length, size).sum(2)
    return summed.transpose(1, 2).reshape(n * length, key_heads, size)


def _folded(rows: Tensor, key_heads: int) -> Tensor:
    """(M, H, X) to (1, G, M * H / G, X): the heads that share keys become further queries."""
    count, heads, size = rows.shape
    split = rows.reshape(count, key_heads, heads // key_heads, size)
    return split.transpose(0, 1).reshape(1, key_heads, -1, size)


def _unfolded(folded: Tensor, heads: int) -> Tensor:
    """The way back: (1, G, M * H / G, X) to (M, H, X)."""
    _, key_heads, _, size = folded.shape
    split = folded.reshape(key_heads, -1, heads // key_heads, size)
    return split.transpose(0, 1).reshape(-1, heads, size)


def _whole(rows: Tensor) -> Tensor:
    """(M, G, D) to (1, G, M, D)."""
    return rows.transpose(0, 1)[None]


# torch leaves `apply` without types.
_attention: Callable[..., Tensor] = _TreeAttention.apply
