"""The pairs that a run reads, with the cards of their readers, as files of its directory.

Written by front ends and read back by them too, so nothing here leads to torch.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from engine.domain import PreferencePair

PAIRS, CARDS = "pairs.jsonl", "cards.json"


def input_files(pairs: Iterable[PreferencePair], cards: Mapping[str, str]) -> dict[str, str]:
    """The text of each file, by its name.

    Args:
        cards: by reader id.
    """
    return {
        PAIRS: "".join(json.dumps(asdict(pair), ensure_ascii=False) + "\n" for pair in pairs),
        CARDS: json.dumps(cards, ensure_ascii=False, indent=1),
    }


def read_pairs(path: Path) -> tuple[list[PreferencePair], dict[str, str]]:
    """The pairs of a run's directory, and the cards of their readers by reader id."""
    lines = (path / PAIRS).read_text(encoding="utf-8").split("\n")
    cards = json.loads((path / CARDS).read_text(encoding="utf-8"))
    return [PreferencePair(**json.loads(line)) for line in lines if line], cards
