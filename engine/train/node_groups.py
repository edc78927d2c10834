"""Attention over a prefix tree by torch's SDPA, a group of nodes at a time: for GPUs.

Attention is computed for groups of nodes of about the same size, each a small dense batch (one row
a node, its path as keys), so its cost is that of the paths and not of the packed length squared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from engine.train.prefix_tree import Node, PrefixTree, path_to

SIMILAR = 0.75
"""Nodes of one group have at least this share of the longest one's own tokens, and of its path."""


@dataclass(frozen=True)
class Group:
    """Nodes of about the same size, padded to a batch."""

    queries: Tensor
    """int64 (n, Lq): packed index of each node's own tokens; padding repeats the last."""
    keys: Tensor
    """int64 (n, Lk): packed index of ancestors and own tokens; padding repeats the last."""
    mask: Tensor | None
    """What is added to the scores, (n, 1, Lq, Lk); None where that is plainly causal."""


@dataclass(frozen=True)
class NodeGroups:
    """A tree's nodes in groups."""

    groups: tuple[Group, ...]
    slots: Tensor
    """int64 (N,): where each packed token stands in the groups' queries, laid end to end."""


def node_groups(tree: PrefixTree, dtype: torch.dtype) -> NodeGroups:
    """Group the nodes of a tree; masks in `dtype`."""
    device = tree.input_ids.device
    groups: list[Group] = []
    slots = torch.empty(tree.input_ids.shape[1], dtype=torch.long)
    start = 0
    for here in _of_similar_size(tree.nodes):
        paths = [path for _, path in here]
        own = [node.size for node, _ in here]
        width, span = max(own), max(map(len, paths))
        queries = [path[-n:] + path[-1:] * (width - n) for path, n in zip(paths, own, strict=True)]
        keys = [path + path[-1:] * (span - len(path)) for path in paths]
        for i, ((node, _), n) in enumerate(zip(here, own, strict=True)):
            slots[node.first : node.first + n] = torch.arange(n) + start + i * width
        start += len(here) * width
        groups.append(
            Group(
                torch.tensor(queries, device=device),
                torch.tensor(keys, device=device),
                _mask(paths, own, width, span, dtype, device),
            )
        )
    return NodeGroups(tuple(groups), slots.to(device))


def grouped_attention(
    query: Tensor, key: Tensor, value: Tensor, layout: NodeGroups, scaling: float | None
) -> Tensor:
    """Attention of each packed token to its ancestors and to the earlier tokens of its node.

    Args:
        query: (1, H, N, D). key, value: (1, G, N, D), G dividing H.

    Returns:
        (1, N, H, D).
    """
    heads, repeats = query.shape[1], query.shape[1] // key.shape[1]
    q, k, v = (tensor[0].transpose(0, 1) for tensor in (query, key, value))  # (N, H or G, D)
    outputs = []
    for group in layout.groups:
        attended = scaled_dot_product_attention(
            q[group.queries].transpose(1, 2),  # (n, H, Lq, D)
            _per_head(k[group.keys].transpose(1, 2), repeats),  # (n, H, Lk, D)
            _per_head(v[group.keys].transpose(1, 2), repeats),
            attn_mask=group.mask,
            is_causal=group.mask is None,
            scale=scaling,
        )
        outputs.append(attended.transpose(1, 2).reshape(-1, heads, query.shape[-1]))
    return torch.cat(outputs)[layout.slots][None]


def _per_head(grouped: Tensor, repeats: int) -> Tensor:
    """(n, G, L, D) to (n, G * repeats, L, D)."""
    return grouped if repeats == 1 else grouped.repeat_interleave(repeats, dim=1)


def _of_similar_size(nodes: Sequence[Node]) -> list[list[tuple[Node, list[int]]]]:
    """The nodes with their paths, in groups that waste little on padding, the largest first."""
    groups: list[list[tuple[Node, list[int]]]] = []
    sized = [(node, path_to(nodes, index)) for index, node in enumerate(nodes)]
    for node, path in sorted(sized, key=lambda item: (-item[0].size, -len(item[1]))):
        head, longest = groups[-1][0] if groups else (None, path)
        if (
            head is not None
            and node.size >= SIMILAR * head.size
            and SIMILAR <= len(path) / len(longest) <= 1 / SIMILAR
        ):
            groups[-1].append((node, path))
        else:
            groups.append([(node, path)])
    return groups


def _mask(
    paths: list[list[int]],
    own: list[int],
    width: int,
    span: int,
    dtype: torch.dtype,
    device: torch.device,
) -> Tensor | None:
    """0 where a key is seen, -inf where not."""
    if [len(path) for path in paths] == own:
        return None  # nothing before the node itself; its padding stands after all it could see
    length = torch.tensor([len(path) for path in paths])[:, None, None]
    count = torch.tensor(own)[:, None, None]
    key = torch.arange(span)[None, None, :]
    # A padded query repeats the node's last token, so it sees what that one sees.
    query = torch.minimum(torch.arange(width)[None, :, None], count - 1) + length - count
    mask = torch.zeros((len(paths), width, span), dtype=dtype)
    return mask.masked_fill_(key > query, float("-inf"))[:, None].to(device)
