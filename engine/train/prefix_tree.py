"""Pack the rows of a batch into their prefix tree: each shared prefix once.

A node is a run of tokens that the same rows begin with. Tokens lie node after node in one packed
row; each sees its ancestors' tokens and the earlier ones of its own node, and its position is its
depth. Attention is computed for groups of nodes of about the same size, each a small dense batch
(one row a node), so its cost is that of the paths and not of the packed length squared.

What is deliberately not here: sharing of runs shorter than `MIN_SHARED` tokens, which would make
many nodes for little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

MIN_SHARED = 16
"""Tokens that rows must share from where they stand to become a node of their own."""


SIMILAR = 0.75
"""Nodes of one group have at least this share of the longest one's own tokens, and of its path."""


@dataclass(frozen=True)
class Group:
    """Nodes of about the same size, padded to a batch."""

    queries: Tensor
    """int64 (n, Lq): packed index of each node's own tokens; padding repeats the last."""
    keys: Tensor
    """int64 (n, Lk): packed index of ancestors and own tokens; padding repeats the last."""
    visible: Tensor | None
    """bool (n, 1, Lq, Lk): which keys a query sees; None where that is plainly causal."""
    real: Tensor
    """bool (n, Lq): which queries are not padding."""


@dataclass(frozen=True)
class Trunk:
    """A root that several rows begin with, such as a reader's card."""

    tokens: slice
    """Packed tokens of the root."""
    above: slice
    """Packed tokens of everything that grows from it; each of them sees the whole root."""


@dataclass(frozen=True)
class PrefixTree:
    """A batch of R rows as one packed row of N tokens."""

    input_ids: Tensor
    """int64 (1, N)."""
    position_ids: Tensor
    """int64 (1, N): depth in the tree."""
    groups: tuple[Group, ...]
    trunks: tuple[Trunk, ...]
    """Roots that the groups' keys leave out; empty where the groups hold whole paths."""
    slots: Tensor
    """int64 (N,): where each packed token stands in the groups' queries, laid end to end."""
    paths: tuple[tuple[int, ...], ...]
    """For each row, the packed index of each of its tokens."""


@dataclass
class _Node:
    tokens: tuple[int, ...]
    depth: int
    """Tokens before this node."""
    parent: "_Node | None"
    rows: tuple[int, ...]
    """The rows that pass through this node."""
    first: int = 0
    """Packed index of the first token."""

    is_trunk: bool = False

    def path(self, above_trunk: bool = False) -> list[int]:
        """Packed indices from the root, or from above the trunk, to the end of this node."""
        before: list[int] = []
        if self.parent and not (above_trunk and self.parent.is_trunk):
            before = self.parent.path(above_trunk)
        return before + list(range(self.first, self.first + len(self.tokens)))


def pack(
    rows: Sequence[Sequence[int]], device: torch.device | str = "cpu", trunks: bool = False
) -> PrefixTree:
    """Build the prefix tree of the rows; each row must have a token.

    Args:
        trunks: keep shared roots apart, for attention that reads them once for all that grows
            from them; otherwise every group holds whole paths.

    Two rows: A = 0 1 2 3, B = 0 1 2 4 with `MIN_SHARED` 3 give the packed row 0 1 2 3 4 with
    positions 0 1 2 3 3; B's 4 sees 0 1 2 and itself.
    """
    nodes = _grow([tuple(row) for row in rows], list(range(len(rows))), 0, None)
    first = 0
    for node in nodes:
        node.first = first
        first += len(node.tokens)
    last_of = {row: node for node in nodes for row in node.rows}
    stems = _stems(nodes, first) if trunks else ()
    groups, slots = _groups(nodes, first, device)
    return PrefixTree(
        input_ids=torch.tensor([[t for node in nodes for t in node.tokens]], device=device),
        position_ids=torch.tensor(
            [[node.depth + i for node in nodes for i in range(len(node.tokens))]], device=device
        ),
        groups=groups,
        trunks=stems,
        slots=slots,
        paths=tuple(tuple(last_of[row].path()) for row in range(len(rows))),
    )


def _grow(
    rows: list[tuple[int, ...]], members: list[int], depth: int, parent: _Node | None
) -> list[_Node]:
    """The subtree of the rows `members`, which agree on their first `depth` tokens."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for row in members:
        rest = rows[row][depth : depth + MIN_SHARED]
        if rest:
            groups.setdefault(rest, []).append(row)
    nodes: list[_Node] = []
    for group in groups.values():
        shared = _common_length([rows[row] for row in group])
        node = _Node(rows[group[0]][depth:shared], depth, parent, tuple(group))
        nodes.append(node)
        if len(group) > 1:
            nodes += _grow(rows, group, shared, node)
    return nodes


def _common_length(rows: list[tuple[int, ...]]) -> int:
    """Tokens that all rows begin with. Smallest and largest row differ first, so two suffice."""
    low, high = min(rows), max(rows)
    pairs = zip(low, high, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(low), len(high)))


def _stems(nodes: list[_Node], packed_length: int) -> tuple[Trunk, ...]:
    """The roots with something above them. Nodes lie in depth-first order, so that is a stretch."""
    roots = [node for node in nodes if node.parent is None]
    ends = [root.first for root in roots[1:]] + [packed_length]
    stems = []
    for root, end in zip(roots, ends, strict=True):
        middle = root.first + len(root.tokens)
        if end > middle:
            root.is_trunk = True
            stems.append(Trunk(slice(root.first, middle), slice(middle, end)))
    return tuple(stems)


def _groups(
    nodes: list[_Node], packed_length: int, device: torch.device | str
) -> tuple[tuple[Group, ...], Tensor]:
    groups: list[Group] = []
    slots = torch.empty(packed_length, dtype=torch.long)
    start = 0
    for here in _of_similar_size(nodes):
        paths = [path for _, path in here]
        own = [len(node.tokens) for node, _ in here]
        width, span = max(own), max(map(len, paths))
        queries = [path[-n:] + path[-1:] * (width - n) for path, n in zip(paths, own, strict=True)]
        keys = [path + path[-1:] * (span - len(path)) for path in paths]
        for i, ((node, _), n) in enumerate(zip(here, own, strict=True)):
            slots[node.first : node.first + n] = torch.arange(n) + start + i * width
        start += len(here) * width
        counts = torch.tensor(own)[:, None]
        groups.append(
            Group(
                torch.tensor(queries, device=device),
                torch.tensor(keys, device=device),
                _visible(paths, own, width, span, device),
                (torch.arange(width)[None] < counts).to(device),
            )
        )
    return tuple(groups), slots.to(device)


def _of_similar_size(nodes: list[_Node]) -> list[list[tuple[_Node, list[int]]]]:
    """The nodes with their paths, in groups that waste little on padding, the largest first."""
    groups: list[list[tuple[_Node, list[int]]]] = []
    sized = [(node, node.path(above_trunk=True)) for node in nodes]
    for node, path in sorted(sized, key=lambda item: (-len(item[0].tokens), -len(item[1]))):
        head, longest = groups[-1][0] if groups else (None, path)
        if (
            head is not None
            and len(node.tokens) >= SIMILAR * len(head.tokens)
            and SIMILAR <= len(path) / len(longest) <= 1 / SIMILAR
        ):
            groups[-1].append((node, path))
        else:
            groups.append([(node, path)])
    return groups


def _visible(
    paths: list[list[int]], own: list[int], width: int, span: int, device: torch.device | str
) -> Tensor | None:
    if [len(path) for path in paths] == own:
        return None  # nothing before the node itself; its padding stands after all it could see
    length = torch.tensor([len(path) for path in paths])[:, None, None]
    count = torch.tensor(own)[:, None, None]
    key = torch.arange(span)[None, None, :]
    # A padded query repeats the node's last token, so it sees what that one sees.
    query = torch.minimum(torch.arange(width)[None, :, None], count - 1) + length - count
    return (key <= query)[:, None].to(device)  # (n, 1, Lq, Lk)
