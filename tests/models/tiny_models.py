"""Random models of two layers of every served family, as folders that transformers reads.

Vocabularies are the embedded model's (byte-level BPE) or a sentencepiece-like one made here.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from models.tokens import set_pre_tokenizer
from models.vocabulary import SPACE

SIZES: Mapping[str, Any] = {
    "vocab_size": 49152,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.3,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
}
LLAMA_3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
LONG_ROPE = {
    "rope_type": "longrope",
    "rope_theta": 10_000.0,
    "original_max_position_embeddings": 64,
    "long_factor": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
    "short_factor": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7],
}
WINDOW = 16
"""Tokens that Gemma's sliding layers see; texts of tests are longer."""
GEMMA = {"head_dim": 32, "tie_word_embeddings": True, "hidden_activation": "gelu_pytorch_tanh"}
CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "llama": {"rope_parameters": LLAMA_3_ROPE, "tie_word_embeddings": False},
    "mistral": {"head_dim": 32, "tie_word_embeddings": False},
    "qwen2": {"tie_word_embeddings": True},
    "qwen3": {"head_dim": 32, "tie_word_embeddings": True},
    "gemma": GEMMA,
    "gemma2": {**GEMMA, "query_pre_attn_scalar": 32, "sliding_window": WINDOW},
    # The first layer that attends to everything is the sixth.
    "gemma3_text": {
        **GEMMA,
        "num_hidden_layers": 6,
        "query_pre_attn_scalar": 32,
        "sliding_window": WINDOW,
    },
    "phi3": {"rope_parameters": LONG_ROPE, "tie_word_embeddings": False},
}
PRE_TOKENIZERS = {"llama": "llama-bpe", "qwen2": "qwen2", "qwen3": "qwen2"}
"""The other families have a sentencepiece vocabulary."""

TEXT = (
    "The lighthouse keeper counted 1984 ships, and it's said that none came back. "
    "She wrote about the sea, the harbour and the people who waited there for a letter."
)
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>\n' "
    "+ message['content'] + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
SPECIAL = ("<unk>", "<s>", "</s>")
OF_TEMPLATE = ("<|user|>", "<|assistant|>", "<|system|>", "<|end|>")
OF_FAMILY = {"gemma2": ("\n\n",), "gemma3_text": ("\n\n",), "phi3": ("<|endoftext|>",)}
"""Gemma has tokens of what is no word, and llama.cpp asks a Phi-3 for this one."""


def save_tiny_model(family: str, folder: Path, embedded_folder: Path, **sizes: int) -> None:
    """Write config, tokenizer and random weights into a new folder.

    Args:
        sizes: in the place of those in `SIZES`, under transformers' names.
    `llama` has Llama 3's rotary scaling, `phi3` long and short factors; biases and norms are
    random too, so that each of them matters.
    """
    if family in PRE_TOKENIZERS:
        shutil.copytree(
            embedded_folder, folder, ignore=shutil.ignore_patterns("*.safetensors", "config.json")
        )
        set_pre_tokenizer(folder / "tokenizer.json", PRE_TOKENIZERS[family])
        size = SIZES["vocab_size"]
    else:
        folder.mkdir(parents=True)
        size = _save_sentencepiece(folder, family)
    _random_model(family, {**sizes, "vocab_size": size}).save_pretrained(folder)


def _random_model(family: str, sizes: Mapping[str, int]) -> PreTrainedModel:
    torch.manual_seed(3)
    told = {**SIZES, **CONFIGS[family], **sizes}
    # transformers leaves it without types.
    made: Callable[..., PreTrainedModel] = AutoModelForCausalLM.from_config
    model = made(AutoConfig.for_model(family, **told))
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter)
        elif parameter.ndim == 1:
            parameter.data += 0.3 * torch.randn_like(parameter)
    return model


def _save_sentencepiece(folder: Path, family: str) -> int:
    """Write tokenizer.json and its settings; returns the number of tokens.

    One id more than the model has rows stands in Gemma 3's file, as in the real one.
    """
    pieces = _pieces()
    template = [*OF_TEMPLATE, *OF_FAMILY.get(family, ())]
    by_bytes = [f"<0x{byte:02X}>" for byte in range(256)]
    vocabulary = {text: n for n, text in enumerate([*SPECIAL, *by_bytes, *pieces])}
    is_phi = family == "phi3"
    added = [_added(n, text, True, is_phi and text == "</s>") for n, text in enumerate(SPECIAL)]
    for number, text in enumerate(template, start=len(vocabulary)):
        added.append(_added(number, text, text != "\n\n", is_phi and text in OF_TEMPLATE))
    size = len(vocabulary) + len(template)
    if family == "gemma3_text":
        added.append(_added(size, "<image_soft_token>", True, False))
    tokenizer = {
        "version": "1.0",
        "added_tokens": added,
        "normalizer": _normalizer(family),
        "pre_tokenizer": _pre_tokenizer(family),
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "fuse_unk": True,
            "byte_fallback": True,
            "vocab": vocabulary,
            "merges": _all_merges(pieces),
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False))
    told = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return size


def _added(number: int, text: str, special: bool, rstrip: bool) -> Mapping[str, object]:
    flags = {"single_word": False, "lstrip": False, "rstrip": rstrip, "normalized": False}
    return {"id": number, "content": text, "special": special, **flags}


def _normalizer(family: str) -> Mapping[str, object]:
    spaces = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    if family.startswith("gemma"):
        return spaces
    return {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": SPACE}, spaces]}


def _pre_tokenizer(family: str) -> Mapping[str, object] | None:
    if not family.startswith("gemma"):
        return None
    split = {"behavior": "MergedWithPrevious", "invert": False}
    return {"type": "Split", "pattern": {"String": " "}, **split}


def _pieces() -> Sequence[str]:
    """Pieces of words in the order in which they are merged, then single characters."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE)
    trainer = trainers.BpeTrainer(vocab_size=160, show_progress=False)
    tokenizer.train_from_iterator([TEXT], trainer)
    in_order = sorted(tokenizer.get_vocab().items(), key=lambda it: it[1])
    return sorted((text for text, _ in in_order), key=lambda text: len(text) == 1)


def _all_merges(pieces: Sequence[str]) -> list[tuple[str, str]]:
    """As transformers makes them of a sentencepiece model: every way to split each piece."""
    rank = {text: n for n, text in enumerate(pieces)}
    merges = []
    for text in pieces:
        splits = [(text[:at], text[at:]) for at in range(1, len(text))]
        known = [(left, right) for left, right in splits if left in rank and right in rank]
        merges.extend(sorted(known, key=lambda it: (rank[it[0]], rank[it[1]])))
    return merges
