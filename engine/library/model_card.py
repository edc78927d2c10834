"""A model card as the Hugging Face Hub reads it: YAML first, then what a person should know.

Counts, settings, figures and hashes; no reader's name, reviews, pairs or card. Keys and values of
the YAML are those of the Hub's documentation of model cards.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields

from engine.library.effect import part, share_told
from engine.library.licence import UNKNOWN
from engine.library.modelfile import CARD_FILE
from engine.library.story import Story
from engine.prompts import prompt
from models.events import JsonObject

FIGURES = {
    "accuracy_before": "prefers the chosen answer, before training",
    "accuracy": "prefers the chosen answer, after",
    "reward_accuracy": "training moved it towards the chosen answer (50% is chance)",
    "card_alone": "the base with the card in the prompt, beside the base without it",
    "tuned": "the tuned model with the card, beside the base without it",
    "opposite": "the same under the opposite reader's card",
    "turned": "leans more to the chosen answer under the right card than under the opposite one",
}
"""A share of the held-out pairs in a training's result → what it says."""
UNTOLD = ("base", "sample_book", "processes", "checkpoint_every", "max_held_out")
"""Settings that change no weight, or name something of this machine."""


def title_of(story: Story) -> str:
    """`SmolLM2-135M-Instruct tuned by DPO`, with the quantisation where it has one."""
    method = {"dpo": "DPO", "sft": "SFT", "sft-dpo": "SFT and DPO"}[story.config.method]
    quant = f", {story.artefact.quant}" if story.artefact.quant else ""
    adapter = " (LoRA adapter)" if is_adapter(story) else ""
    return f"{story.base.name} tuned by {method}{quant}{adapter}"


def is_adapter(story: Story) -> bool:
    """Whether it works only together with its base."""
    return story.artefact.kind in ("adapter", "adapter_gguf")


def model_card(story: Story, use: str, sums: Mapping[str, str], with_card: bool) -> str:
    """README.md.

    Args:
        use: the part on how to run it, in Markdown.
        sums: file name → SHA-256 of the weights beside it.
        with_card: whether the Modelfile beside it holds a reader's card.
    """
    parts = [
        *_front_matter(story),
        "",
        f"# {title_of(story)}",
        "",
        *_what(story, with_card),
        "",
        "## Use",
        "",
        use,
        "",
        "It was trained under this system message, `{card}` being a reader's profile card"
        f"{'' if story.artefact.kind == 'adapter' else f'; `{CARD_FILE}` above holds it'}:",
        "",
        *(f"> {line}".rstrip() for line in prompt("writer").splitlines()),
        "",
        "## Measured",
        "",
        *_measured(story),
        "",
        "## Training",
        "",
        *_data(story),
        "",
        *_settings(story),
        "",
        "## What it is not for",
        "",
        *_limits(story),
        "",
        "## Licence",
        "",
        _licence(story),
        "",
        "## Hashes",
        "",
        *_hashes(story, sums),
    ]
    return "\n".join(parts) + "\n"


def _front_matter(story: Story) -> Iterator[str]:
    """JSON's texts and lists are YAML's."""
    licence = story.base.licence
    tags = ["persona-studio", "preference-tuning", story.config.method.split("-")[-1]]
    tags += ["lora"] if is_adapter(story) else []
    tags += ["gguf"] if story.artefact.kind != "adapter" else []
    yield "---"
    if story.base.hub_id:
        relation = "adapter" if is_adapter(story) else "finetune"
        yield f"base_model: {json.dumps(story.base.hub_id)}"
        yield f"base_model_relation: {relation}"
    yield f"license: {licence.hub_id}"
    if licence.hub_id == "other":
        yield f"license_name: {json.dumps(licence.name)}"
        if licence.address:
            yield f"license_link: {json.dumps(licence.address)}"
    yield f"library_name: {'peft' if story.artefact.kind == 'adapter' else 'gguf'}"
    yield "pipeline_tag: text-generation"
    if story.languages:
        yield f"language: {json.dumps(story.languages)}"
    yield f"tags: {json.dumps(tags)}"
    yield "---"


def _what(story: Story, with_card: bool) -> Iterator[str]:
    base = story.base
    link = f"[{base.name}](https://huggingface.co/{base.hub_id})" if base.hub_id else base.name
    readers = "one reader" if story.readers == 1 else f"{story.readers} readers"
    yield (
        f"{link}, tuned with Persona Studio on preference pairs of {readers}, to write "
        "descriptions of books that suit the reader whose profile card stands in the prompt."
    )
    if with_card:
        yield ""
        yield "**The `Modelfile` in this folder holds a reader's profile card: it is personal.**"


def _measured(story: Story) -> Iterator[str]:
    verdict, held_out = part(story.result, "verdict"), part(story.result, "held_out")
    if not held_out.get("pairs"):
        yield "There were no held-out pairs: what it learned was not measured."
        return
    if verdict:
        yield str(verdict.get("says", ""))
        yield ""
    yield f"On {held_out['pairs']} held-out pairs, with 95 % intervals (Wilson):"
    yield ""
    yield "| share of pairs in which it | |"
    yield "|---|---|"
    for name, says in FIGURES.items():
        if told := share_told(held_out, name):
            yield f"| {says} | {told} |"
    if checked := part(story.export, "truth").get("says"):
        yield ""
        yield f"The files were held against the trained model: {checked}"
    yield ""
    yield "These are figures of the model itself, not of what people think of its texts."


def _data(story: Story) -> Iterator[str]:
    tracks = ", ".join(f"{count} of {track}" for track, count in story.pairs.items())
    total = sum(story.pairs.values())
    yield f"- Pairs to train on: {total} ({tracks or 'none'}); held out by topic: {story.held_out}."
    told: JsonObject = story.result
    for key, says in (
        ("pairs", "Taken of them"),
        ("mirrored", "Seen a second time as the opposite reader has them"),
    ):
        if told.get(key) is not None:
            yield f"- {says}: {told[key]}."
    yield f"- Pairs of made-up readers beside them: {story.made_up}."
    if story.config.start_from:
        yield (
            f"- It began with the adapter of run {story.config.start_from}: other readers whose "
            f"pairs that had learned from: {story.before}."
        )
    yield "- No review, name or pair of a reader is in this folder."
    for key, says in (("steps", "Steps"), ("device", "Device"), ("dtype", "Precision")):
        if told.get(key) is not None:
            yield f"- {says}: {told[key]}."


def _settings(story: Story) -> Iterator[str]:
    yield "| setting | |"
    yield "|---|---|"
    for field in fields(story.config):
        if field.name not in UNTOLD:
            yield f"| `{field.name}` | {getattr(story.config, field.name)} |"


def _limits(story: Story) -> Iterator[str]:
    yield "- Facts: it may make up names, numbers and plots. Check a text against the book."
    yield "- Judging people: a profile is what reviews suggest, not what a person is."
    yield (
        "- Other tasks and other readers: its effect was measured on pairs like its own, for the "
        "readers it was trained on."
    )
    yield (
        "- Publishing without consent: the weights were trained on texts made for a person. Ask "
        "whom it was tuned for before others get it."
    )


def _licence(story: Story) -> str:
    licence = story.base.licence
    if licence.name == UNKNOWN:
        return (
            f"Nobody tells the licence of {story.base.name}. Find it out before you pass this on: "
            "a tuned model stays under its base's."
        )
    where = f" ({licence.address})" if licence.address else ""
    return f"That of the base: {licence.name}{where}. See `LICENSE`."


def _hashes(story: Story, sums: Mapping[str, str]) -> Iterator[str]:
    artefact = story.artefact
    yield "| SHA-256 of | |"
    yield "|---|---|"
    for name, digest in sums.items():
        yield f"| `{name}` | `{digest}` |"
    for says, told in (
        ("the base", artefact.base_sha256),
        ("the adapter's weights", artefact.adapter_sha256),
        ("the pairs", artefact.data_sha256),
        ("the profile cards", artefact.profile_sha256),
    ):
        if told:
            yield f"| {says} | `{told}` |"
    yield ""
    yield f"Run `{artefact.train_run_id}`; all files' sums are in `SHA256SUMS`."
