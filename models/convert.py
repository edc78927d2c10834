"""A Hugging Face folder of the llama or qwen2 family to a 16-bit GGUF, the base of a merge.

It writes what llama.cpp's own convert_hf_to_gguf.py writes for these families, with the same
`gguf` package; llama.cpp does not publish that script as a package. Vocabularies are byte-level
BPE only (SmolLM2, Qwen2.5, Llama 3); others are refused.
"""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, RopeScalingType, SpecialVocab, TokenType, get_tensor_name_map
from gguf.constants import MODEL_ARCH, MODEL_ARCH_NAMES
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, PretrainedConfig

from models.aside import alone, written_aside
from models.errors import BadInput, JobFailed, UserError
from models.events import Event, Finished, Note, Step
from models.gguf_file import MOSTLY_F16
from models.library import BaseModel, sha256_of
from models.merge import PERMUTED_ROWS, permuted
from models.tokens import check_same_tokens, opened, pre_tokenizer_name
from models.torch_base import load_tokenizer

ARCHITECTURES = {"llama": MODEL_ARCH.LLAMA, "qwen2": MODEL_ARCH.QWEN2}
"""transformers' `model_type` → llama.cpp's architecture."""
_WANTED = ["*.json", "*.jinja", "*.safetensors"]


def base_gguf(base: BaseModel, cache_dir: Path) -> Iterator[Event]:
    """The base as a GGUF: its own file, or one converted once into `cache_dir/converted`.

    Yields:
        Steps over tensors while it converts, then Finished with `gguf` (path).

    Raises:
        BadInput: the model is of a family, or has a vocabulary, that is not served.
        UserError: it cannot be fetched from the hub, or written.
    """
    if base.kind == "gguf":
        yield Finished({"gguf": str(base.path)})
        return
    folder = base.path or _hub_folder(base.spec)
    gguf = cache_dir / "converted" / f"{base.name}-{_content(folder, cache_dir)}.F16.gguf"
    with alone(gguf.with_suffix(".lock")):
        if not gguf.exists():
            yield Note(f"{base.name} is converted to a GGUF, once.")
            with written_aside(gguf) as aside:
                yield from _converted(folder, base, aside)
                with opened(aside, vocabulary_only=True) as llama:
                    check_same_tokens(load_tokenizer(base, cache_dir), llama)
    yield Finished({"gguf": str(gguf)})


def _hub_folder(spec: str) -> Path:
    """Where the hub's cache has the model; what is missing there is fetched."""
    try:
        return Path(snapshot_download(spec, allow_patterns=_WANTED))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise UserError(
            f"{spec} could not be fetched from Hugging Face: {str(error).splitlines()[0]}",
            "Check the id, the network, and that you accepted its licence (`hf auth login`).",
        ) from error


def _content(folder: Path, cache_dir: Path) -> str:
    """A short name for what is in the folder."""
    files = sorted(path for pattern in _WANTED for path in folder.glob(pattern))
    hashes = "".join(f"{path.name} {sha256_of(path, cache_dir)}\n" for path in files)
    return sha256(hashes.encode()).hexdigest()[:16]


def _converted(folder: Path, base: BaseModel, out: Path) -> Iterator[Event]:
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    if config.model_type not in ARCHITECTURES:
        raise BadInput(
            f"{base.spec} is a model of the family {config.model_type!r}, which is not converted.",
            f"Served are {' and '.join(ARCHITECTURES)}; or name a GGUF of it.",
        )
    sources = tensor_sources(folder, config, base.spec)
    with closing(GGUFWriter(out, MODEL_ARCH_NAMES[ARCHITECTURES[config.model_type]])) as writer:
        _add_hyperparameters(writer, config, base.name)
        _add_vocabulary(writer, folder, config.vocab_size, base.spec)
        rope = _rope_factors(config)
        if rope is not None:
            writer.add_tensor_info("rope_freqs.weight", rope.shape, rope.dtype, rope.nbytes)
        for name, (file, source) in sources.items():
            shape = _shape(file, source)
            dtype = np.dtype(np.float16) if len(shape) > 1 else np.dtype(np.float32)
            writer.add_tensor_info(name, shape, dtype, math.prod(shape) * dtype.itemsize)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        if rope is not None:
            writer.write_tensor_data(rope)
        for done, (name, (file, source)) in enumerate(sources.items(), start=1):
            writer.write_tensor_data(tensor_of(file, source, name, config))
            if done % 20 == 0 or done == len(sources):
                yield Step(done, len(sources), f"converting {name}")


def _add_hyperparameters(writer: GGUFWriter, config: PretrainedConfig, name: str) -> None:
    heads = config.num_attention_heads
    writer.add_type("model")
    writer.add_name(name)
    writer.add_file_type(MOSTLY_F16)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(_head_size(config))
    writer.add_vocab_size(config.vocab_size)
    if config.rope_parameters["rope_type"] == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(config.rope_parameters["factor"])


def _head_size(config: PretrainedConfig) -> int:
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(size)


def _rope_factors(config: PretrainedConfig) -> NDArray[np.float32] | None:
    """Llama 3's frequency factors, float32 (head size / 2,); None for a plain or linear rotation.

    The formula is transformers' `_compute_llama3_parameters`, as a divisor of each frequency.
    """
    rope = config.rope_parameters
    if rope["rope_type"] in ("default", "linear"):
        return None
    if rope["rope_type"] != "llama3":
        raise BadInput(
            f"The model's rotary embedding is of the type {rope['rope_type']!r}, which is not "
            "converted.",
            "Name a GGUF of it instead.",
        )
    size = _head_size(config)
    frequencies = rope["rope_theta"] ** (-np.arange(0, size, 2, dtype=np.float64) / size)
    turns = rope["original_max_position_embeddings"] * frequencies / (2 * math.pi)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    factors = 1 / ((1 - smooth) / rope["factor"] + smooth)
    return np.asarray(factors, dtype=np.float32)


def _add_vocabulary(writer: GGUFWriter, folder: Path, size: int, spec: str) -> None:
    file = folder / "tokenizer.json"
    pre = pre_tokenizer_name(file) if file.is_file() else None
    if pre is None:
        raise BadInput(
            f"The vocabulary of {spec} is not one of those we convert.",
            "Served are those of SmolLM2, Qwen2.5 and Llama 3; or name a GGUF of the model.",
        )
    tokenizer = json.loads(file.read_text(encoding="utf-8"))
    tokens, types = _tokens(tokenizer, size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    SpecialVocab(folder, load_merges=True, n_vocab=size).add_to_gguf(writer)


def _tokens(tokenizer: Mapping[str, object], size: int) -> tuple[list[str], list[int]]:
    """Every id's text and type; ids that the tokenizer leaves free are named `[PAD…]`."""
    model, added = tokenizer["model"], tokenizer["added_tokens"]
    assert isinstance(model, dict)
    assert isinstance(added, list)
    tokens = [f"[PAD{i}]" for i in range(size)]
    types = [int(TokenType.UNUSED)] * size
    for text, number in model["vocab"].items():
        tokens[number], types[number] = text, int(TokenType.NORMAL)
    for entry in added:
        kind = TokenType.CONTROL if entry["special"] else TokenType.USER_DEFINED
        tokens[entry["id"]], types[entry["id"]] = entry["content"], int(kind)
    return tokens, types


def tensor_sources(
    folder: Path, config: PretrainedConfig, spec: str
) -> dict[str, tuple[Path, str]]:
    """GGUF tensor name → the file that has it, and its name there.

    Raises:
        BadInput: a file is missing or broken, or holds a tensor that the family has not.
    """
    names = get_tensor_name_map(ARCHITECTURES[config.model_type], config.num_hidden_layers)
    sources: dict[str, tuple[Path, str]] = {}
    for file in sorted(folder.glob("*.safetensors")):
        for source in _names_in(file):
            if source == "lm_head.weight" and config.tie_word_embeddings:
                continue
            name = names.get_name(source, try_suffixes=(".weight", ".bias"))
            if name is None:
                raise BadInput(
                    f"{spec} has a tensor {source!r}, which no {config.model_type} model has.",
                    "Name a GGUF of the model instead.",
                )
            sources[name] = (file, source)
    if "token_embd.weight" not in sources or "output_norm.weight" not in sources:
        raise BadInput(
            f"{folder} lacks some of the model's safetensors.", "Fetch the folder again."
        )
    return sources


def _names_in(file: Path) -> list[str]:
    try:
        with safe_open(file, framework="pt") as opened:
            return list(opened.keys())
    except (OSError, SafetensorError) as error:
        raise BadInput(
            f"{file} is not a whole safetensors file: {error}.", "Fetch it again."
        ) from error


def _shape(file: Path, source: str) -> list[int]:
    with safe_open(file, framework="pt") as opened:
        return list(opened.get_slice(source).get_shape())


def tensor_of(
    file: Path, source: str, name: str, config: PretrainedConfig
) -> NDArray[np.float16] | NDArray[np.float32]:
    """One tensor as it goes into a GGUF: matrices float16, vectors float32, rows reordered.

    Raises:
        JobFailed: it holds numbers that float16 cannot.
    """
    with safe_open(file, framework="pt") as opened:
        weights: NDArray[np.float32] = opened.get_tensor(source).float().numpy()
    counter = PERMUTED_ROWS[config.model_type].get(name.split(".")[-2])
    if counter is not None:
        is_query = counter == "attention.head_count"
        heads = config.num_attention_heads if is_query else config.num_key_value_heads
        weights = permuted(weights, heads)
    if weights.ndim == 1:
        return weights
    if not np.abs(weights).max() <= np.finfo(np.float16).max:
        raise JobFailed(f"{source} holds numbers that 16-bit floats cannot.", "Take another base.")
    return weights.astype(np.float16)
