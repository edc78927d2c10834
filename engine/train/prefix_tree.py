"""Pack the rows of a batch into their prefix tree: each shared prefix once.

A node is a run of tokens that the same rows begin with. Tokens lie node after node in one packed
row, depth first; each sees its ancestors' tokens and the earlier ones of its own node, and its
position is its depth. What attention makes of it is in `tree_attention` (CPU) and `node_groups`.

What is deliberately not here: sharing of runs shorter than `MIN_SHARED` tokens, which would make
many nodes for little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

MIN_SHARED = 16
"""Tokens that rows must share from where they stand to become a node of their own."""


@dataclass(frozen=True)
class Node:
    """A run of packed tokens; tokens `first` to `end` are the node's own and all that grows on it.

    Depth first means that token q sees token k exactly when k <= q < the end of k's node.
    """

    first: int
    """Packed index of its first token."""
    size: int
    """Its own tokens."""
    end: int
    """Packed index after the last token of what grows from it."""
    depth: int
    """Tokens before it on its path."""
    parent: int
    """Index of its parent among the nodes, -1 for a root."""


@dataclass(frozen=True)
class PrefixTree:
    """A batch of R rows as one packed row of N tokens."""

    input_ids: Tensor
    """int64 (1, N)."""
    position_ids: Tensor
    """int64 (1, N): depth in the tree."""
    nodes: tuple[Node, ...]
    """Depth first, in the order of their tokens."""
    paths: tuple[tuple[int, ...], ...]
    """For each row, the packed index of each of its tokens."""


@dataclass
class _Growing:
    """A node while its place in the packed row is not known yet."""

    tokens: tuple[int, ...]
    depth: int
    parent: int
    rows: tuple[int, ...]
    """The rows that pass through this node."""


def pack(rows: Sequence[Sequence[int]], device: torch.device | str = "cpu") -> PrefixTree:
    """Build the prefix tree of the rows; each row must have a token.

    Two rows: A = 0 1 2 3, B = 0 1 2 4 with `MIN_SHARED` 3 give the packed row 0 1 2 3 4 with
    positions 0 1 2 3 3; B's 4 sees 0 1 2 and itself.
    """
    growing: list[_Growing] = []
    _grow([tuple(row) for row in rows], list(range(len(rows))), 0, -1, growing)
    nodes = _placed(growing)
    last_of = {row: index for index, node in enumerate(growing) for row in node.rows}
    return PrefixTree(
        input_ids=torch.tensor([[t for node in growing for t in node.tokens]], device=device),
        position_ids=torch.tensor(
            [[node.depth + i for node in nodes for i in range(node.size)]], device=device
        ),
        nodes=nodes,
        paths=tuple(tuple(path_to(nodes, last_of[row])) for row in range(len(rows))),
    )


def path_to(nodes: Sequence[Node], index: int) -> list[int]:
    """Packed indices from the root to the end of a node."""
    runs = []
    while index >= 0:
        node = nodes[index]
        runs.append(range(node.first, node.first + node.size))
        index = node.parent
    return [token for run in reversed(runs) for token in run]


def _grow(
    rows: list[tuple[int, ...]],
    members: list[int],
    depth: int,
    parent: int,
    growing: list[_Growing],
) -> None:
    """Add the subtree of the rows `members`, which agree on their first `depth` tokens."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for row in members:
        rest = rows[row][depth : depth + MIN_SHARED]
        if rest:
            groups.setdefault(rest, []).append(row)
    for group in groups.values():
        shared = common_length([rows[row] for row in group])
        growing.append(_Growing(rows[group[0]][depth:shared], depth, parent, tuple(group)))
        if len(group) > 1:
            _grow(rows, group, shared, len(growing) - 1, growing)


def common_length(rows: Sequence[tuple[int, ...]]) -> int:
    """Tokens that all rows begin with. Smallest and largest row differ first, so two suffice."""
    low, high = min(rows), max(rows)
    pairs = zip(low, high, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(low), len(high)))


def _placed(growing: Sequence[_Growing]) -> tuple[Node, ...]:
    firsts, first = [], 0
    for node in growing:
        firsts.append(first)
        first += len(node.tokens)
    ends = [at + len(node.tokens) for at, node in zip(firsts, growing, strict=True)]
    for index in reversed(range(len(growing))):
        parent = growing[index].parent
        if parent >= 0:
            ends[parent] = max(ends[parent], ends[index])
    return tuple(
        Node(at, len(node.tokens), end, node.depth, node.parent)
        for at, end, node in zip(firsts, ends, growing, strict=True)
    )
