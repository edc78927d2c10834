"""Attention over the tree, both ways of it, against each row's own causal attention."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.autograd import backward
from torch.nn.functional import scaled_dot_product_attention
from torch.testing import assert_close

from engine.train import alike_stretches, attention_back
from engine.train import tree_attention as by_stretches
from engine.train.node_groups import grouped_attention, node_groups
from engine.train.prefix_tree import pack
from engine.train.tree_attention import cut, tree_attention
from tests.engine.test_shared_prefix import random_rows

HEADS, KEY_HEADS, SIZE = 6, 2, 16


def leaves(count: int) -> list[Tensor]:
    """Queries, keys and values of `count` packed tokens."""
    torch.manual_seed(3)
    return [
        torch.randn(count, heads, SIZE).requires_grad_() for heads in (HEADS, KEY_HEADS, KEY_HEADS)
    ]


def of_rows(tensors: list[Tensor], paths: tuple[tuple[int, ...], ...]) -> Tensor:
    """Plain causal attention of each row by itself, laid end to end, (tokens of all rows, H, D)."""
    found = []
    for path in paths:
        q, k, v = (tensor[list(path)].transpose(0, 1)[None] for tensor in tensors)
        attended = scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        found.append(attended[0].transpose(0, 1))
    return torch.cat(found)


@pytest.mark.parametrize("dense", [1, 20, 4000])
@pytest.mark.parametrize("seed", range(4))
def test_stretches_and_trunks_give_each_rows_attention(
    seed: int, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_stretches, "DENSE", dense)
    tree = pack(random_rows(seed))
    layout = cut(tree, HEADS // KEY_HEADS, torch.float32)
    assert bool(layout.trunks) is (dense < 4000)
    check(seed, lambda q, k, v: tree_attention(q, k, v, layout, None))


def test_a_long_card_is_attended_to_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_stretches, "DENSE", 20)
    card = list(range(40, 71))
    layout = cut(pack([[*card, 1, 2], [*card, 3, 4]]), 1, torch.float32)
    assert [each.tokens for each in layout.trunks] == [slice(0, 31), slice(0, 15)]
    assert [each.above for each in layout.trunks] == [slice(31, 35), slice(15, 31)]
    assert [each.mask.shape[1] for each in layout.stretches] == [15, 16, 4]


@pytest.mark.parametrize("seed", range(4))
def test_long_stretches_go_back_in_as_many_parts_as_threads(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three threads and two heads; the parts leave a rest."""
    monkeypatch.setattr(by_stretches, "DENSE", 20)
    monkeypatch.setattr(attention_back, "ROWS_OF_A_PART", 5)
    monkeypatch.setattr(attention_back, "ROWS_MULTIPLE", 2)
    monkeypatch.setattr(by_stretches, "FEW_KEYS", 0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    layout = cut(pack(random_rows(seed)), HEADS // KEY_HEADS, torch.float32)
    check(seed, lambda q, k, v: tree_attention(q, k, v, layout, None))


def test_stretches_of_about_one_length_go_back_together() -> None:
    lengths = [40, 30, 29, 300, 12, 38]
    starts = [sum(lengths[:index]) for index in range(len(lengths))]
    stretches = [slice(at, at + n) for at, n in zip(starts, lengths, strict=True)]
    masks = [torch.zeros(2 * n, n) for n in lengths]
    (batch, single, short), alone = alike_stretches.batches(stretches, masks, longest=256)
    assert batch.mask.shape == (3, 80, 40)
    assert [len(each.real) for each in (single, short)] == [29, 12]
    assert alone == [3]
    assert sorted(batch.tokens[batch.real].tolist()) == [*range(70), *range(411, 449)]


@pytest.mark.parametrize("seed", range(4))
def test_groups_of_nodes_give_each_rows_attention(seed: int) -> None:
    layout = node_groups(pack(random_rows(seed)), torch.float32)

    def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        query, key, value = (tensor.transpose(0, 1)[None] for tensor in (q, k, v))
        return grouped_attention(query, key, value, layout, None)[0]

    check(seed, attention)


def check(seed: int, attention: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    paths = pack(random_rows(seed)).paths
    every = [token for path in paths for token in path]
    results = []
    for is_plain in (True, False):
        tensors = leaves(max(every) + 1)
        output = of_rows(tensors, paths) if is_plain else attention(*tensors)[every]
        weights = torch.linspace(-1, 1, output.numel()).view(output.shape)
        backward((output * weights).sum())
        results.append([output, *(tensor.grad for tensor in tensors)])
    for plain, packed in zip(*results, strict=True):
        assert_close(packed, plain, atol=2e-5, rtol=1e-4)


def test_every_token_lies_in_one_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_stretches, "DENSE", 16)
    tree = pack(random_rows(5))
    tokens = [
        token
        for stretch in cut(tree, 1, torch.float32).stretches
        for token in range(stretch.tokens.start, stretch.tokens.stop)
    ]
    assert tokens == list(range(tree.input_ids.shape[1]))
