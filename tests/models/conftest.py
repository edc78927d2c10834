"""The embedded model, converted once for all tests of a session; and models of two layers."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from models.library import BaseModel, resolve_base
from models.tokens import set_pre_tokenizer
from models.torch_base import base_folder

TinyFolder = Callable[[str, Path], Path]

SIZES = {
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
}
LLAMA_3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared with tests/engine, so that a session dequantises the embedded model once."""
    return tmp_path_factory.getbasetemp() / "model-cache"


@pytest.fixture(scope="session")
def embedded() -> BaseModel:
    return resolve_base("embedded")


@pytest.fixture(scope="session")
def embedded_folder(embedded: BaseModel, cache_dir: Path) -> Path:
    """The embedded model as a Hugging Face folder."""
    folder = base_folder(embedded, cache_dir)
    assert folder is not None
    return folder


@pytest.fixture(scope="session")
def tiny_folder(embedded_folder: Path) -> TinyFolder:
    """Write a random model of two layers with the embedded model's vocabulary.

    `qwen2` has biases on query, key and value and a tied output; `llama` has Llama 3's rotary
    scaling and an output layer of its own. Each gets its family's pre-tokenizer.
    """

    def write(family: str, folder: Path) -> Path:
        shutil.copytree(
            embedded_folder, folder, ignore=shutil.ignore_patterns("*.safetensors", "config.json")
        )
        pre = {"qwen2": "qwen2", "llama": "llama-bpe"}[family]
        set_pre_tokenizer(folder / "tokenizer.json", pre)
        _random_model(family).save_pretrained(folder)
        return folder

    return write


def _random_model(family: str) -> PreTrainedModel:
    torch.manual_seed(3)
    if family == "llama":
        return LlamaForCausalLM(
            LlamaConfig.from_dict(
                {**SIZES, "rope_parameters": LLAMA_3_ROPE, "tie_word_embeddings": False}
            )
        )
    model = Qwen2ForCausalLM(Qwen2Config.from_dict({**SIZES, "tie_word_embeddings": True}))
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter)
    return model
