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

ROWS_AT_ONCE = 256
"""Positions whose logits exist at the same time: 50 MB in float32 for 49,152 tokens."""
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
        log_probs, entropy, mean_logits = (
            torch.empty(len(labels), device=hidden.device) for _ in range(3)
        )
        is_top1 = torch.empty(len(labels), dtype=torch.bool, device=hidden.device)
        states = hidden.to(weight.dtype)
        for start in range(0, len(labels), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            logits = (states[part] @ weight.T).float()
            label = labels[part, None]
            own = logits.gather(1, label)
            log_z = logits.logsumexp(1, keepdim=True)
            top = logits.amax(1, keepdim=True)
            log_probs[part] = (own - log_z)[:, 0]
            mean_logits[part] = logits.mean(1)
            is_top1[part] = (own >= top)[:, 0]
            probabilities = (logits - log_z).exp_()
            entropy[part] = log_z[:, 0] - (probabilities * logits).sum(1)
            if gradient is not None:
                expected = probabilities.to(weight.dtype) @ weight
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
