"""Find the sizes of a base model without loading it.

From the catalogue, a folder's config.json, a GGUF's metadata, or the hub's cache on this disk.
Nothing is fetched, and nothing here leads to torch.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from models.catalogue import offers
from models.errors import BadInput
from models.library import BaseModel
from models.shape import Shape


def shape_of(base: BaseModel) -> Shape | None:
    """The sizes of a base; None for one of the hub that is neither here nor in the catalogue.

    Raises:
        BadInput: its file cannot be read, or does not say them.
    """
    listed = next((offer.shape for offer in offers() if offer.spec == base.spec), None)
    if listed is not None:
        return listed
    if base.kind == "gguf":
        assert base.path is not None, "a GGUF has a path"
        return _of_gguf(base.path)
    config = base.path / "config.json" if base.path else _cached_config(base.spec)
    return _of_config(config) if config else None


def is_fetched(hub_id: str) -> bool:
    """Whether a model of the hub is in its cache on this disk."""
    return _cached_config(hub_id) is not None


def _cached_config(hub_id: str) -> Path | None:
    # Imported here, as below: the window needs neither until somebody names such a base.
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(hub_id, "config.json")
    return Path(found) if isinstance(found, str) else None


def _of_config(path: Path) -> Shape:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        # A model of several kinds of input keeps its language model's sizes inside.
        return _from_config(told.get("text_config", told))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            f"{path} does not say the model's sizes: {error}.", "Fetch the folder again."
        ) from error


def _from_config(told: Mapping[str, int]) -> Shape:
    heads = told["num_attention_heads"]
    return Shape(
        model_type=str(told["model_type"]),
        hidden_size=told["hidden_size"],
        intermediate_size=told["intermediate_size"],
        num_hidden_layers=told["num_hidden_layers"],
        num_attention_heads=heads,
        num_key_value_heads=told.get("num_key_value_heads") or heads,
        head_dim=told.get("head_dim") or told["hidden_size"] // heads,
        vocab_size=told["vocab_size"],
        tie_word_embeddings=bool(told.get("tie_word_embeddings", True)),
    )


def _of_gguf(path: Path) -> Shape:
    from models.gguf_file import number_field, open_gguf, text_field

    reader = open_gguf(path)
    architecture = text_field(reader, "general.architecture") or "unknown"

    def number(key: str) -> int | None:
        return number_field(reader, f"{architecture}.{key}")

    tensors = {tensor.name: tensor for tensor in reader.tensors}
    hidden, wide = number("embedding_length"), number("feed_forward_length")
    layers, heads = number("block_count"), number("attention.head_count")
    if not (hidden and wide and layers and heads and "token_embd.weight" in tensors):
        raise BadInput(f"{path} does not say the model's sizes.", "Fetch it again.")
    return Shape(
        model_type=architecture,
        hidden_size=hidden,
        intermediate_size=wide,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=number("attention.head_count_kv") or heads,
        head_dim=number("attention.key_length") or hidden // heads,
        vocab_size=tensors["token_embd.weight"].elements // hidden,
        tie_word_embeddings="output.weight" not in tensors,
    )
