"""Attention over a prefix tree on the CPU: stretches of packed tokens, nothing gathered.

Depth first, a subtree is a stretch of the packed row. Small ones (a question and its answers) are
attended to densely under a mask. A node with much above it is a trunk: everything that grows from
it sees all of it, which is one unmasked product. The parts of a token's attention are joined by
their log-sum-exp, and the backward pass runs the same kernels over the joined result, as ring
attention does (Liu et al., arXiv 2310.01889). Heads that share keys are further queries of the
same key ("folded"), so no key is ever repeated. The kernels are those that torch's own SDPA calls
on a CPU (torch 2.13).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from engine.train import alike_stretches, attention_back
from engine.train.alike_stretches import Batch
from engine.train.prefix_tree import Node, PrefixTree

_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu

DENSE = 256
"""Tokens of a subtree up to which it is attended to as one stretch."""
FEW_KEYS = 64
"""Keys of a trunk up to which it goes back by plain products: as fast, and no such code."""


@dataclass(frozen=True)
class Stretch:
    """Packed tokens that attend to one another under a mask."""

    tokens: slice
    mask: Tensor
    """What is added to the scores, (L * H / G, L): the tree's visibility, a row a folded query."""


@dataclass(frozen=True)
class Trunk:
    """A node that several branches grow from, such as a reader's card, or the first half of one."""

    tokens: slice
    above: slice
    """Tokens of which each sees the whole trunk: all that grows from it, or its other half."""


@dataclass(frozen=True)
class Stretches:
    """A tree, cut for attention; every token lies in one stretch."""

    stretches: tuple[Stretch, ...]
    trunks: tuple[Trunk, ...]
    batches: tuple[Batch, ...]
    """Stretches whose way back is gone together."""
    alone: tuple[Stretch, ...]
    """The others."""


def cut(tree: PrefixTree, repeats: int, dtype: torch.dtype) -> Stretches:
    """Cut a tree into stretches and trunks.

    Args:
        repeats: heads that share a key.
        dtype: of the masks.
    """
    # For each packed token, where what grows from its node ends.
    ends = torch.tensor([node.end for node in tree.nodes for _ in range(node.size)])
    stretches, trunks = [], []
    for first, end, node in _pieces(tree.nodes):
        own = [first, end]
        if node is not None:
            trunks.append(Trunk(slice(first, end), slice(end, node.end)))
            if end - first > DENSE:  # halves: a mask over the whole would hide half of it
                own.insert(1, (first + end) // 2)
                trunks.append(Trunk(slice(*own[:2]), slice(*own[1:])))
        for start, stop in pairwise(own):
            mask = _mask(ends, start, stop, repeats, dtype)
            stretches.append(Stretch(slice(start, stop), mask))
    masks = [each.mask for each in stretches]
    batches, alone = alike_stretches.batches([each.tokens for each in stretches], masks, DENSE)
    return Stretches(
        tuple(stretches), tuple(trunks), batches, tuple(stretches[index] for index in alone)
    )


def _pieces(nodes: Sequence[Node]) -> Iterator[tuple[int, int, Node | None]]:
    """The packed row in pieces, in order: first and end, and the node if the piece is a trunk."""
    first = end = 0
    for node in nodes:
        if node.first < end:
            continue  # inside a piece already
        own = node.first + node.size
        is_trunk = node.end > own and node.end - node.first > DENSE
        if first < end and (is_trunk or node.end - first > DENSE // 4):
            yield first, end, None
            first = end
        end = own if is_trunk else node.end
        if is_trunk:
            yield first, end, node
            first = end
    if first < end:
        yield first, end, None


def _mask(ends: Tensor, first: int, end: int, repeats: int, dtype: torch.dtype) -> Tensor:
    at = torch.arange(first, end)
    hidden = (at[None, :] > at[:, None]) | (at[:, None] >= ends[None, first:end])
    mask = torch.zeros(hidden.shape, dtype=dtype).masked_fill_(hidden, float("-inf"))
    return mask.repeat_interleave(repeats, dim=0)


def tree_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    layout: Stretches,
    scaling: float | None,
    rotation: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Attention of each packed token to its ancestors and to the earlier tokens of its node.

    Args:
        query: (N, H, D). key, value: (N, G, D), G dividing H.
        rotation: cosine and sine of the tokens' positions, (N, D / 2) each, by which queries and
            keys are yet to be turned (rotary positions, arXiv 2104.09864, halves as llama pairs
            them); None where they are turned already.

    Returns:
        (N, H, D).
    """
    cosine, sine = rotation or (None, None)
    return _attention(query, key, value, cosine, sine, layout, scaling)


class _TreeAttention(torch.autograd.Function):
    """Folded tensors are (1, G, N * H / G, D), the heads of a token next to each other."""

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        cosine: Tensor | None,
        sine: Tensor | None,
        layout: Stretches,
        scale: float | None,
    ) -> Tensor:
        repeats = query.shape[1] // key.shape[1]
        q, k = (_turned(tensor, cosine, sine, key.shape[1]) for tensor in (query, key))
        v = value.transpose(0, 1)[None]
        output = torch.empty_like(q)
        log_sum = q.new_empty(q.shape[:-1], dtype=torch.float32)
        for stretch in layout.stretches:
            tokens, rows = stretch.tokens, _rows(stretch.tokens, repeats)
            part, sums = _flash(
                q[:, :, rows],
                k[:, :, tokens],
                v[:, :, tokens],
                attn_mask=stretch.mask,
                scale=scale,
            )
            output[:, :, rows], log_sum[:, :, rows] = part, sums
        for trunk in layout.trunks:
            tokens, rows = trunk.tokens, _rows(trunk.above, repeats)
            part, sums = _flash(q[:, :, rows], k[:, :, tokens], v[:, :, tokens], scale=scale)
            own = log_sum[:, :, rows]
            share = torch.sigmoid(sums - own)[..., None].to(output.dtype)
            output[:, :, rows].lerp_(part, share)
            log_sum[:, :, rows] = torch.logaddexp(own, sums)
        ctx.save_for_backward(q, k, value, cosine, sine, output, log_sum)
        ctx.layout, ctx.scale = layout, scale
        return _unfolded(output, query.shape)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        q, k, value, cosine, sine, output, log_sum = ctx.saved_tensors
        layout: Stretches = ctx.layout
        v = value.transpose(0, 1)[None]
        heads, key_heads = upstream[0].shape[1], value.shape[1]
        repeats = heads // key_heads
        grad = _turned(upstream[0].to(output.dtype), None, None, key_heads)
        of_q, of_k, of_v = torch.empty_like(q), torch.empty_like(k), torch.empty_like(v)

        inner = (grad.float() * output.float()).sum(-1)

        def by_kernel(
            rows: slice, tokens: slice, mask: Tensor | None = None
        ) -> tuple[Tensor, Tensor, Tensor]:
            seeing = grad[0, :, rows], q[0, :, rows], output[0, :, rows], log_sum[0, :, rows]
            return attention_back.by_kernel(
                seeing, k[0, :, tokens], v[0, :, tokens], mask, ctx.scale
            )

        def by_products(rows: slice, tokens: slice) -> tuple[Tensor, Tensor, Tensor]:
            sums, inners = log_sum[0, :, rows, None], inner[0, :, rows, None]
            seeing = grad[0, :, rows], q[0, :, rows], sums, inners
            return attention_back.by_products(
                seeing, k[0, :, tokens], v[0, :, tokens], None, ctx.scale
            )

        known = (grad[0], q[0], k[0], v[0], log_sum[0], inner[0])
        for batch in layout.batches:
            alike_stretches.backward(batch, known, ctx.scale, (of_q[0], of_k[0], of_v[0]))
        for stretch in layout.alone:
            tokens, rows = stretch.tokens, _rows(stretch.tokens, repeats)
            parts = by_kernel(rows, tokens, stretch.mask)
            of_q[0, :, rows], of_k[0, :, tokens], of_v[0, :, tokens] = parts
        for trunk in layout.trunks:
            tokens, rows = trunk.tokens, _rows(trunk.above, repeats)
            back = by_kernel if tokens.stop - tokens.start > FEW_KEYS else by_products
            for into, part in zip(
                (of_q[0, :, rows], of_k[0, :, tokens], of_v[0, :, tokens]),
                back(rows, tokens),
                strict=True,
            ):
                into += part
        back_q = _turned_back(of_q, cosine, sine, upstream[0].shape)
        back_k = _turned_back(of_k, cosine, sine, value.shape)
        return back_q, back_k, of_v[0].transpose(0, 1), None, None, None, None


def _rows(tokens: slice, repeats: int) -> slice:
    """The folded queries of a stretch of tokens."""
    return slice(tokens.start * repeats, tokens.stop * repeats)


def _turned(heads: Tensor, cosine: Tensor | None, sine: Tensor | None, key_heads: int) -> Tensor:
    """(N, H, D), turned by its position, as (1, G, N * H / G, D)."""
    length, count, size = heads.shape
    split = heads.reshape(length, key_heads, count // key_heads, size)
    folded = heads.new_empty((key_heads, length, count // key_heads, size))
    into = folded.transpose(0, 1)
    if cosine is None or sine is None:
        into.copy_(split)
    else:
        _turn(split, cosine, sine, into)
    return folded.view(1, key_heads, -1, size)


def _turned_back(
    folded: Tensor, cosine: Tensor | None, sine: Tensor | None, shape: torch.Size
) -> Tensor:
    """A gradient's way back: (1, G, N * H / G, D) to (N, H, D), turned the other way."""
    if cosine is None or sine is None:
        return _unfolded(folded, shape)
    length, _, size = shape
    split = folded.view(folded.shape[1], length, -1, size).transpose(0, 1)
    heads = folded.new_empty(split.shape)
    _turn(split, cosine, -sine, heads)
    return heads.view(shape)


def _turn(heads: Tensor, cosine: Tensor, sine: Tensor, into: Tensor) -> None:
    """Rotary positions: (x, y) becomes (x cos - y sin, y cos + x sin), x and y the halves of D."""
    c, s = cosine[:, None, None], sine[:, None, None]
    x, y = heads.chunk(2, -1)
    to_x, to_y = into.chunk(2, -1)
    torch.mul(x, c, out=to_x).addcmul_(y, s, value=-1)
    torch.mul(y, c, out=to_y).addcmul_(x, s)


def _unfolded(folded: Tensor, shape: torch.Size) -> Tensor:
    """(1, G, N * H / G, D) to (N, H, D)."""
    split = folded.view(folded.shape[1], shape[0], -1, shape[2])
    return split.transpose(0, 1).reshape(shape)


# torch leaves `apply` without types.
_attention: Callable[..., Tensor] = _TreeAttention.apply
