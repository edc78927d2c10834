"""A model whose every weight was trained, as a GGUF: its weights in the place of its base's.

Metadata, tokenizer and chat template stay the base's own, as in `models.merge`.
"""

from collections.abc import Iterator
from pathlib import Path

from models.convert import served_config, tensor_sources, weights_of
from models.errors import BadInput
from models.events import Event, Finished
from models.families import family_of
from models.gguf_file import GgufTensor, open_gguf
from models.merge import Blocks, as_it_is, written

ROTATIONS = ("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight")
"""Tables, which nothing trains."""


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
    family_of(base)
    config = served_config(folder, str(folder))
    sources = tensor_sources(folder, config, str(folder))
    if config.tie_word_embeddings:
        sources["output.weight"] = sources["token_embd.weight"]
    with base_gguf.open("rb") as weights:

        def trained(tensor: GgufTensor) -> Blocks:
            if tensor.name in ROTATIONS:
                return as_it_is(weights, tensor)
            source = sources.get(tensor.name)
            if source is None or source.shape != tensor.shape:
                raise BadInput(
                    f"The trained model has no {tensor.name} of the shape {list(tensor.shape)} "
                    f"that {base_gguf.name} has.",
                    "Export with the base that was trained.",
                )
            return weights_of(source, tensor.name, config)

        yield from written(base, out, trained)
    count = len(base.tensors)
    yield Finished({"gguf": str(out), "tensors": count, "adapted": count})
