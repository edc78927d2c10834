"""The embedded model in torch against llama.cpp: tokens, template, tied output, next tokens."""

import json
import shutil
from pathlib import Path
from typing import cast

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from llama_cpp.llama_types import ChatCompletionRequestMessage
from transformers import LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from models.errors import BadInput, UserError
from models.library import BaseModel, embedded_gguf, resolve_base
from models.tokens import llama_ids, opened, torch_ids
from models.torch_base import load_base, load_tokenizer

Loaded = tuple[PreTrainedModel, PreTrainedTokenizerBase]

CHATS = [
    [{"role": "user", "content": "What did you think of «1984» (ISBN 9780451524935)?"}],
    [
        {"role": "system", "content": "You describe books.\nAge: 34; values: +0.75"},
        {
            "role": "user",
            "content": "Ünïcödé, 東京 ½ Ⅷ ٣٤٥, 🙂👍🏽 and\t tabs\r\n\r\n  <|im_end|> [/INST] it's",
        },
        {"role": "assistant", "content": "I'd say: 100%.  \n"},
        {"role": "user", "content": ""},
    ],
]


@pytest.fixture(scope="module")
def loaded(embedded: BaseModel, cache_dir: Path) -> Loaded:
    return load_base(embedded, cache_dir, torch.float32)


@pytest.mark.parametrize("chat", CHATS)
def test_a_chat_is_rendered_and_cut_into_the_tokens_that_llama_cpp_makes_of_it(
    loaded: Loaded, chat: list[dict[str, str]]
) -> None:
    tokenizer = loaded[1]
    with opened(embedded_gguf(), vocabulary_only=True) as llama:
        rendered = Jinja2ChatFormatter(
            llama.metadata["tokenizer.chat_template"],
            eos_token="<|im_end|>",
            bos_token="<|im_start|>",
        )(messages=cast(list[ChatCompletionRequestMessage], chat)).prompt
        ids = llama_ids(llama, rendered)
    by_torch = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    assert by_torch == rendered
    assert torch_ids(tokenizer, rendered) == ids
    assert ids[0] == 1, "<|im_start|> is one token"


def test_the_special_tokens_are_those_of_the_gguf(loaded: Loaded) -> None:
    fields = GGUFReader(embedded_gguf()).fields
    tokenizer = loaded[1]
    assert tokenizer.bos_token_id == fields["tokenizer.ggml.bos_token_id"].contents()
    assert tokenizer.eos_token_id == fields["tokenizer.ggml.eos_token_id"].contents()
    assert tokenizer.pad_token_id == fields["tokenizer.ggml.padding_token_id"].contents()
    assert tokenizer.chat_template == fields["tokenizer.chat_template"].contents()


def test_input_and_output_embeddings_are_one_tensor(loaded: Loaded) -> None:
    model = loaded[0]
    assert isinstance(model, LlamaForCausalLM)
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()
    assert model.dtype == torch.float32


def test_weights_are_the_dequantised_ones_within_float16_rounding(loaded: Loaded) -> None:
    weights = loaded[0].state_dict()
    tensors = {tensor.name: tensor for tensor in GGUFReader(embedded_gguf()).tensors}
    for name, in_torch in (
        ("token_embd.weight", "model.embed_tokens.weight"),
        ("blk.11.ffn_down.weight", "model.layers.11.mlp.down_proj.weight"),
        ("output_norm.weight", "model.norm.weight"),
    ):
        exact = dequantize(tensors[name].data, tensors[name].tensor_type)
        assert (weights[in_torch].numpy() == exact.astype(np.float16)).all(), name


@pytest.mark.parametrize(
    "prompt",
    [
        "The capital of France is",
        "One, two, three, four, five,",
        "<|im_start|>user\nSay yes.<|im_end|>\n<|im_start|>assistant\n",
    ],
)
def test_torch_and_llama_cpp_agree_on_the_next_token(loaded: Loaded, prompt: str) -> None:
    model, tokenizer = loaded
    with opened(embedded_gguf()) as llama, torch.no_grad():
        ids = llama_ids(llama, prompt)
        assert next(llama.generate(ids, temp=0.0)) == int(
            model(torch.tensor([ids])).logits[0, -1].argmax()
        ), tokenizer.decode(ids)


def test_a_second_load_takes_the_converted_folder(
    loaded: Loaded, embedded: BaseModel, embedded_folder: Path, cache_dir: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in embedded_folder.iterdir()}
    model, _ = load_base(embedded, cache_dir, torch.bfloat16)
    assert model.dtype == torch.bfloat16
    assert {path: path.stat().st_mtime_ns for path in embedded_folder.iterdir()} == before
    assert not list((cache_dir / "converted").glob(".*.part"))


def test_tokenizer_json_counts_whatever_class_the_folder_names(
    embedded_folder: Path, tmp_path: Path
) -> None:
    """SmolLM2's own folder names GPT2Tokenizer, which joins digits; its tokenizer.json does not."""
    folder = tmp_path / "SmolLM2"
    shutil.copytree(embedded_folder, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["tokenizer_class"] = "GPT2Tokenizer"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    tokenizer = load_tokenizer(resolve_base(str(folder)), tmp_path)
    with opened(embedded_gguf(), vocabulary_only=True) as llama:
        text = "a ½ Ⅷ ٣٤٥"
        assert torch_ids(tokenizer, text) == llama_ids(llama, text)


def test_a_base_without_a_chat_template_is_refused(embedded_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(
        embedded_folder, folder, ignore=shutil.ignore_patterns("*.safetensors", "*.jinja")
    )
    with pytest.raises(BadInput, match="has no chat template"):
        load_tokenizer(resolve_base(str(folder)), tmp_path)


def test_a_folder_without_weights_is_named(embedded_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    shutil.copytree(embedded_folder, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    with pytest.raises(UserError, match=f"{folder} could not be loaded"):
        load_base(resolve_base(str(folder)), tmp_path, torch.float32)


def test_a_gguf_that_was_cut_off_is_named_and_leaves_no_folder(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(embedded_gguf().read_bytes()[:5_000_000])
    with pytest.raises(UserError, match=r"cut\.gguf"):
        load_base(resolve_base(str(cut)), tmp_path / "cache", torch.float32)
    assert not [path for path in (tmp_path / "cache" / "converted").iterdir() if path.is_dir()]


def test_an_id_that_the_hub_does_not_give_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="could not be loaded from Hugging Face") as caught:
        load_base(resolve_base("nobody-at-all/no-such-model"), tmp_path, torch.float32)
    assert "\n" not in str(caught.value)
