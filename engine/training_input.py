"""What a training run is given to read: pairs, cards, what stands near the requests, a book."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from engine import near_book, shelf
from engine.domain import Book, PreferencePair, Profile
from engine.pairs.bearing import Sayings, bearing, sayings_of
from engine.pairs.made_up import companions
from engine.pairs.opposite import opposite
from engine.profile.card import card_of
from engine.store import cards as card_rows
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store.database import opened
from engine.train.config import TrainConfig
from engine.train.input_files import NEAR_BOOK, Near, Opposite, input_files
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
    sayings: Sayings
    """The first reader's."""


@dataclass(frozen=True)
class Learning:
    """A reader who is learned."""

    profile: Profile
    card: str
    pairs: tuple[PreferencePair, ...]


def training_texts(data_dir: Path, reader_ids: Sequence[str], config: TrainConfig) -> TrainingTexts:
    """Read what a run for these readers would train on.

    Raises:
        BadInput: no reader given, no profile or no pairs.
    """
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
        BadInput: no reader given, no profile or no pairs.
    """
    texts = training_texts(data_dir, reader_ids, config)
    book = _sample_book(data_dir, config.sample_book)
    files = input_files(texts.pairs, texts.cards, book, texts.near, texts.opposite)
    settings: dict[str, object] = {
        "reader_ids": list(dict.fromkeys(reader_ids)),
        "config": asdict(config),
        "base": config.base,
        "processes": config.processes,
        "cache_dir": str(data_dir / "cache"),
    }
    settings["fingerprint"] = fingerprint(settings["config"], files)
    # Behind the fingerprint: it changes a description and no weight, and is there after a preview.
    first = next(iter(texts.cards))
    if book and (said := near_book.said_before(data_dir, first, texts.sayings, book)):
        files[NEAR_BOOK] = json.dumps(said, ensure_ascii=False)
    return settings, files


def _sample_book(data_dir: Path, wanted: str) -> Book | None:
    if wanted == "none":
        return None
    return shelf.find_book(data_dir, wanted) if wanted else shelf.books(data_dir)[0]


def fingerprint(*parts: object) -> str:
    """A short hash of what a run's result depends on."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:16]
