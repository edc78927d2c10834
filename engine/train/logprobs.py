"""Log-probabilities of labels from hidden states, without keeping the logits.

For a frozen head the gradient of a token's log-probability with respect to its hidden state,
`W[label] - softmax(logits) @ W`, is computed in the forward while the logits are there: two matrix
products in all, where recomputing in the backward takes three. A head that is trained, and CUDA,
use TRL's own kernel.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import Linear
from transformers import PreTrainedModel
from trl.kernels import ChunkedLogProbFunction

ROWS_AT_ONCE = 128
"""Positions whose logits exist at the same time: 63 MB for 49,152 tokens."""
_VOCABULARY_CHUNK = 32768


@dataclass(frozen=True)
class TokenScores:
    """What TRL's metrics want of each labelled position: float32 (M,), `is_top1` bool (M,)."""

    log_probs: Tensor
    """With gradient."""
    entropy: Tensor
    mean_logits: Tensor
    is_top1: Tensor


def token_logprobs(model: PreTrainedModel, hidden: Tensor, labels: Tensor) -> TokenScores:
    """Score each label given its hidden state.

    Args:
        hidden: (M, hidden). labels: int64 (M,).
    """
    output_embeddings: Callable[[], Linear] = model.get_output_embeddings
    head = output_embeddings()
    if head.weight.requires_grad or head.bias is not None or hidden.device.type != "cpu":
        fields = ("log_probs", "entropy", "mean_logits", "is_top1")
        log_probs, entropy, _, mean_logits, is_top1 = _chunked_head(
            hidden, head.weight, head.bias, labels, 1.0, _VOCABULARY_CHUNK, None, 1.0, fields
        )
    else:
        log_probs, entropy, mean_logits, is_top1 = _frozen_head(hidden, head.weight, labels)
    return TokenScores(log_probs, entropy, mean_logits, is_top1)


class _FrozenHead(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        wants_gradient = ctx.needs_input_grad[0]
        gradient = torch.empty_like(hidden) if wants_gradient else None
        log_probs, entropy, mean_logits = (torch.empty(len(labels)) for _ in range(3))
        is_top1 = torch.empty(len(labels), dtype=torch.bool)
        states = hidden.to(weight.dtype)
        # One room for the logits of every part: asking for new memory costs more than a pass.
        room = torch.empty(min(len(labels), ROWS_AT_ONCE), len(weight), dtype=weight.dtype)
        wide_a, wide_b = (torch.empty(room.shape) for _ in range(2))
        for start in range(0, len(labels), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            label = labels[part, None]
            logits, wide, scores = (t[: len(label)] for t in (room, wide_a, wide_b))
            wide.copy_(torch.mm(states[part], weight.T, out=logits))
            mean_logits[part] = wide.mean(1)
            torch.log_softmax(wide, 1, out=scores)
            own = scores.gather(1, label)
            log_probs[part] = own[:, 0]
            is_top1[part] = (own >= scores.amax(1, keepdim=True))[:, 0]
            probabilities = torch.exp(scores, out=wide)
            with torch.autocast("cpu", enabled=False):  # else it is taken in bfloat16
                entropy[part] = -torch.linalg.vecdot(probabilities, scores)
            if gradient is not None:
                expected = logits.copy_(probabilities) @ weight
                gradient[part] = (weight[label[:, 0]] - expected).to(gradient.dtype)
        if gradient is not None:
            ctx.save_for_backward(gradient)
        ctx.mark_non_differentiable(entropy, mean_logits, is_top1)
        return log_probs, entropy, mean_logits, is_top1

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream[0][:, None].to(gradient.dtype), None, None


# torch leaves `apply` without types.
_frozen_head: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, ...]] = _FrozenHead.apply
_chunked_head: Callable[..., tuple[Tensor, ...]] = ChunkedLogProbFunction.apply
