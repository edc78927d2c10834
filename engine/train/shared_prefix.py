"""TRL's DPO forward over the prefix tree of its batch.

`install` takes a model that TRL's `add_fused_lm_head` has patched (TRL 1.16: the trainer calls
`model(..., labels=..., fused_lm_head=True)`) and puts a forward in its place that packs the rows,
runs the backbone once over the packed row, and scores labelled positions only. Log-probabilities
and gradients are those of the plain forward; losses, metrics, checkpoints stay TRL's. Calls
without `fused_lm_head`, and models this cannot serve, go to the forward that was there.

Related work: prefix sharing for DPO (arXiv 2410.20305) shares a pair's prompt; here the whole
batch shares the reader's profile.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from peft import PeftModel
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask
from trl.trainer.utils import FusedCausalLMOutput

from engine.train import lean
from engine.train.logprobs import token_logprobs
from engine.train.node_groups import NodeGroups, grouped_attention, node_groups
from engine.train.prefix_tree import PrefixTree, pack
from engine.train.tree_attention import Stretches, cut, tree_attention

NAME = "prefix_tree"
SERVED = ("llama", "mistral", "qwen2", "qwen3", "smollm3")
"""Model types whose attention is plain causal softmax over rotary positions."""
BY_STRETCHES = ("cpu",)
"""Devices whose attention goes by `tree_attention`; on others it goes by `node_groups`."""


def causal_of(model: PreTrainedModel | PeftModel) -> PreTrainedModel:
    """The causal model itself, under an adapter's layers if it has them."""
    return cast(PreTrainedModel, model.get_base_model()) if isinstance(model, PeftModel) else model


def why_not(model: PreTrainedModel) -> str:
    """Why this model cannot use the prefix tree, in a sentence; empty where it can."""
    config = model.config
    if config.model_type not in SERVED:
        return f"models of type {config.model_type} are not known to the prefix tree"
    if getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True):
        return "its attention slides over a window"
    if getattr(config, "final_logit_softcapping", None) is not None:
        return "it caps its logits"
    if getattr(config, "attention_dropout", 0.0):
        return "its attention drops weights at random while it trains"
    return ""


def is_installed(model: PreTrainedModel) -> bool:
    """Whether the model's attention reads trees."""
    return bool(model.config._attn_implementation == NAME)


def install(model: PreTrainedModel) -> None:
    """Put the prefix-tree forward in the place of the causal model's own, where it can be.

    Args:
        model: the causal model itself (a PEFT model's `get_base_model()`); one that `why_not` has
            something against is left as it is.
    """
    if why_not(model):
        return
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
    tree = pack(rows, input_ids.device)
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


def hidden_states(model: PreTrainedModel, tree: PrefixTree) -> Tensor:
    """The backbone's last hidden states of the packed tokens, (N, hidden)."""
    backbone = model.base_model
    output = backbone(
        input_ids=tree.input_ids,
        position_ids=tree.position_ids,
        # A mask of four dimensions is taken as it is; `_attention` uses the tree in its place.
        attention_mask=tree.input_ids.new_zeros((1, 1, 1, 1)),
        use_cache=False,
        prefix_tree=_layout(model, tree),
    )
    states: Tensor = output.last_hidden_state[0]
    return states


def _layout(model: PreTrainedModel, tree: PrefixTree) -> Stretches | NodeGroups:
    """The tree in the form that attention on its device reads best, made once for all layers."""
    device = tree.input_ids.device.type
    dtype = next(p.dtype for p in model.parameters() if p.is_floating_point())
    if torch.is_autocast_enabled(device):
        dtype = torch.get_autocast_dtype(device)
    if device not in BY_STRETCHES:
        return node_groups(tree, dtype)
    config = model.config
    return cut(tree, config.num_attention_heads // config.num_key_value_heads, dtype)


def _attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    prefix_tree: Stretches | NodeGroups | None = None,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Attention of each token to its ancestors; without a tree, SDPA's own.

    Args:
        query: (1, H, N, D). key, value: (1, G, N, D) with G the key-value heads.

    Returns:
        (1, N, H, D), as transformers' attention functions do.
    """
    if isinstance(prefix_tree, Stretches):
        q, k, v = (tensor[0].transpose(0, 1) for tensor in (query, key, value))
        return tree_attention(q, k, v, prefix_tree, scaling)[None], None
    if prefix_tree is not None:
        return grouped_attention(query, key, value, prefix_tree, scaling), None
    output: tuple[Tensor, None] = sdpa_attention_forward(
        module, query, key, value, attention_mask, scaling=scaling, **kwargs
    )
    return output
