"""A model whose every weight was trained, as a GGUF: its weights in the place of its base's.

Metadata, tokenizer and chat template stay the base's own, as in `models.merge`.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from gguf import ReaderTensor
from numpy.typing import NDArray
from transformers import AutoConfig

from models.convert import tensor_of, tensor_sources
from models.errors import BadInput
from models.events import Event, Finished
from models.gguf_file import open_gguf
from models.merge import in_16_bits, served_architecture, written

ROTATIONS = "rope_freqs.weight"
"""A table, which nothing trains."""


def put_in_place(base_gguf: Path, folder: Path, out: Path) -> Iterator[Event]:
    """Write the GGUF, one tensor in memory at a time.

    Args:
        base_gguf: of the base that was trained, of a served architecture.
        folder: the trained model as transformers saves it.
        out: the file to write; it appears whole or not at all.

    Yields:
        Steps over tensors, then Finished with `gguf` (path), `tensors` and `adapted` (counts).

    Raises:
        BadInput: base or model cannot be read, do not fit each other, or are not served.
        JobFailed: the disk refuses, or the trained numbers do not fit into 16 bits.
    """
    base = open_gguf(base_gguf)
    served_architecture(base, base_gguf)
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    sources = tensor_sources(folder, config, str(folder))
    if config.tie_word_embeddings:
        sources["output.weight"] = sources["token_embd.weight"]

    def trained(tensor: ReaderTensor) -> NDArray[np.floating]:
        if tensor.name == ROTATIONS:
            return in_16_bits(tensor)
        shape = [int(size) for size in reversed(tensor.shape)]
        found = sources.get(tensor.name)
        weights = tensor_of(*found, tensor.name, config) if found else None
        if weights is None or list(weights.shape) != shape:
            raise BadInput(
                f"The trained model has no {tensor.name} of the shape {shape} that "
                f"{base_gguf.name} has.",
                "Export with the base that was trained.",
            )
        return weights

    yield from written(base, out, trained)
    count = len(base.tensors)
    yield Finished({"gguf": str(out), "tensors": count, "adapted": count})
