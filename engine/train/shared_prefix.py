"""TRL's DPO forward over the prefix tree of its batch.

`install` takes a model that TRL's `add_fused_lm_head` has patched (TRL 1.16: the trainer calls
`model(..., labels=..., fused_lm_head=True)`) and puts a forward in its place that packs the rows,
runs the backbone once over the packed row, and scores labelled positions only. Log-probabilities
and gradients are those of the plain forward; losses, metrics, checkpoints stay TRL's. Calls
without `fused_lm_head`, and models this cannot serve, go to the forward that was there.

Related work: prefix sharing for DPO (arXiv 2410.20305) shares a pair's prompt; here the whole
batch shares the reader's profile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask
from trl.trainer.utils import FusedCausalLMOutput

from engine.train import lean
from engine.train.logprobs import token_logprobs
from engine.train.prefix_tree import Group, PrefixTree, pack
from engine.train.tree_attention import tree_attention

NAME = "prefix_tree"
SERVED = ("llama", "mistral", "qwen2", "qwen3", "smollm3")
"""Model types whose attention is plain causal softmax over rotary positions."""


def why_not(model: PreTrainedModel) -> str:
    """Why this model cannot use the prefix tree, in a sentence; empty where it can."""
    config = model.config
    if config.model_type not in SERVED:
        return f"models of type {config.model_type} are not known to the prefix tree"
    if getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True):
        return "its attention slides over a window"
    if getattr(config, "final_logit_softcapping", None) is not None:
        return "it caps its logits"
    return ""


def install(model: PreTrainedModel) -> None:
    """Put the prefix-tree forward in the place of the causal model's own.

    Args:
        model: the causal model itself (a PEFT model's `get_base_model()`), which `why_not` has
            nothing against.
    """
    assert not why_not(model), why_not(model)
    AttentionInterface.register(NAME, _attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)
    lean.install(model)
    before: Callable[..., Any] = model.forward

    def forward(*args: Any, fused_lm_head: bool = False, **kwargs: Any) -> Any:
        if not fused_lm_head:
            return before(*args, **kwargs)
        return _fused(model, kwargs["input_ids"], kwargs["attention_mask"], kwargs["labels"])

    model.forward = forward


def _fused(
    model: PreTrainedModel, input_ids: Tensor, attention_mask: Tensor, labels: Tensor
) -> FusedCausalLMOutput:
    """Per-token log-probabilities (R, T - 1), zero where the label is -100, as TRL's own forward.

    Args:
        input_ids: int64 (R, T), padded. attention_mask: (R, T). labels: int64 (R, T), -100 ignored.
    """
    real = attention_mask.bool()
    rows = [row[kept].tolist() for row, kept in zip(input_ids, real, strict=True)]
    tree = packed(rows, input_ids.device)
    hidden = hidden_states(model, tree)
    at = torch.full(labels.shape, 0, device=labels.device)
    for row, path in enumerate(tree.paths):
        at[row, real[row]] = torch.tensor(path, device=labels.device)
    targets = labels[:, 1:]
    mask = targets != -100
    scored = token_logprobs(model, hidden[at[:, :-1][mask]], targets[mask])

    def spread(values: Tensor) -> Tensor:
        return values.new_zeros(mask.shape).masked_scatter(mask, values)

    log_probs = spread(scored.log_probs)
    return FusedCausalLMOutput(
        loss=-log_probs.sum() / mask.sum().clamp(min=1),
        log_probs=log_probs,
        entropy=spread(scored.entropy),
        mean_logits=spread(scored.mean_logits),
        is_top1=spread(scored.is_top1),
        label_mask=mask,
    )


def packed(rows: Sequence[Sequence[int]], device: torch.device) -> PrefixTree:
    """The rows' tree in the form that attention on this device reads best."""
    return pack(rows, device, trunks=device.type == "cpu")


def hidden_states(model: PreTrainedModel, tree: PrefixTree) -> Tensor:
    """The backbone's last hidden states of the packed tokens, (N, hidden)."""
    backbone = model.base_model
    dtype = next(p.dtype for p in model.parameters() if p.is_floating_point())
    if torch.is_autocast_enabled(tree.input_ids.device.type):
        dtype = torch.get_autocast_dtype(tree.input_ids.device.type)
    output = backbone(
        input_ids=tree.input_ids,
        position_ids=tree.position_ids,
        # A mask of four dimensions is taken as it is; `_attention` uses the tree in its place.
        attention_mask=tree.input_ids.new_zeros((1, 1, 1, 1)),
        use_cache=False,
        prefix_tree=_Masked(tree, tuple(_additive(group, dtype) for group in tree.groups)),
    )
    states: Tensor = output.last_hidden_state[0]
    return states


@dataclass(frozen=True)
class _Masked:
    """A tree with its masks in the form the attention kernel wants, made once for all layers."""

    tree: PrefixTree
    masks: tuple[Tensor | None, ...]


def _additive(group: Group, dtype: torch.dtype) -> Tensor | None:
    """0 where a key is seen, -inf where not, (n, 1, Lq, Lk)."""
    if group.visible is None:
        return None
    mask = torch.zeros(group.visible.shape, dtype=dtype, device=group.visible.device)
    return mask.masked_fill_(~group.visible, float("-inf"))


def _attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    prefix_tree: _Masked | None = None,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Attention of each token to its ancestors, a group of nodes at a time.

    Args:
        query: (1, H, N, D). key, value: (1, G, N, D) with G the key-value heads.

    Returns:
        (1, N, H, D), as transformers' attention functions do.
    """
    if prefix_tree is None:
        output: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **kwargs
        )
        return output
    if query.device.type == "cpu":
        return tree_attention(query, key, value, prefix_tree.tree, prefix_tree.masks, scaling), None
    heads, repeats = query.shape[1], query.shape[1] // key.shape[1]
    q = query[0].transpose(0, 1)  # (N, H, D)
    k = key[0].transpose(0, 1)  # (N, G, D)
    v = value[0].transpose(0, 1)
    outputs = []
    for group, mask in zip(prefix_tree.tree.groups, prefix_tree.masks, strict=True):
        attended = scaled_dot_product_attention(
            q[group.queries].transpose(1, 2),  # (n, H, Lq, D)
            _per_head(k[group.keys].transpose(1, 2), repeats),  # (n, H, Lk, D)
            _per_head(v[group.keys].transpose(1, 2), repeats),
            attn_mask=mask,
            is_causal=mask is None,
            scale=scaling,
        )
        outputs.append(attended.transpose(1, 2).reshape(-1, heads, query.shape[-1]))
    return torch.cat(outputs)[prefix_tree.tree.slots][None], None


def _per_head(grouped: Tensor, repeats: int) -> Tensor:
    """(n, G, L, D) to (n, G * repeats, L, D)."""
    return grouped if repeats == 1 else grouped.repeat_interleave(repeats, dim=1)
