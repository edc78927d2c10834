"""RMSNorm and SwiGLU that keep less for the backward pass: the same functions, half the memory.

transformers writes them as chains of plain operations, each of which saves its input, RMSNorm in
float32 too. Here one autograd function saves only what cannot be had again from its inputs.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import silu
from transformers import PreTrainedModel


def install(model: PreTrainedModel) -> None:
    """Give the model's RMSNorms and SwiGLU layers these forwards.

    Args:
        model: a llama-like causal model; layers of another build are left as they are.
    """
    for module in model.modules():
        if type(module).__name__.endswith("RMSNorm") and hasattr(module, "variance_epsilon"):
            module.forward = partial(_normalised, module)
        elif _is_swiglu(module):
            module.forward = partial(_gated, module)


def _is_swiglu(module: nn.Module) -> bool:
    parts = ("gate_proj", "up_proj", "down_proj", "act_fn")
    if not all(hasattr(module, name) for name in parts):
        return False
    activation = type(module.act_fn).__name__.lower()
    return activation in ("silu", "siluactivation")


def _normalised(module: Any, hidden: Tensor) -> Tensor:
    return _rms_norm(hidden, module.weight, module.variance_epsilon)


def _gated(module: Any, hidden: Tensor) -> Tensor:
    product = _swiglu(module.gate_proj(hidden), module.up_proj(hidden))
    output: Tensor = module.down_proj(product)
    return output


class _RMSNorm(torch.autograd.Function):
    """y = w * x / rms(x), the division in float32 as transformers has it."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        wide = hidden.float()
        scale = wide.square().mean(-1, keepdim=True).add_(epsilon).rsqrt_()  # (..., 1)
        ctx.save_for_backward(hidden, weight, scale)
        return weight * (wide * scale).to(hidden.dtype)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor | None, None]:
        hidden, weight, scale = ctx.saved_tensors
        normal = hidden.float() * scale
        gradient = upstream[0].float() * weight.float()
        inward = (gradient * normal).mean(-1, keepdim=True)
        of_hidden = torch.addcmul(gradient, normal, inward, value=-1).mul_(scale)
        of_weight = None
        if ctx.needs_input_grad[1]:
            summed = (upstream[0].float() * normal).flatten(0, -2).sum(0)
            of_weight = summed.to(weight.dtype)
        return of_hidden.to(hidden.dtype), of_weight, None


class _SwiGLU(torch.autograd.Function):
    """silu(gate) * up."""

    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor) -> Tensor:
        ctx.save_for_backward(gate, up)
        return silu(gate) * up

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor]:
        gate, up = ctx.saved_tensors
        (grad,) = upstream
        sigmoid = torch.sigmoid(gate)
        active = gate * sigmoid
        # d silu(g) / dg = s + g * s * (1 - s)
        slope = torch.addcmul(sigmoid, active, 1 - sigmoid)
        return grad * up * slope, grad * active


# torch leaves `apply` without types.
_rms_norm: Callable[[Tensor, Tensor, float], Tensor] = _RMSNorm.apply
_swiglu: Callable[[Tensor, Tensor], Tensor] = _SwiGLU.apply
