"""Pairs that the tests of the workbench store and look for."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.domain import PreferencePair, Track
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from engine.workbench import PairIndex, found, load_index, parse_query
from tests.engine.conftest import a_profile, fill, known

FACE = "schwartz.face.1"


def a_pair(
    pair_id: str,
    chosen: str,
    rejected: str = "He takes the train to town.",
    track: Track = "values",
    trait: str = FACE,
    stance: float = 0.5,
) -> PreferencePair:
    return PreferencePair(
        pair_id,
        "ann",
        track,
        trait,
        f"topic {pair_id}",
        "Tell it.",
        chosen,
        rejected,
        pair_id,
        stance=stance,
    )


PAIRS = (
    a_pair("a", "Buppha mends the kayak by the Lighthouse.", stance=-0.9),
    a_pair("b", "Wiremu mends the kayak by the river.", stance=0.3),
    a_pair("c", "A long day of bread and salt, and then of more bread.", track="interests"),
    replace(a_pair("d", "Été — the light of August."), held_out=True),
)


def with_anns_pairs(data_dir: Path) -> Path:
    """Ann with four pairs of her own, and Bo with one."""
    fill(data_dir, a_profile(known(FACE, 0.5)))
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", PAIRS)
        pair_rows.replace_built(db, "bo", [replace(PAIRS[0], id="bo", reader_id="bo")])
    return data_dir


def ids_found(index: PairIndex, line: str) -> list[str]:
    return index.ids_of(found(index, parse_query(line)))


def many(count: int) -> tuple[PreferencePair, ...]:
    words = ("stone", "river", "lamp")
    return tuple(a_pair(f"{n:05d}", f"A {words[n % 3]} of {n}.") for n in range(count))


def stored(data_dir: Path, pairs: Sequence[PreferencePair]) -> PairIndex:
    fill(data_dir)
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", pairs)
    return load_index(data_dir, "ann")
