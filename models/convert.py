"""A Hugging Face folder of a served family to a 16-bit GGUF, the base of a merge.

It writes what llama.cpp's own convert_hf_to_gguf.py writes for these families, a block of rows in
memory at a time. Why not that script: docs/export.md.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, get_tensor_name_map
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from numpy.typing import NDArray
from transformers import AutoConfig, PretrainedConfig

from models.aside import alone, written_aside
from models.errors import BadInput, JobFailed, UserError
from models.events import Event, Finished, Note, Step
from models.families import FAMILIES, heads_of, reordered
from models.gguf_file import blocks
from models.hyperparameters import add_hyperparameters, head_size, rotations
from models.library import BaseModel, sha256_of
from models.room import check_disk, check_memory
from models.safetensors_file import StoredTensor, stored_tensors
from models.tokens import check_same_tokens, opened
from models.torch_base import load_tokenizer
from models.vocabulary import add_vocabulary

MEMORY_BYTES = 600_000_000
"""What a conversion takes at the most: libraries, a block of rows, a vocabulary of 152 000 tokens
(`benchmarks/export.py`). It does not grow with the model."""
_WANTED = ["*.json", "*.jinja", "*.safetensors"]


def base_gguf(base: BaseModel, cache_dir: Path) -> Iterator[Event]:
    """The base as a GGUF: its own file, or one converted once into `cache_dir/converted`.

    Yields:
        Steps over tensors while it converts, then Finished with `gguf` (path).

    Raises:
        BadInput: the model is of a family, or has a vocabulary, that is not served.
        UserError: it cannot be fetched from the hub, or written; says how much room is missing.
    """
    if base.kind == "gguf":
        yield Finished({"gguf": str(base.path)})
        return
    folder = base.path or _hub_folder(base.spec)
    gguf = cache_dir / "converted" / f"{base.name}-{_content(folder, cache_dir)}.F16.gguf"
    with alone(gguf.with_suffix(".lock")):
        if not gguf.exists():
            yield Note(f"{base.name} is converted to a GGUF, once.")
            config = served_config(folder, base.spec)
            sources = tensor_sources(folder, config, base.spec)
            check_disk(gguf.parent, sum(map(_size_bytes, sources.values())), "The converted base")
            check_memory(MEMORY_BYTES, "The conversion of the base")
            with written_aside(gguf) as aside:
                yield from _converted(folder, base, config, sources, aside)
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


def served_config(folder: Path, spec: str) -> PretrainedConfig:
    """What transformers makes of a folder's config.json.

    Raises:
        BadInput: it is of a family that is not converted.
    """
    config: PretrainedConfig = AutoConfig.from_pretrained(folder, local_files_only=True)
    if config.model_type not in FAMILIES:
        raise BadInput(
            f"{spec} is a model of the family {config.model_type!r}, which is not converted.",
            f"Served are {', '.join(FAMILIES)}; or name a GGUF of it.",
        )
    return config


def tensor_sources(folder: Path, config: PretrainedConfig, spec: str) -> dict[str, StoredTensor]:
    """GGUF tensor name → where it is in the folder.

    Raises:
        BadInput: a file is missing or broken, or holds a tensor that the family has not.
    """
    family = FAMILIES[config.model_type]
    names = get_tensor_name_map(family.architecture, config.num_hidden_layers)
    sources: dict[str, StoredTensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        for source, tensor in stored_tensors(file).items():
            if source == "lm_head.weight" and config.tie_word_embeddings:
                continue
            name = names.get_name(source, try_suffixes=(".weight", ".bias"))
            if name is None:
                raise BadInput(
                    f"{spec} has a tensor {source!r}, which no {config.model_type} model has.",
                    "Name a GGUF of the model instead.",
                )
            sources[name] = tensor
    if "token_embd.weight" not in sources or "output_norm.weight" not in sources:
        raise BadInput(
            f"{folder} lacks some of the model's safetensors.", "Fetch the folder again."
        )
    return sources


def weights_of(
    source: StoredTensor, name: str, config: PretrainedConfig
) -> Iterator[NDArray[np.float16] | NDArray[np.float32]]:
    """One tensor as it goes into a GGUF, some rows at a time: matrices float16, vectors float32.

    Args:
        name: of the tensor in the GGUF.

    Raises:
        JobFailed: it holds numbers that float16 cannot.
    """
    family, size = FAMILIES[config.model_type], head_size(config)
    is_reordered = family.rows_are_reordered and heads_of(name) is not None
    if len(source.shape) == 1:
        vector = source.weights()[0]
        if is_reordered:
            vector = reordered(vector, len(vector) // size)
        yield vector + np.float32(family.added_to_norms if name.endswith("norm.weight") else 0)
        return
    for first, count in blocks(source.rows, source.columns, size if is_reordered else 1):
        rows = source.weights(first, count)
        if not np.abs(rows).max() <= np.finfo(np.float16).max:
            raise JobFailed(
                f"{source.name} holds numbers that 16-bit floats cannot.", "Take another base."
            )
        yield (reordered(rows, count // size) if is_reordered else rows).astype(np.float16)


def _converted(
    folder: Path,
    base: BaseModel,
    config: PretrainedConfig,
    sources: Mapping[str, StoredTensor],
    out: Path,
) -> Iterator[Event]:
    with closing(GGUFWriter(out, FAMILIES[config.model_type].name)) as writer:
        add_hyperparameters(writer, config, base.name)
        add_vocabulary(writer, folder, config.vocab_size, base.spec)
        tables = rotations(config)
        for name, table in tables.items():
            writer.add_tensor_info(name, table.shape, table.dtype, table.nbytes)
        for name, source in sources.items():
            writer.add_tensor_info(name, source.shape, _dtype(source), _size_bytes(source))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for table in tables.values():
            writer.write_tensor_data(table)
        assert writer.fout is not None, "the file is open since its header was written"
        file = writer.fout[0]
        writer.write_padding(file, file.tell())
        for done, (name, source) in enumerate(sources.items(), start=1):
            for block in weights_of(source, name, config):
                file.write(block.tobytes())
            writer.write_padding(file, _size_bytes(source))
            if done % 20 == 0 or done == len(sources):
                yield Step(done, len(sources), f"converting {name}")


def _dtype(source: StoredTensor) -> np.dtype[np.floating]:
    return np.dtype(np.float16 if len(source.shape) > 1 else np.float32)


def _size_bytes(source: StoredTensor) -> int:
    """In the GGUF."""
    return source.rows * source.columns * _dtype(source).itemsize
