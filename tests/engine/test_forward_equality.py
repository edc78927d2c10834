"""The tree forward against transformers' own, over what a run can be: which weights learn, how
the batch is made up, which attention, which memory saving. Random models, random forests."""

import random
from dataclasses import dataclass, replace
from typing import Any, Literal

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.autograd import backward
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    SmolLM3Config,
    SmolLM3ForCausalLM,
)
from trl.trainer.utils import add_fused_lm_head

from engine.train import prefix_tree, shared_prefix, tree_attention
from tests.engine.test_shared_prefix import SHAPE, batch

KINDS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "llama": (LlamaConfig, LlamaForCausalLM, {"attention_bias": True, "mlp_bias": True}),
    "mistral": (MistralConfig, MistralForCausalLM, {"sliding_window": None}),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, {}),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, {"head_dim": 16}),
    "smollm3": (SmolLM3Config, SmolLM3ForCausalLM, {"pad_token_id": 0}),
}


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    kind: str
    learns: Literal["all", "lora"] = "all"
    tied: bool = True
    checkpointing: bool = False
    by_groups: bool = False
    """Attention as on a GPU."""
    dtype: torch.dtype = torch.float32
    """bfloat16: of a frozen base's weights; weights that all learn stay float32, under autocast."""
    dropout: float = 0.0


def model_of(case: Case) -> Any:
    """A random model; norms and biases away from where they begin, so that all of them matter."""
    torch.manual_seed(11)
    config_class, model_class, more = KINDS[case.kind]
    model = model_class(config_class(**SHAPE, **more, tie_word_embeddings=case.tied))
    if case.learns == "lora":
        model.to(case.dtype)
    if case.learns == "lora":
        model = get_peft_model(
            model,
            LoraConfig(r=4, lora_alpha=8, lora_dropout=case.dropout, target_modules="all-linear"),
        )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1 or "lora_B" in name:
                parameter.add_(torch.randn_like(parameter), alpha=0.2)
    return model.train()


def forest(seed: int) -> list[list[int]]:
    """The rows of a pooled batch: several readers' cards, questions under some, pairs of answers.

    Some cards begin alike, some questions are asked twice, an answer may be another's beginning.
    """
    rng = random.Random(seed)

    def run(low: int, high: int) -> list[int]:
        return [rng.randrange(97) for _ in range(rng.randint(low, high))]

    opening = run(0, 30)
    cards = [(opening if rng.random() < 0.5 else []) + run(1, 90) for _ in range(rng.randint(2, 4))]
    questions = [run(1, 40) for _ in range(rng.randint(1, 3))]
    prompts = [rng.choice(cards) + rng.choice(questions) for _ in range(rng.randint(2, 6))]
    chosen = [prompt + run(1, 40) for prompt in prompts]
    rejected = [
        row[:-1] if rng.random() < 0.2 and len(row) > len(prompt) + 1 else prompt + run(1, 40)
        for prompt, row in zip(prompts, chosen, strict=True)
    ]
    return chosen + rejected


def outcome(
    case: Case, inputs: dict[str, torch.Tensor], installed: bool
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The log-probs, and the gradient of every weight that learns."""
    model = model_of(case)
    causal = model.get_base_model() if case.learns == "lora" else model
    if case.checkpointing:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})
    for module in model.modules():  # as TRL has it
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    add_fused_lm_head(causal, outputs=("log_probs", "entropy", "mean_logits", "is_top1"))
    if installed:
        shared_prefix.install(causal)
        assert shared_prefix.is_installed(causal)
    with torch.autocast("cpu", torch.bfloat16, enabled=case.dtype == torch.bfloat16):
        log_probs = model(**inputs, fused_lm_head=True).log_probs
    torch.manual_seed(2)
    backward((log_probs * torch.randn_like(log_probs)).sum())
    learning = {n: p for n, p in model.named_parameters() if p.requires_grad}
    gradients = {}
    for name, parameter in learning.items():
        assert parameter.grad is not None, name
        gradients[name] = parameter.grad
    return log_probs.detach(), gradients


def check(case: Case, seed: int) -> None:
    """Log-probs within 1e-4, each weight's gradient within 1e-3 of its own norm."""
    inputs = batch(forest(seed), seed)
    plain, plain_gradients = outcome(case, inputs, installed=False)
    packed, packed_gradients = outcome(case, inputs, installed=True)
    assert float((packed - plain).abs().max()) < 1e-4
    assert packed_gradients.keys() == plain_gradients.keys()
    whole = torch.cat([g.flatten() for g in plain_gradients.values()]).norm()
    for name, gradient in plain_gradients.items():
        # A key's bias moves every score of a query alike: its gradient is rounding, beside all.
        size = max(float(gradient.norm()), 1e-3 * float(whole))
        assert float((packed_gradients[name] - gradient).norm()) < 1e-3 * size, name


LEARNS: tuple[Literal["all", "lora"], ...] = ("all", "lora")
CASES = [
    *(Case(kind, tied=tied) for kind in KINDS for tied in (True, False)),
    *(Case(kind, "lora") for kind in KINDS),
    *(
        Case(kind, learns, checkpointing=True)
        for kind in ("llama", "qwen2")
        for learns in ("all", "lora")
    ),
    *(Case(kind, learns, by_groups=True) for kind in KINDS for learns in ("all", "lora")),
    Case("llama", "lora", dropout=0.1),
    Case("qwen2", "all", checkpointing=True, by_groups=True),
]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_random_forests_give_the_plain_forwards_numbers(
    case: Case, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefix_tree, "MIN_SHARED", 4)
    monkeypatch.setattr(tree_attention, "DENSE", 64)
    if case.by_groups:
        monkeypatch.setattr(shared_prefix, "BY_STRETCHES", ())
    check(case, seed)


@pytest.mark.parametrize("by_groups", [False, True])
@pytest.mark.parametrize("learns", ["lora", "all"])
@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_in_bfloat16_it_errs_no_more_than_the_plain_forward(
    kind: str, learns: Literal["all", "lora"], by_groups: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each against the plain forward in float32; half as much again is chance on so few numbers."""
    if by_groups:
        monkeypatch.setattr(shared_prefix, "BY_STRETCHES", ())
    exact_case = Case(kind, learns)
    errors: dict[bool, list[torch.Tensor]] = {False: [], True: []}
    for seed in range(2):
        inputs = batch(forest(seed), seed)
        exact, gradients = outcome(exact_case, inputs, installed=False)
        for installed, found in errors.items():
            case = replace(exact_case, by_groups=by_groups, dtype=torch.bfloat16)
            log_probs, rounded = outcome(case, inputs, installed)
            whole = torch.cat([g.flatten() for g in gradients.values()]).norm()
            off = [(rounded[name] - gradient).norm() for name, gradient in gradients.items()]
            found.append(torch.stack([(log_probs - exact).norm(), torch.stack(off).norm() / whole]))
    plain, packed = (torch.stack(found).square().mean(0).sqrt() for found in errors.values())
    assert bool((packed < 1.5 * plain).all()), (plain, packed)
    assert bool((plain > 0).all())
