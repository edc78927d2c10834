"""The map of a dataset's personas: groups of readers that the data serves, and those it fails.

Personas are embedded and grouped in a child process. The map is kept in a file beside the store; it
is of the personas that it was made of, and tells where they have changed since.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Literal

from engine.personas.domain import Side
from engine.personas.figures import Share
from engine.personas.saliency import SalientWord, salient_words, words_apart
from engine.sources.rows import digest, slug
from engine.store import datasets as dataset_rows
from engine.store import personas as persona_rows
from engine.store.database import opened
from models.aside import written_aside
from models.child import Answer, Child
from models.errors import BadInput, UserError

TYPICAL = 3
NAMING_WORDS = 3
FEWEST_PERSONAS = 4
MOST_TWINS = 500
"""That are told; of more, the nearest."""
LONGEST_LINE_BYTES = 1 << 24
LONGEST_SLUG = 40
"""Characters: with hash and ending it has to be the name of a file."""
Served = Literal["served", "failed", "both"]
"""Whose wishes the data chose: its interval over half, under half, or with half in it."""
Key = tuple[str, Side]


@dataclass(frozen=True)
class Group:
    """Personas that say much the same."""

    name: str
    """The words that tell it from the others."""
    members: tuple[Key, ...]
    """Examples and sides, the most typical first."""
    typical: tuple[str, ...]
    """The personas nearest to its middle."""
    chosen: int
    """How many members prefer the chosen answer of their pair."""

    @property
    def chosen_share(self) -> Share:
        return Share(self.chosen, len(self.members))

    @property
    def served(self) -> Served:
        low, high = self.chosen_share.interval
        if low > 0.5:
            return "served"
        return "failed" if high < 0.5 else "both"

    def as_json(self) -> dict[str, object]:
        share = self.chosen_share.as_json()
        return {**asdict(self), "chosen_share": share, "served": self.served}


@dataclass(frozen=True)
class Twins:
    """Two personas that say the same."""

    one: Key
    other: Key
    cosine: float
    is_of_one_pair: bool
    """Both of one example: they cannot tell its answers apart."""


@dataclass(frozen=True)
class PersonaMap:
    """All groups, the largest first, with what else was found."""

    dataset: str
    groups: tuple[Group, ...]
    twins: tuple[Twins, ...]
    words: tuple[SalientWord, ...]
    is_current: bool
    """Whether it is of the personas as they are now."""

    @property
    def has_more_twins(self) -> bool:
        """Whether there may be more than those that are told."""
        return len(self.twins) >= MOST_TWINS

    def as_json(self) -> dict[str, object]:
        return {
            "dataset": self.dataset,
            "is_current": self.is_current,
            "groups": [group.as_json() for group in self.groups],
            "twins": [asdict(one) for one in self.twins],
            "words": [word.as_json() for word in self.words],
        }


@dataclass(frozen=True)
class _Member:
    example_id: str
    side: Side
    text: str

    @property
    def key(self) -> Key:
        return self.example_id, self.side


async def mapped(data_dir: Path, dataset_id: str) -> PersonaMap:
    """Embed and group all personas of a dataset, and keep what came of it.

    Raises:
        BadInput: no such dataset, or too few personas.
        UserError: the encoder is not there, or the child died.
    """
    members = await asyncio.to_thread(_members, data_dir, dataset_id)
    if len(members) < FEWEST_PERSONAS:
        raise BadInput(
            f"The dataset {dataset_id!r} has {len(members)} valid personas, too few for a map.",
            f"Infer more: `persona-studio persona infer {dataset_id}`.",
        )
    answer = await _grouped(data_dir, [one.text for one in members])
    kept = {"personas": [astuple(one) for one in members], **answer}
    with written_aside(map_path(data_dir, dataset_id)) as aside:
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(kept), encoding="utf-8")
    return _map(dataset_id, members, answer, True)


def kept_map(data_dir: Path, dataset_id: str) -> PersonaMap | None:
    """The map that was made last; None where there is none, or it cannot be read.

    Raises:
        BadInput: there is no such dataset.
    """
    now = _members(data_dir, dataset_id)
    try:
        kept = json.loads(map_path(data_dir, dataset_id).read_text(encoding="utf-8"))
        members = [_Member(*row) for row in kept["personas"]]
        return _map(dataset_id, members, kept, members == now)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


async def _grouped(data_dir: Path, texts: Sequence[str]) -> Answer:
    child = await Child.start(
        ["engine.personas.map_child"],
        "The process that maps personas",
        data_dir / "logs" / "personas.log",
        LONGEST_LINE_BYTES,
    )
    try:
        child.send({"texts": list(texts)})
        answer = await child.answer()
    finally:
        await child.end()
    if "failed" in answer:
        raise UserError(answer["failed"], answer["hint"])
    return answer


def _map(
    dataset_id: str, members: Sequence[_Member], answer: Answer, is_current: bool
) -> PersonaMap:
    return PersonaMap(
        dataset_id,
        _groups(members, answer["labels"], answer["nearness"]),
        tuple(
            _twins(members[one], members[other], cosine) for one, other, cosine in answer["twins"]
        ),
        salient_words((one.side, one.text) for one in members),
        is_current,
    )


def _groups(
    members: Sequence[_Member], labels: Sequence[int], nearness: Sequence[float]
) -> tuple[Group, ...]:
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place in sorted(range(len(members)), key=lambda place: -nearness[place]):
        places[labels[place]].append(place)
    found = []
    for label, inside in places.items():
        own = [members[place] for place in inside]
        texts = [one.text for one in own]
        others = [one.text for one, other in zip(members, labels, strict=True) if other != label]
        name = ", ".join(words_apart(texts, others, NAMING_WORDS)) or "no word in common"
        typical = tuple(dict.fromkeys(texts))[:TYPICAL]
        chosen = sum(one.side == "chosen" for one in own)
        found.append(Group(name, tuple(one.key for one in own), typical, chosen))
    return tuple(sorted(found, key=lambda group: -len(group.members)))


def _twins(one: _Member, other: _Member, cosine: float) -> Twins:
    return Twins(one.key, other.key, cosine, one.example_id == other.example_id)


def _members(data_dir: Path, dataset_id: str) -> list[_Member]:
    with opened(data_dir) as db:
        dataset_rows.ensure_dataset(db, dataset_id)
        return [
            _Member(one.example_id, one.side, one.text)
            for one in persona_rows.personas_of(db, dataset_id)
            if not one.is_failed
        ]


def map_path(data_dir: Path, dataset_id: str, kind: str = "map") -> Path:
    """Where what was computed of a dataset's personas is kept: no two datasets share a file."""
    name = slug(dataset_id)[:LONGEST_SLUG]
    if name != dataset_id:
        name = f"{name}-{digest(dataset_id)}"
    return data_dir / "maps" / f"{name}.{kind}.json"
