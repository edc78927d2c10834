"""What a training run is told, with the source of each default."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

from models.errors import BadInput

Method = Literal["dpo", "sft", "sft-dpo"]
Loss = Literal[
    "sigmoid",
    "sigmoid_norm",
    "ipo",
    "hinge",
    "robust",
    "exo_pair",
    "nca_pair",
    "bco_pair",
    "sppo_hard",
    "aot",
    "aot_unpaired",
    "apo_zero",
    "apo_down",
    "discopop",
]
"""TRL's, under TRL's names; its loss `sft` is the method of that name here."""
Adapter = Literal["lora", "full"]
PersonaSet = Literal["chosen", "rejected", "both", "none"]
"""Those who prefer the chosen answers; those who prefer the rejected ones, their pairs turned
round; each of both; or nobody, with the chosen answers."""
SMOOTHED = ("robust", "exo_pair")
"""Losses that want `label_smoothing` above 0."""


@dataclass(frozen=True)
class TrainConfig:
    """All that a run can be told. Defaults are those of the preset `quick`."""

    preset: str = "quick"
    base: str = "embedded"
    """`embedded`, a GGUF file, a Hugging Face folder, or a Hugging Face id."""
    method: Method = "dpo"
    """`sft` learns to write the chosen answers; `sft-dpo` does so first, and the fine-tuned model
    is then DPO's reference, as in "Whose Boat Does it Float?" (arXiv 2501.11549)."""
    beta: float = 0.1
    """How far the model may go from its reference: smaller is further. TRL's default, and that of
    "Whose Boat Does it Float?"; GRAVITY (arXiv 2510.11952) has 0.3."""
    loss: Loss = "sigmoid"
    """What makes one answer preferred over the other. `sigmoid` is DPO's own (Rafailov et al.,
    arXiv 2305.18290); the others are TRL's, under TRL's names. `apo_zero` (anchored preference
    optimisation, arXiv 2408.06266) raises the chosen answer and lowers the rejected one each by
    itself: with mirror images the same text is raised for one reader and lowered for another, so
    that it stays where it was, see docs/training.md."""
    label_smoothing: float = 0.0
    """TRL's; the share of pairs taken to be labelled wrongly, for `robust` and `exo_pair`."""
    learning_rate: float = 5e-4
    """The size of each step. Tried with mirror images and made-up readers on the embedded model,
    see docs/training.md. Without them 3e-4 was too much: pairs of long descriptions moved by tens
    of nats, and the tuned model answered the request for a description with the request.
    Longer runs and bigger bases want less."""
    sft_learning_rate: float = 2e-4
    """Ten times the 2e-5 of "Whose Boat", as QLoRA (arXiv 2305.14314) takes for small bases."""
    sft_epochs: int = 1
    """The same paper's."""
    adapter: Adapter = "lora"
    """`lora` trains an adapter beside frozen weights (arXiv 2106.09685); `full` trains every weight
    in float32, which takes 16 bytes a parameter with its gradient and AdamW's two moments, and 4 to
    12 bytes a parameter for each checkpoint on disk."""
    lora_targets: str = "all-linear"
    """The layers that get an adapter: `all-linear`, which QLoRA (arXiv 2305.14314, section 4) found
    is needed to match full fine-tuning, or names such as `q_proj,v_proj`."""
    lora_rank: int = 16
    """The size of the adapter: larger holds more and forgets more. Released settings of "Whose Boat
    Does it Float?" (arXiv 2501.11549)."""
    lora_alpha: int = 32
    """The same."""
    lora_dropout: float = 0.0
    """0, so that policy and reference see the same prompt; TRL turns dropout off all the same."""
    mirror: bool = True
    """Trains on every pair a second time, in the same batch, as the opposite reader has it: under
    that reader's card and sentences, sides swapped. What has nothing to do with the card cancels
    out in a step. Tried once each on the embedded model, 8 made-up readers and 320 examples of 4
    tracks: the right card won over the opposite one in 77 % of held-out pairs before, 84 % after
    (79 % without mirroring), see docs/training.md."""
    companion_pairs: int = 40
    """Pairs of made-up readers (eight, or one for each 20 pairs), from the bank, trained on beside
    the reader's own: from one reader a small model learns little, from readers who differ to read a
    card. See docs/training.md; 0 takes none."""
    epochs: int = 1
    """How often every pair is seen: the embedded model knows them by heart after two or three."""
    max_pairs: int = 40
    """Training pairs of the readers taken at the most, those that people had a hand in first, the
    others spread over topics; 0 takes all."""
    batch_size: int = 8
    """Pairs per process in one pass; the pairs of a batch share the reader's card."""
    gradient_accumulation: int = 1
    """Batches added up into a step; TRL's default."""
    processes: int = 1
    """Processes that share a step, a batch each, under `accelerate launch`: one a GPU."""
    gradient_checkpointing: bool = False
    """Computes each layer's inside again in the backward pass instead of keeping it (arXiv
    1604.06174). Eight pairs of the embedded model in float32 held 129 MB so where it was 1,936, for
    37 % more time a step. TRL's default is True; here a batch's shared tokens are held once."""
    four_bit: bool = False
    """Holds the frozen base in 4 bits (NF4 with double quantisation, QLoRA, arXiv 2305.14314), on
    CUDA only. What an export merges into is the 16-bit base, never this one."""
    max_length: int = 1024
    """Tokens of prompt and completion; longer pairs are left out, counted and listed."""
    max_held_out: int = 48
    """Held-out pairs scored before and after; 0 takes all."""
    checkpoint_every: int = 10
    """Steps between checkpoints."""
    personas: PersonaSet = "both"
    """Of a dataset's run: whose personas it is conditioned on."""
    unchecked_personas: bool = False
    """Of a dataset's run: takes personas that have not been checked too. One that failed its check
    is never taken."""
    sample_book: str = ""
    """The book that is described at every checkpoint: its id or title. Empty takes the first that
    previews offer, `none` describes none. No pair is ever made of these books. A dataset's run
    answers its first held-out prompt for two opposed personas instead."""
    start_from: str = ""
    """A finished run, by its id, whose adapter is trained further; empty makes a fresh one. One
    long run with many made-up readers, and then short ones that begin with it, teach every reader's
    model to read cards without the time. The reference stays the base."""
    seed: int = 0
    """Of the adapter's first weights and the order of the pairs: another one shows how much of a
    result is luck."""


POSITIVE = (
    "beta",
    "learning_rate",
    "sft_learning_rate",
    "sft_epochs",
    "lora_rank",
    "epochs",
    "batch_size",
    "gradient_accumulation",
    "processes",
    "max_length",
)
"""Settings that must be above 0."""

OUTSIDE_THE_BLOCKS = ("lm_head", "embed_tokens")

FULL: dict[str, object] = {"learning_rate": 1e-6, "sft_learning_rate": 2e-5}
"""What a run that trains every weight takes unless told otherwise: TRL's own default for DPO, and
the fine-tuning of "Whose Boat Does it Float?" (arXiv 2501.11549)."""

PRESETS: dict[str, TrainConfig] = {
    "quick": TrainConfig(),
    "standard": TrainConfig(preset="standard", companion_pairs=160, max_held_out=96),
    "thorough": TrainConfig(
        preset="thorough", loss="apo_zero", companion_pairs=640, max_held_out=96
    ),
    "paper": TrainConfig(
        preset="paper",
        base="meta-llama/Llama-3.1-8B-Instruct",
        beta=0.3,
        learning_rate=5e-6,
        epochs=1,
        mirror=False,
        companion_pairs=0,
        max_pairs=0,
        max_held_out=0,
    ),
    "persona-quick": TrainConfig(
        preset="persona-quick",
        companion_pairs=0,
        epochs=2,
        max_pairs=0,
        max_held_out=0,
    ),
    "persona-paper": TrainConfig(
        preset="persona-paper",
        base="meta-llama/Llama-3.1-8B-Instruct",
        method="sft-dpo",
        personas="chosen",
        beta=0.1,
        learning_rate=5e-6,
        epochs=10,
        sft_learning_rate=2e-5,
        sft_epochs=10,
        lora_targets="q_proj,v_proj",
        lora_dropout=0.05,
        mirror=False,
        companion_pairs=0,
        batch_size=1,
        max_length=512,
        max_pairs=0,
        max_held_out=0,
        checkpoint_every=100,
    ),
}
"""`persona-paper` has the released settings of "Whose Boat" (arXiv 2501.11549), whose library put
adapters on queries and values unless told otherwise. Its base is the paper's, in the form that was
made for conversation; what is over 512 tokens is left out, where theirs was cut."""

PRESET_NOTES: dict[str, str] = {
    "quick": "40 pairs and 40 of made-up readers: about seven minutes on two cores.",
    "standard": "40 pairs and 160 of made-up readers: about a quarter of an hour on two cores.",
    "thorough": "40 pairs and 640 of made-up readers, by APO-zero: about three quarters of an hour "
    "on two cores. Other readers' runs can begin with what it learns.",
    "paper": "GRAVITY's base, Llama-3.1-8B-Instruct, all pairs once: wants a GPU with 24 GB.",
}

PERSONA_NOTES: dict[str, str] = {
    "persona-quick": "Every pair twice, with its mirror image: tried on the embedded model.",
    "persona-paper": "The paper's base, Llama-3.1-8B-Instruct, and its settings: SFT and then DPO, "
    "ten times through the pairs each; wants a GPU with 24 GB.",
}
"""Of the presets for a dataset with personas."""


def config_for(preset: str, base: str, changes: Mapping[str, object]) -> TrainConfig:
    """The preset's configuration with the base and any changed fields.

    `base` "embedded" leaves the preset's own base standing.

    Raises:
        BadInput: no such preset or field, or a value that no run could use.
    """
    if preset not in PRESETS:
        raise BadInput(f"No preset {preset!r}.", f"There are {', '.join(PRESETS)}.")
    known = {field.name for field in fields(TrainConfig)}
    for name in changes:
        if name not in known:
            raise BadInput(
                f"No training setting {name!r}.", f"There are {', '.join(sorted(known))}."
            )
    config = PRESETS[preset]
    if base != "embedded":
        config = replace(config, base=base)
    of_kind = FULL if changes.get("adapter") == "full" else {}
    config = TrainConfig(**{**vars(config), **of_kind, **changes})
    _check_adapter(config)
    if config.method not in get_args(Method):
        raise BadInput(
            f"No training method {config.method!r}.", f"There are {', '.join(get_args(Method))}."
        )
    if config.personas not in get_args(PersonaSet):
        raise BadInput(
            f"No set of personas {config.personas!r}.",
            f"There are {', '.join(get_args(PersonaSet))}.",
        )
    if config.loss not in get_args(Loss):
        raise BadInput(f"No loss {config.loss!r}.", f"There are {', '.join(get_args(Loss))}.")
    if not 0 <= config.label_smoothing < 0.5 or (
        config.loss in SMOOTHED and not config.label_smoothing
    ):
        raise BadInput(
            f"The loss {config.loss} does not go with a label_smoothing of "
            f"{config.label_smoothing:g}.",
            f"It lies between 0 and 0.5, and above 0 for {' and '.join(SMOOTHED)}.",
        )
    for name in POSITIVE:
        if not getattr(config, name) > 0:
            raise BadInput(f"The training setting {name} must be above 0.")
    return config


def _check_adapter(config: TrainConfig) -> None:
    if config.adapter not in get_args(Adapter):
        raise BadInput(
            f"No adapter {config.adapter!r}.", f"There are {', '.join(get_args(Adapter))}."
        )
    if config.adapter == "full" and config.four_bit:
        raise BadInput(
            "Weights in 4 bits cannot be trained themselves.",
            "Take adapter=lora with four_bit=true, or adapter=full without it.",
        )
    outside = [name for name in targets(config) if name in OUTSIDE_THE_BLOCKS]
    if outside:
        raise BadInput(
            f"An adapter on {outside[0]} would neither be trained by TRL nor merged by an export.",
            "Name linear layers of the blocks, such as q_proj,v_proj, or all-linear.",
        )


def targets(config: TrainConfig) -> list[str]:
    """The names in `lora_targets`; one alone is `all-linear`, or a layer's."""
    return [name.strip() for name in config.lora_targets.split(",") if name.strip()]


def pairs_per_step(config: TrainConfig) -> int:
    """Pairs that one step of the optimiser sees, over all processes."""
    return config.batch_size * config.gradient_accumulation * config.processes
