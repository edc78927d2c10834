"""The fused LoRA layers against PEFT's own, on a real tiny model."""

from typing import Any, cast

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.autograd import backward
from torch.nn import Linear
from torch.testing import assert_close

from engine.train.fused_lora import adapted, can_be_fused
from tests.engine.test_shared_prefix import tiny


def layers_of(kind: str, dropout: float = 0.0) -> tuple[PeftModel, list[Any]]:
    """The adapted q, k and v of a first layer, with B moved away from zero."""
    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=dropout, target_modules="all-linear")
    model = cast(PeftModel, get_peft_model(tiny(kind), config))
    torch.manual_seed(5)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    causal: Any = model.get_base_model()
    attention = causal.model.layers[0].self_attn
    return model, [attention.q_proj, attention.k_proj, attention.v_proj]


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_outputs_and_gradients_equal_pefts(kind: str) -> None:
    results = []
    for is_fused in (False, True):
        _, layers = layers_of(kind)
        torch.manual_seed(1)
        hidden = torch.randn(1, 9, 32).requires_grad_()
        outputs = adapted(hidden, layers) if is_fused else [layer(hidden) for layer in layers]
        backward(torch.cat(list(outputs), -1).square().sum())
        adapters = [layer.lora_A["default"].weight.grad for layer in layers]
        adapters += [layer.lora_B["default"].weight.grad for layer in layers]
        results.append([*outputs, hidden.grad, *adapters])
    for plain, fused in zip(*results, strict=True):
        assert_close(fused, plain, atol=1e-5, rtol=1e-5)


def test_without_the_adapter_the_base_answers() -> None:
    model, layers = layers_of("llama")
    hidden = torch.randn(2, 3, 32)
    with model.disable_adapter():
        outputs = adapted(hidden, layers)
    for output, layer in zip(outputs, layers, strict=True):
        assert torch.equal(output, layer.base_layer(hidden))


def test_what_is_not_plain_lora_is_left_to_peft() -> None:
    assert can_be_fused(layers_of("llama")[1][0])
    dropping = layers_of("llama", dropout=0.1)[1][0]
    assert not can_be_fused(dropping)
    dropping.lora_dropout["default"].p = 0.0  # as TRL leaves it
    assert can_be_fused(dropping)
    assert not can_be_fused(Linear(2, 2))
