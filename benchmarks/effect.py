"""Does training teach a small model what a reader prefers, and from what does it learn it?

    python -m benchmarks.effect [--way NAME ...] [--readers 8] [--pairs 320] [--held-out 96]
                                [--base embedded] [--seed 0]

Each way is a run of the product on the same pairs: made-up readers whose sides are drawn scale by
scale, so that labels flip from one reader to another and statements of a scale agree. Held out are
whole statements, questions, genres and authors. Beside what every run tells of itself, each pair
is scored again under the opposite reader's card and sentences: a model that reads the card then
turns round. `capability` is the mean log-probability (nats a token) of neutral descriptions of
books that are trained on by nobody. Shares come with their 95 % intervals (Wilson). The last line
printed is one JSON object: {benchmark, readers, pairs, ways, machine}.
"""

import argparse
import json
import platform
import random
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING

from engine import jobs
from engine.bank import books
from engine.domain import TRACKS, PreferencePair, Profile
from engine.pairs.bearing import bearing
from engine.pairs.build import pairs_for
from engine.pairs.choice import PairChoice
from engine.pairs.descriptions import facts_of
from engine.pairs.made_up import made_up_reader
from engine.pairs.opposite import opposite
from engine.profile.card import card_of
from engine.prompts import for_reader
from engine.train.config import TrainConfig, config_for
from engine.train.input_files import NOTHING_NEAR, Near, input_files
from models.errors import JobFailed
from models.events import Failed, Finished, Item, JsonObject, Note

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from engine.train.data import Example
    from engine.train.scoring import PairLogps

SURE = 0.6
"""Score and confidence of every made-up trait."""
PROBED = 20
"""Books whose neutral descriptions are scored as a probe of what else the model can."""


@dataclass(frozen=True)
class Way:
    """One way to train, told by what it does otherwise than the preset `quick`."""

    says: str
    near: bool = True
    """Whether what the reader would say stands below the request."""
    readers: int = 0
    """0: as many as the command says."""
    changes: Mapping[str, object] = field(default_factory=dict)


FAST: Mapping[str, object] = {"learning_rate": 5e-4, "beta": 0.1}
WAYS: Mapping[str, Way] = {
    "card": Way("the card alone", near=False),
    "near": Way("with what the reader would say below the request"),
    "near-fast": Way("the same, 5e-4 and beta 0.1", changes=FAST),
    "card-fast": Way("the card alone, 5e-4 and beta 0.1", near=False, changes=FAST),
    "near-length": Way(
        "near-fast by TRL's length-normalised loss", changes={**FAST, "loss": "sigmoid_norm"}
    ),
    "near-ipo": Way("near-fast by IPO", changes={**FAST, "loss": "ipo"}),
    "near-rank-64": Way("near-fast, rank 64", changes={**FAST, "lora_rank": 64, "lora_alpha": 128}),
    "near-sft": Way("near-fast, fine-tuned first", changes={**FAST, "method": "sft-dpo"}),
    "one": Way("one reader, near-fast", readers=1, changes=FAST),
    "one-card": Way("one reader, the card alone", near=False, readers=1, changes=FAST),
}


@dataclass(frozen=True)
class Material:
    """The pairs of a way's readers, with what stands around them; and around the opposite ones."""

    pairs: tuple[PreferencePair, ...]
    cards: dict[str, str]
    near: Near
    opposite_cards: dict[str, str]
    opposite_near: Near


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", action="append", choices=WAYS, help="all, unless named")
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--pairs", type=int, default=320)
    parser.add_argument("--held-out", type=int, default=96)
    parser.add_argument("--base", default="embedded")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    told: dict[str, object] = {}
    for name in given.way or WAYS:
        way = WAYS[name]
        wanted = {"max_pairs": given.pairs, "max_held_out": given.held_out, "seed": given.seed}
        wanted["checkpoint_every"] = 10**6
        config = config_for("quick", given.base, {**wanted, **way.changes})
        print(f"{name}: {way.says}", file=sys.stderr)
        told[name] = measured(way, way.readers or given.readers, config)
        print(json.dumps({name: told[name]}), file=sys.stderr)
    machine = {"cpu": platform.processor() or platform.machine(), "python": sys.version.split()[0]}
    settings = {"readers": given.readers, "pairs": given.pairs, "base": given.base}
    print(json.dumps({"benchmark": "effect", **settings, "ways": told, "machine": machine}))


def measured(way: Way, readers: int, config: TrainConfig) -> dict[str, object]:
    """Train one way in a directory that is thrown away, and ask what became of the model."""
    from engine.train.job import work

    material = material_of([made_up_reader(n) for n in range(readers)], way.near, config.seed)
    with tempfile.TemporaryDirectory() as folder:
        cache_dir = Path(tempfile.gettempdir()) / "persona-studio-benchmark"
        settings = {"config": asdict(config), "base": config.base, "cache_dir": str(cache_dir)}
        run = jobs.prepare(Path(folder) / "effect", "train", settings)
        book = facts_of(next(book for book in books() if book.use == "preview"))
        texts = input_files(material.pairs, material.cards, book, material.near)
        for name, text in texts.items():
            (run.path / name).write_text(text, encoding="utf-8")
        result: JsonObject = {}
        samples: list[JsonObject] = []
        for event in work(run, settings, Flag()):
            if isinstance(event, Note):
                print(event.text, file=sys.stderr)
            elif isinstance(event, Item):
                samples.append(event.value)
            elif isinstance(event, Finished):
                result = event.result
            elif isinstance(event, Failed):
                raise JobFailed(event.message, event.hint)
        return {
            **{key: result[key] for key in ("held_out", "train", "verdict", "seconds")},
            **turned_round(run, config, cache_dir, material),
            "samples": [_told_of(sample) for sample in (samples[0], samples[-1])],
        }


def _told_of(sample: JsonObject) -> dict[str, object]:
    from engine.train.samples import repeated_share

    text = str(sample["text"])
    return {"words": len(text.split()), "repeated": round(repeated_share(text), 3), "text": text}


def turned_round(
    run: jobs.RunDir, config: TrainConfig, cache_dir: Path, material: Material
) -> dict[str, object]:
    """How base and tuned model score held-out pairs under the right and the opposite card."""
    import torch
    from peft import PeftModel

    from engine.train import shared_prefix
    from engine.train.choosing import spread_over_topics
    from engine.train.data import frame_of, tokenise
    from engine.train.device import choose_place
    from engine.train.shared_prefix import causal_of
    from models.library import resolve_base
    from models.torch_base import load_base

    place = choose_place()
    base, tokenizer = load_base(resolve_base(config.base), cache_dir, place.dtype)
    model = PeftModel.from_pretrained(torch.nn.Module.to(base, place.device), str(run.adapter))
    causal = causal_of(model)
    shared_prefix.install(causal)
    held = spread_over_topics([p for p in material.pairs if p.held_out], config.max_held_out)

    def examples(cards: Mapping[str, str], near: Near) -> "list[Example]":
        frames = {card: frame_of(card, tokenizer) for card in cards.values()}
        return [
            tokenise(pair, card, tokenizer, frames[card], near.get(pair.id, ()))
            for pair in held
            for card in (cards[pair.reader_id],)
        ]

    right = examples(material.cards, material.near)
    wrong = examples(material.opposite_cards, material.opposite_near)
    probe = neutral(tokenizer)
    figures: dict[str, object] = {}
    for name, is_tuned in (("base", False), ("tuned", True)):
        with model.disable_adapter() if not is_tuned else torch.no_grad():
            under_right, under_wrong = scored(causal, right), scored(causal, wrong)
            known = scored(causal, probe)
        tokens = sum(len(example.chosen_ids) for example in probe)
        figures[name] = {
            "tracks": by_track(held, under_right, under_wrong),
            "capability": sum(score.chosen for score in known.values()) / tokens,
        }
    return figures


def scored(model: "PreTrainedModel", examples: "Sequence[Example]") -> "dict[str, PairLogps]":
    from engine.train.scoring import score_pairs

    found: dict[str, PairLogps] = {}
    for part in score_pairs(model, examples):
        found |= part
    return found


def by_track(
    held: Sequence[PreferencePair],
    right: "Mapping[str, PairLogps]",
    wrong: "Mapping[str, PairLogps]",
) -> dict[str, object]:
    """Per track and in all: preferred under either card, and raised more by the right one."""
    from engine.train.outcome import share

    told: dict[str, object] = {}
    for track in (*TRACKS, "all"):
        own = [(right[p.id], wrong[p.id]) for p in held if track in (p.track, "all")]
        shares: dict[str, Callable[[PairLogps, PairLogps], bool]] = {
            "preferred": lambda r, _: r.chosen > r.rejected,
            "preferred_under_opposite": lambda _, w: w.chosen > w.rejected,
            "right_over_opposite": lambda r, w: r.chosen - r.rejected > w.chosen - w.rejected,
        }
        found = {name: share(holds(r, w) for r, w in own) for name, holds in shares.items()}
        told[track] = {
            "pairs": len(own),
            **{name: asdict(one) for name, one in found.items() if one},
        }
    return told


def neutral(tokenizer: "PreTrainedTokenizerBase") -> "list[Example]":
    """Neutral descriptions as answers to a request for them, without any card."""
    from engine.train.data import Example, rendered

    found = []
    for book in [book for book in books() if book.use == "preview"][:PROBED]:
        asked = [vars(one) for one in for_reader("", f"What is {book.title} by {book.author}?")]
        prompt = rendered(tokenizer, asked, generation_prompt=True)
        whole = rendered(tokenizer, [*asked, {"role": "assistant", "content": book.description}])
        answer = tuple(whole[len(prompt) :])
        found.append(Example(book.id, tuple(prompt), answer, answer))
    return found


def material_of(profiles: Sequence[Profile], near: bool, seed: int) -> Material:
    """All pairs of the readers, in an order of their own, so that a limit takes of every reader."""
    pairs: list[PreferencePair] = []
    lines: dict[str, tuple[str, ...]] = {}
    turned: dict[str, tuple[str, ...]] = {}
    for profile in profiles:
        own = pairs_for(profile, PairChoice(answers=1))
        pairs += own
        if near:
            lines |= bearing(profile, own)
            turned |= bearing(opposite(profile), own)
    random.Random(seed).shuffle(pairs)
    return Material(
        tuple(pairs),
        {profile.reader_id: card_of(profile).text for profile in profiles},
        lines or NOTHING_NEAR,
        {profile.reader_id: card_of(opposite(profile)).text for profile in profiles},
        turned or NOTHING_NEAR,
    )


if __name__ == "__main__":
    main()
