"""Does training teach a small model what a reader prefers, and from what does it learn it?

    python -m benchmarks.effect [--way NAME ...] [--readers 1] [--first 0] [--pairs 40]
                                [--held-out 96] [--base embedded] [--seed 0]
                                [--keep FOLDER] [--begin-with ADAPTER]

Each way is a run of the product on pairs of the same made-up readers, whose sides are drawn scale
by scale, so that labels flip from one reader to another and statements of a scale agree; they are
others than those that the product trains beside a reader. Held out are whole statements, questions,
genres and authors. Beside what every run tells of itself, each pair is scored again under the
opposite reader's card and sentences, before and after: a model that reads the card then turns
round. `capability` is the mean log-probability (nats a token) of neutral descriptions of books that
are trained on by nobody. Shares come with their 95 % intervals (Wilson). The last line printed is
one JSON object: {benchmark, readers, pairs, ways, machine}.
"""

import argparse
import json
import platform
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING

from engine import jobs
from engine.bank import books
from engine.domain import TRACKS, PreferencePair
from engine.pairs.build import pairs_for
from engine.pairs.choice import PairChoice
from engine.pairs.descriptions import facts_of
from engine.pairs.made_up import made_up_reader
from engine.profile.card import card_of
from engine.prompts import for_reader
from engine.train.beginning import BEGINNING
from engine.train.config import TrainConfig, config_for
from engine.train.input_files import NOTHING_NEAR, Near, input_files
from engine.training_input import Learning, TrainingTexts, texts_of
from models.errors import JobFailed
from models.events import Failed, Finished, Item, JsonObject, Note

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from engine.train.data import Example
    from engine.train.scoring import PairLogps

PROBED = 20
"""Books whose neutral descriptions are scored as a probe of what else the model can."""


FIRST_READER = 50
"""Made-up readers from here on are nobody's companions, up to a thousand pairs of these."""


@dataclass(frozen=True)
class Way:
    """One way to train, told by what it does otherwise than the preset `quick`."""

    says: str
    changes: Mapping[str, object] = field(default_factory=dict)
    near: bool = True
    """Whether what the reader would say stands below the request."""


ALONE: Mapping[str, object] = {"companion_pairs": 0}
PLAIN: Mapping[str, object] = {**ALONE, "mirror": False}
APO: Mapping[str, object] = {"loss": "apo_zero"}
WAYS: Mapping[str, Way] = {
    "preset": Way("as the preset has it"),
    "many": Way("with 160 pairs of made-up readers", {"companion_pairs": 160}),
    "alone": Way("without made-up readers", ALONE),
    "plain": Way("without made-up readers and mirror images", PLAIN),
    "card": Way("the same, with the card alone", PLAIN, near=False),
    "slow": Way("the preset at 1e-4", {"learning_rate": 1e-4}),
    "length": Way("the preset by TRL's length-normalised loss", {"loss": "sigmoid_norm"}),
    "ipo": Way("the preset by IPO", {"loss": "ipo"}),
    "rank-64": Way("the preset with rank 64", {"lora_rank": 64, "lora_alpha": 128}),
    "sft": Way("the preset, fine-tuned first", {"method": "sft-dpo"}),
    "apo": Way("the preset by APO-zero", APO),
    "apo-many": Way(
        "with 160 pairs of made-up readers, by APO-zero", {"companion_pairs": 160, **APO}
    ),
    "thorough": Way("with 640 of them, by APO-zero", {"companion_pairs": 640, **APO}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", action="append", choices=WAYS, help="all, unless named")
    parser.add_argument("--readers", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--held-out", type=int, default=96)
    parser.add_argument("--base", default="embedded")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first reader")
    parser.add_argument("--keep", type=Path, help="where each way's adapter is to stay")
    parser.add_argument("--begin-with", type=Path, help="an adapter that was kept")
    given = parser.parse_args()
    told: dict[str, object] = {}
    for name in given.way or WAYS:
        way = WAYS[name]
        wanted = {"max_pairs": given.pairs, "max_held_out": given.held_out, "seed": given.seed}
        wanted["checkpoint_every"] = 10**6
        config = config_for("quick", given.base, {**wanted, **way.changes})
        print(f"{name}: {way.says}", file=sys.stderr)
        readers = learning(given.readers, given.first, given.seed)
        keep = given.keep and given.keep / name
        told[name] = measured(way, readers, config, keep, given.begin_with)
        print(json.dumps({name: told[name]}), file=sys.stderr)
    machine = {"cpu": platform.processor() or platform.machine(), "python": sys.version.split()[0]}
    settings = {"readers": given.readers, "pairs": given.pairs, "base": given.base}
    print(json.dumps({"benchmark": "effect", **settings, "ways": told, "machine": machine}))


def measured(
    way: Way,
    readers: Sequence[Learning],
    config: TrainConfig,
    keep: Path | None = None,
    begin_with: Path | None = None,
) -> dict[str, object]:
    """Train one way in a directory that is thrown away, and ask what became of the model.

    Args:
        keep: a new folder, for the adapter.
        begin_with: an adapter that was kept.
    """
    from engine.train.job import work

    texts = texts_of(readers, config)
    if not way.near:
        texts = replace(texts, near=NOTHING_NEAR)
    with tempfile.TemporaryDirectory() as folder:
        cache_dir = Path(tempfile.gettempdir()) / "persona-studio-benchmark"
        settings = {"config": asdict(config), "base": config.base, "cache_dir": str(cache_dir)}
        run = jobs.prepare(Path(folder) / "effect", "train", settings)
        book = facts_of(next(book for book in books() if book.use == "preview"))
        files = input_files(texts.pairs, texts.cards, book, texts.near, texts.opposite)
        for name, text in files.items():
            (run.path / name).write_text(text, encoding="utf-8")
        if begin_with is not None:
            shutil.copytree(begin_with, run.path / BEGINNING)
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
        if keep is not None:
            shutil.copytree(run.adapter, keep)
        return {
            **{key: result[key] for key in ("held_out", "train", "verdict", "seconds")},
            **turned_round(run, config, cache_dir, texts),
            "samples": [_told_of(sample) for sample in (samples[0], samples[-1])],
        }


def _told_of(sample: JsonObject) -> dict[str, object]:
    from engine.train.samples import repeated_share

    text = str(sample["text"])
    return {"words": len(text.split()), "repeated": round(repeated_share(text), 3), "text": text}


def turned_round(
    run: jobs.RunDir, config: TrainConfig, cache_dir: Path, texts: TrainingTexts
) -> dict[str, object]:
    """How base and tuned model score held-out pairs under the right and the opposite card."""
    import torch
    from peft import PeftModel

    from engine.train import shared_prefix
    from engine.train.chat_template import ChatTemplate
    from engine.train.choosing import spread_over_topics
    from engine.train.data import tokenise
    from engine.train.device import choose_place
    from engine.train.shared_prefix import causal_of
    from models.library import resolve_base
    from models.torch_base import load_base

    place = choose_place()
    base, tokenizer = load_base(resolve_base(config.base), cache_dir, place.dtype)
    model = PeftModel.from_pretrained(torch.nn.Module.to(base, place.device), str(run.adapter))
    causal = causal_of(model)
    shared_prefix.install(causal)
    held = spread_over_topics([p for p in texts.pairs if p.held_out], config.max_held_out)

    def examples(cards: Mapping[str, str], near: Near) -> "list[Example]":
        template = ChatTemplate(tokenizer)
        return [
            tokenise(pair, cards[pair.reader_id], template, near.get(pair.id, ())) for pair in held
        ]

    right = examples(texts.cards, texts.near)
    wrong = examples(texts.opposite.cards, texts.opposite.near if texts.near else NOTHING_NEAR)
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
    from engine.train.chat_template import rendered
    from engine.train.data import Example

    found = []
    for book in [book for book in books() if book.use == "preview"][:PROBED]:
        asked = [vars(one) for one in for_reader("", f"What is {book.title} by {book.author}?")]
        prompt = rendered(tokenizer, asked, generation_prompt=True)
        whole = rendered(tokenizer, [*asked, {"role": "assistant", "content": book.description}])
        answer = tuple(whole[len(prompt) :])
        found.append(Example(book.id, tuple(prompt), answer, answer))
    return found


def learning(readers: int, first: int, seed: int) -> list[Learning]:
    """Made-up readers with their pairs, in an order drawn of all pairs, so that a limit takes of
    every kind."""
    found = []
    numbers = range(FIRST_READER + first, FIRST_READER + first + readers)
    for profile in map(made_up_reader, numbers):
        # As an editor's readers are called: made-up ones of that name are companions.
        named = replace(profile, reader_id=f"reader-{profile.reader_id.rpartition('/')[2]}")
        own = pairs_for(named, PairChoice(answers=1))
        random.Random(seed).shuffle(own)
        found.append(Learning(named, card_of(named).text, tuple(own)))
    return found


if __name__ == "__main__":
    main()
