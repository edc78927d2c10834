"""Hugging Face folders as GGUFs: the same tokens, the same logits, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import llama_cpp
import numpy as np
import pytest
import torch
from gguf import GGUFReader
from numpy.typing import NDArray
from peft import LoraConfig, PeftModel, get_peft_model

from models.convert import base_gguf
from models.errors import BadInput, UserError
from models.events import result_of
from models.library import BaseModel, embedded_gguf, resolve_base
from models.merge import merge_adapter
from models.tokens import llama_ids, opened
from models.torch_base import load_base

TinyFolder = Callable[[str, Path], Path]
LONG_TEXT = "The lighthouse keeper counted 1984 ships, and it's said that none came back. " * 6
SAME_KEYS = (
    "general.architecture",
    "llama.block_count",
    "llama.context_length",
    "llama.embedding_length",
    "llama.feed_forward_length",
    "llama.attention.head_count",
    "llama.attention.head_count_kv",
    "llama.attention.layer_norm_rms_epsilon",
    "llama.rope.freq_base",
    "llama.rope.dimension_count",
    "llama.vocab_size",
    "tokenizer.ggml.model",
    "tokenizer.ggml.pre",
    "tokenizer.ggml.tokens",
    "tokenizer.ggml.token_type",
    "tokenizer.ggml.merges",
    "tokenizer.ggml.bos_token_id",
    "tokenizer.ggml.eos_token_id",
    "tokenizer.chat_template",
)


def gguf_of(base: BaseModel, cache_dir: Path) -> Path:
    return Path(str(result_of(base_gguf(base, cache_dir))["gguf"]))


def logits(gguf: Path, ids: list[int]) -> NDArray[np.float32]:
    with opened(gguf) as llama:
        llama.eval(ids)
        last = llama_cpp.llama_get_logits_ith(llama.ctx, -1)
        return np.ctypeslib.as_array(last, shape=(llama.n_vocab(),)).copy()


def test_a_gguf_is_its_own_base(embedded: BaseModel, tmp_path: Path) -> None:
    assert gguf_of(embedded, tmp_path) == embedded_gguf()
    assert not list(tmp_path.iterdir())


def test_the_embedded_model_s_folder_becomes_the_gguf_it_came_from(
    embedded_folder: Path, cache_dir: Path
) -> None:
    gguf = gguf_of(resolve_base(str(embedded_folder)), cache_dir)
    original, found = GGUFReader(embedded_gguf()), GGUFReader(gguf)
    for key in SAME_KEYS:
        assert found.fields[key].contents() == original.fields[key].contents(), key
    assert {t.name: t.shape.tolist() for t in found.tensors} == {
        t.name: t.shape.tolist() for t in original.tensors
    }
    with opened(gguf) as converted, opened(embedded_gguf()) as source:
        prompt = "<|im_start|>user\nName 3 colours.<|im_end|>\n<|im_start|>assistant\n"
        ids = llama_ids(converted, prompt)
        assert ids == llama_ids(source, prompt)
        answers = [
            [token for token, _ in zip(llama.generate(ids, temp=0.0), range(12), strict=False)]
            for llama in (converted, source)
        ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("family", ["qwen2", "llama"])
def test_llama_cpp_computes_a_converted_model_as_torch_does(
    family: str, tiny_folder: TinyFolder, tmp_path: Path
) -> None:
    """Over 100 tokens: Llama 3's rotary scaling, made for 32 here, shows only further on."""
    base = resolve_base(str(tiny_folder(family, tmp_path / family)))
    gguf = gguf_of(base, tmp_path / "cache")
    model, tokenizer = load_base(base, tmp_path / "cache", torch.float32)
    ids = tokenizer(LONG_TEXT, add_special_tokens=False)["input_ids"]
    assert len(ids) > 100
    with torch.no_grad():
        by_torch = model(torch.tensor([ids])).logits[0, -1].numpy()
    difference = np.abs(logits(gguf, ids) - by_torch).max()
    assert difference < 0.02 * np.abs(by_torch).max()


def test_a_qwen2_adapter_merges_into_the_converted_base(
    tiny_folder: TinyFolder, tmp_path: Path
) -> None:
    base = resolve_base(str(tiny_folder("qwen2", tmp_path / "qwen2")))
    gguf = gguf_of(base, tmp_path / "cache")
    model, tokenizer = load_base(base, tmp_path / "cache", torch.float32)
    ids = tokenizer(LONG_TEXT, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        before = model(torch.tensor([ids])).logits[0, -1].numpy()
    config = LoraConfig(r=4, lora_alpha=4, use_rslora=True, target_modules="all-linear")
    adapted = get_peft_model(model, config)
    assert isinstance(adapted, PeftModel)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    adapted.save_pretrained(str(tmp_path / "adapter"))
    result_of(merge_adapter(gguf, tmp_path / "adapter", tmp_path / "merged.gguf"))
    with torch.no_grad():
        by_torch = adapted(torch.tensor([ids])).logits[0, -1].numpy()
    merged = logits(tmp_path / "merged.gguf", ids)
    assert np.abs(merged - by_torch).max() < 0.02 * np.abs(by_torch).max()
    assert np.abs(before - by_torch).max() > 0.2 * np.abs(by_torch).max()


def test_a_folder_is_converted_once(tiny_folder: TinyFolder, tmp_path: Path) -> None:
    base = resolve_base(str(tiny_folder("llama", tmp_path / "llama")))
    first = gguf_of(base, tmp_path / "cache")
    made_at = first.stat().st_mtime_ns
    assert gguf_of(base, tmp_path / "cache") == first
    assert first.stat().st_mtime_ns == made_at


def another_family(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "gpt2"}')


def another_pre_tokenizer(folder: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["pre_tokenizer"] = {"type": "Whitespace"}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


def another_rope(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["rope_parameters"] = {"rope_type": "yarn", "factor": 4.0, "rope_theta": 1e4}
    (folder / "config.json").write_text(json.dumps(config))


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def cut_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])


def a_merge_that_llama_cpp_reads_otherwise(folder: Path) -> None:
    """A normaliser changes what transformers reads, and a GGUF cannot carry it."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["normalizer"] = {"type": "Lowercase"}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (another_family, "of the family 'gpt2'"),
        (another_pre_tokenizer, "is not one of those we convert"),
        (another_rope, "rotary embedding is of the type 'yarn'"),
        (no_weights, "lacks some of the model's safetensors"),
        (cut_weights, "not a whole safetensors file"),
        (a_merge_that_llama_cpp_reads_otherwise, "into different tokens"),
    ],
)
def test_a_folder_that_is_not_served_is_refused_and_leaves_no_gguf(
    spoil: Callable[[Path], None], sentence: str, tiny_folder: TinyFolder, tmp_path: Path
) -> None:
    folder = tiny_folder("llama", tmp_path / "tiny")
    spoil(folder)
    with pytest.raises(BadInput, match=sentence):
        gguf_of(resolve_base(str(folder)), tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*.gguf*part"))
    assert not list((tmp_path / "cache").rglob("*.gguf"))


def test_an_id_that_cannot_be_fetched_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="could not be fetched from Hugging Face") as caught:
        gguf_of(resolve_base("nobody-at-all/no-such-model"), tmp_path)
    assert "\n" not in str(caught.value)
