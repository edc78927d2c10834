"""What a training run is given to read: pairs, cards, what stands near the requests, a book."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from engine import near_book, shelf
from engine.domain import Book, PreferencePair, Profile
from engine.jobs import RunDir
from engine.pairs.bearing import Sayings, bearing, sayings_of
from engine.pairs.made_up import companions
from engine.pairs.opposite import opposite
from engine.profile.card import card_of
from engine.store import cards as card_rows
from engine.store import datasets as dataset_rows
from engine.store import pairs as pair_rows
from engine.store import personas as persona_rows
from engine.store import profiles as profile_rows
from engine.store import runs as run_rows
from engine.store.database import opened
from engine.tailoring.sets import dataset_of, tailoring_set
from engine.train.beginning import Beginning, check_beginning
from engine.train.choosing import to_train_on
from engine.train.config import TrainConfig
from engine.train.input_files import LEFT_OUT, NEAR_BOOK, Near, Opposite, input_files
from models.errors import BadInput


@dataclass(frozen=True)
class TrainingTexts:
    """The pairs of some readers that are not dropped, those of made-up ones beside them, and what
    stands around them."""

    pairs: tuple[PreferencePair, ...]
    cards: dict[str, str]
    """By reader id, in the order they were asked for, made-up ones last."""
    near: Near
    opposite: Opposite
    sayings: Sayings | None
    """The first reader's; None for a dataset."""
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of a dataset: ids of the pairs that are not taken, by why."""
    note: str = ""
    """What should be known of the choice, in a sentence or two."""


@dataclass(frozen=True)
class Learning:
    """A reader who is learned."""

    profile: Profile
    card: str
    pairs: tuple[PreferencePair, ...]


def training_texts(data_dir: Path, reader_ids: Sequence[str], config: TrainConfig) -> TrainingTexts:
    """Read what a run for these readers, or for a dataset, would train on.

    Args:
        reader_ids: of readers; or one subject of a dataset (`engine.tailoring.sets.subject_of`).

    Raises:
        BadInput: no reader given, no profile, no pairs, or no personas.
    """
    if dataset_id := dataset_of(reader_ids):
        return _tailoring_texts(data_dir, dataset_id, config)
    if not reader_ids:
        raise BadInput("No reader to train for.", "Name one or more: `train READER`.")
    learning: list[Learning] = []
    with opened(data_dir) as db:
        for reader_id in dict.fromkeys(reader_ids):
            profile = profile_rows.built(db, reader_id)
            own = [pair for pair in pair_rows.of_reader(db, reader_id) if not pair.dropped]
            if not any(not pair.held_out for pair in own):
                raise BadInput(
                    f"Reader {reader_id!r} has no pairs to train on.",
                    "Build them first: b on the Pairs screen, or "
                    f"`persona-studio pairs build {reader_id}`.",
                )
            card = card_rows.conditioning_text(db, profile)
            learning.append(Learning(profile, card, tuple(own)))
    return texts_of(learning, config)


def _tailoring_texts(data_dir: Path, dataset_id: str, config: TrainConfig) -> TrainingTexts:
    with opened(data_dir) as db:
        examples = dataset_rows.examples_of(db, dataset_id)
        personas = persona_rows.personas_of(db, dataset_id)
    made = tailoring_set(
        examples, personas, config.personas, config.unchecked_personas, config.mirror
    )
    cards = {pair.reader_id: "" for pair in made.pairs}
    return TrainingTexts(
        made.pairs, cards, made.near, made.opposite, None, made.left_out, made.note
    )


def set_in_short(data_dir: Path, dataset_id: str, config: TrainConfig) -> str:
    """What a run on a dataset would train on, and what it leaves out, in a sentence or two.

    Raises:
        BadInput: nothing would be left to train on.
    """
    texts = _tailoring_texts(data_dir, dataset_id, config)
    held_out = sum(pair.held_out for pair in texts.pairs)
    there = len(texts.pairs) - held_out
    taken = len(to_train_on(texts.pairs, config.max_pairs))
    of_those = f" of {there:,}" if taken < there else ""
    told = f"{taken:,}{of_those} to train on, {held_out:,} held out."
    why = "; ".join(f"{len(ids):,} because {why}" for why, ids in texts.left_out.items())
    return f"{told} Left out: {why}." if why else told


def texts_of(learning: Sequence[Learning], config: TrainConfig) -> TrainingTexts:
    """What a run for these readers trains on, with the made-up readers that it wants beside."""
    lent = companions(config.companion_pairs, config.seed) if config.companion_pairs else []
    all_of_them = [
        *learning,
        *(Learning(profile, card_of(profile).text, tuple(own)) for profile, own in lent),
    ]
    near: dict[str, tuple[str, ...]] = {}
    turned_cards: dict[str, str] = {}
    turned: dict[str, tuple[str, ...]] = {}
    for one in all_of_them:
        near |= bearing(one.profile, one.pairs)
        # What was voted on is told as it was written with.
        near |= {pair.id: pair.near for pair in one.pairs if pair.near}
        other = opposite(one.profile)
        turned_cards[other.reader_id] = card_of(other).text
        turned |= {key: said for key, said in bearing(other, one.pairs).items() if key in near}
    return TrainingTexts(
        tuple(pair for one in all_of_them for pair in one.pairs),
        {one.profile.reader_id: one.card for one in all_of_them},
        near,
        Opposite(turned_cards, turned),
        sayings_of(learning[0].profile),
    )


def training_input(
    data_dir: Path, reader_ids: Sequence[str], config: TrainConfig
) -> tuple[dict[str, object], dict[str, str]]:
    """What a training run reads: its settings, and its files by name.

    Raises:
        BadInput: as `training_texts`; or `start_from` is no run that this one can begin with.
    """
    texts = training_texts(data_dir, reader_ids, config)
    begun = _beginning(data_dir, config)
    if begun is not None:
        config = replace(config, start_from=begun.run_id)
    is_of_dataset = dataset_of(reader_ids) is not None
    book = None if is_of_dataset else _sample_book(data_dir, config.sample_book)
    files = input_files(texts.pairs, texts.cards, book, texts.near, texts.opposite)
    settings: dict[str, object] = {
        "reader_ids": list(dict.fromkeys(reader_ids)),
        "config": asdict(config),
        "base": config.base,
        "processes": config.processes,
        "note": texts.note,
        "cache_dir": str(data_dir / "cache"),
    }
    if begun is not None:
        settings["begins_with"] = begun.as_json()
    settings["fingerprint"] = fingerprint(
        settings["config"], files, *([begun.sha256] if begun else [])
    )
    # Behind the fingerprint: it changes a description and no weight, and is there after a preview.
    first = next(iter(texts.cards))
    if texts.left_out:
        files[LEFT_OUT] = json.dumps(texts.left_out, indent=1)
    if (
        book
        and texts.sayings
        and (said := near_book.said_before(data_dir, first, texts.sayings, book))
    ):
        files[NEAR_BOOK] = json.dumps(said, ensure_ascii=False)
    return settings, files


def _beginning(data_dir: Path, config: TrainConfig) -> Beginning | None:
    if not config.start_from:
        return None
    with opened(data_dir) as db:
        source = run_rows.find(db, config.start_from)
    return check_beginning(RunDir(data_dir / "runs" / source.id), config, data_dir / "cache")


def _sample_book(data_dir: Path, wanted: str) -> Book | None:
    if wanted == "none":
        return None
    return shelf.find_book(data_dir, wanted) if wanted else shelf.books(data_dir)[0]


def fingerprint(*parts: object) -> str:
    """A short hash of what a run's result depends on."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:16]
