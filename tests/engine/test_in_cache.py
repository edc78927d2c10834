"""What goes through its passes a few rows at a time gives what all rows at once give."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd import backward
from torch.testing import assert_close
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from engine.train import lean, logprobs
from tests.engine.test_shared_prefix import tiny


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lean, "ROWS_IN_CACHE", 4)
    monkeypatch.setattr(logprobs, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(logprobs, "ROWS_IN_CACHE", 3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_norm_is_that_of_transformers(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    norm = LlamaRMSNorm(24).to(dtype)
    norm.weight.data.normal_()
    rows, upstream = (torch.randn(2, 11, 24).to(dtype) for _ in range(2))

    def through(forward: Callable[[Tensor], Tensor]) -> list[Tensor | None]:
        norm.weight.grad = None
        hidden = rows.clone().requires_grad_()
        output = forward(hidden)
        backward(output, upstream)
        return [output, hidden.grad, norm.weight.grad]

    theirs = through(norm)
    ours = through(lambda hidden: lean._normalised(norm, hidden))
    for our, their in zip(ours, theirs, strict=True):
        assert_close(our, their, atol=1e-5 if dtype == torch.float32 else 0.1, rtol=1e-2)


def test_labels_are_scored_by_the_logits_of_their_own_position() -> None:
    model: Any = tiny("llama")
    model.requires_grad_(False)
    torch.manual_seed(0)
    hidden = torch.randn(17, 32).requires_grad_()
    labels = torch.randint(0, 97, (17,))
    expected = model.lm_head(hidden).log_softmax(-1)
    own = expected.gather(1, labels[:, None])[:, 0]
    alone = logprobs.label_logprobs(model, hidden, labels)
    assert not alone.requires_grad
    assert_close(alone, own.detach())
    found = logprobs.token_logprobs(model, hidden, labels)
    assert_close(found.log_probs, own)
    assert_close(found.entropy, -(expected.exp() * expected).sum(-1).detach())
    assert_close(found.is_top1, expected.argmax(-1) == labels)
    weights = torch.linspace(-1, 1, 17)
    (plain,) = torch.autograd.grad((own * weights).sum(), hidden)
    (ours,) = torch.autograd.grad((found.log_probs * weights).sum(), hidden)
    assert_close(ours, plain)
