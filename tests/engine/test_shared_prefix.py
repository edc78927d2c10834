"""The prefix tree against the plain forward: the same numbers, on real tiny models."""

import random
from typing import Any

import pytest
import torch
from torch.autograd import backward
from torch.testing import assert_close
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
)
from trl.trainer.utils import add_fused_lm_head

from engine.train import lean, prefix_tree, shared_prefix
from engine.train.prefix_tree import pack

SHAPE: dict[str, Any] = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


def tiny(kind: str, tied: bool = True) -> Any:
    torch.manual_seed(7)
    if kind == "llama":
        return LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=tied))
    return Qwen2ForCausalLM(Qwen2Config(**SHAPE, tie_word_embeddings=tied))


def random_rows(seed: int) -> list[list[int]]:
    """Rows that share a card, some a question, some nothing at all; one is another's beginning."""
    rng = random.Random(seed)

    def run(low: int, high: int) -> list[int]:
        return [rng.randrange(97) for _ in range(rng.randint(low, high))]

    cards = [run(20, 60) for _ in range(rng.randint(1, 3))]
    rows = []
    for _ in range(rng.randint(1, 5)):
        prompt = rng.choice(cards) + run(0, 25)
        rows += [prompt + run(1, 30) for _ in range(2)]
    rows.append(rows[0] + run(1, 20))
    rows.append(run(2, 40))
    rng.shuffle(rows)
    return rows


def batch(rows: list[list[int]], seed: int) -> dict[str, torch.Tensor]:
    """Rows padded to the right, each with its last tokens labelled."""
    rng = random.Random(seed)
    width = max(map(len, rows))
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    labels = torch.full_like(ids, -100)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
        labelled = rng.randint(1, len(row) - 1)
        labels[i, len(row) - labelled : len(row)] = ids[i, len(row) - labelled : len(row)]
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def scored(model: PreTrainedModel, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    log_probs: torch.Tensor = model(**inputs, fused_lm_head=True).log_probs
    return log_probs


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
@pytest.mark.parametrize("seed", range(6))
def test_log_probs_and_gradients_equal_the_plain_forward(kind: str, seed: int) -> None:
    inputs = batch(random_rows(seed), seed)
    results = []
    for installed in (False, True):
        model = tiny(kind)
        head = model.lm_head
        for parameter in model.parameters():
            parameter.requires_grad_(parameter is not head.weight)
        add_fused_lm_head(model, outputs=("log_probs", "entropy", "mean_logits", "is_top1"))
        if installed:
            shared_prefix.install(model)
        log_probs = scored(model, inputs)
        weights = torch.linspace(-1, 1, log_probs.numel()).view(log_probs.shape)
        backward((log_probs * weights).sum())
        results.append((log_probs, {n: p.grad for n, p in model.named_parameters()}))
    (plain, plain_gradients), (packed, packed_gradients) = results
    assert_close(packed, plain, atol=1e-5, rtol=0)
    for name, gradient in plain_gradients.items():
        if gradient is not None:
            assert_close(packed_gradients[name], gradient, atol=1e-5, rtol=1e-3)


def test_a_trained_head_gets_its_gradient() -> None:
    inputs = batch(random_rows(1), 1)
    gradients = []
    for installed in (False, True):
        model = tiny("llama", tied=False)
        add_fused_lm_head(model)
        if installed:
            shared_prefix.install(model)
        backward(scored(model, inputs).sum())
        gradients.append(model.lm_head.weight.grad)
    assert_close(gradients[1], gradients[0], atol=1e-4, rtol=1e-3)


def test_gradient_checkpointing_gives_the_same_gradients() -> None:
    inputs = batch(random_rows(2), 2)
    gradients = []
    for checkpointing in (False, True):
        model = tiny("llama")
        model.train()
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        add_fused_lm_head(model)
        shared_prefix.install(model)
        backward(scored(model, inputs).sum())
        gradients.append(model.model.layers[0].mlp.up_proj.weight.grad)
    assert_close(gradients[1], gradients[0])


def test_metrics_of_the_tokens_are_trls(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = batch(random_rows(3), 3)
    fields = ("log_probs", "entropy", "mean_logits", "is_top1")
    outputs = []
    for installed in (False, True):
        model = tiny("qwen2").requires_grad_(False)
        add_fused_lm_head(model, outputs=fields)
        if installed:
            shared_prefix.install(model)
        outputs.append(model(**inputs, fused_lm_head=True))
    for field in fields:
        plain, packed = (getattr(output, field).float() for output in outputs)
        assert_close(packed, plain, atol=1e-5, rtol=1e-5)


def test_a_call_without_labels_is_the_models_own(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny("llama")
    ids = torch.arange(1, 12)[None]
    before = model(input_ids=ids).logits
    add_fused_lm_head(model)
    shared_prefix.install(model)
    assert_close(model(input_ids=ids).logits, before)


def test_shared_tokens_are_packed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """0 1 2 3 and 0 1 2 4 with three shared tokens needed: 0 1 2 3 4 at positions 0 1 2 3 3."""
    monkeypatch.setattr(prefix_tree, "MIN_SHARED", 3)
    tree = pack([[0, 1, 2, 3], [0, 1, 2, 4]])
    assert tree.input_ids.tolist() == [[0, 1, 2, 3, 4]]
    assert tree.position_ids.tolist() == [[0, 1, 2, 3, 3]]
    assert tree.paths == ((0, 1, 2, 3), (0, 1, 2, 4))
    assert [(node.first, node.end, node.parent) for node in tree.nodes] == [
        (0, 5, -1),
        (3, 4, 0),
        (4, 5, 0),
    ]


def test_equal_rows_are_packed_once() -> None:
    tree = pack([[5, 6, 7], [5, 6, 7]])
    assert tree.input_ids.tolist() == [[5, 6, 7]]
    assert tree.paths == ((0, 1, 2), (0, 1, 2))


def test_models_with_other_attention_are_refused_with_the_reason() -> None:
    config = Qwen2Config(**SHAPE, use_sliding_window=True, sliding_window=8)
    assert shared_prefix.why_not(tiny("llama")) == ""
    assert "window" in shared_prefix.why_not(Qwen2ForCausalLM(config))
    dropping = LlamaConfig(**SHAPE, attention_dropout=0.1)
    assert "at random" in shared_prefix.why_not(LlamaForCausalLM(dropping))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 0.02)])
def test_lean_layers_are_the_same_functions(dtype: torch.dtype, tolerance: float) -> None:
    """Outputs and gradients of RMSNorm and SwiGLU against transformers' own, in both precisions."""
    results = []
    for is_lean in (False, True):
        model = tiny("llama")
        torch.nn.Module.to(model, dtype)
        if is_lean:
            lean.install(model)
        torch.manual_seed(1)
        hidden = torch.randn(3, 5, 32).to(dtype).requires_grad_()
        layer = model.model.layers[0]
        output = layer.mlp(layer.input_layernorm(hidden))
        output.float().square().sum().backward()
        results.append((output, hidden.grad, layer.input_layernorm.weight.grad))
    for plain, packed in zip(*results, strict=True):
        assert_close(packed, plain, atol=tolerance, rtol=tolerance)
