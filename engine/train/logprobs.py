"""Log-probabilities of labels from hidden states, without keeping the logits.

For a frozen head the gradient of a token's log-probability with respect to its hidden state,
`W[label] - softmax(logits) @ W`, is computed in the forward while the logits are there: two matrix
products in all, where recomputing in the backward takes three. A head that is trained, and CUDA,
use TRL's own kernel.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import Linear
from transformers import PreTrainedModel
from trl.kernels import ChunkedLogProbFunction

ROWS_AT_ONCE = 256
"""Positions whose logits exist at the same time: 25 MB for 49,152 tokens in bfloat16."""
ROWS_IN_CACHE = 16
"""Positions taken through all passes over their logits while these lie in the cache."""
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
    head = _head(model)
    if head.weight.requires_grad or head.bias is not None or hidden.device.type != "cpu":
        fields = ("log_probs", "entropy", "mean_logits", "is_top1")
        log_probs, entropy, _, mean_logits, is_top1 = _chunked_head(
            hidden, head.weight, head.bias, labels, 1.0, _VOCABULARY_CHUNK, None, 1.0, fields
        )
    else:
        log_probs, entropy, mean_logits, is_top1 = _frozen_head(hidden, head.weight, labels)
    return TokenScores(log_probs, entropy, mean_logits, is_top1)


@torch.no_grad()
def label_logprobs(model: PreTrainedModel, hidden: Tensor, labels: Tensor) -> Tensor:
    """Score each label given its hidden state, and nothing else: no gradient, no metrics.

    Args:
        hidden: (M, hidden). labels: int64 (M,).

    Returns:
        float32 (M,).
    """
    head = _head(model)
    if head.bias is not None or hidden.device.type != "cpu":
        return token_logprobs(model, hidden, labels).log_probs
    found = torch.empty(len(labels))
    wide_room = torch.empty(ROWS_IN_CACHE, len(head.weight))
    for first, logits in _logits(hidden.to(head.weight.dtype), head.weight):
        for part in _parts(len(logits)):
            at = slice(first + part.start, first + part.stop)
            wide = wide_room[: part.stop - part.start].copy_(logits[part])
            found[at] = wide.gather(1, labels[at, None])[:, 0] - wide.logsumexp(1)
    return found


def _head(model: PreTrainedModel) -> Linear:
    output_embeddings: Callable[[], Linear] = model.get_output_embeddings
    return output_embeddings()


def _logits(states: Tensor, weight: Tensor) -> Iterator[tuple[int, Tensor]]:
    """The first position and the logits of up to `ROWS_AT_ONCE`, all in the same room.

    Asking for new memory costs more than a pass over it.
    """
    room = torch.empty(min(len(states), ROWS_AT_ONCE), len(weight), dtype=weight.dtype)
    for first in range(0, len(states), ROWS_AT_ONCE):
        some = states[first : first + ROWS_AT_ONCE]
        yield first, torch.mm(some, weight.T, out=room[: len(some)])


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, ROWS_IN_CACHE):
        yield slice(start, min(start + ROWS_IN_CACHE, count))


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
        wide_room, scores_room = (torch.empty(ROWS_IN_CACHE, len(weight)) for _ in range(2))
        for first, logits in _logits(states, weight):
            for part in _parts(len(logits)):
                at = slice(first + part.start, first + part.stop)
                label = labels[at, None]
                wide, scores = wide_room[: len(label)], scores_room[: len(label)]
                mean_logits[at] = wide.copy_(logits[part]).mean(1)
                torch.log_softmax(wide, 1, out=scores)
                own = scores.gather(1, label)
                log_probs[at] = own[:, 0]
                is_top1[at] = (own >= scores.amax(1, keepdim=True))[:, 0]
                probabilities = torch.exp(scores, out=wide)
                with torch.autocast("cpu", enabled=False):  # else it is taken in bfloat16
                    entropy[at] = -torch.linalg.vecdot(probabilities, scores)
                logits[part] = probabilities
            if gradient is not None:
                at = slice(first, first + len(logits))
                gradient[at] = (weight[labels[at]] - logits @ weight).to(gradient.dtype)
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
