"""All pairs of a reader in memory, as far as finding and counting them takes: no more is read.

A hundred thousand pairs are some 150 MB of text in the store; here each is its text, folded,
and a few numbers. What is shown of a pair is read from the store a page at a time (`pages`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import desk
from engine.domain import TRACKS
from engine.store.database import opened
from engine.store.journal import newest_standing, rows_changed_since
from engine.store.pair_outlines import Outline, outlines
from engine.workbench.folding import folded_bytes
from engine.workbench.letters import LetterIndex
from engine.workbench.query import PairQuery, SortKey, Status
from engine.workbench.traits import traits_called
from engine.workbench.words import WordIndex
from models.errors import BadInput

Rows = NDArray[np.int64]
"""Row numbers of an index, int64 (found,)."""
FLAGS = ("held_out", "dropped", "edited", "accepted", "flagged", "imported")
BIT = {flag: 1 << at for at, flag in enumerate(FLAGS)}
MOST_LIKE = 200
LEAST_LIKENESS = 0.05
"""Cosine of tf-idf, 0 to 1; below it two pairs share no more than any two."""


@dataclass(frozen=True)
class Counts:
    """How many pairs of a reader are what."""

    pairs: int
    train: int
    """Neither held out nor dropped."""
    held_out: int
    """And not dropped."""
    accepted: int
    flagged: int
    edited: int
    dropped: int
    by_track: dict[str, int]
    """Dropped ones left out."""

    def as_json(self) -> dict[str, object]:
        return vars(self)


class PairIndex:
    """What is needed to find, sort and count the pairs of one reader."""

    def __init__(
        self, reader_id: str, found: Iterable[Outline], names: Mapping[str, str], mark: int = 0
    ) -> None:
        """
        Args:
            found: in the order they were built.
            names: trait id to what people call it; it is searched too.
            mark: the newest change of the store that is in here already.
        """
        self.reader_id = reader_id
        self.mark = mark
        self._names = names
        self._traits: dict[str, int] = {}
        kept = [self._kept(pair) for pair in found]
        self.ids = [pair_id for pair_id, _, _ in kept]
        self.texts = [text for _, text, _ in kept]
        self.letters = LetterIndex(self.texts)
        columns = np.array([numbers for _, _, numbers in kept], np.float32).reshape(-1, 5)
        self._flags = columns[:, 0].astype(np.uint8)
        self._track = columns[:, 1].astype(np.uint8)
        self._trait = columns[:, 2].astype(np.int32)
        self._stance = columns[:, 3].copy()
        self._longer = columns[:, 4].copy()
        self._row = {pair_id: row for row, pair_id in enumerate(self.ids)}
        self._orders: dict[tuple[SortKey, bool], Rows] = {}
        self._words: WordIndex | None = None
        self._counted: Counts | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, pair_id: str) -> int | None:
        """Where a pair stands; None where it does not."""
        return self._row.get(pair_id)

    def rows(self, pair_ids: Iterable[str]) -> list[int]:
        """Where these pairs stand; those that are gone are left out."""
        return [self._row[pair_id] for pair_id in pair_ids if pair_id in self._row]

    def ids_of(self, rows: Iterable[int]) -> list[str]:
        return [self.ids[row] for row in rows]

    def all_are(self, status: Status, rows: Collection[int]) -> bool:
        """Whether a status is true of all of these rows."""
        return bool(self._having(status)[list(rows)].all())

    def rows_called(self, said: str) -> list[int]:
        """The pair with this id; where there is none, those whose ids begin so."""
        if said in self._row:
            return [self._row[said]]
        return [row for row, pair_id in enumerate(self.ids) if pair_id.startswith(said)]

    def update(self, changed: Iterable[Outline]) -> None:
        """Take over pairs that were changed in their place; none may be new."""
        texts = []
        for pair in changed:
            row = self._row[pair.id]
            _, text, numbers = self._kept(pair)
            if text != self.texts[row]:
                self.texts[row] = text
                texts.append((row, text))
            self._flags[row], self._track[row], self._trait[row] = map(int, numbers[:3])
            self._stance[row], self._longer[row] = numbers[3:]
        self._orders.clear()
        self._counted = None
        self.letters.update([row for row, _ in texts])
        if self._words is not None and texts:
            self._words.update(texts)

    def counts(self) -> Counts:
        """How many pairs are what, of all of them."""
        self._counted = self._counted or self._count()
        return self._counted

    def _count(self) -> Counts:
        used = self._none_of(BIT["dropped"])
        of_track = np.bincount(self._track[used], minlength=len(TRACKS)).tolist()
        held_out = self._having("held_out")
        return Counts(
            pairs=len(self),
            train=int((used & ~held_out).sum()),
            held_out=int((used & held_out).sum()),
            accepted=int(self._having("accepted").sum()),
            flagged=int(self._having("flagged").sum()),
            edited=int(self._having("edited").sum()),
            dropped=int((~used).sum()),
            by_track={track: n for track, n in zip(TRACKS, of_track, strict=True) if n},
        )

    def candidates(self, query: PairQuery, within: Rows | None = None) -> Rows:
        """The rows whose words and expressions remain to be looked for, in the query's order.

        Args:
            within: what a broader query with the same order found; None for all.

        Raises:
            BadInput: it names a trait or a pair that is not there.
        """
        if within is not None:
            return within[self._mask(query)[within]]
        mask = self._mask(query)
        if not query.like:
            order = self._order(query.sort, query.descending)
            return order[mask[order]]
        called = self.rows_called(query.like)
        if len(called) > 1:
            these = ", ".join(self.ids[row] for row in called[:3])
            raise BadInput(f"like:{query.like} could be {these}…", "Give more of its id.")
        likest, _ = self.like(self.ids[called[0]] if called else query.like)
        order = np.concatenate([called, likest]).astype(np.int64)
        if (query.sort, query.descending) != ("built", False):
            sorted_ = self._order(query.sort, query.descending)
            order = sorted_[np.isin(sorted_, order)]
        return order[mask[order]]

    def like(self, pair_id: str) -> tuple[Rows, NDArray[np.float32]]:
        """The other pairs that are most like one, with how much (0 to 1), the likest first.

        Raises:
            BadInput: there is no such pair.
        """
        row = self._row.get(pair_id)
        if row is None:
            raise BadInput(f"No pair {pair_id!r} here to look for others like it.")
        scores = self.words.scores(row)
        scores[row] = 0
        likest = np.argsort(-scores, kind="stable")[:MOST_LIKE]
        likest = likest[scores[likest] >= LEAST_LIKENESS]
        return likest, scores[likest]

    @property
    def words(self) -> WordIndex:
        """The words of all texts, made when they are first needed."""
        if self._words is None:
            self._words = WordIndex(self.texts)
        return self._words

    def _kept(self, pair: Outline) -> tuple[str, bytes, tuple[float, ...]]:
        name = self._names.get(pair.trait_id, pair.trait_id)
        text = folded_bytes("\n".join((name, pair.prompt, pair.chosen, pair.rejected)))
        flags = sum(BIT[flag] for flag in FLAGS if getattr(pair, flag))
        trait = self._traits.setdefault(pair.trait_id, len(self._traits))
        longer = len(pair.chosen) - len(pair.rejected)
        return pair.id, text, (flags, TRACKS.index(pair.track), trait, pair.stance, longer)

    def _order(self, sort: SortKey, descending: bool) -> Rows:
        if (sort, descending) not in self._orders:
            keys = -self._keys(sort) if descending else self._keys(sort)
            order = np.argsort(keys, kind="stable").astype(np.int64)
            self._orders[sort, descending] = order
        return self._orders[sort, descending]

    def _keys(self, sort: SortKey) -> NDArray[np.float32]:
        if sort == "trait":
            # From a trait's number to its place among the traits that are here.
            places = np.argsort(np.argsort(list(self._traits)))
            return np.asarray(places[self._trait], np.float32)
        keys = {
            "built": np.arange(len(self), dtype=np.float32),
            "track": self._track.astype(np.float32),
            "strength": np.abs(self._stance),
            "longer": self._longer,
        }
        return keys[sort]

    def _having(self, status: Status) -> NDArray[np.bool_]:
        if status == "open":
            return self._none_of(BIT["accepted"] | BIT["dropped"])
        if status == "train":
            return self._none_of(BIT["held_out"] | BIT["dropped"])
        return ~self._none_of(BIT[status])

    def _none_of(self, bits: int) -> NDArray[np.bool_]:
        return np.asarray(self._flags & bits == 0, np.bool_)

    def _mask(self, query: PairQuery) -> NDArray[np.bool_]:
        low, high = query.strength
        mask = np.ones(len(self), np.bool_)
        if query.strength != (0.0, 1.0):
            strength = np.abs(self._stance)
            mask &= (strength >= np.float32(low)) & (strength <= np.float32(high))
        if query.tracks:
            mask &= np.isin(self._track, [TRACKS.index(track) for track in query.tracks])
        if query.traits:
            called = [traits_called(said, self._traits, self._names) for said in query.traits]
            wanted = frozenset[str]().union(*called)
            mask &= np.isin(
                self._trait, [self._traits[one] for one in wanted & self._traits.keys()]
            )
        if query.ids:
            only = np.zeros(len(self), np.bool_)
            only[[row for said in query.ids for row in self.rows_called(said)]] = True
            mask &= only
        if self.letters.is_whole:
            mask &= self.letters.may_have(map(folded_bytes, query.words))
        for status in query.having:
            mask &= self._having(status)
        for status in query.lacking:
            mask &= ~self._having(status)
        return mask


def load_index(data_dir: Path, reader_id: str) -> PairIndex:
    """Read all pairs of a reader into an index."""
    with opened(data_dir) as db:
        # The mark first: what is changed while the pairs are read is read once more, not missed.
        mark = newest_standing(db)
        return PairIndex(reader_id, outlines(db, reader_id), desk.trait_names(), mark)


def refreshed(data_dir: Path, index: PairIndex) -> tuple[PairIndex, Collection[str] | None]:
    """The index with what was changed since, here or by another window, undone or done again.

    Returns:
        The same index, and the ids of the pairs that changed; or, where pairs came or went, a new
        one and None.
    """
    with opened(data_dir) as db:
        mark = newest_standing(db)
        changed = rows_changed_since(db, "pair", index.mark)
        if changed is None:
            return load_index(data_dir, index.reader_id), None
        found = list(outlines(db, index.reader_id, changed)) if changed else []
    if any(index.row(pair.id) is None for pair in found):
        return load_index(data_dir, index.reader_id), None
    index.update(found)
    index.mark = mark
    return index, [pair.id for pair in found]
