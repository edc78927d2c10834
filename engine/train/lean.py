"""A llama's layers that keep less for the backward pass: the same functions, half the memory.

transformers writes RMSNorm, SwiGLU and attention as chains of plain operations, each of which
saves its input, RMSNorm in float32 too. Here one autograd function saves only what cannot be had
again from its inputs, and layers that read one input go through their adapters together.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import silu
from transformers import PreTrainedModel

from engine.train.fused_lora import adapted
from engine.train.tree_attention import Stretches, tree_attention

ROTARY = ("LlamaAttention", "MistralAttention", "Qwen2Attention")
"""Attention layers that turn queries and keys and do nothing else to them."""
ROWS_IN_CACHE = 512
"""Of a norm's input: 1.2 MB in float32 where the model is 576 wide. Memory that is asked for anew
by the pass costs several passes."""


def install(model: PreTrainedModel) -> None:
    """Give the model's RMSNorms, SwiGLU and attention layers these forwards.

    Args:
        model: a llama-like causal model; layers of another build are left as they are.
    """
    for module in model.modules():
        if type(module).__name__.endswith("RMSNorm") and hasattr(module, "variance_epsilon"):
            module.forward = partial(_normalised, module)
        elif _is_swiglu(module):
            module.forward = partial(_gated, module)
        elif type(module).__name__ in ROTARY and not isinstance(module.forward, partial):
            module.forward = partial(_attended, module, module.forward)


def _is_swiglu(module: nn.Module) -> bool:
    parts = ("gate_proj", "up_proj", "down_proj", "act_fn")
    if not all(hasattr(module, name) for name in parts):
        return False
    activation = type(module.act_fn).__name__.lower()
    return activation in ("silu", "siluactivation")


def _normalised(module: Any, hidden: Tensor) -> Tensor:
    return _rms_norm(hidden, module.weight, module.variance_epsilon)


def _gated(module: Any, hidden: Tensor) -> Tensor:
    gate, up = adapted(hidden, (module.gate_proj, module.up_proj))
    (output,) = adapted(_swiglu(gate, up), (module.down_proj,))
    return output


def _attended(
    module: Any,
    before: Callable[..., tuple[Tensor, Tensor | None]],
    hidden_states: Tensor,
    position_embeddings: tuple[Tensor, Tensor],
    attention_mask: Tensor | None = None,
    prefix_tree: object = None,
    **kwargs: Any,
) -> tuple[Tensor, Tensor | None]:
    """The layer over a tree in one row; anything else goes to the forward that was there."""
    if not isinstance(prefix_tree, Stretches):
        return before(
            hidden_states,
            position_embeddings=position_embeddings,
            attention_mask=attention_mask,
            prefix_tree=prefix_tree,
            **kwargs,
        )
    layers = (module.q_proj, module.k_proj, module.v_proj)
    query, key, value = (
        states.view(states.shape[1], -1, module.head_dim)
        for states in adapted(hidden_states, layers)
    )
    half = module.head_dim // 2  # the other half repeats it
    cosine, sine = (part[0, :, :half] for part in position_embeddings)
    output = tree_attention(query, key, value, prefix_tree, module.scaling, (cosine, sine))
    (projected,) = adapted(output.flatten(1)[None], (module.o_proj,))
    return projected, None


class _RMSNorm(torch.autograd.Function):
    """y = w * x / rms(x), the division in float32 as transformers has it."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        rows = hidden.flatten(0, -2)
        output = rows.new_empty(rows.shape, dtype=torch.promote_types(weight.dtype, rows.dtype))
        scale = rows.new_empty((len(rows), 1), dtype=torch.float32)
        for part in _parts(rows):
            wide = rows[part].to(torch.float32, copy=True)
            # No product of vectors: autocast would take it for one of matrices, in bfloat16.
            scale[part] = (wide * wide).mean(-1, keepdim=True).add_(epsilon).rsqrt_()
            torch.mul(weight, wide.mul_(scale[part]).to(rows.dtype), out=output[part])
        ctx.save_for_backward(rows, weight, scale)
        return output.view(hidden.shape)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor | None, None]:
        rows, weight, scale = ctx.saved_tensors
        grads, of_rows = upstream[0].flatten(0, -2), torch.empty_like(rows)
        wide_weight = weight.float()
        of_weight = torch.zeros_like(wide_weight) if ctx.needs_input_grad[1] else None
        for part in _parts(rows):
            normal, grad = rows[part].float() * scale[part], grads[part].float()
            if of_weight is not None:
                of_weight += (grad * normal).sum(0)
            grad = grad * wide_weight
            inward = (grad * normal).mean(-1, keepdim=True)
            of_rows[part] = grad.sub_(normal.mul_(inward)).mul_(scale[part])
        back = None if of_weight is None else of_weight.to(weight.dtype)
        return of_rows.view(upstream[0].shape), back, None


def _parts(rows: Tensor) -> Iterator[slice]:
    """Rows that stay in the cache, on a CPU, while they go through all passes; elsewhere all."""
    size = ROWS_IN_CACHE if rows.device.type == "cpu" else max(1, len(rows))
    for start in range(0, len(rows), size):
        yield slice(start, start + size)


class _SwiGLU(torch.autograd.Function):
    """silu(gate) * up."""

    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor) -> Tensor:
        ctx.save_for_backward(gate, up)
        return silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor]:
        gate, up = ctx.saved_tensors
        (grad,) = upstream
        sigmoid = torch.sigmoid(gate)
        active = gate * sigmoid
        # d silu(g) / dg = s + g * s * (1 - s)
        slope = torch.addcmul(sigmoid, active, 1 - sigmoid)
        return (grad * up).mul_(slope), active.mul_(grad)


# torch leaves `apply` without types.
_rms_norm: Callable[[Tensor, Tensor, float], Tensor] = _RMSNorm.apply
_swiglu: Callable[[Tensor, Tensor], Tensor] = _SwiGLU.apply
