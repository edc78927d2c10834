"""LoRA layers that read one input, as one autograd function: the same numbers, fewer passes.

PEFT computes `base(x) + B(A(x)) * scaling` as six operations a layer, each writing an activation
of its own; here the low-rank part is added into the base's product in place, layers that share
their input share the product with their A matrices, and the backward pass adds all they send back
into one gradient.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from peft.tuners.lora.layer import Linear as LoraLinear
from torch import Tensor, nn
from torch.nn.functional import linear


def can_be_fused(layer: nn.Module) -> bool:
    """Whether the layer is plain LoRA over a frozen plain linear layer, as it stands now."""
    if not isinstance(layer, LoraLinear) or layer.disable_adapters or layer.merged:
        return False
    active = layer.active_adapters
    return (
        len(active) == 1
        and active[0] in layer.lora_A
        and active[0] not in layer.lora_variant
        and _drops_nothing(layer.lora_dropout[active[0]])
        and layer.lora_A[active[0]].bias is None
        and layer.lora_B[active[0]].bias is None
        and type(layer.base_layer) is nn.Linear
        and not layer.base_layer.weight.requires_grad
    )


def _drops_nothing(dropout: nn.Module) -> bool:
    """PEFT leaves out a dropout of 0; TRL sets the others to 0 and leaves them standing."""
    return isinstance(dropout, nn.Identity) or (isinstance(dropout, nn.Dropout) and dropout.p == 0)


def adapted(hidden: Tensor, layers: Sequence[nn.Module]) -> tuple[Tensor, ...]:
    """What each of the layers gives for the same input.

    Args:
        hidden: (..., in). layers: linear layers, adapted or not.

    Returns:
        (..., out) of each layer.
    """
    if not all(can_be_fused(layer) for layer in layers):
        return tuple(layer(hidden) for layer in layers)
    scalings, tensors = [], []
    for layer in layers:
        assert isinstance(layer, LoraLinear)
        name = layer.active_adapters[0]
        scalings.append(layer.scaling[name])
        tensors += [layer.base_layer.weight, layer.base_layer.bias]
        tensors += [layer.lora_A[name].weight, layer.lora_B[name].weight]
    return _adapted(hidden, tuple(scalings), *tensors)


class _Adapted(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, scalings: tuple[float, ...], *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        dtype = tensors[0].dtype
        rows = hidden.flatten(0, -2).to(dtype)  # (M, in)
        weights, biases = tensors[::4], tensors[1::4]
        downs, ups = ([t.to(dtype) for t in tensors[at::4]] for at in (2, 3))
        ranks = [len(down) for down in downs]
        low = rows @ torch.cat(downs).T  # (M, sum of ranks)
        outputs = [linear(rows, w, b) for w, b in zip(weights, biases, strict=True)]
        for output, part, up, scaling in zip(
            outputs, torch.split(low, ranks, 1), ups, scalings, strict=True
        ):
            output.addmm_(part, up.T, alpha=scaling)
        ctx.save_for_backward(rows, low, *weights, *downs, *ups)
        ctx.scalings, ctx.ranks, ctx.shape = scalings, ranks, hidden.shape
        ctx.kinds = hidden.dtype, tensors[2].dtype
        return tuple(output.view(*hidden.shape[:-1], -1) for output in outputs)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        rows, low, *saved = ctx.saved_tensors
        count = len(ctx.ranks)
        weights, downs, ups = (saved[at : at + count] for at in (0, count, 2 * count))
        grads = [grad.flatten(0, -2).to(rows.dtype) for grad in upstream]
        lows = [
            (grad @ up).mul_(scaling)
            for grad, up, scaling in zip(grads, ups, ctx.scalings, strict=True)
        ]
        of_low = torch.cat(lows, 1)  # (M, sum of ranks)
        of_downs = torch.split(of_low.T @ rows, ctx.ranks)
        parts = torch.split(low, ctx.ranks, 1)
        of_hidden = None
        if ctx.needs_input_grad[0]:
            of_rows = of_low @ torch.cat(downs)
            for grad, weight in zip(grads, weights, strict=True):
                of_rows.addmm_(grad, weight)
            of_hidden = of_rows.view(ctx.shape).to(ctx.kinds[0])
        back: list[Tensor | None] = [of_hidden, None]
        for grad, part, of_down, scaling in zip(grads, parts, of_downs, ctx.scalings, strict=True):
            of_up = (grad.T @ part).mul_(scaling)
            back += [None, None, of_down.to(ctx.kinds[1]), of_up.to(ctx.kinds[1])]
        return tuple(back)


# torch leaves `apply` without types.
_adapted: Callable[..., tuple[Tensor, ...]] = _Adapted.apply
