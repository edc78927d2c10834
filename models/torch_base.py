"""A base model and its tokenizer in torch, from a Hugging Face folder or id, or from a GGUF.

A GGUF is dequantised by transformers once and kept as a Hugging Face folder in a cache. Importing
this takes seconds: only child processes do.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import cast

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GgufConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from models.aside import alone, written_aside
from models.errors import BadInput, UserError
from models.library import BaseModel, sha256_of
from models.tokens import PRE_TOKENIZERS, check_same_tokens, opened, set_pre_tokenizer


def load_base(
    base: BaseModel, cache_dir: Path, dtype: torch.dtype, four_bit: bool = False
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a base model on the CPU with its weights in `dtype`, and its tokenizer.

    Args:
        base: as `models.library.resolve_base` found it.
        cache_dir: where a GGUF is kept once converted, in `converted/`.
        four_bit: hold its linear layers in 4 bits on the CUDA device of this thread, and multiply
            in `dtype`; the files stay as they are.

    Raises:
        UserError: the model cannot be loaded, or fetched from the hub; or 4 bits are asked for
            where there is no CUDA device or no bitsandbytes; says why.
        BadInput: it is a GGUF that transformers reads otherwise than llama.cpp does.
    """
    quantization = _in_four_bits(dtype) if four_bit else None
    place = base_folder(base, cache_dir) or base.spec
    try:
        model = AutoModelForCausalLM.from_pretrained(
            place,
            dtype=dtype,
            quantization_config=quantization,
            local_files_only=base.kind != "hub",
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_loaded(base, error) from error
    return cast(PreTrainedModel, model), load_tokenizer(base, cache_dir)


def _in_four_bits(dtype: torch.dtype) -> BitsAndBytesConfig:
    """QLoRA's settings (arXiv 2305.14314): NF4, its constants quantised too.

    Raises:
        UserError: this machine cannot hold a model so.
    """
    if not torch.cuda.is_available():
        raise UserError(
            "A base in 4 bits needs a CUDA GPU, and there is none here.",
            "Train with four_bit=false.",
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise UserError(
            "A base in 4 bits needs the package bitsandbytes, which is not installed.",
            "Install it with `pip install 'persona-studio[gpu]'`, or train with four_bit=false.",
        )
    # transformers leaves it without types.
    described: Callable[..., BitsAndBytesConfig] = BitsAndBytesConfig
    return described(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def load_tokenizer(base: BaseModel, cache_dir: Path) -> PreTrainedTokenizerBase:
    """The tokenizer alone, with its chat template, as its tokenizer.json has it.

    `AutoTokenizer` would build it anew from the class that the folder names: for SmolLM2's
    `GPT2Tokenizer`, transformers 5 then leaves out that digits stand alone.

    Raises:
        UserError: it cannot be loaded, or has no chat template.
    """
    place = base_folder(base, cache_dir) or base.spec
    try:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(
            place, local_files_only=base.kind != "hub"
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_loaded(base, error) from error
    if not tokenizer.chat_template:
        raise BadInput(
            f"{base.spec} has no chat template: it was not made for conversation.",
            "Take its `Instruct` sister.",
        )
    return cast(PreTrainedTokenizerBase, tokenizer)


def base_folder(base: BaseModel, cache_dir: Path) -> Path | None:
    """The folder with the base's safetensors; a GGUF is converted first. None for the hub."""
    if base.kind != "gguf":
        return base.path
    assert base.path is not None, "a GGUF has a path"
    return _converted(base.path, cache_dir)


def _converted(gguf: Path, cache_dir: Path) -> Path:
    """The GGUF as a Hugging Face folder, converted once for each content.

    The weights are kept as float16. A quantised tensor's scales are float16 themselves, and on
    SmolLM2-135M's Q4_1 and Q8_0 tensors 58 % of the weights come out exact, with an error of
    3.5e-5 (root mean square) over all; bfloat16, of the same size, has 21 % and 2.5e-4; float32
    has none at twice the size. `models.merge` writes float16 as well.
    """
    folder = cache_dir / "converted" / sha256_of(gguf, cache_dir)
    with alone(folder.with_suffix(".lock")):
        if not folder.exists():
            with written_aside(folder) as aside:
                _convert(gguf, aside)
    return folder


def _convert(gguf: Path, folder: Path) -> None:
    place = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    try:
        with opened(gguf, vocabulary_only=True) as llama:
            AutoTokenizer.from_pretrained(**place).save_pretrained(folder)
            pre = llama.metadata.get("tokenizer.ggml.pre")
            if pre in PRE_TOKENIZERS:
                set_pre_tokenizer(folder / "tokenizer.json", pre)
            check_same_tokens(PreTrainedTokenizerFast.from_pretrained(folder), llama)
        model = AutoModelForCausalLM.from_pretrained(
            **place, dtype=torch.float16, quantization_config=GgufConfig(dequantize=True)
        )
    except (ValueError, KeyError, NotImplementedError) as error:
        raise BadInput(
            f"transformers cannot read {gguf}: {error}.",
            "Take a base of the llama or qwen2 architecture, or its Hugging Face folder.",
        ) from error
    _forget_quantisation(model)
    model.save_pretrained(folder)


def _forget_quantisation(model: PreTrainedModel) -> None:
    """The weights are plain floats by now; transformers still refuses to save a model so marked."""
    for owner, mark in ((model, "hf_quantizer"), (model.config, "quantization_config")):
        if hasattr(owner, mark):
            delattr(owner, mark)


def _not_loaded(base: BaseModel, error: Exception) -> UserError:
    first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
    if base.kind == "hub":
        return UserError(
            f"{base.spec} could not be loaded from Hugging Face: {first_line}",
            "Check the id, the network, and that you accepted its licence (`hf auth login`); "
            "or name a folder or a GGUF on this disk.",
        )
    return UserError(f"{base.path} could not be loaded: {first_line}", "Take another base.")
