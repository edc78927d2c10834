"""Every served family: converted, merged and read by llama.cpp as torch computes it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import llama_cpp
import numpy as np
import pytest
import torch
from gguf import GGUFReader
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from llama_cpp.llama_types import ChatCompletionRequestMessage
from numpy.typing import NDArray
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from models.convert import base_gguf
from models.events import result_of
from models.library import resolve_base
from models.lora_file import adapter_as_gguf
from models.merge import merge_adapter
from models.tokens import llama_ids, opened, torch_ids
from models.torch_base import load_base
from tests.models.tiny_models import CONFIGS, TEXT

TinyFolder = Callable[[str, Path], Path]

TOLERANCE = 0.02
"""Of the largest log-probability: llama.cpp multiplies 16-bit weights with activations that it
rounds to 16 bits too (2^-11 each), over every layer and its sums."""


@dataclass(frozen=True)
class Tuned:
    """A tiny base of one family with a random adapter."""

    gguf: Path
    merged: Path
    adapter: Path
    model: PreTrainedModel
    """With the adapter merged into it by peft."""
    tokenizer: PreTrainedTokenizerBase
    ids: list[int]
    before: NDArray[np.float32]
    """torch's log-probabilities after the text, (vocabulary,), without the adapter."""


def log_probs(logits: torch.Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = torch.log_softmax(logits.float(), -1).numpy()
    return found


def by_torch(model: torch.nn.Module, ids: list[int]) -> NDArray[np.float32]:
    with torch.no_grad():
        return log_probs(model(torch.tensor([ids])).logits[0, -1])


def by_llama(gguf: Path, ids: list[int], adapter: Path | None = None) -> NDArray[np.float32]:
    lora = str(adapter) if adapter else None
    with closing(llama_cpp.Llama(str(gguf), n_ctx=512, lora_path=lora, verbose=False)) as llama:
        llama.eval(ids)
        last = llama_cpp.llama_get_logits_ith(llama.ctx, -1)
        row = np.ctypeslib.as_array(last, shape=(llama.n_vocab(),)).copy()
    return log_probs(torch.from_numpy(row))


@pytest.fixture(scope="module", params=list(CONFIGS))
def tuned(
    request: pytest.FixtureRequest,
    tiny_folder: TinyFolder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Tuned:
    folder = tmp_path_factory.mktemp(request.param)
    base = resolve_base(str(tiny_folder(request.param, folder / request.param)))
    gguf = Path(str(result_of(base_gguf(base, folder / "cache"))["gguf"]))
    model, tokenizer = load_base(base, folder / "cache", torch.float32)
    model.set_attn_implementation("eager")  # the others leave out Gemma 2's soft cap
    ids = torch_ids(tokenizer, TEXT)[:60]
    before = by_torch(model, ids)
    torch.manual_seed(7)
    adapted = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear"))
    assert isinstance(adapted, PeftModel)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    adapted.save_pretrained(str(folder / "adapter"))
    result_of(merge_adapter(gguf, folder / "adapter", folder / "merged.gguf"))
    merged = cast(PreTrainedModel, adapted.merge_and_unload())
    return Tuned(gguf, folder / "merged.gguf", folder / "adapter", merged, tokenizer, ids, before)


def test_llama_cpp_computes_the_converted_base_as_torch_does(tuned: Tuned) -> None:
    difference = np.abs(by_llama(tuned.gguf, tuned.ids) - tuned.before).max()
    assert difference < TOLERANCE * np.abs(tuned.before).max()


def test_llama_cpp_computes_the_merged_model_as_torch_does(tuned: Tuned) -> None:
    expected = by_torch(tuned.model, tuned.ids)
    largest = np.abs(expected).max()
    assert np.abs(by_llama(tuned.merged, tuned.ids) - expected).max() < TOLERANCE * largest
    assert np.abs(tuned.before - expected).max() > 10 * TOLERANCE * largest, "the adapter matters"


def test_all_metadata_is_the_base_s_own_byte_for_byte(tuned: Tuned) -> None:
    """The base is in 16 bits itself, so everything before its first weight is the same."""
    end = GGUFReader(tuned.gguf).data_offset
    assert tuned.gguf.read_bytes()[:end] == tuned.merged.read_bytes()[:end]


def test_a_chat_is_rendered_and_cut_into_the_tokens_of_the_training(tuned: Tuned) -> None:
    chat = [
        {"role": "system", "content": "You describe books.\n\nAge: 34"},
        {"role": "user", "content": "What of «1984», naïve and 東京?  It's a\tsea letter."},
    ]
    by_tokenizer = tuned.tokenizer.apply_chat_template(
        chat, add_generation_prompt=True, tokenize=False
    )
    assert isinstance(by_tokenizer, str)
    with opened(tuned.merged, vocabulary_only=True) as llama:
        bos, eos = (
            llama.detokenize([token], special=True).decode()
            for token in (llama.token_bos(), llama.token_eos())
        )
        template = llama.metadata["tokenizer.chat_template"]
        formatter = Jinja2ChatFormatter(template, eos_token=eos, bos_token=bos)
        rendered = formatter(messages=cast(list[ChatCompletionRequestMessage], chat)).prompt
        assert rendered == by_tokenizer
        assert llama_ids(llama, rendered) == torch_ids(tuned.tokenizer, by_tokenizer)


def test_the_adapter_alone_gives_over_the_base_what_the_merged_model_gives(
    tuned: Tuned, tmp_path: Path
) -> None:
    made = result_of(adapter_as_gguf(tuned.gguf, tuned.adapter, tmp_path / "adapter.gguf"))
    assert made["size_bytes"] == (tmp_path / "adapter.gguf").stat().st_size
    expected = by_torch(tuned.model, tuned.ids)
    difference = np.abs(by_llama(tuned.gguf, tuned.ids, tmp_path / "adapter.gguf") - expected)
    assert difference.max() < TOLERANCE * np.abs(expected).max()
