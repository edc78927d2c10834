"""The sizes of bases: from the catalogue, a folder, a GGUF; and what follows from them."""

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, LlamaForCausalLM, Phi3ForCausalLM, PreTrainedModel

from models.base_shape import shape_of
from models.catalogue import Offer, offers
from models.errors import BadInput
from models.library import BaseModel, embedded_gguf, resolve_base
from models.shape import Shape


@pytest.mark.parametrize("offer", offers(), ids=lambda offer: str(offer.spec))
def test_the_catalogues_sizes_give_the_model_cards_parameters(offer: Offer) -> None:
    """Biases are left out: some 30 thousand of Qwen2.5's 494 million, 60 thousand of its 1.5 B."""
    assert offer.shape.parameters == pytest.approx(offer.parameters, rel=1e-4)


def test_a_gguf_and_its_folder_say_what_the_catalogue_says(embedded_folder: Path) -> None:
    listed = shape_of(resolve_base("embedded"))
    assert listed is not None
    assert shape_of(resolve_base(str(embedded_gguf()))) == listed
    assert shape_of(resolve_base(str(embedded_folder))) == listed


def test_an_adapter_has_a_column_and_a_row_of_its_rank_for_each_linear_layer() -> None:
    """SmolLM2-135M: 30 layers of q and o 576+576, k and v 576+192, gate, up, down 576+1536."""
    listed = shape_of(resolve_base("embedded"))
    assert listed is not None
    each = 2 * (576 + 576) + 2 * (576 + 192) + 3 * (576 + 1536)
    assert listed.lora_parameters(16) == 30 * 16 * each == 4_884_480


@pytest.mark.parametrize(
    ("family", "made"), [("phi3", Phi3ForCausalLM), ("llama", LlamaForCausalLM)]
)
def test_the_linear_layers_of_a_block_are_those_that_transformers_builds(
    family: str, made: type[PreTrainedModel]
) -> None:
    shape = Shape(family, 64, 96, 1, 4, 2, 16, 100, False)
    sizes = {
        "hidden_size": shape.hidden_size,
        "intermediate_size": shape.intermediate_size,
        "num_hidden_layers": shape.num_hidden_layers,
        "num_attention_heads": shape.num_attention_heads,
        "num_key_value_heads": shape.num_key_value_heads,
        "vocab_size": shape.vocab_size,
        "pad_token_id": None,
    }
    with torch.device("meta"):
        model = made(AutoConfig.for_model(family, **sizes))
    assert model.num_parameters() == shape.parameters
    built = {
        name.rsplit(".", 1)[1]: (layer.in_features, layer.out_features)
        for name, layer in model.get_submodule("model.layers.0").named_modules()
        if isinstance(layer, torch.nn.Linear)
    }
    assert built == shape.linear_layers


def test_nothing_is_known_of_a_base_that_was_never_fetched() -> None:
    assert shape_of(BaseModel("nobody/nothing", "hub", None, "nothing")) is None


@pytest.mark.parametrize("text", ["{cut o", "[]", '{"model_type": "llama"}'])
def test_a_config_without_sizes_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(BadInput, match="does not say the model's sizes"):
        shape_of(resolve_base(str(tmp_path)))


def test_a_config_that_leaves_out_what_has_a_default_is_read(tmp_path: Path) -> None:
    told = {
        "model_type": "llama",
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "vocab_size": 100,
    }
    (tmp_path / "config.json").write_text(json.dumps({"text_config": told}))
    found = shape_of(resolve_base(str(tmp_path)))
    assert found is not None
    assert (found.head_dim, found.num_key_value_heads) == (16, 4)
