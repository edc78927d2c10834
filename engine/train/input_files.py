"""What a run reads, as files of its directory: pairs, their readers' cards and what these would
say on each pair, the same of the opposite readers, a book to describe.

Written by front ends and read back by them too, so nothing here leads to torch.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType

from engine.domain import Book, PreferencePair
from engine.train.config import TrainConfig

PAIRS, CARDS, BOOK, NEAR = "pairs.jsonl", "cards.json", "book.json", "near.json"
NEAR_BOOK, OPPOSITE = "near_book.json", "opposite.json"
LEFT_OUT = "left_out.json"
"""Of a dataset's run: ids of the pairs that were not taken, by why."""
MIRRORED = "/opposite"
"""Ends the ids of a pair as the opposite reader has it, and of that reader."""

Near = Mapping[str, Sequence[str]]
"""What readers would say on pairs (`engine.pairs.bearing`), by pair id."""
NOTHING_NEAR: Near = MappingProxyType({})


@dataclass(frozen=True)
class Opposite:
    """What the opposite readers (`engine.pairs.opposite`) are known by, and would say."""

    cards: Mapping[str, str] = field(default_factory=dict)
    """By the id of the reader whose opposite it is."""
    near: Near = field(default_factory=dict)
    """By pair id. Pairs on which either reader has nothing to say are not in it."""


NOBODY = Opposite()


def input_files(
    pairs: Iterable[PreferencePair],
    cards: Mapping[str, str],
    book: Book | None = None,
    near: Near = NOTHING_NEAR,
    opposite: Opposite = NOBODY,
) -> dict[str, str]:
    """The text of each file, by its name.

    Args:
        cards: by reader id.
        book: described at every checkpoint.
    """
    files = {
        PAIRS: "".join(json.dumps(asdict(pair), ensure_ascii=False) + "\n" for pair in pairs),
        CARDS: json.dumps(cards, ensure_ascii=False, indent=1),
    }
    if book is not None:
        files[BOOK] = json.dumps(asdict(book), ensure_ascii=False, indent=1)
    if near:
        files[NEAR] = json.dumps(near, ensure_ascii=False, indent=1)
    if opposite.near:
        files[OPPOSITE] = json.dumps(asdict(opposite), ensure_ascii=False, indent=1)
    return files


def read_pairs(path: Path) -> tuple[list[PreferencePair], dict[str, str]]:
    """The pairs of a run's directory, and the cards of their readers by reader id."""
    lines = (path / PAIRS).read_text(encoding="utf-8").split("\n")
    cards = json.loads((path / CARDS).read_text(encoding="utf-8"))
    return [PreferencePair(**json.loads(line)) for line in lines if line], cards


def read_near(path: Path) -> Near:
    """What stands near the requests of a run's pairs; nothing in runs of before there was any."""
    file = path / NEAR
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else NOTHING_NEAR


def read_opposite(path: Path) -> Opposite:
    """What the opposite readers of a run's are; nobody in runs of before there were any."""
    file = path / OPPOSITE
    return Opposite(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else NOBODY


def read_near_book(path: Path) -> Sequence[str]:
    """What the first of a run's readers would say on the book; nothing where it is not known."""
    file = path / NEAR_BOOK
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else ()


def read_book(path: Path) -> Book | None:
    """The book that a run describes; None where it has none."""
    file = path / BOOK
    if not file.exists():
        return None
    told = json.loads(file.read_text(encoding="utf-8"))
    return Book(**{**told, "categories": tuple(told["categories"])})


def read_config(path: Path) -> TrainConfig:
    """What a run was told; of one by another version, the defaults of now for what is new."""
    told = json.loads((path / "job.json").read_text(encoding="utf-8")).get("config", {})
    known = {field.name for field in fields(TrainConfig)}
    return TrainConfig(**{name: value for name, value in told.items() if name in known})
