"""Merging against peft's own merge_and_unload, on the embedded model, and every refusal."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import llama_cpp
import numpy as np
import pytest
import torch
from gguf import GGUFReader, GGUFWriter, get_tensor_name_map
from gguf.constants import MODEL_ARCH
from numpy.typing import NDArray
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.numpy import save_file
from transformers import PreTrainedModel

from models.adapter import open_adapter
from models.errors import BadInput, JobFailed, UserError
from models.events import Finished, Step, result_of
from models.library import BaseModel, embedded_gguf
from models.merge import merge_adapter, merged_size_bytes
from models.tokens import llama_ids, opened
from models.torch_base import load_base

LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
Merged = tuple[Path, PreTrainedModel, Mapping[str, NDArray[np.float32]]]

QUERY, VALUE = "model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.v_proj"
PROMPT = "The most surprising thing about the lighthouse was"


def random_adapter(model: PreTrainedModel, folder: Path) -> PeftModel:
    """Save a LoRA adapter on all linear layers whose B is not zero, as after training."""
    torch.manual_seed(7)
    peft_model = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules=LINEAR))
    for name, parameter in peft_model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    peft_model.save_pretrained(str(folder))
    assert isinstance(peft_model, PeftModel)
    return peft_model


@pytest.fixture(scope="module")
def merged(
    embedded: BaseModel, cache_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Merged:
    """The merged GGUF, peft's own merge of the same adapter, and the base's weights before."""
    folder = tmp_path_factory.mktemp("merge")
    model, _ = load_base(embedded, cache_dir, torch.float32)
    before = {name: weights.numpy().copy() for name, weights in model.state_dict().items()}
    peft_model = random_adapter(model, folder / "adapter")
    events = list(merge_adapter(embedded_gguf(), folder / "adapter", folder / "merged.gguf"))
    assert events[-1] == Finished(
        {"gguf": str(folder / "merged.gguf"), "tensors": 272, "adapted": 30 * 7}
    )
    assert [type(event) for event in events[:-1]] == [Step] * (len(events) - 1)
    unloaded = peft_model.merge_and_unload()
    assert isinstance(unloaded, PreTrainedModel)
    return folder / "merged.gguf", unloaded, before


def rows_as_in_transformers(name: str, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """llama.cpp's row 64h + 2i + s of q and k is transformers' row 64h + 32s + i (heads of 64)."""
    if ".attn_q." not in name and ".attn_k." not in name:
        return weights
    rows = np.arange(len(weights))
    head, half, pair = rows // 64, rows % 64 // 32, rows % 32
    reordered: NDArray[np.float32] = weights[64 * head + 2 * pair + half]
    return reordered


def test_every_merged_weight_is_what_peft_makes_it_within_16_bit_rounding(merged: Merged) -> None:
    """Both round once: torch's base before the update is added, the merged file after it. Half a
    unit in the last place of a float16 x is at most 2^-11 |x|."""
    path, model, before = merged
    names = get_tensor_name_map(MODEL_ARCH.LLAMA, 30)
    module_of = {
        names.get_name(name, try_suffixes=(".weight",)): name
        for name in before
        if name != "lm_head.weight"
    }
    by_peft = model.state_dict()
    tensors = GGUFReader(path).tensors
    assert {tensor.name for tensor in tensors} == set(module_of)
    for tensor in tensors:
        expected = by_peft[module_of[tensor.name]].numpy()
        found = rows_as_in_transformers(tensor.name, tensor.data)
        rounding = 2.0**-11 * (np.abs(before[module_of[tensor.name]]) + np.abs(expected))
        assert (np.abs(found - expected) <= rounding + 1e-6).all(), tensor.name


def next_token_logits(llama: llama_cpp.Llama, ids: list[int]) -> NDArray[np.float32]:
    llama.eval(ids)
    logits = llama_cpp.llama_get_logits_ith(llama.ctx, -1)
    return np.ctypeslib.as_array(logits, shape=(llama.n_vocab(),)).copy()


def test_llama_cpp_computes_the_merged_model_as_torch_does(
    merged: Merged, embedded: BaseModel, cache_dir: Path
) -> None:
    path, model, _ = merged
    base, _ = load_base(embedded, cache_dir, torch.float32)
    with opened(path) as llama, torch.no_grad():
        ids = llama_ids(llama, PROMPT)
        logits = next_token_logits(llama, ids)
        by_torch = model(torch.tensor([ids])).logits[0, -1].numpy()
        by_base = base(torch.tensor([ids])).logits[0, -1].numpy()
    assert logits.argmax() == by_torch.argmax()
    assert np.abs(logits - by_torch).max() < 0.2
    assert np.abs(by_base - by_torch).max() > 2, "the adapter must matter for this to say anything"


def test_all_metadata_but_the_file_type_is_the_base_s_own_byte_for_byte(merged: Merged) -> None:
    base, found = GGUFReader(embedded_gguf()).fields, GGUFReader(merged[0]).fields
    assert set(found) == set(base)
    changed = {
        name
        for name in base
        if [part.tobytes() for part in base[name].parts]
        != [part.tobytes() for part in found[name].parts]
    }
    assert changed == {"general.file_type"}
    assert found["general.file_type"].contents() == 1


def test_matrices_become_float16_and_norms_stay_float32(merged: Merged) -> None:
    tensors = GGUFReader(merged[0]).tensors
    assert {(len(tensor.shape), tensor.tensor_type.name) for tensor in tensors} == {
        (1, "F32"),
        (2, "F16"),
    }
    assert merged_size_bytes(embedded_gguf()) == merged[0].stat().st_size


def small_base(path: Path, architecture: str = "llama", tied: bool = True) -> Path:
    """A GGUF with one layer's query and value projections (2 heads of 4, 8 columns)."""
    writer = GGUFWriter(path, architecture)
    writer.add_block_count(1)
    writer.add_head_count(2)
    for name in ("token_embd", "blk.0.attn_q", "blk.0.attn_v", *([] if tied else ["output"])):
        writer.add_tensor(f"{name}.weight", np.arange(64, dtype=np.float32).reshape(8, 8))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def save_matrices(
    folder: Path, module: str, a: NDArray[np.float32], b: NDArray[np.float32]
) -> None:
    prefix = f"base_model.model.{module}"
    save_file(
        {f"{prefix}.lora_A.weight": a, f"{prefix}.lora_B.weight": b},
        folder / "adapter_model.safetensors",
    )


def small_adapter(
    folder: Path,
    module: str = VALUE,
    config: Mapping[str, object] | None = None,
) -> Path:
    """Rank 1, alpha 2: adds 2 · 3 · 5 = 30 to the first weight of the module, 0 elsewhere."""
    folder.mkdir()
    a, b = np.zeros((1, 8), np.float32), np.zeros((8, 1), np.float32)
    a[0, 0], b[0, 0] = 3, 5
    save_matrices(folder, module, a, b)
    settings = {"peft_type": "LORA", "r": 1, "lora_alpha": 2, "bias": "none", **(config or {})}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    return folder


def merge(base: Path, adapter: Path) -> Path:
    out = adapter.parent / "merged.gguf"
    result_of(merge_adapter(base, adapter, out))
    return out


def test_the_update_is_scale_times_b_times_a(tmp_path: Path) -> None:
    out = merge(small_base(tmp_path / "base.gguf"), small_adapter(tmp_path / "adapter"))
    value = next(t for t in GGUFReader(out).tensors if t.name == "blk.0.attn_v.weight")
    expected = np.arange(64).reshape(8, 8)
    expected[0, 0] = 30
    assert (value.data == expected).all()


@pytest.mark.parametrize(("architecture", "row"), [("llama", 2), ("qwen2", 1)])
def test_query_rows_are_reordered_for_llama_and_not_for_qwen2(
    tmp_path: Path, architecture: str, row: int
) -> None:
    """Row 1 of a head of 4 is pair 1 of the first half: llama.cpp's row 2 · 1 + 0 = 2."""
    adapter = small_adapter(tmp_path / "adapter", QUERY)
    b = np.zeros((8, 1), np.float32)
    b[1, 0] = 5
    a = np.zeros((1, 8), np.float32)
    a[0, 0] = 3
    save_matrices(adapter, QUERY, a, b)
    out = merge(small_base(tmp_path / "base.gguf", architecture), adapter)
    query = next(t for t in GGUFReader(out).tensors if t.name == "blk.0.attn_q.weight")
    changed = np.argwhere(query.data != np.arange(64).reshape(8, 8))
    assert changed.tolist() == [[row, 0]]


@pytest.mark.parametrize(("rslora", "scale"), [(False, 2.0), (True, 4.0)])
def test_the_scale_is_alpha_over_r_or_over_its_root(
    tmp_path: Path, rslora: bool, scale: float
) -> None:
    """alpha 8, rank 4: 8 / 4, and 8 / sqrt(4) for rank-stabilised LoRA."""
    folder = small_adapter(
        tmp_path / "adapter", config={"r": 4, "lora_alpha": 8, "use_rslora": rslora}
    )
    assert open_adapter(folder).scale == scale


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"use_dora": True}, "use_dora=True"),
        ({"bias": "all"}, "bias='all'"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save=['lm_head']"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights='pissa'"),
        ({"alpha_pattern": {"q_proj": 3}}, "alpha_pattern"),
        ({"peft_type": "IA3"}, "does not describe a LoRA adapter"),
        ({"r": None}, "no rank `r`"),
    ],
)
def test_an_adapter_that_is_more_than_plain_lora_is_refused(
    tmp_path: Path, config: dict[str, object], named: str
) -> None:
    with pytest.raises(BadInput, match=named.replace("[", r"\[")):
        open_adapter(small_adapter(tmp_path / "adapter", config=config))


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        ("model.embed_tokens", "embeddings that input and output share"),
        ("lm_head", "embeddings that input and output share"),
        ("model.layers.7.self_attn.v_proj", "base.gguf has no such tensor"),
        ("model.layers.0.self_attn.sparkle_proj", "base.gguf has no such tensor"),
    ],
)
def test_an_adapter_on_what_the_base_has_not_is_refused(
    tmp_path: Path, module: str, sentence: str
) -> None:
    base, adapter = small_base(tmp_path / "base.gguf"), small_adapter(tmp_path / "adapter", module)
    with pytest.raises(BadInput, match=sentence):
        merge(base, adapter)
    assert not (tmp_path / "merged.gguf").exists()


def test_the_output_layer_of_a_base_that_has_its_own_takes_an_adapter(tmp_path: Path) -> None:
    base = small_base(tmp_path / "base.gguf", tied=False)
    out = merge(base, small_adapter(tmp_path / "adapter", "lm_head"))
    tensors = {tensor.name: tensor.data for tensor in GGUFReader(out).tensors}
    assert tensors["output.weight"][0, 0] == 30
    assert tensors["token_embd.weight"][0, 0] == 0


def broken_json(adapter: Path) -> None:
    (adapter / "adapter_config.json").write_text("{")


def no_weights(adapter: Path) -> None:
    (adapter / "adapter_model.safetensors").unlink()


def cut_weights(adapter: Path) -> None:
    weights = adapter / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])


def half_a_pair(adapter: Path) -> None:
    name = f"base_model.model.{VALUE}.lora_A.weight"
    save_file({name: np.ones((1, 8), np.float32)}, adapter / "adapter_model.safetensors")


def an_embedding(adapter: Path) -> None:
    name = "base_model.model.model.embed_tokens.lora_embedding_A"
    save_file({name: np.ones((1, 8), np.float32)}, adapter / "adapter_model.safetensors")


def another_width(adapter: Path) -> None:
    save_matrices(adapter, VALUE, np.ones((1, 16), np.float32), np.ones((8, 1), np.float32))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (broken_json, "is not JSON"),
        (no_weights, "missing or not a whole safetensors file"),
        (cut_weights, "missing or not a whole safetensors file"),
        (half_a_pair, "lacks one of its two matrices for model.layers.0.self_attn.v_proj"),
        (an_embedding, "is no LoRA matrix of a linear layer"),
        (another_width, "is 8 x 16, and the base's tensor 8 x 8"),
    ],
)
def test_a_broken_adapter_is_named_and_nothing_is_left(
    tmp_path: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    base, adapter = small_base(tmp_path / "base.gguf"), small_adapter(tmp_path / "adapter")
    spoil(adapter)
    with pytest.raises(BadInput, match=sentence):
        merge(base, adapter)
    assert {path.name for path in tmp_path.iterdir()} == {"base.gguf", "adapter"}


def test_an_adapter_of_a_training_that_went_astray_is_not_written(tmp_path: Path) -> None:
    base, adapter = small_base(tmp_path / "base.gguf"), small_adapter(tmp_path / "adapter")
    a, b = np.full((1, 8), np.nan, np.float32), np.ones((8, 1), np.float32)
    save_matrices(adapter, VALUE, a, b)
    with pytest.raises(JobFailed, match=r"blk\.0\.attn_v\.weight holds numbers"):
        merge(base, adapter)
    assert {path.name for path in tmp_path.iterdir()} == {"base.gguf", "adapter"}


def test_a_base_of_another_architecture_is_refused(tmp_path: Path) -> None:
    base = small_base(tmp_path / "base.gguf", architecture="mamba")
    with pytest.raises(BadInput, match="architecture 'mamba'"):
        merge(base, small_adapter(tmp_path / "adapter"))


@pytest.mark.parametrize("kept_bytes", [0, 3, 40, 300])
def test_a_base_that_was_cut_off_is_refused(tmp_path: Path, kept_bytes: int) -> None:
    base = small_base(tmp_path / "base.gguf")
    base.write_bytes(base.read_bytes()[:kept_bytes])
    with pytest.raises(UserError, match="not a whole GGUF file"):
        merge(base, small_adapter(tmp_path / "adapter"))


def test_a_merge_that_is_stopped_leaves_no_file(tmp_path: Path) -> None:
    adapter = small_adapter(tmp_path / "adapter")
    events = merge_adapter(small_base(tmp_path / "base.gguf"), adapter, tmp_path / "merged.gguf")
    next(events)
    assert (tmp_path / ".merged.gguf.part").exists()
    del events
    assert {path.name for path in tmp_path.iterdir()} == {"base.gguf", "adapter"}
