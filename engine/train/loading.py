"""What a run trains, loaded: the base with an adapter or all of its weights, and the pairs."""

from collections.abc import Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch
from peft import (
    LoraConfig,
    PeftModel,
    get_peft_model,
    load_peft_weights,
    set_peft_model_state_dict,
)
from torch.nn import Linear
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from engine.jobs import RunDir
from engine.prompts import refusal_note
from engine.train import processes
from engine.train.beginning import BEGINNING
from engine.train.chat_template import ChatTemplate
from engine.train.checkpoints import disk_refusals_told
from engine.train.config import TrainConfig, targets
from engine.train.data import TrainingData, prepare_data
from engine.train.device import Place, choose_place
from engine.train.input_files import read_near, read_opposite, read_pairs
from engine.train.judged import Judged, to_judge
from engine.train.samples import SampleRequest, sample_request
from engine.train.shared_prefix import causal_of
from models.aside import written_aside
from models.errors import BadInput
from models.events import Event, Note
from models.library import resolve_base
from models.torch_base import load_base


@dataclass(frozen=True)
class Loaded:
    """What a run trains: the model, with an adapter if it gets one, and its data."""

    model: PreTrainedModel | PeftModel
    tokenizer: PreTrainedTokenizerBase
    data: TrainingData
    place: Place
    judged: Judged
    sample: SampleRequest | None

    @property
    def causal(self) -> PreTrainedModel:
        """The model itself, under the adapter's layers."""
        return causal_of(self.model)

    @property
    def precision(self) -> torch.dtype | None:
        """Of its matrix products; None: that of its weights, as for a frozen base."""
        return None if isinstance(self.model, PeftModel) else self.place.dtype

    def as_base(self) -> AbstractContextManager[None]:
        """The base alone; before the first step a model without an adapter is that already."""
        if isinstance(self.model, PeftModel):
            return cast(AbstractContextManager[None], self.model.disable_adapter())
        return nullcontext()

    def save(self, folder: Path) -> None:
        """Write what has learned, whole or not at all; the first process does it for all."""
        if not processes.is_first():
            return
        what = f"The {'adapter' if isinstance(self.model, PeftModel) else 'model'} in {folder}"
        hint = "Free some space, then resume the run."
        with disk_refusals_told(what, hint), written_aside(folder) as aside:
            if isinstance(self.model, PeftModel):
                self.model.save_pretrained(str(aside), selected_adapters=["default"])
            else:
                self.model.save_pretrained(str(aside))

    def read(self, folder: Path) -> None:
        """Take what `save` wrote."""
        if isinstance(self.model, PeftModel):
            set_peft_model_state_dict(self.model, load_peft_weights(str(folder)))
        else:
            saved = AutoModelForCausalLM.from_pretrained(str(folder), dtype=self.model.dtype)
            self.model.load_state_dict(saved.state_dict())


def load(run: RunDir, config: TrainConfig, cache_dir: Path) -> Generator[Event, None, Loaded]:
    """Load the base and the pairs of a run; says what is trained where, and what is left out.

    Raises:
        BadInput: the settings do not go with the base or with this machine.
        JobFailed: a pair cannot be trained on.
        UserError: the base cannot be loaded.
    """
    place = choose_place()
    processes.join(place.device)
    yield Note(place.told)
    weights = torch.float32 if config.adapter == "full" else place.dtype
    found = resolve_base(config.base)
    base, tokenizer = load_base(found, cache_dir, weights, config.four_bit)
    config = _within(config, base)
    pairs, cards = read_pairs(run.path)
    near, opposite = read_near(run.path), read_opposite(run.path)
    data = prepare_data(pairs, cards, tokenizer, config, near, opposite)
    yield Note(f"{len(data.own)} pairs to train on, {len(data.held_out)} held out.")
    if data.made_up:
        yield Note(f"{len(data.made_up)} pairs of made-up readers teach it beside to read a card.")
    of_personas = [pair.prompt for pair in pairs if pair.track == "personas"]
    if data.images:
        whom = "under the opposite persona" if of_personas else "to the opposite reader"
        yield Note(f"{data.images} of these are shown {whom} too, sides swapped.")
    if note := refusal_note(of_personas, ChatTemplate(tokenizer).takes):
        yield Note(note)
    if data.too_long:
        yield Note(
            f"{len(data.too_long)} pairs are longer than {config.max_length} tokens and are left "
            f"out: {', '.join(data.too_long)}."
        )
    judged = to_judge(data, {pair.id: pair for pair in pairs}, tokenizer, opposite)
    sample = sample_request(run.path, cards, tokenizer)
    torch.manual_seed(config.seed)
    model: PreTrainedModel | PeftModel = torch.nn.Module.to(base, place.device)
    if config.adapter == "full":
        yield Note(_told_of_full(base))
    else:
        model = _with_adapter(base, config)
        if (begun := run.path / BEGINNING).exists():
            set_peft_model_state_dict(model, load_peft_weights(str(begun)))
            yield Note(f"It begins with what run {config.start_from} has learned.")
    return Loaded(model, tokenizer, data, place, judged, sample)


def _within(config: TrainConfig, base: PreTrainedModel) -> TrainConfig:
    """The settings with no more tokens than the base was made to read."""
    most = getattr(base.config, "max_position_embeddings", config.max_length)
    return replace(config, max_length=min(config.max_length, most))


def _told_of_full(base: PreTrainedModel) -> str:
    size = base.num_parameters()
    return (
        f"All {size / 1e6:,.0f} million weights are trained: {16 * size / 1e9:.1f} GB for them, "
        f"their gradients and the optimiser's state. A checkpoint takes up to "
        f"{12 * size / 1e9:.1f} GB of disk, and the tuned model {4 * size / 1e9:.1f} GB."
    )


def _with_adapter(base: PreTrainedModel, config: TrainConfig) -> PeftModel:
    """The base under a fresh LoRA adapter.

    Raises:
        BadInput: it has no layers of the names that `lora_targets` gives.
    """
    names = targets(config)
    try:
        model = get_peft_model(
            base,
            LoraConfig(
                r=config.lora_rank,
                lora_alpha=config.lora_alpha,
                lora_dropout=config.lora_dropout,
                target_modules="all-linear" if names == ["all-linear"] else names,
                task_type="CAUSAL_LM",
            ),
        )
    except ValueError as error:
        kinds = {name.rsplit(".", 1)[-1] for name, m in base.named_modules() if type(m) is Linear}
        raise BadInput(
            f"The base has no layers {config.lora_targets!r} to put an adapter on.",
            f"It has {', '.join(sorted(kinds - {'lm_head'}))}.",
        ) from error
    return cast(PeftModel, model)
